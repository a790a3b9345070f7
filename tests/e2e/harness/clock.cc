#include "tests/e2e/harness/clock.h"

namespace muster::e2e {
namespace {

int64_t ReadMicros(clockid_t id) {
  timespec now = {};
  clock_gettime(id, &now);
  return int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
}

}  // namespace

TimePoint Now() { return TimePoint::FromMicros(ReadMicros(CLOCK_MONOTONIC)); }

int64_t WallMicros() { return ReadMicros(CLOCK_REALTIME); }

}  // namespace muster::e2e
