#pragma once

#include <cstdint>
#include <string>

#include "src/cli/answers.h"

namespace muster::cli {

// "redis://10.0.0.9:6379/0: ok for 12m", "...: failing for 3m: connection refused", or "none";
// escaped.
std::string FormatStore(const StoreState& store, int64_t now_us);

}  // namespace muster::cli
