#pragma once

#include <string>
#include <vector>

#include "bench/gauntlet/report.h"

namespace muster::gauntlet {

// What Muster reached of its targets, as a file: one line a figure and profile, sorted as they are
// printed. Runs are deterministic, so a figure that is not the same to the last digit is another.
std::string FormatOutcomes(const std::vector<Outcome>& outcomes);

// What differs between the file and these outcomes, a line each, empty if nothing does. A target
// that was met and is no longer stands first; a change that leaves its target as it was is one too.
// Only scenarios that ran are compared.
std::vector<std::string> Differences(const std::string& file, const std::vector<Outcome>& outcomes);

}  // namespace muster::gauntlet
