#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "bench/gauntlet/mode.h"

namespace muster::gauntlet {

enum class Scale { kSmoke, kFull };

// One run of one scenario. What the fields mean beyond `members` and `seed` is the scenario's.
struct Trial {
  int group = 0;  // which part of the scenario: a size, a loss rate, a fault
  int members = 128;
  uint64_t seed = 1;
  int64_t a = 0;
  int64_t b = 0;
  int64_t c = 0;
};

// How the samples of a figure over all trials become one number.
enum class Aggregate { kMedian, kP99, kP999, kMax, kMean, kSum };

inline constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// What Muster is to reach in a figure: at most `e` and `f` in its two profiles, at most
// `swim_share` of what swim needs, at most its tolerance plus `over_tolerance` (profile E).
struct Target {
  double e = kNone;
  double f = kNone;
  double swim_share = kNone;
  double over_tolerance = kNone;
};

// One row of the table.
struct Figure {
  int group = 0;
  std::string what;
  int metric = 0;  // which of the scenario's sample lists
  Aggregate aggregate = Aggregate::kMedian;
  Target target;
};

// The samples of one trial, a list for each metric. Empty: the mode does not run this trial.
using TrialResult = std::vector<std::vector<double>>;

// Above this size only Muster runs: a model's members push and pull whole tables.
inline constexpr int kModelMembersMax = 2000;
inline bool Runs(const Trial& trial, Mode mode) {
  return IsMuster(mode) || trial.members <= kModelMembersMax;
}

struct Scenario {
  std::string id;
  std::string about;
  Constants constants = Constants::kShipped;
  std::vector<Figure> figures;
  int sizes_metric = -1;  // pairs (second, size shown by some member), for a plot; -1: none
  int slow_metric = -1;   // how many members were slow; false positives are metric 0; -1: none
  std::function<std::vector<Trial>(Scale)> trials;
  std::function<TrialResult(const Trial&, Mode)> run;
};

// In the order of their numbers.
std::vector<Scenario> AllScenarios();

Scenario SteadyState();  // S1
Scenario OneCrash();     // S2
Scenario Threshold();    // S3
Scenario Interval();     // S4
Scenario Starved();      // S4b
Scenario Frozen();       // S4c
Scenario Bootstrap();    // S5
Scenario MassCrash();    // S6
Scenario FlipFlop();     // S7
Scenario HeavyLoss();    // S8
Scenario Partitions();   // S9
Scenario Restarts();     // S10
Scenario OneJoin();      // S11

}  // namespace muster::gauntlet
