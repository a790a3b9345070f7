#pragma once

#include <cstdint>
#include <vector>

#include "src/base/time.h"

namespace muster::sim {

// One machine's clocks, against the true time of the simulated world. The monotonic one may run
// fast or slow, and may jump forward, as that of a virtual machine which was moved; it never goes
// back. The wall clock differs from it by an offset of either sign. A fresh clock is true.
class HostClock {
 public:
  // At most half as fast again, or half as slow.
  static constexpr int64_t kSkewPpmMax = 500'000;

  // From `now` (true time) on it gains `ppm` microseconds a second; `now` never goes back.
  void SetSkew(TimePoint now, int64_t ppm);
  // It shows `span` more from now on; not negative.
  void Jump(TimePoint now, Duration span);
  void StepWall(Duration offset) { wall_offset_ += offset; }
  Duration wall_offset() const { return wall_offset_; }

  // What it shows at a true instant that is not before the last change.
  TimePoint ToLocal(TimePoint now) const {
    return segments_.empty() ? now : Local(segments_.back(), now - segments_.back().at);
  }
  // The earliest true instant at which it shows `local` or more.
  TimePoint ToTrue(TimePoint local) const;

 private:
  struct Segment {
    TimePoint at;     // true time
    TimePoint shows;  // local time
    int64_t ppm;
  };
  static TimePoint Local(const Segment& segment, Duration since) {
    const int64_t us = since.micros();
    return segment.shows + Duration::Micros(us + us * segment.ppm / 1'000'000);
  }

  std::vector<Segment> segments_;  // oldest first; true before the first
  Duration wall_offset_;
};

}  // namespace muster::sim
