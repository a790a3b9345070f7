#pragma once

#include <time.h>

#include "src/base/time.h"

namespace muster::e2e {

// The harness's own monotonic clock.
TimePoint Now();
// Microseconds since the Unix epoch: comparable with the times that agents print.
int64_t WallMicros();

// Asks `condition` every `interval` until it holds or `budget` is over; asks at least twice.
// Returns its last answer. The only way in which tests wait.
template <typename Condition>
bool WaitUntil(Duration budget, Condition condition, Duration interval = Duration::Millis(5)) {
  const TimePoint deadline = Now() + budget;
  while (!condition()) {
    if (Now() >= deadline) return condition();
    const timespec pause = {interval.seconds(), (interval.micros() % 1'000'000) * 1000};
    nanosleep(&pause, nullptr);
  }
  return true;
}

// Holds for the whole of `span`: false at the first moment when `condition` does not hold.
template <typename Condition>
bool HoldsFor(Duration span, Condition condition) {
  return !WaitUntil(span, [&condition] { return !condition(); });
}

}  // namespace muster::e2e
