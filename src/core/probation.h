#pragma once

#include <algorithm>

#include "src/base/time.h"

namespace muster::core {

// A member that was barred (pronounced failed as lossy or flapping) stays away until its own probes
// have been answered for a while; each further bar within the longest while doubles it ("Sick
// members" in README.md).
class Probation {
 public:
  // `shortest` and `longest`: Options::probation_min and probation_max.
  Probation(Duration shortest, Duration longest) : shortest_(shortest), longest_(longest) {}

  bool on() const { return on_; }
  // False when it goes on already.
  bool Begin(TimePoint now) {
    if (on_) return false;
    const bool again = !ended_at_.is_never() && now - ended_at_ < longest_;
    length_ = again ? std::min(length_ * 2, longest_) : shortest_;
    on_ = true;
    return true;
  }
  // When it ends if we have been well since `well_since`, and stay so.
  TimePoint EndsAt(TimePoint well_since) const {
    return on_ ? well_since + length_ : TimePoint::Never();
  }
  void End(TimePoint now) {
    on_ = false;
    ended_at_ = now;
  }

 private:
  Duration shortest_;
  Duration longest_;
  Duration length_;
  TimePoint ended_at_ = TimePoint::Never();
  bool on_ = false;
};

}  // namespace muster::core
