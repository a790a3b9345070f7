// S3 and S4: Lifeguard's two experiments, verbatim (paper, section V), in the simulator.

#include "bench/baselines/lifeguard_runs.h"
#include "bench/gauntlet/arena.h"
#include "bench/gauntlet/scenario.h"
#include "src/sim/scorer.h"

namespace muster::gauntlet {
namespace {

constexpr Duration kRest = Duration::Seconds(15);
constexpr Duration kRunTime = Duration::Seconds(120);  // from the start

std::vector<int> Pick(int count, int members, uint64_t seed) {
  std::vector<int> all;
  for (int i = 0; i < members; ++i) all.push_back(i);
  Rng rng = Rng(seed).Fork(77);
  rng.Shuffle(&all);
  all.resize(static_cast<size_t>(count));
  return all;
}

ArenaConfig ConfigOf(const Trial& trial, Mode mode) {
  ArenaConfig config;
  config.mode = mode;
  config.constants = Constants::kPaper;
  config.members = trial.members;
  config.seed = trial.seed;
  config.is_loopback = true;
  config.counts_traffic = false;
  config.faulty = Pick(static_cast<int>(trial.a), trial.members, trial.seed);
  return config;
}

// Trial: a = C, b = D in ms, c = I in ms.
Trial TrialOf(int group, const baselines::LifeguardCell& cell) {
  return {group,          baselines::kLifeguardMembers, cell.seed,
          cell.anomalous, cell.anomaly.millis(),        cell.normal.millis()};
}

void Hold(Arena* arena, bool is_blocked) {
  for (const int member : arena->config().faulty) {
    if (is_blocked) {
      arena->cluster().Block(member);
    } else {
      arena->cluster().Unblock(member);
    }
  }
}

TrialResult RunThreshold(const Trial& trial, Mode mode) {
  Arena arena(ConfigOf(trial, mode));
  const TimePoint start = arena.now();
  arena.StartTogether(kRest);
  const TimePoint from = arena.now();
  Hold(&arena, true);
  arena.RunFor(Duration::Millis(trial.b));
  Hold(&arena, false);
  arena.RunUntil([&] { return arena.ViewsAreEqual(false); }, start + kRunTime - arena.now());
  TrialResult result(3);
  for (const int member : arena.config().faulty) {
    sim::Scorer::Detection detection;
    if (!arena.scorer().DetectionOf(member, from, &detection)) continue;
    result[0].push_back(detection.first);
    if (detection.full >= 0) result[1].push_back(detection.full);
  }
  result[2] = {static_cast<double>(arena.scorer().FalsePositives())};
  return result;
}

TrialResult RunInterval(const Trial& trial, Mode mode) {
  Arena arena(ConfigOf(trial, mode));
  const TimePoint start = arena.now();
  arena.StartTogether(kRest);
  const double bytes = arena.total_bytes();
  const double packets = arena.total_packets();
  while (true) {
    Hold(&arena, true);
    arena.RunFor(Duration::Millis(trial.b));
    Hold(&arena, false);
    if (arena.now() >= start + kRunTime) break;
    arena.RunFor(Duration::Millis(trial.c));
  }
  return {{static_cast<double>(arena.scorer().FalsePositives())},
          {static_cast<double>(arena.scorer().FalsePositivesHealthy())},
          {(arena.total_bytes() - bytes) / 1e6},
          {(arena.total_packets() - packets) / 1e3}};
}

}  // namespace

Scenario Threshold() {
  Scenario s;
  s.id = "S3";
  s.about = "Lifeguard Threshold, N = 128, D = 16 and 32 s, window 5 log10 n s";
  s.constants = Constants::kPaper;
  s.figures = {{0, "first p50, s", 0, Aggregate::kMedian, {}},
               {0, "first p99, s", 0, Aggregate::kP99, {13.0, kNone, kNone, kNone}},
               {0, "first p99.9, s", 0, Aggregate::kP999, {14.0, kNone, kNone, kNone}},
               {0, "all know p50, s", 1, Aggregate::kMedian, {}},
               {0, "all know p99, s", 1, Aggregate::kP99, {}},
               {0, "false positives", 2, Aggregate::kSum, {0, kNone, kNone, kNone}}};
  s.trials = [](Scale scale) {
    std::vector<Trial> trials;
    const std::vector<int> counts =
        scale == Scale::kFull ? std::vector<int>{} : std::vector<int>{4, 16};
    for (const auto& cell : baselines::ThresholdCells(scale == Scale::kFull ? 2 : 1, counts)) {
      if (cell.anomaly > Duration::Seconds(10)) trials.push_back(TrialOf(0, cell));
    }
    return trials;
  };
  s.run = RunThreshold;
  return s;
}

Scenario Interval() {
  Scenario s;
  s.id = "S4";
  s.about = "Lifeguard Interval, N = 128; false positives are about members never made anomalous";
  s.constants = Constants::kPaper;
  s.figures = {{0, "FP, all runs", 0, Aggregate::kSum, {kNone, kNone, 0.0005, kNone}},
               {0, "FP-, all runs", 1, Aggregate::kSum, {5, 5, kNone, kNone}},
               {0, "MB a run", 2, Aggregate::kMean, {kNone, kNone, 0.7, kNone}},
               {0, "thousand packets a run", 3, Aggregate::kMean, {}}};
  s.trials = [](Scale scale) {
    std::vector<Trial> trials;
    const std::vector<int> counts =
        scale == Scale::kFull ? std::vector<int>{} : std::vector<int>{16};
    for (const auto& cell : baselines::IntervalCells(1, counts)) {
      const bool is_smoke_cell =
          cell.anomaly > Duration::Seconds(10) &&
          (cell.normal == Duration::Millis(64) || cell.normal == Duration::Millis(1024));
      if (scale == Scale::kFull || is_smoke_cell) trials.push_back(TrialOf(0, cell));
    }
    return trials;
  };
  s.run = RunInterval;
  return s;
}

}  // namespace muster::gauntlet
