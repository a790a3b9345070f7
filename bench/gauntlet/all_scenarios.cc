#include "bench/gauntlet/scenario.h"

namespace muster::gauntlet {

std::vector<Scenario> AllScenarios() {
  return {SteadyState(), OneCrash(), Threshold(), Interval(), MassCrash(), FlipFlop(), HeavyLoss()};
}

}  // namespace muster::gauntlet
