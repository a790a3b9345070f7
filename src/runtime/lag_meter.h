#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "src/base/time.h"

namespace muster::runtime {

// The last kSamples latenesses of timer runs, for quantiles on demand. Adding costs a store.
class LagMeter {
 public:
  static constexpr size_t kSamples = 256;

  void Add(Duration lateness) {
    const int64_t us = std::clamp<int64_t>(lateness.micros(), 0, UINT32_MAX);
    samples_us_[count_++ % kSamples] = static_cast<uint32_t>(us);
  }

  // The lateness that `percent` (0 to 100) of the samples do not exceed, in milliseconds; 0 without
  // samples.
  double QuantileMs(int percent) const {
    const size_t n = std::min(count_, kSamples);
    if (n == 0) return 0;
    std::array<uint32_t, kSamples> sorted = samples_us_;
    std::sort(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(n));
    const size_t rank = (n * static_cast<size_t>(percent) + 99) / 100;
    return sorted[rank == 0 ? 0 : rank - 1] / 1000.0;
  }

 private:
  std::array<uint32_t, kSamples> samples_us_{};
  size_t count_ = 0;
};

}  // namespace muster::runtime
