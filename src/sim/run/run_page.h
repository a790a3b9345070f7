#pragma once

#include <string>

#include "src/sim/run/plan.h"
#include "src/sim/run/run.h"

namespace muster::sim {

// A page for a browser about one run: its figures and plots. `command` is what repeats it. The same
// arguments give the same bytes.
std::string PageOf(const Plan& plan, const RunResult& result, const std::string& command);

}  // namespace muster::sim
