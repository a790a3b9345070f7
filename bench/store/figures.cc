#include "bench/store/figures.h"

namespace muster::bench {

const std::vector<Figure>& AllFigures() {
  static const std::vector<Figure>* figures = new std::vector<Figure>{
      {"cost", "commands and bytes of refreshes and of looks", MeasureCost},
      {"idle", "CPU and memory of agents at rest, beside agents without a store", MeasureIdle},
      {"start", "start-up by way of a store of live rows, dead rows and both", MeasureStart},
      {"frozen", "loop lag while the store is frozen, beside agents without a store",
       MeasureFrozen},
  };
  return *figures;
}

}  // namespace muster::bench
