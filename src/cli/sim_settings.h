#pragma once

#include "absl/status/status.h"
#include "src/agent/settings.h"
#include "src/cli/failure.h"

namespace muster::cli {

// The three lines of an error of src/agent/settings.h.
Failure FailureOf(const absl::Status& status);

// The median one-way latency that a profile is made for: 50 us, 250 us, 20 ms.
Duration LatencyOf(core::Profile profile);

// The flag's value in parts per million; 0 for an empty one.
Result<uint32_t> LossOf(const std::string& loss);

}  // namespace muster::cli
