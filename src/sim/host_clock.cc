#include "src/sim/host_clock.h"

#include <algorithm>
#include <cstddef>

#include "src/base/check.h"

namespace muster::sim {

void HostClock::SetSkew(TimePoint now, int64_t ppm) {
  MUSTER_CHECK(ppm >= -kSkewPpmMax && ppm <= kSkewPpmMax);
  segments_.push_back({now, ToLocal(now), ppm});
}

void HostClock::Jump(TimePoint now, Duration span) {
  MUSTER_CHECK(span >= Duration::Zero());
  const int64_t ppm = segments_.empty() ? 0 : segments_.back().ppm;
  segments_.push_back({now, ToLocal(now) + span, ppm});
}

TimePoint HostClock::ToTrue(TimePoint local) const {
  if (local.is_never()) return local;
  size_t i = segments_.size();
  while (i > 0 && segments_[i - 1].shows > local) --i;
  TimePoint at = local;
  if (i > 0) {
    const Segment& segment = segments_[i - 1];
    const int64_t wanted = (local - segment.shows).micros();
    // Off by a microsecond at the most, since ToLocal rounds towards the true time.
    int64_t us = wanted * 1'000'000 / (1'000'000 + segment.ppm);
    while (Local(segment, Duration::Micros(us)) < local) ++us;
    while (us > 0 && Local(segment, Duration::Micros(us - 1)) >= local) --us;
    at = segment.at + Duration::Micros(us);
  }
  // The clock jumped past it.
  return i < segments_.size() ? std::min(at, segments_[i].at) : at;
}

}  // namespace muster::sim
