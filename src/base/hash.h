#pragma once

#include <cstdint>

namespace muster {

// The 64-bit finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection that spreads every
// input bit over all output bits. Stable across processes and releases: ring positions and view
// cells are computed from it and compared between hosts.
constexpr uint64_t Mix64(uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

// Folds `value` into a running hash; the order of the calls matters.
constexpr uint64_t HashCombine(uint64_t seed, uint64_t value) { return Mix64(seed ^ Mix64(value)); }

}  // namespace muster
