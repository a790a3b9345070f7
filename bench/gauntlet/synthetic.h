#pragma once

#include "bench/gauntlet/mode.h"
#include "bench/gauntlet/scenario.h"

namespace muster::gauntlet {

// One member with an empty disk joins `trial.members` others, of which there are more than tables
// for all would fit: each is but an address until somebody talks to it; from then on it holds the
// whole table and answers, and never speaks first. The joiner's line carries 1 Gbit/s. Seconds
// until it knows all, and kilobytes both ways at it. Empty for models.
TrialResult RunSyntheticJoin(const Trial& trial, Mode mode);

}  // namespace muster::gauntlet
