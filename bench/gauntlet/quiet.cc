// S1 and S2: nothing happens, and one crash.

#include <algorithm>

#include "bench/gauntlet/arena.h"
#include "bench/gauntlet/scenario.h"
#include "src/sim/scorer.h"

namespace muster::gauntlet {
namespace {

ArenaConfig ConfigOf(const Trial& trial, Mode mode) {
  ArenaConfig config;
  config.mode = mode;
  config.members = trial.members;
  config.seed = trial.seed;
  return config;
}

TrialResult RunSteady(const Trial& trial, Mode mode) {
  if (!Runs(trial, mode)) return {};
  Arena arena(ConfigOf(trial, mode));
  const bool agreed = arena.StartTogether(Duration::Seconds(60));
  const double packets = arena.total_packets();
  arena.RunFor(Duration::Seconds(trial.a));
  const double per_second = static_cast<double>(trial.members) * static_cast<double>(trial.a);
  return {arena.bytes_per_second(),
          {(arena.total_packets() - packets) / per_second},
          {static_cast<double>(arena.scorer().FalsePositives()) + (agreed ? 0 : 1)}};
}

TrialResult RunOneCrash(const Trial& trial, Mode mode) {
  if (!Runs(trial, mode)) return {};
  ArenaConfig config = ConfigOf(trial, mode);
  Rng rng = Rng(trial.seed).Fork(2);
  const int victim = static_cast<int>(rng.Below(static_cast<uint64_t>(trial.members)));
  const Duration phase = Duration::Micros(rng.Between(0, 5'000'000));
  config.faulty = {victim};
  config.loss_ppm = static_cast<uint32_t>(trial.a);
  config.counts_traffic = false;
  Arena arena(config);
  arena.StartTogether(Duration::Seconds(10) + phase);
  const TimePoint from = arena.now();
  arena.cluster().Crash(victim);
  arena.RunUntil([&] { return arena.AllHoldFailed(victim); }, Duration::Seconds(120));
  sim::Scorer::Detection detection;
  TrialResult result(3);
  result[2] = {static_cast<double>(arena.scorer().FalsePositives())};
  if (!arena.scorer().DetectionOf(victim, from, &detection)) return result;
  result[0] = {detection.first};
  if (detection.full >= 0) result[1] = {detection.full};
  return result;
}

}  // namespace

Scenario SteadyState() {
  Scenario s;
  s.id = "S1";
  s.about = "steady state, loss 0.1 %; bytes include 28 of headers a datagram";
  for (int group = 0; group < 3; ++group) {
    s.figures.push_back({group, "sent, B/s mean", 0, Aggregate::kMean, {250, 250, kNone, kNone}});
    s.figures.push_back(
        {group, "sent, B/s p99 of 1-s windows", 0, Aggregate::kP99, {500, 500, kNone, kNone}});
    s.figures.push_back({group, "packets/s", 1, Aggregate::kMean, {}});
    s.figures.push_back({group, "false positives", 2, Aggregate::kSum, {0, 0, kNone, kNone}});
  }
  s.trials = [](Scale scale) {
    const bool is_full = scale == Scale::kFull;
    std::vector<Trial> trials = {{0, 128, 1, is_full ? 600 : 120, 0, 0}};
    if (is_full) {
      trials.push_back({1, 1000, 1, 300, 0, 0});
      trials.push_back({2, 10'000, 1, 120, 0, 0});
    }
    return trials;
  };
  s.run = RunSteady;
  return s;
}

Scenario OneCrash() {
  Scenario s;
  s.id = "S2";
  s.about = "one crash at a random phase; seconds until the first and until all know";
  struct Group {
    const char* name;
    int members;
    int64_t loss_ppm;
    int seeds;
  };
  static constexpr Group kGroups[] = {{"loss 0.1 %", 128, 1'000, 200},
                                      {"loss 1 %", 128, 10'000, 100},
                                      {"loss 5 %", 128, 50'000, 100},
                                      {"loss 0.1 %", 1000, 1'000, 20},
                                      {"loss 0.1 %", 10'000, 1'000, 3}};
  static constexpr int kCount = sizeof kGroups / sizeof kGroups[0];
  for (int group = 0; group < kCount; ++group) {
    const std::string n = kGroups[group].name;
    s.figures.push_back(
        {group, n + " first p50, s", 0, Aggregate::kMedian, {kNone, 2.7, kNone, kNone}});
    s.figures.push_back({group, n + " first p99, s", 0, Aggregate::kP99, {kNone, 3.3, kNone, 1.5}});
    s.figures.push_back(
        {group, n + " first max, s", 0, Aggregate::kMax, {kNone, 3.5, kNone, kNone}});
    s.figures.push_back({group, n + " all know p50, s", 1, Aggregate::kMedian, {}});
    s.figures.push_back(
        {group, n + " all know p99, s", 1, Aggregate::kP99, {kNone, 4.1, kNone, 2.3}});
    s.figures.push_back({group, n + " false positives", 2, Aggregate::kSum, {0, 0, kNone, kNone}});
  }
  s.trials = [](Scale scale) {
    std::vector<Trial> trials;
    for (int group = 0; group < kCount; ++group) {
      const Group& g = kGroups[group];
      if (scale == Scale::kSmoke && group > 0) break;
      const int seeds = scale == Scale::kFull ? g.seeds : 20;
      for (int seed = 1; seed <= seeds; ++seed) {
        trials.push_back({group, g.members, static_cast<uint64_t>(seed), g.loss_ppm, 0, 0});
      }
    }
    return trials;
  };
  s.run = RunOneCrash;
  return s;
}

}  // namespace muster::gauntlet
