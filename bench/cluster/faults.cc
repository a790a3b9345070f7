// Failures of agents that did not fail: under packet loss, and beside agents that freeze.

#include <set>

#include "absl/strings/str_cat.h"
#include "bench/cluster/figures.h"
#include "bench/cluster/fleet.h"
#include "tests/e2e/harness/clock.h"
#include "tests/e2e/harness/network.h"

namespace muster::bench {
namespace {

constexpr Duration kStartBudget = Duration::Seconds(120);
constexpr Duration kSettling = Duration::Seconds(5);
constexpr Duration kLossSpan = Duration::Seconds(180);
constexpr Duration kPauseSpan = Duration::Seconds(120);
constexpr Duration kStopped = Duration::Seconds(8);
constexpr Duration kRunning = Duration::Millis(250);
// After the fault: a verdict that was on its way still counts.
constexpr Duration kAftermath = Duration::Seconds(10);

// What all logs say of a span.
struct Tally {
  size_t down = 0;   // agents that ended by themselves
  int failures = 0;  // (observer, verdict) pairs
  int suspicions = 0;
  int refutations = 0;
  std::set<std::string> hit;
};

// Leaves out events about the members named in `excused`.
Tally CountVerdicts(Fleet* fleet, int64_t from_us, const std::set<std::string>& excused) {
  Tally tally;
  tally.down = fleet->CountDown();
  fleet->Count(from_us, e2e::WallMicros(), [&](const LoggedEvent& event) {
    if (excused.contains(event.member)) return false;
    if (event.type == "member.suspected") ++tally.suspicions;
    if (event.type == "member.refuted") ++tally.refutations;
    if (event.type != "member.failed") return false;
    ++tally.failures;
    tally.hit.insert(event.member);
    return true;
  });
  return tally;
}

std::string TallyText(const Tally& tally) {
  return absl::StrCat(
      tally.failures, " failures shown, of ", tally.hit.size(), " agents; ", tally.suspicions,
      " suspicions shown, ", tally.refutations, " refuted",
      tally.down == 0 ? std::string() : absl::StrCat("; ", tally.down, " AGENTS CRASHED"));
}

void MeasureLoss(const Settings& settings, const std::string& profile, int allowed,
                 const std::string& serf, Report* report) {
  const size_t agents = settings.agents > 0 ? settings.agents : 32;
  const std::string figure = absl::StrCat(
      "false failures at 30 % loss of UDP and TCP, N = ", agents, ", 180 s, ", profile);
  Fleet fleet(agents, profile);
  if (const auto started = fleet.StartTogether(kStartBudget); !started.ok()) {
    return report->AddFailure(figure, started.status());
  }
  Idle(kSettling);
  const int64_t begin_us = e2e::WallMicros();
  e2e::PacketFilter filter;
  if (const absl::Status status = filter.DropPercent(30); !status.ok()) {
    return report->AddFailure(figure, status);
  }
  Idle(kLossSpan);
  const absl::StatusOr<e2e::Counter> dropped = filter.dropped();
  if (!dropped.ok() || dropped->packets == 0) {
    return report->AddFailure(figure, absl::InternalError("no packet was dropped"));
  }
  filter.Clear().IgnoreError();
  const TimePoint healed = e2e::Now();
  const bool whole = fleet.WaitWhole(Duration::Seconds(60));
  const double whole_after = static_cast<double>((e2e::Now() - healed).micros()) / 1e6;
  Idle(kAftermath);
  const Tally tally = CountVerdicts(&fleet, begin_us, {});
  Row row;
  row.figure = figure;
  row.target = allowed == 0 ? "0" : absl::StrCat("at most ", allowed);
  row.measured = absl::StrCat(TallyText(tally), "; ", dropped->packets, " packets dropped; views ",
                              whole ? absl::StrCat("whole after ", Fixed(whole_after, 1), " s")
                                    : std::string("not whole again"));
  row.beside = serf;
  row.verdict = tally.failures <= allowed && tally.down == 0 && whole ? Row::Verdict::kMet
                                                                      : Row::Verdict::kMissed;
  report->Add(row);
}

}  // namespace

void MeasureLossLan(const Settings& settings, Report* report) {
  MeasureLoss(settings, "lan", 0, "35 to 68", report);
}

void MeasureLossLocal(const Settings& settings, Report* report) {
  MeasureLoss(settings, "local", 1, "632 to 831", report);
}

void MeasurePauses(const Settings& settings, Report* report) {
  const size_t agents = settings.agents > 0 ? settings.agents : 32;
  const std::string figure =
      absl::StrCat("4 of ", agents, " agents stopped 8 s, run 0.25 s, for 120 s");
  Fleet fleet(agents, "lan");
  if (const auto started = fleet.StartTogether(kStartBudget); !started.ok()) {
    return report->AddFailure(figure, started.status());
  }
  Idle(kSettling);
  std::vector<size_t> sleepers;
  std::set<std::string> names;
  for (size_t i = 1; i <= 4; ++i) {
    sleepers.push_back(agents * i / 4 - 1);
    names.insert(fleet[sleepers.back()].name());
  }
  const int64_t begin_us = e2e::WallMicros();
  const TimePoint end = e2e::Now() + kPauseSpan;
  while (e2e::Now() < end) {
    for (const size_t i : sleepers) fleet[i].Pause();
    Idle(kStopped);
    for (const size_t i : sleepers) fleet[i].Resume();
    Idle(kRunning);
  }
  const TimePoint calm = e2e::Now();
  const bool whole = fleet.WaitWhole(Duration::Seconds(60));
  const double whole_after = static_cast<double>((e2e::Now() - calm).micros()) / 1e6;
  Idle(kAftermath);
  const Tally tally = CountVerdicts(&fleet, begin_us, names);
  Row row;
  row.figure = figure;
  row.target = "no failure of an agent never stopped";
  row.measured = absl::StrCat(TallyText(tally), "; views ",
                              whole ? absl::StrCat("whole after ", Fixed(whole_after, 1), " s")
                                    : std::string("not whole again"));
  row.beside = "0";
  row.verdict =
      tally.failures == 0 && tally.down == 0 && whole ? Row::Verdict::kMet : Row::Verdict::kMissed;
  report->Add(row);
}

}  // namespace muster::bench
