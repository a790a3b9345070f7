#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "src/base/hash.h"

namespace muster {

// 128 random bits, drawn once at a host's first start and kept on its disk: who a member is,
// whatever its name and address. All zero stands for "nobody" and is never a member's id. Within a
// cluster its first half alone is unique: the second of two that share it is refused.
struct HostId {
  uint64_t hi = 0;
  uint64_t lo = 0;

  friend constexpr auto operator<=>(const HostId&, const HostId&) = default;
  constexpr bool is_zero() const { return hi == 0 && lo == 0; }
  // Else only its first half was told. No member's id has a second half of zero.
  constexpr bool is_whole() const { return lo != 0; }
  constexpr HostId Half() const { return {hi, 0}; }
  // The id's place in an order-free or ring hash; the same on every host.
  constexpr uint64_t Hash(uint64_t salt = 0) const { return HashCombine(Mix64(hi ^ salt), lo); }

  template <typename H>
  friend H AbslHashValue(H h, const HostId& id) {
    return H::combine(std::move(h), id.hi, id.lo);
  }

  // 32 lower-case hex digits.
  std::string ToHex() const;
  // The first `digits` (at most 16) of ToHex().
  std::string ToHexPrefix(int digits) const;
  // Exactly 32 hex digits of either case; nothing else.
  static std::optional<HostId> FromHex(std::string_view text);
};

// A member's version of itself, ordered as one 64-bit integer. The high 40 bits are the start
// epoch, a count of the host's starts; the low 24 the refutation counter within that run.
// The two highest counters are no refutation's: an eviction uses the top one, a bar the one below.
// No refutation in the same run is above them.
class Incarnation {
 public:
  static constexpr int kCounterBits = 24;
  static constexpr uint64_t kCounterTop = (uint64_t{1} << kCounterBits) - 1;
  static constexpr uint64_t kEpochMax = (uint64_t{1} << 40) - 1;

  constexpr Incarnation() = default;
  static constexpr Incarnation FromRaw(uint64_t raw) { return Incarnation(raw); }
  static constexpr Incarnation Of(uint64_t epoch, uint64_t counter) {
    return Incarnation((epoch << kCounterBits) | (counter & kCounterTop));
  }

  constexpr uint64_t raw() const { return raw_; }
  constexpr uint64_t epoch() const { return raw_ >> kCounterBits; }
  constexpr uint64_t counter() const { return raw_ & kCounterTop; }
  constexpr bool is_top() const { return counter() == kCounterTop; }

  constexpr bool is_barred() const { return counter() == kCounterTop - 1; }

  // The next refutation in the same epoch; unchanged once saturated.
  constexpr Incarnation Refuted() const {
    return counter() + 2 >= kCounterTop ? Incarnation(raw_) : Incarnation(raw_ + 1);
  }
  // Above all refutations of this epoch: its member needs a new one to come back.
  constexpr Incarnation Barred() const { return Of(epoch(), kCounterTop - 1); }
  // The one value of this epoch that no refutation reaches.
  constexpr Incarnation Evicted() const { return Of(epoch(), kCounterTop); }

  friend constexpr auto operator<=>(Incarnation, Incarnation) = default;

 private:
  explicit constexpr Incarnation(uint64_t raw) : raw_(raw) {}
  uint64_t raw_ = 0;
};

}  // namespace muster
