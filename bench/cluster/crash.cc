// Agents killed at random moments: when all others know, and when they know of the restart.

#include <algorithm>
#include <cstdio>
#include <map>

#include "absl/strings/str_cat.h"
#include "bench/cluster/figures.h"
#include "bench/cluster/fleet.h"
#include "src/base/rng.h"
#include "src/base/status_macros.h"
#include "tests/e2e/harness/clock.h"

namespace muster::bench {
namespace {

constexpr Duration kStartBudget = Duration::Seconds(120);
constexpr Duration kKnownBudget = Duration::Seconds(60);
constexpr uint64_t kSeed = 1;  // of victims and phases

struct CrashTimes {
  Samples first_s;    // first verdict
  Samples all_s;      // last verdict
  Samples restart_s;  // start of the program to the last `alive`
  int false_failures = 0;
};

double Seconds(int64_t us) { return static_cast<double>(us) / 1e6; }

absl::Status CrashOne(Fleet* fleet, size_t victim, Duration phase, CrashTimes* times) {
  const std::string name = (*fleet)[victim].name();
  Idle(phase);
  const int64_t killed_us = e2e::WallMicros();
  (*fleet)[victim].Kill();
  const auto failed = fleet->WaitLogged({"member.failed"}, name, killed_us, kKnownBudget);
  if (!failed.ok()) return failed.status();
  times->first_s.Add(Seconds(*std::min_element(failed->begin(), failed->end()) - killed_us));
  times->all_s.Add(Seconds(*std::max_element(failed->begin(), failed->end()) - killed_us));
  const int64_t restarted_us = e2e::WallMicros();
  MUSTER_RETURN_IF_ERROR(fleet->Restart(victim));
  const auto alive =
      fleet->WaitLogged({"member.returned", "member.joined"}, name, restarted_us, kKnownBudget);
  if (!alive.ok()) return alive.status();
  times->restart_s.Add(Seconds(*std::max_element(alive->begin(), alive->end()) - restarted_us));
  times->false_failures += fleet->Count(killed_us, e2e::WallMicros(), [&](const LoggedEvent& e) {
    return e.type == "member.failed" && e.member != name;
  });
  return absl::OkStatus();
}

absl::StatusOr<CrashTimes> Crash(size_t agents, const std::string& profile, int kills,
                                 Duration period) {
  Fleet fleet(agents, profile);
  const absl::StatusOr<StartTimes> started = fleet.StartTogether(kStartBudget);
  if (!started.ok()) return started.status();
  Idle(period * 5);
  CrashTimes times;
  Rng rng(kSeed + agents);
  for (int i = 0; i < kills; ++i) {
    // Any agent, the seed included; a random part of a period on top of two whole ones.
    const Duration phase = period * 2 + Duration::Micros(rng.Between(0, period.micros()));
    MUSTER_RETURN_IF_ERROR(CrashOne(&fleet, rng.Below(agents), phase, &times));
    std::fprintf(stderr, "  %zu agents, %s, kill %d of %d: worst %.2f s\n", agents, profile.c_str(),
                 i + 1, kills, times.all_s.Max());
  }
  if (const size_t down = fleet.CountDown(); down > 0) {
    return absl::InternalError(absl::StrCat(down, " agents ended by themselves"));
  }
  return times;
}

void ReportDetection(size_t agents, const std::string& profile, int kills, double most_s,
                     double median_s, const std::string& serf, Report* report) {
  const std::string figure =
      absl::StrCat("SIGKILL known at all others, N = ", agents, ", ", profile);
  const absl::StatusOr<CrashTimes> times = Crash(
      agents, profile, kills, profile == "lan" ? Duration::Seconds(1) : Duration::Millis(250));
  if (!times.ok()) return report->AddFailure(figure, times.status());
  Row row;
  row.figure = figure;
  row.target = absl::StrCat("<= ", Fixed(most_s, 1), " s");
  if (median_s > 0) absl::StrAppend(&row.target, ", median <= ", Fixed(median_s, 1), " s");
  row.measured =
      absl::StrCat(times->all_s.Text(), " s (least / median / most of ", times->all_s.size(),
                   "); first verdict ", times->first_s.Text(), " s; restart seen ",
                   times->restart_s.Text(), " s; failures of others: ", times->false_failures);
  row.beside = serf;
  const bool met = times->all_s.Max() <= most_s &&
                   (median_s == 0 || times->all_s.Median() <= median_s) &&
                   times->false_failures == 0;
  row.verdict = met ? Row::Verdict::kMet : Row::Verdict::kMissed;
  report->Add(row);
}

}  // namespace

void MeasureDetection(const Settings& settings, Report* report) {
  const std::map<size_t, const char*> known = {
      {8, "5.7 s"}, {32, "8.4 s"}, {64, "9.4 s"}, {128, "11.0 s"}};
  std::map<size_t, const char*> sizes = known;
  if (settings.agents > 0) {
    const auto row = known.find(settings.agents);
    sizes = {{settings.agents, row == known.end() ? "" : row->second}};
  }
  for (const auto& [agents, serf] : sizes) {
    ReportDetection(agents, "lan", settings.kills, 6, 5, serf, report);
  }
}

void MeasureDetectionLocal(const Settings& settings, Report* report) {
  const size_t agents = settings.agents > 0 ? settings.agents : 32;
  ReportDetection(agents, "local", settings.kills, 2, 0, "6.6 s", report);
}

void MeasureRestart(const Settings& settings, Report* report) {
  const size_t agents = settings.agents > 0 ? settings.agents : 32;
  const std::string figure = absl::StrCat("restart from disk, alive at all others, N = ", agents);
  const absl::StatusOr<CrashTimes> times =
      Crash(agents, "lan", settings.repeats, Duration::Seconds(1));
  if (!times.ok()) return report->AddFailure(figure, times.status());
  Row row;
  row.figure = figure;
  row.target = "<= 0.5 s";
  row.measured = absl::StrCat(times->restart_s.Text(), " s (least / median / most of ",
                              times->restart_s.size(), ")");
  row.beside = "0.6 s";
  row.verdict = times->restart_s.Max() <= 0.5 ? Row::Verdict::kMet : Row::Verdict::kMissed;
  report->Add(row);
}

}  // namespace muster::bench
