// S3 and S4: Lifeguard's two experiments, verbatim (paper, section V), in the simulator; S4b and
// S4c: the same with members that get next to no CPU, or stand still altogether.

#include <iterator>

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

enum class Anomaly { kBlocked, kFrozen };

void Hold(Arena* arena, Anomaly anomaly, bool is_held) {
  sim::Cluster& cluster = arena->cluster();
  for (const int member : arena->config().faulty) {
    if (anomaly == Anomaly::kBlocked) {
      is_held ? cluster.Block(member) : cluster.Unblock(member);
    } else {
      is_held ? cluster.Pause(member) : cluster.Resume(member);
    }
  }
}

TrialResult RunThreshold(const Trial& trial, Mode mode) {
  Arena arena(ConfigOf(trial, mode));
  const TimePoint start = arena.now();
  arena.StartTogether(kRest);
  const TimePoint from = arena.now();
  Hold(&arena, Anomaly::kBlocked, true);
  arena.RunFor(Duration::Millis(trial.b));
  Hold(&arena, Anomaly::kBlocked, false);
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

// What a run cost since `bytes` and `packets`, and what was said in it.
TrialResult CostAndErrors(const Arena& arena, double bytes, double packets) {
  return {{static_cast<double>(arena.scorer().FalsePositives())},
          {static_cast<double>(arena.scorer().FalsePositivesHealthy())},
          {(arena.total_bytes() - bytes) / 1e6},
          {(arena.total_packets() - packets) / 1e3},
          {static_cast<double>(arena.config().faulty.size())}};
}

TrialResult RunInTurns(const Trial& trial, Mode mode, Anomaly anomaly) {
  Arena arena(ConfigOf(trial, mode));
  const TimePoint start = arena.now();
  arena.StartTogether(kRest);
  const double bytes = arena.total_bytes();
  const double packets = arena.total_packets();
  while (true) {
    Hold(&arena, anomaly, true);
    arena.RunFor(Duration::Millis(trial.b));
    Hold(&arena, anomaly, false);
    if (arena.now() >= start + kRunTime) break;
    arena.RunFor(Duration::Millis(trial.c));
  }
  return CostAndErrors(arena, bytes, packets);
}

TrialResult RunInterval(const Trial& trial, Mode mode) {
  return RunInTurns(trial, mode, Anomaly::kBlocked);
}

TrialResult RunFrozen(const Trial& trial, Mode mode) {
  return RunInTurns(trial, mode, Anomaly::kFrozen);
}

// One slice of Linux's fair scheduler (3 ms) in turn with 127 processes that never sleep.
TrialResult RunStarved(const Trial& trial, Mode mode) {
  Arena arena(ConfigOf(trial, mode));
  arena.StartTogether(kRest);
  const double bytes = arena.total_bytes();
  const double packets = arena.total_packets();
  constexpr Duration kSlice = Duration::Millis(3);
  for (const int member : arena.config().faulty) {
    arena.cluster().SetCpu(member, {kSlice * 128, kSlice, Duration::Micros(50)});
  }
  arena.RunFor(Duration::Millis(trial.b));
  return CostAndErrors(arena, bytes, packets);
}

std::vector<Figure> ErrorFigures(double bytes_share) {
  return {{0, "FP, all runs", 0, Aggregate::kSum, {kNone, kNone, 0.0005, kNone}},
          {0, "FP-, all runs", 1, Aggregate::kSum, {5, 5, kNone, kNone}},
          {0, "MB a run", 2, Aggregate::kMean, {kNone, kNone, bytes_share, kNone}},
          {0, "thousand packets a run", 3, Aggregate::kMean, {}}};
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

// Of the whole grid the only cells that ever had a false positive in profile E (bars by members
// that were themselves blocked); two of 432 runs, so that the smoke form keeps them.
const Trial kKept[] = {{1, baselines::kLifeguardMembers, 274880315136, 24, 8192, 64},
                       {1, baselines::kLifeguardMembers, 274881115136, 32, 8192, 64}};

Scenario Interval() {
  Scenario s;
  s.id = "S4";
  s.about = "Lifeguard Interval, N = 128; false positives are about members never made anomalous";
  s.constants = Constants::kPaper;
  s.figures = ErrorFigures(0.7);
  s.figures.push_back({1, "FP in two cells kept", 0, Aggregate::kSum, {0, 0, kNone, kNone}});
  s.slow_metric = 4;
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
    if (scale == Scale::kSmoke) trials.insert(trials.end(), std::begin(kKept), std::end(kKept));
    return trials;
  };
  s.run = RunInterval;
  return s;
}

Scenario Starved() {
  Scenario s;
  s.id = "S4b";
  s.about = "N = 128; some get 1/128 of a CPU for 120 s; false positives are about the others";
  s.constants = Constants::kPaper;
  s.figures = ErrorFigures(kNone);
  s.slow_metric = 4;
  s.trials = [](Scale scale) {
    std::vector<Trial> trials;
    if (scale == Scale::kSmoke) return std::vector<Trial>{{0, 128, 1, 16, 60'000, 0}};
    for (const int64_t starved : {1, 4, 8, 16, 32}) {
      for (uint64_t seed = 1; seed <= 3; ++seed) {
        trials.push_back({0, baselines::kLifeguardMembers, seed, starved, 120'000, 0});
      }
    }
    return trials;
  };
  s.run = RunStarved;
  return s;
}

Scenario Frozen() {
  Scenario s;
  s.id = "S4c";
  s.about = "Lifeguard Interval with whole processes frozen, N = 128";
  s.constants = Constants::kPaper;
  s.figures = ErrorFigures(kNone);
  s.slow_metric = 4;
  s.trials = [](Scale scale) {
    std::vector<Trial> trials;
    const std::vector<int> counts =
        scale == Scale::kFull ? std::vector<int>{4, 16, 32} : std::vector<int>{16};
    for (const auto& cell : baselines::IntervalCells(1, counts)) {
      const bool is_long = cell.anomaly == Duration::Millis(8192);
      const bool is_longest = cell.anomaly == Duration::Millis(32'768);
      const bool is_short_rest = cell.normal == Duration::Millis(64);
      const bool is_rest = is_short_rest || cell.normal == Duration::Millis(4096);
      const bool is_in =
          scale == Scale::kFull ? (is_long || is_longest) && is_rest : is_longest && is_short_rest;
      if (is_in) trials.push_back(TrialOf(0, cell));
    }
    return trials;
  };
  s.run = RunFrozen;
  return s;
}

}  // namespace muster::gauntlet
