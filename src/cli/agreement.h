#pragma once

#include "src/base/time.h"
#include "src/cli/context.h"

namespace muster::cli {

// Waits until the agent and all peers that it hears from have the same view, and it is not on its
// way in any more; at most `limit`. The status answer that says so, or a failure: kTimedOut names
// the peers that differ.
Result<api::Response> WaitForAgreement(Context& context, Duration limit);

}  // namespace muster::cli
