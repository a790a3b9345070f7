#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/gauntlet/runner.h"

namespace muster::gauntlet {

// The bits of core::ablated_mechanisms for these names (src/core/ablation.h). False if one is
// unknown, which is then in `*unknown`.
bool MechanismBits(const std::vector<std::string>& names, uint32_t* bits, std::string* unknown);
// Turns off these mechanisms in all nodes made from now on. False where this build cannot:
// only one with --define muster_ablation=on can.
bool Ablate(uint32_t bits);

// The scenarios that tell what a mechanism is worth.
std::vector<std::string> AblationScenarios();

// Runs `scenarios` with all mechanisms on, with each one off, and with lifeguard, at the smoke
// form's size, and returns a table for each: a row a variant, a column a figure. `muster` is the
// profile.
std::string RunAblation(const std::vector<Scenario>& scenarios, Mode muster,
                        const RunOptions& options);

}  // namespace muster::gauntlet
