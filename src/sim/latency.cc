#include "src/sim/latency.h"

#include <algorithm>
#include <cstddef>

namespace muster::sim {
namespace {

// Quantiles of a lognormal distribution with sigma = ln(10) / 2.326, the one whose 99th percentile
// is ten medians, in 1/1024 of the median: exp(sigma * z(p)) for p = i / 64 (the first at 1/1024).
constexpr int64_t kBody[] = {
    48,   121,  162,  195,  224,  252,  278,  303,  328,  352,  377,  401,  426,  450,  475,  500,
    525,  551,  577,  604,  631,  659,  688,  717,  747,  778,  810,  843,  876,  911,  948,  985,
    1024, 1064, 1107, 1151, 1197, 1245, 1295, 1348, 1404, 1463, 1525, 1591, 1661, 1736, 1817, 1903,
    1996, 2098, 2208, 2330, 2464, 2614, 2783, 2975, 3197, 3459, 3774, 4166, 4675, 5379, 6472, 8633,
};
// The last 64th again, in steps of 1/1024 up to 1 - 1/16384: straight lines between the points of
// kBody would make the tail half as long again.
constexpr int64_t kTail[] = {
    8633,  8854,  9095,  9359,  9648,  9970,  10330, 10739, 11207,
    11755, 12410, 13215, 14248, 15660, 17812, 21963, 45897,
};
constexpr uint64_t kStep = 1024;

int64_t Between(const int64_t* table, uint64_t position) {
  const size_t i = position / kStep;
  const int64_t part = static_cast<int64_t>(position % kStep);
  return table[i] + (table[i + 1] - table[i]) * part / static_cast<int64_t>(kStep);
}

}  // namespace

Duration LatencyModel::Draw(Rng* rng) const {
  int64_t us;
  if (kind_ == Kind::kUniform) {
    us = rng->Between(a_.micros(), b_.micros());
  } else {
    const uint64_t position = rng->Below(64 * kStep);
    const int64_t scale =
        position < 63 * kStep ? Between(kBody, position) : Between(kTail, rng->Below(16 * kStep));
    us = a_.micros() * scale / 1024;
  }
  return Duration::Micros(std::max<int64_t>(us, 1));
}

}  // namespace muster::sim
