// S6, S7 and S8: many crash together; some lose what they get, again and again, or most of it.

#include <algorithm>
#include <cmath>

#include "bench/gauntlet/arena.h"
#include "bench/gauntlet/scenario.h"

namespace muster::gauntlet {
namespace {

constexpr uint32_t kAll = 1'000'000;  // ppm

std::vector<int> Pick(int count, int members, uint64_t seed) {
  std::vector<int> all;
  for (int i = 0; i < members; ++i) all.push_back(i);
  Rng rng = Rng(seed).Fork(78);
  rng.Shuffle(&all);
  all.resize(static_cast<size_t>(count));
  return all;
}

ArenaConfig ConfigOf(const Trial& trial, Mode mode) {
  ArenaConfig config;
  config.mode = mode;
  config.members = trial.members;
  config.seed = trial.seed;
  config.counts_traffic = false;
  config.faulty = Pick(static_cast<int>(trial.a), trial.members, trial.seed);
  return config;
}

double Since(TimePoint now, TimePoint from) {
  return static_cast<double>((now - from).micros()) / 1e6;
}

bool AllOut(const Arena& arena) {
  const std::vector<int>& faulty = arena.config().faulty;
  return std::all_of(faulty.begin(), faulty.end(),
                     [&](int member) { return arena.AllHoldFailed(member); });
}

TrialResult RunMassCrash(const Trial& trial, Mode mode) {
  Arena arena(ConfigOf(trial, mode));
  arena.StartTogether(Duration::Seconds(10));
  const TimePoint from = arena.now();
  TrialResult result(4);
  for (const int member : arena.config().faulty) arena.cluster().Crash(member);
  int looks = 0;
  const auto all_out_now = [&] {
    if (looks++ % 5 == 0) arena.AddSizes(from, &result[3]);
    return AllOut(arena);
  };
  const bool all_out = arena.RunUntil(all_out_now, Duration::Seconds(120));
  result[0] = {all_out ? Since(arena.now(), from) : 999};
  arena.AddSizes(from, &result[3]);
  int healthy = 0;
  int in_one = 0;
  for (int member = 0; member < trial.members; ++member) {
    if (arena.scorer().is_faulty(member)) continue;
    ++healthy;
    if (arena.scorer().Batches(member, from, Duration::Millis(100)) == 1) ++in_one;
  }
  result[1] = {100 - 100.0 * in_one / healthy};
  result[2] = {static_cast<double>(arena.scorer().FalsePositives())};
  return result;
}

// What both sick scenarios report, watched once a second.
class Sickness {
 public:
  explicit Sickness(const Arena& arena)
      : arena_(arena), from_(arena.now()), bytes_before_(arena.total_bytes()) {}
  void Look() {
    arena_.AddSizes(from_, &sizes_);
    if (out_at_.is_never() && AllOut(arena_)) out_at_ = arena_.now();
  }
  // When all were first out everywhere, when the last event about one of them was, how often each
  // came back at each healthy one, false positives, sizes, bytes a member and second.
  TrialResult Result() const {
    TrialResult result(6);
    result[0] = {out_at_.is_never() ? 999 : Since(out_at_, from_)};
    result[1] = {Since(arena_.scorer().LastEventOfFaulty(from_), from_)};
    for (const int member : arena_.config().faulty) {
      result[2].push_back(arena_.scorer().ReturnsPerMember(member, from_));
    }
    result[3] = {static_cast<double>(arena_.scorer().FalsePositives())};
    result[4] = sizes_;
    result[5] = {(arena_.total_bytes() - bytes_before_) / arena_.config().members /
                 Since(arena_.now(), from_)};
    return result;
  }

