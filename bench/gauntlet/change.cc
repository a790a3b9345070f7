// S5, S9, S10 and S11: many start together, a network falls apart, members restart, one joins.

#include <algorithm>
#include <vector>

#include "bench/gauntlet/arena.h"
#include "bench/gauntlet/scenario.h"
#include "bench/gauntlet/synthetic.h"

namespace muster::gauntlet {
namespace {

constexpr double kNever = 999;
// Above this size only the joiner and those that it talks to are more than an address.
constexpr int kRealMembersMax = 20'000;

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

std::vector<int> AllBut(int members, int one) {
  std::vector<int> others;
  for (int member = 0; member < members; ++member) {
    if (member != one) others.push_back(member);
  }
  return others;
}

double SecondsUntilEqual(Arena* arena, Duration limit) {
  const TimePoint from = arena->now();
  const bool is_equal = arena->RunUntil([&] { return arena->ViewsAreEqual(false); }, limit);
  return is_equal ? Since(arena->now(), from) : kNever;
}

// Trial: a = through how many seeds.
TrialResult RunBootstrap(const Trial& trial, Mode mode) {
  if (!Runs(trial, mode)) return {};
  ArenaConfig config = ConfigOf(trial, mode);
  config.seeds = static_cast<int>(trial.a);
  Arena arena(config);
  arena.StartByJoining();
  const TimePoint from = arena.now();
  TrialResult result(4);
  bool is_equal = false;
  double seed_bytes_max = 0;
  double seed_bytes = 0;
  const auto look = [&] {
    double most = 0;
    for (int seed = 0; seed < config.seeds; ++seed) most = std::max(most, arena.bytes_of(seed));
    seed_bytes_max = std::max(seed_bytes_max, most - seed_bytes);
    seed_bytes = most;
    arena.AddSizes(from, &result[3]);
  };
  // Every member shows its size once a second, as in Rapid's measurement.
  for (int tenth = 1; tenth <= 3000 && !is_equal; ++tenth) {
    arena.RunFor(Duration::Millis(100));
    is_equal = arena.ViewsAreEqual(false);
    if (tenth % 10 == 0 || is_equal) look();
  }
  std::vector<double> sizes;
  for (size_t i = 1; i < result[3].size(); i += 2) sizes.push_back(result[3][i]);
  std::sort(sizes.begin(), sizes.end());
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  result[0] = {is_equal ? Since(arena.now(), from) : kNever};
  result[1] = {static_cast<double>(sizes.size())};
  result[2] = {seed_bytes_max / 1e6};
  return result;
}

// Trial: a = per cent on the small side, b = seconds apart, c = 1: both sides are of that size, and
// everybody else reaches both.
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

// The last member is frozen for three fifths of a tolerance, too short for a failure. Meanwhile one
// that observes it, and may suspect it by then, is cut off from all for two tolerances: whatever it
// pronounces about the others is false. Trial: a = who is cut off.
TrialResult RunCutOffObserver(const Trial& trial, Mode mode) {
  const int observer = static_cast<int>(trial.a);
  ArenaConfig config = ConfigOf(trial, mode);
  config.faulty = {observer};
  Arena arena(config);
  arena.StartTogether(Duration::Seconds(10));
  const int frozen = trial.members - 1;
  const Duration twentieth = arena.tolerance() / 20;
  arena.cluster().Pause(frozen);
  arena.RunFor(twentieth * 8);
  arena.cluster().Partition({{observer}, AllBut(trial.members, observer)});
  arena.RunFor(twentieth * 4);
  arena.cluster().Resume(frozen);
  arena.RunFor(twentieth * 40);
  return {{}, {static_cast<double>(arena.scorer().FalsePositives())}};
}

// Trial: a = members restarted together, b = ms between two such steps, c = steps; graceful below
// zero. Each stays down for one step.
TrialResult RunRestarts(const Trial& trial, Mode mode) {
  if (!Runs(trial, mode)) return {};
  Arena arena(ConfigOf(trial, mode));
  arena.StartTogether(Duration::Seconds(10));
  sim::Cluster& cluster = arena.cluster();
  const bool is_graceful = trial.a < 0;
  const int64_t together = is_graceful ? -trial.a : trial.a;
  int next = 1;  // not the seed
  std::vector<int> down;
  for (int64_t step = 0; step <= trial.c; ++step) {
    std::vector<int> stopped;
    for (int64_t i = 0; i < together && step < trial.c; ++i) {
      if (is_graceful) {
        (void)cluster.Leave(next);
      } else {
        cluster.Crash(next);
      }
      stopped.push_back(next);
      next = next + 1 < trial.members ? next + 1 : 1;
    }
    for (const int member : down) {
      if (cluster.host(member).is_running()) cluster.Crash(member);  // slow to leave
      cluster.Start(member);
    }
    down = stopped;
    if (step < trial.c) arena.RunFor(Duration::Millis(trial.b));
  }
  const double equal_after = SecondsUntilEqual(&arena, Duration::Seconds(300));
  const double restarts = static_cast<double>(together * trial.c);
  return {{equal_after},
          {static_cast<double>(arena.scorer().Changes()) / (restarts * trial.members)}};
}

// Trial: c = how many others change their tags while one member hears nothing for 1.5 s.
TrialResult RunCatchUp(const Trial& trial, Mode mode) {
  if (!IsMuster(mode)) return {};  // the models have no tags
  Arena arena(ConfigOf(trial, mode));
  arena.StartTogether(Duration::Seconds(10));
  const int absent = trial.members - 1;
  arena.cluster().Partition({{absent}, AllBut(trial.members, absent)});
  for (int member = 0; member < trial.c; ++member) {
    (void)arena.cluster().SetTags(member, {{"version", "2"}});
  }
  arena.RunFor(Duration::Millis(1500));
  const double before = arena.bytes_both_ways(absent);
  arena.cluster().HealAll();
  const double seconds = SecondsUntilEqual(&arena, Duration::Seconds(300));
  return {{seconds}, {(arena.bytes_both_ways(absent) - before) / 1e3}};
}

TrialResult RunJoin(const Trial& trial, Mode mode) {
  if (trial.c > 0) return RunCatchUp(trial, mode);
  if (trial.members > kRealMembersMax) return RunSyntheticJoin(trial, mode);
  if (!Runs(trial, mode)) return {};
  Arena arena(ConfigOf(trial, mode));
  const int joiner = trial.members - 1;
  arena.StartTogether(Duration::Seconds(10));
  arena.cluster().Crash(joiner);
  arena.RunFor(arena.tolerance() + Duration::Seconds(20));
  const double before = arena.bytes_both_ways(joiner);
  arena.cluster().Restart(joiner, {.lost_disk = true, .no_seeds = false, .address = Address()});
  const double seconds = SecondsUntilEqual(&arena, Duration::Seconds(300));
  return {{seconds}, {(arena.bytes_both_ways(joiner) - before) / 1e3}};
}

}  // namespace

Scenario Bootstrap() {
  Scenario s;
  s.id = "S5";
  s.about = "all start at once and join through one seed; 10,000 through three";
  s.sizes_metric = 3;
  constexpr double kLimits[] = {5, 5, 10};
  for (int group = 0; group < 3; ++group) {
    const double limit = kLimits[group];
    s.figures.push_back(
        {group, "all equal after, s", 0, Aggregate::kMax, {limit, limit, kNone, kNone}});
    s.figures.push_back({group, "distinct sizes shown", 1, Aggregate::kMax, {8, 8, kNone, kNone}});
    s.figures.push_back({group, "seed sends, MB/s", 2, Aggregate::kMax, {5, 5, kNone, kNone}});
  }
  s.trials = [](Scale scale) {
    if (scale == Scale::kSmoke) return std::vector<Trial>{{0, 128, 1, 1, 0, 0}};
    return std::vector<Trial>{
        {0, 1000, 1, 1, 0, 0}, {1, 2000, 1, 1, 0, 0}, {2, 10'000, 1, 3, 0, 0}};
  };
  s.run = RunBootstrap;
  return s;
}

Scenario Partitions() {
  constexpr int kCutOffObserver = 6;
  Scenario s;
  s.id = "S9";
  s.about = "the network falls apart and heals";
  constexpr const char* kNames[] = {"50/50 for 60 s", "90/10 for 60 s", "90/10 for 600 s",
                                    "50/50 for 600 s"};
  constexpr int kGroups[] = {0, 1, 2, 5};
  for (int i = 0; i < 4; ++i) {
    s.figures.push_back({kGroups[i],
                         std::string(kNames[i]) + ", equal after healing, s",
                         0,
                         Aggregate::kMax,
                         {5, 5, kNone, kNone}});
  }
  s.figures.push_back({3,
                       "10 % cut from 10 %, 120 s (smoke: 60): failed events",
                       1,
                       Aggregate::kSum,
                       {0, 0, kNone, kNone}});
  s.figures.push_back({4,
                       "three thirds, two of them cut from each other, 60 s: failed events",
                       1,
                       Aggregate::kSum,
                       {0, 0, kNone, kNone}});
  s.figures.push_back({kCutOffObserver,
                       "an observer is cut off while another member freezes: failed events",
                       1,
                       Aggregate::kSum,
                       {0, 0, kNone, kNone}});
  s.trials = [](Scale scale) {
    const bool is_full = scale == Scale::kFull;
    const int members = is_full ? 1000 : 128;
    std::vector<Trial> trials = {{0, members, 1, 50, 60, 0},
                                 {3, members, 1, 10, is_full ? 120 : 60, 1},
                                 {4, members, 1, 33, 60, 1}};
    if (is_full) {
      trials.push_back({5, members, 1, 50, 600, 0});
      trials.push_back({1, members, 1, 10, 60, 0});
      trials.push_back({2, members, 1, 10, 600, 0});
    }
    constexpr int kFew = 16;  // each observes most others
    for (uint64_t seed = 1; seed <= (is_full ? 4 : 2); ++seed) {
      for (int observer = 0; observer < kFew - 1; ++observer) {
        trials.push_back({kCutOffObserver, kFew, seed, observer, 0, 0});
      }
    }
    return trials;
  };
  s.run = [](const Trial& trial, Mode mode) {
    return trial.group == kCutOffObserver ? RunCutOffObserver(trial, mode)
                                          : RunPartition(trial, mode);
  };
  return s;
}

Scenario Restarts() {
  Scenario s;
  s.id = "S10";
  s.about = "restarts; changes shown are those of one restart at one member";
  struct Group {
    const char* name;
    double changes;
  };
  constexpr Group kGroups[] = {{"1 % every 2 s, kill -9", 2},
                               {"1 % every 2 s, graceful", 3},
                               {"90 % within 60 s, kill -9", 2},
                               {"4,500 of 5,000 within 60 s, kill -9", 2}};
  for (int group = 0; group < 4; ++group) {
    const std::string name = kGroups[group].name;
    const double changes = kGroups[group].changes;
    s.figures.push_back({group,
                         name + ", equal after the last start, s",
                         0,
                         Aggregate::kMax,
                         {5, 5, kNone, kNone}});
    s.figures.push_back(
        {group, name + ", changes shown", 1, Aggregate::kMean, {changes, changes, kNone, kNone}});
  }
  s.trials = [](Scale scale) {
    const bool is_full = scale == Scale::kFull;
    const int members = is_full ? 1000 : 128;
    const int64_t one = members / 100;
    const int64_t steps = is_full ? 50 : 25;
    std::vector<Trial> trials = {{0, members, 1, one, 2000, steps},
                                 {1, members, 1, -one, 2000, steps},
                                 {2, members, 1, members * 9 / 10 / 60, 1000, 60}};
    if (is_full) trials.push_back({3, 5000, 1, 75, 1000, 60});
    return trials;
  };
  s.run = RunRestarts;
  return s;
}

Scenario OneJoin() {
  Scenario s;
  s.id = "S11";
  s.about = "one member with a fresh disk joins; catch-up: one missed changes of tags";
  struct Group {
    const char* name;
    double seconds;
    double kilobytes;  // 55 B a member; the catch-up at 500 changes
  };
  constexpr Group kGroups[] = {{"join", 3, 55},
                               {"join", 3, 550},
                               {"join of a synthetic cluster", 3, 5500},
                               {"catch-up of half", 2, 60}};
  for (int group = 0; group < 4; ++group) {
    const std::string name = kGroups[group].name;
    const double seconds = kGroups[group].seconds;
    const double kilobytes = kGroups[group].kilobytes;
    s.figures.push_back({group,
                         name + ", all equal after, s",
                         0,
                         Aggregate::kMax,
                         {seconds, seconds, kNone, kNone}});
    s.figures.push_back({group,
                         name + ", both ways at the one, KB",
                         1,
                         Aggregate::kMax,
                         {kilobytes, kilobytes, kNone, kNone}});
  }
  s.trials = [](Scale scale) {
    if (scale == Scale::kSmoke) {
      return std::vector<Trial>{{0, 128, 1, 0, 0, 0}, {3, 128, 1, 0, 0, 64}};
    }
    return std::vector<Trial>{{0, 1000, 1, 0, 0, 0},
                              {1, 10'000, 1, 0, 0, 0},
                              {2, 100'000, 1, 0, 0, 0},
                              {3, 1000, 1, 0, 0, 500}};
  };
  s.run = RunJoin;
  return s;
}

}  // namespace muster::gauntlet
