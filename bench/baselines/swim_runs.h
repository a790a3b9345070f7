#pragma once

#include <cstdint>

#include "bench/baselines/swim.h"

namespace muster::baselines {

// SWIM's own measurements (section 5): N members on one LAN, T' = 2 s, k = 1.
struct SwimFigures {
  double sent_per_period = 0;  // messages a member sends in a period, over 40 periods
  double received_per_period = 0;
  double detection_periods = 0;  // from a crash until the first member notices, periods begun
  double infection_periods = 0;  // from the notice until half of the members know of it
  double full_periods = 0;       // from the notice until all declare it failed
};

// Load of `members` members without failures; sets the first two figures.
SwimFigures RunSwimLoad(int members, uint64_t seed);
// One crash; sets the others.
SwimFigures RunSwimCrash(int members, uint64_t seed);

}  // namespace muster::baselines