 private:
  const Arena& arena_;
  TimePoint from_;
  double bytes_before_;
  TimePoint out_at_ = TimePoint::Never();
  std::vector<double> sizes_;
};

// Trial: a sick ones, b = 0 ingress, 1 egress, 2 both.
void SetSick(Arena* arena, uint32_t ppm, int64_t direction) {
  for (const int member : arena->config().faulty) {
    arena->cluster().SetHostLoss(member, direction == 0 ? 0 : ppm, direction == 1 ? 0 : ppm);
  }
}

TrialResult RunFlipFlop(const Trial& trial, Mode mode) {
  Arena arena(ConfigOf(trial, mode));
  arena.StartTogether(Duration::Seconds(10));
  Sickness sickness(arena);
  bool is_sick = false;
  for (int64_t second = 0; second < trial.c; ++second) {
    if (second % 20 == 0) {
      is_sick = !is_sick;
      SetSick(&arena, is_sick ? kAll : 0, trial.b);
    }
    arena.RunFor(Duration::Seconds(1));
    sickness.Look();
  }
  return sickness.Result();
}

TrialResult RunHeavyLoss(const Trial& trial, Mode mode) {
  Arena arena(ConfigOf(trial, mode));
  arena.StartTogether(Duration::Seconds(10));
  Sickness sickness(arena);
  SetSick(&arena, kAll / 10 * 8, trial.b);
  for (int64_t second = 0; second < trial.c; ++second) {
    arena.RunFor(Duration::Seconds(1));
    sickness.Look();
  }
  return sickness.Result();
}

std::vector<Figure> SickFigures(const std::string& name, int group, double out_s, double settled_s,
                                double returns) {
  return {
      {group, name + " all out after, s", 0, Aggregate::kMax, {out_s, out_s, kNone, kNone}},
      {group, name + " last change, s", 1, Aggregate::kMax, {settled_s, settled_s, kNone, kNone}},
      {group,
       name + " returns of a sick member, worst",
       2,
       Aggregate::kMax,
       {returns, returns, kNone, kNone}},
      {group, name + " false positives", 3, Aggregate::kSum, {0, 0, kNone, kNone}},
      {group, name + " sent, B/s a member", 5, Aggregate::kMean, {}}};
}

constexpr const char* kDirections[] = {"ingress", "egress", "both"};

// Smoke: a small cluster for a fifth of the time.
std::vector<Trial> SickTrials(Scale scale, int directions) {
  std::vector<Trial> trials;
  for (int direction = 0; direction < directions; ++direction) {
    if (scale == Scale::kFull) {
      trials.push_back({direction, 1000, 1, 10, direction, 900});
    } else {
      trials.push_back({direction, 128, 1, 4, direction, 180});
    }
  }
  return trials;
}

}  // namespace

Scenario MassCrash() {
  Scenario s;
  s.id = "S6";
  s.sizes_metric = 3;
  s.about = "members crash together";
  constexpr const char* kNames[] = {"1 %", "10 %", "25 %"};
  for (int group = 0; group < 3; ++group) {
    const std::string name = kNames[group];
    s.figures.push_back(
        {group, name + " all out everywhere, s", 0, Aggregate::kMax, {kNone, 5, kNone, kNone}});
    s.figures.push_back({group,
                         name + " members that see several batches, %",
                         1,
                         Aggregate::kMean,
                         {kNone, 1, kNone, kNone}});
    s.figures.push_back(
        {group, name + " false positives", 2, Aggregate::kSum, {0, 0, kNone, kNone}});
  }
  s.trials = [](Scale scale) {
    const int members = scale == Scale::kFull ? 1000 : 128;
    std::vector<Trial> trials;
    for (uint64_t seed = 1; seed <= (scale == Scale::kFull ? 3 : 10); ++seed) {
      trials.push_back({0, members, seed, members / 100, 0, 0});
      trials.push_back({1, members, seed, members / 10, 0, 0});
      trials.push_back({2, members, seed, members / 4, 0, 0});
    }
    return trials;
  };
  s.run = RunMassCrash;
  return s;
}

Scenario FlipFlop() {
  Scenario s;
  s.id = "S7";
  s.sizes_metric = 4;
  s.about =
      "ten of 1,000 (smoke: 4 of 128, 180 s) lose all datagrams one way, 20 s on, 20 s off, 900 s";
  for (int group = 0; group < 2; ++group) {
    for (const Figure& figure : SickFigures(kDirections[group], group, 60, 60, 1)) {
      s.figures.push_back(figure);
    }
  }
  s.trials = [](Scale scale) { return SickTrials(scale, 2); };
  s.run = RunFlipFlop;
  return s;
}

Scenario HeavyLoss() {
  Scenario s;
  s.id = "S8";
  s.sizes_metric = 4;
  s.about = "ten of 1,000 lose 80 % for 900 s (smoke: 4 of 128, 180 s)";
  for (int group = 0; group < 3; ++group) {
    for (const Figure& figure : SickFigures(kDirections[group], group, 30, 30, 0)) {
      s.figures.push_back(figure);
    }
  }
  s.trials = [](Scale scale) { return SickTrials(scale, 3); };
  s.run = RunHeavyLoss;
  return s;
}

}  // namespace muster::gauntlet
