#include "src/runtime/clock.h"

#include <uv.h>

namespace muster::runtime {

TimePoint MonotonicNow() { return TimePoint::FromMicros(static_cast<int64_t>(uv_hrtime() / 1000)); }

int64_t UnixMicrosNow() {
  uv_timeval64_t now{};
  uv_gettimeofday(&now);
  return now.tv_sec * 1'000'000 + now.tv_usec;
}

}  // namespace muster::runtime
