// Graceful leaves: when all others show `left`, and whether anybody showed `failed` meanwhile.

#include <signal.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "bench/cluster/figures.h"
#include "bench/cluster/fleet.h"
#include "src/base/rng.h"
#include "src/base/status_macros.h"
#include "tests/e2e/harness/clock.h"

namespace muster::bench {
namespace {

constexpr Duration kBudget = Duration::Seconds(60);
constexpr Duration kExitBudget = Duration::Seconds(10);
// After a leave: as long as a wrong verdict about the leaver could take.
constexpr Duration kAftermath = Duration::Seconds(7);
constexpr double kGoal = 0.3;

struct LeaveTimes {
  Samples all_s;
  int shown_failed = 0;
};

absl::Status LeaveOne(Fleet* fleet, size_t leaver, LeaveTimes* times) {
  e2e::Agent& agent = (*fleet)[leaver];
  const int64_t asked_us = e2e::WallMicros();
  agent.Terminate();
  const auto left = fleet->WaitLogged({"member.left"}, agent.name(), asked_us, kBudget);
  if (!left.ok()) return left.status();
  const int64_t last_us = *std::max_element(left->begin(), left->end());
  times->all_s.Add(static_cast<double>(last_us - asked_us) / 1e6);
  if (!agent.WaitExit(kExitBudget).has_value()) {
    return absl::DeadlineExceededError(absl::StrCat(agent.name(), " did not end after its leave"));
  }
  Idle(kAftermath);
  times->shown_failed += fleet->Count(asked_us, e2e::WallMicros(), [&](const LoggedEvent& event) {
    return event.type == "member.failed";
  });
  const int64_t restarted_us = e2e::WallMicros();
  MUSTER_RETURN_IF_ERROR(fleet->Restart(leaver));
  const auto returned =
      fleet->WaitLogged({"member.returned", "member.joined"}, agent.name(), restarted_us, kBudget);
  if (!returned.ok()) return returned.status();
  // The next leaver may not be gone before this agent has shown it: what comes and goes while it is
  // held back is never shown.
  if (!fleet->WaitWhole(kBudget)) {
    return absl::DeadlineExceededError(absl::StrCat(agent.name(), " did not see all again"));
  }
  return absl::OkStatus();
}

}  // namespace

void MeasureLeave(const Settings& settings, Report* report) {
  const size_t agents = settings.agents > 0 ? settings.agents : 32;
  for (const char* profile : {"lan", "local"}) {
    const std::string figure =
        absl::StrCat("graceful leave known at all, N = ", agents, ", ", profile);
    Fleet fleet(agents, profile);
    const absl::StatusOr<StartTimes> started = fleet.StartTogether(kBudget);
    if (!started.ok()) {
      report->AddFailure(figure, started.status());
      continue;
    }
    Idle(Duration::Seconds(3));
    LeaveTimes times;
    Rng rng(agents);
    absl::Status status;
    for (int i = 0; i < settings.repeats && status.ok(); ++i) {
      status = LeaveOne(&fleet, rng.Below(agents), &times);
    }
    if (const size_t down = fleet.CountDown(); status.ok() && down > 0) {
      status = absl::InternalError(absl::StrCat(down, " agents ended by themselves"));
    }
    if (!status.ok()) {
      report->AddFailure(figure, status);
      continue;
    }
    Row row;
    row.figure = figure;
    row.target = "<= 0.3 s; never shown as failed";
    row.measured = absl::StrCat(times.all_s.Text(3), " s (least / median / most of ",
                                times.all_s.size(), "); shown as failed: ", times.shown_failed);
    row.beside = std::string(profile) == "lan" ? "0.8 s; 0" : "up to 15 s; 8 times";
    const bool met = times.all_s.Max() <= kGoal && times.shown_failed == 0;
    row.verdict = met ? Row::Verdict::kMet : Row::Verdict::kMissed;
    report->Add(row);
  }
}

}  // namespace muster::bench
