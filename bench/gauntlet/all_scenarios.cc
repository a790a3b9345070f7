#include "bench/gauntlet/scenario.h"

namespace muster::gauntlet {

std::vector<Scenario> AllScenarios() {
  return {SteadyState(), OneCrash(), Threshold(), Interval(),   Starved(),  Frozen(), Bootstrap(),
          MassCrash(),   FlipFlop(), HeavyLoss(), Partitions(), Restarts(), OneJoin()};
}

}  // namespace muster::gauntlet
