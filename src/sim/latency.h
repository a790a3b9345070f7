#pragma once

#include <cstdint>

#include "src/base/rng.h"
#include "src/base/time.h"

namespace muster::sim {

// How long one packet takes one way. Integer arithmetic throughout: the same seed gives the same
// microseconds on every machine.
class LatencyModel {
 public:
  // A median of 0.25 ms and a 99th percentile of 2.5 ms: a busy local network.
  LatencyModel() : LatencyModel(Kind::kLognormal, Duration::Micros(250), Duration::Zero()) {}
  // Any value of [low, high] is as likely as any other; 0 <= low <= high.
  static LatencyModel Uniform(Duration low, Duration high) {
    return LatencyModel(Kind::kUniform, low, high);
  }
  // Lognormal with this median and a 99th percentile ten times as long.
  static LatencyModel Lognormal(Duration median) {
    return LatencyModel(Kind::kLognormal, median, Duration::Zero());
  }

  // Draws once or twice. Never below 1 us: an effect comes after its cause.
  Duration Draw(Rng* rng) const;

 private:
  enum class Kind : uint8_t { kUniform, kLognormal };
  LatencyModel(Kind kind, Duration a, Duration b) : kind_(kind), a_(a), b_(b) {}

  Kind kind_;
  Duration a_;  // low, or the median
  Duration b_;  // high
};

}  // namespace muster::sim
