#pragma once

#include <cstdint>
#include <string_view>

#include "src/base/hash.h"

namespace muster {

// A rolling 64-bit digest of everything a run took in and gave out, in order. Two runs of one
// seed must end on the same value: the cheapest proof that nothing undetermined crept in.
class Digest {
 public:
  void Add(uint64_t value) { state_ = HashCombine(state_, value); }
  void Add(std::string_view bytes) {
    uint64_t h = 0xcbf29ce484222325ULL;  // FNV-1a, 64 bit
    for (const char c : bytes) h = (h ^ static_cast<uint8_t>(c)) * 0x100000001b3ULL;
    Add(h);
    Add(bytes.size());
  }
  uint64_t value() const { return state_; }

 private:
  uint64_t state_ = 0;
};

}  // namespace muster
