#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "bench/gauntlet/model_process.h"
#include "src/base/time.h"
#include "src/core/options.h"

namespace muster::gauntlet {

// The columns of every table. Muster stands in two profiles, which differ in tolerance alone:
// E has memberlist's own window at that size, 4 log10 n s, F has 2 s.
enum class Mode : int { kSwim, kMemberlist, kLifeguard, kMusterE, kMusterF };
inline constexpr size_t kModes = 5;
inline constexpr Mode kAllModes[kModes] = {Mode::kSwim, Mode::kMemberlist, Mode::kLifeguard,
                                           Mode::kMusterE, Mode::kMusterF};
const char* ModeName(Mode mode);
bool IsMuster(Mode mode);
// False if no mode has this name; "muster" is no mode.
bool ParseMode(std::string_view name, Mode* mode);

// Whose constants the models have: those they ship with, or those of Lifeguard's experiments
// (alpha = 5, agents of Consul), where Muster's profile E gets that window, 5 log10 n s.
enum class Constants { kShipped, kPaper };

// Longest silence that the mode always forgives, or the shortest suspicion of a model.
Duration ToleranceOf(Mode mode, Constants constants, int members);
core::Options MusterOptions(Mode mode, Constants constants, int members);
ModelFactory ModelOf(Mode mode, Constants constants);

}  // namespace muster::gauntlet
