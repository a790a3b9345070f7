#pragma once

#include <functional>

#include "tests/sim/swarm.h"

namespace muster::sim {

// The least part of a failing plan that was found to fail still: members are dropped from the end,
// then faults in ever smaller pieces (delta debugging, Zeller and Hildebrandt 2002). `plan` must
// fail and list its faults. `fails` is asked at most `tries` times.
SwarmPlan Minimise(const SwarmPlan& plan, const std::function<bool(const SwarmPlan&)>& fails,
                   int tries = 400);

}  // namespace muster::sim
