#include "bench/cluster/figures.h"

namespace muster::bench {

const std::vector<Figure>& AllFigures() {
  static const std::vector<Figure>* figures = new std::vector<Figure>{
      {"start", "agents started together, one seed: all see all", MeasureStart},
      {"detect", "SIGKILL known at all others, lan", MeasureDetection},
      {"detect-local", "SIGKILL known at all others, local", MeasureDetectionLocal},
      {"leave", "graceful leave known at all others", MeasureLeave},
      {"restart", "restart from disk, alive at all others", MeasureRestart},
      {"idle", "memory, CPU, switches and traffic of idle agents", MeasureIdle},
      {"loss-lan", "false failures at 30 % packet loss, lan", MeasureLossLan},
      {"loss-local", "false failures at 30 % packet loss, local", MeasureLossLocal},
      {"pauses", "4 agents stopped 8 s, run 0.25 s, again and again", MeasurePauses},
  };
  return *figures;
}

}  // namespace muster::bench
