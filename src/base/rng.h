#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "src/base/hash.h"

namespace muster {

// A seeded generator, xoshiro256** (Blackman and Vigna 2018), with an integer-only interface:
// the same seed gives the same numbers on every machine and in every build. Not for secrets.
// Not safe for use by several threads at once.
class Rng {
 public:
  explicit Rng(uint64_t seed) {
    for (uint64_t& word : state_) word = seed = Mix64(seed);
  }

  uint64_t Next() {
    const uint64_t result = Rotate(state_[1] * 5, 7) * 9;
    const uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = Rotate(state_[3], 45);
    return result;
  }

  // Uniform in [0, bound); `bound` > 0. By multiply-shift (Lemire 2019) without the rejection
  // step: the bias is below bound / 2^64.
  uint64_t Below(uint64_t bound) {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(Next()) * bound) >> 64);
  }
  // Uniform in [low, high], both ends included; low <= high.
  int64_t Between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(Below(static_cast<uint64_t>(high - low) + 1));
  }
  // True `numerator` times in `denominator`; probabilities are ratios, never floating point.
  bool Chance(uint64_t numerator, uint64_t denominator) { return Below(denominator) < numerator; }

  template <typename T>
  void Shuffle(std::vector<T>* items) {
    for (size_t i = items->size(); i > 1; --i) std::swap((*items)[i - 1], (*items)[Below(i)]);
  }

  // A generator of its own for the part named `label`: drawing from it does not disturb this one.
  Rng Fork(uint64_t label) { return Rng(Next() ^ Mix64(label)); }

 private:
  static uint64_t Rotate(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }
  uint64_t state_[4];
};

}  // namespace muster
