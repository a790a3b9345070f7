// S5, S9, S10 and S11: many start together, a network falls apart, members restart, one joins.

#include <algorithm>
#include <vector>

#include "bench/gauntlet/arena.h"
#include "bench/gauntlet/scenario.h"

namespace muster::gauntlet {
namespace {

constexpr double kNever = 999;

ArenaConfig ConfigOf(const Trial& trial, Mode mode) {
  ArenaConfig config;
  config.mode = mode;
  config.members = trial.members;
  config.seed = trial.seed;
  config.counts_traffic = false;
  return config;
}

double Since(TimePoint now, TimePoint from) {
  return static_cast<double>((now - from).micros()) / 1e6;
}

double SecondsUntilEqual(Arena* arena, Duration limit) {
  const TimePoint from = arena->now();
  const bool is_equal = arena->RunUntil([&] { return arena->ViewsAreEqual(false); }, limit);
  return is_equal ? Since(arena->now(), from) : kNever;
}

TrialResult RunBootstrap(const Trial& trial, Mode mode) {
  Arena arena(ConfigOf(trial, mode));
  arena.StartByJoining();
  const TimePoint from = arena.now();
  std::vector<bool> sizes(static_cast<size_t>(trial.members) + 1, false);
  bool is_equal = false;
  double seed_bytes_max = 0;
  double seed_bytes = 0;
  // Every member shows its size once a second, as in Rapid's measurement.
  for (int tenth = 1; tenth <= 3000 && !is_equal; ++tenth) {
    arena.RunFor(Duration::Millis(100));
    is_equal = arena.ViewsAreEqual(false);
    if (tenth % 10 != 0) continue;
    for (int member = 0; member < trial.members; ++member) {
      sizes[arena.cluster().UpCount(member)] = true;
    }
    const double bytes = arena.bytes_of(0);
    seed_bytes_max = std::max(seed_bytes_max, bytes - seed_bytes);
    seed_bytes = bytes;
  }
  seed_bytes_max = std::max(seed_bytes_max, arena.bytes_of(0) - seed_bytes);
  return {{is_equal ? Since(arena.now(), from) : kNever},
          {static_cast<double>(std::count(sizes.begin(), sizes.end(), true))},
          {seed_bytes_max / 1e6}};
}

// Trial: a = per cent on the small side, b = seconds apart, c = 1: the two sides are each a tenth
// and everybody else reaches both.
TrialResult RunPartition(const Trial& trial, Mode mode) {
  Arena arena(ConfigOf(trial, mode));
  arena.StartTogether(Duration::Seconds(10));
  const int small = static_cast<int>(trial.members * trial.a / 100);
  std::vector<int> one;
  std::vector<int> other;
  for (int member = 0; member < trial.members; ++member) {
    if (member < small) {
      one.push_back(member);
    } else if (trial.c == 0 || member < 2 * small) {
      other.push_back(member);
    }
  }
  arena.cluster().Partition({one, other});
  arena.RunFor(Duration::Seconds(trial.b));
  const double failed = static_cast<double>(arena.scorer().FalsePositives());
  arena.cluster().HealAll();
  return {{SecondsUntilEqual(&arena, Duration::Seconds(300))}, {failed}};
}

// Trial: a = members killed together, b = ms between two such steps, c = steps. Each stays down for
// one step.
TrialResult RunRestarts(const Trial& trial, Mode mode) {
  Arena arena(ConfigOf(trial, mode));
  arena.StartTogether(Duration::Seconds(10));
  int next = 1;  // not the seed
  std::vector<int> down;
  for (int64_t step = 0; step <= trial.c; ++step) {
    std::vector<int> killed;
    for (int64_t i = 0; i < trial.a && step < trial.c; ++i) {
      arena.cluster().Crash(next);
      killed.push_back(next);
      next = next + 1 < trial.members ? next + 1 : 1;
    }
    for (const int member : down) arena.cluster().Start(member);
    down = killed;
    if (step < trial.c) arena.RunFor(Duration::Millis(trial.b));
  }
  const double equal_after = SecondsUntilEqual(&arena, Duration::Seconds(300));
  return {{equal_after},
          {static_cast<double>(arena.scorer().FalsePositives()) /
           static_cast<double>(trial.a * trial.c * trial.members)}};
}

TrialResult RunJoin(const Trial& trial, Mode mode) {
  ArenaConfig config = ConfigOf(trial, mode);
  Arena arena(config);
  const int joiner = trial.members - 1;
  arena.StartTogether(Duration::Seconds(10));
  arena.cluster().Crash(joiner);
  arena.RunFor(Duration::Seconds(60));
  const double before = arena.bytes_both_ways(joiner);
  arena.cluster().Restart(joiner, {.lost_disk = true, .no_seeds = false, .address = Address()});
  const double seconds = SecondsUntilEqual(&arena, Duration::Seconds(300));
  return {{seconds}, {(arena.bytes_both_ways(joiner) - before) / 1e3}};
}

}  // namespace

Scenario Bootstrap() {
  Scenario s;
  s.id = "S5";
  s.about = "all start at once and join through one seed";
  for (int group = 0; group < 2; ++group) {
    s.figures.push_back({group, "all equal after, s", 0, Aggregate::kMax, {5, 5, kNone, kNone}});
    s.figures.push_back({group, "distinct sizes shown", 1, Aggregate::kMax, {8, 8, kNone, kNone}});
    s.figures.push_back({group, "seed sends, MB/s", 2, Aggregate::kMax, {5, 5, kNone, kNone}});
  }
  s.trials = [](Scale scale) {
    if (scale == Scale::kSmoke) return std::vector<Trial>{{0, 128, 1, 0, 0, 0}};
    return std::vector<Trial>{{0, 1000, 1, 0, 0, 0}, {1, 2000, 1, 0, 0, 0}};
  };
  s.run = RunBootstrap;
  return s;
}

Scenario Partitions() {
  Scenario s;
  s.id = "S9";
  s.about = "the network falls apart and heals";
  constexpr const char* kNames[] = {"50/50 for 60 s", "90/10 for 60 s", "90/10 for 600 s"};
  for (int group = 0; group < 3; ++group) {
    s.figures.push_back({group,
                         std::string(kNames[group]) + ", equal after healing, s",
                         0,
                         Aggregate::kMax,
                         {5, 5, kNone, kNone}});
  }
  s.figures.push_back({3,
                       "partial cut 10 % from 10 %, 120 s: failed events",
                       1,
                       Aggregate::kSum,
                       {0, 0, kNone, kNone}});
  s.trials = [](Scale scale) {
    const bool is_full = scale == Scale::kFull;
    const int members = is_full ? 1000 : 128;
    std::vector<Trial> trials = {{0, members, 1, 50, 60, 0}, {3, members, 1, 10, 120, 1}};
    if (is_full) {
      trials.push_back({1, members, 1, 10, 60, 0});
      trials.push_back({2, members, 1, 10, 600, 0});
    }
    return trials;
  };
  s.run = RunPartition;
  return s;
}

Scenario Restarts() {
  Scenario s;
  s.id = "S10";
  s.about = "restarts by kill -9";
  constexpr const char* kNames[] = {"1 % every 2 s", "90 % within 60 s"};
  for (int group = 0; group < 2; ++group) {
    const std::string name = kNames[group];
    s.figures.push_back({group,
                         name + ", equal after the last start, s",
                         0,
                         Aggregate::kMax,
                         {5, 5, kNone, kNone}});
    s.figures.push_back(
        {group, name + ", failed events a restart and member", 1, Aggregate::kMean, {}});
  }
  s.trials = [](Scale scale) {
    const int members = scale == Scale::kFull ? 1000 : 128;
    const int64_t one = members / 100;
    return std::vector<Trial>{{0, members, 1, one, 2000, 50},
                              {1, members, 1, members * 9 / 10 / 60, 1000, 60}};
  };
  s.run = RunRestarts;
  return s;
}

Scenario OneJoin() {
  Scenario s;
  s.id = "S11";
  s.about = "one member with a fresh disk joins";
  s.figures = {{0, "all equal after, s", 0, Aggregate::kMax, {3, 3, kNone, kNone}},
               {0, "both ways at the joiner, KB", 1, Aggregate::kMax, {55, 55, kNone, kNone}}};
  s.trials = [](Scale scale) {
    return std::vector<Trial>{{0, scale == Scale::kFull ? 1000 : 128, 1, 0, 0, 0}};
  };
  s.run = RunJoin;
  return s;
}

}  // namespace muster::gauntlet
