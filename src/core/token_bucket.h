#pragma once

#include <cstdint>

#include "src/base/time.h"

namespace muster::core {

// Limits bytes to a rate with a burst, both above 0. Starts full. A `now` in the past counts as the
// latest seen.
class TokenBucket {
 public:
  TokenBucket(int64_t bytes_per_second, int64_t burst_bytes, TimePoint now);
  // Takes `bytes` if they are there; else takes nothing.
  bool Take(TimePoint now, int64_t bytes);
  // Takes them even into debt, for what must be sent now; later Takes wait the longer.
  void Force(TimePoint now, int64_t bytes);
  // When `bytes` will be there; never, if they are more than the burst.
  TimePoint AvailableAt(TimePoint now, int64_t bytes) const;

 private:
  void Refill(TimePoint now);
  int64_t bytes_per_second_;
  int64_t burst_bytes_;
  // In byte-microseconds per second, so that no remainder is lost: bytes * 1'000'000.
  int64_t level_;
  TimePoint refilled_at_;
};

}  // namespace muster::core
