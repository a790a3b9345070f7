// Agents started together, one seed: how long until all see all.

#include <cstdio>
#include <map>

#include "absl/strings/str_cat.h"
#include "bench/cluster/figures.h"
#include "bench/cluster/fleet.h"

namespace muster::bench {
namespace {

struct Goal {
  double all_s;
  const char* serf;
};

// By number of agents; medians of Serf, seconds.
const std::map<size_t, Goal>& Goals() {
  static const auto* goals = new std::map<size_t, Goal>{
      {8, {0.3, "0.26"}},
      {64, {1.2, "1.7 (2 of 5 over 75)"}},
      {128, {2.5, "4.6 (2 of 7 over 90)"}},
      {256, {6, "not measured"}},
  };
  return *goals;
}

constexpr Duration kBudget = Duration::Seconds(120);

void MeasureOne(size_t agents, int repeats, Report* report) {
  const std::string figure = absl::StrCat("start of ", agents, " together, all see all");
  Samples all_s;
  Samples cpu_ms;
  for (int i = 0; i < repeats; ++i) {
    Fleet fleet(agents, "lan");
    const absl::StatusOr<StartTimes> times = fleet.StartTogether(kBudget);
    if (!times.ok()) return report->AddFailure(figure, times.status());
    all_s.Add(static_cast<double>(times->all.micros()) / 1e6);
    cpu_ms.Add(times->cpu_ms);
    std::fprintf(stderr, "  %zu agents: all %.3f s, median %.3f s\n", agents,
                 static_cast<double>(times->all.micros()) / 1e6,
                 static_cast<double>(times->median.micros()) / 1e6);
  }
  Row row;
  row.figure = figure;
  row.measured = absl::StrCat(all_s.Text(), " s (least / median / most of ", all_s.size(), "); ",
                              Fixed(cpu_ms.Median(), 1), " ms CPU per agent");
  const auto goal = Goals().find(agents);
  if (goal != Goals().end()) {
    row.target = absl::StrCat("<= ", goal->second.all_s, " s, every time");
    row.beside = goal->second.serf;
    row.verdict = all_s.Max() <= goal->second.all_s ? Row::Verdict::kMet : Row::Verdict::kMissed;
  }
  report->Add(row);
}

}  // namespace

void MeasureStart(const Settings& settings, Report* report) {
  if (settings.agents > 0) return MeasureOne(settings.agents, settings.repeats, report);
  for (const auto& [agents, goal] : Goals()) MeasureOne(agents, settings.repeats, report);
}

}  // namespace muster::bench
