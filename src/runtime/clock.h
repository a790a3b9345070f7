#pragma once

#include <cstdint>

#include "src/base/time.h"

namespace muster::runtime {

// The only place of the agent that reads clocks.

// The monotonic clock, fresh at every call. Its origin is the machine's start, so it is above zero,
// never goes back, and agrees with uv_now() to the millisecond.
TimePoint MonotonicNow();

// The wall clock, in microseconds since the Unix epoch. It may jump.
int64_t UnixMicrosNow();

}  // namespace muster::runtime
