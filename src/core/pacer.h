#pragma once

#include <cstdint>
#include <vector>

#include "src/base/ids.h"
#include "src/base/time.h"

namespace muster::core {

// The target's half of paced rings (README.md): spaces this member's observers one period
// apart, whatever their phases. A grid of slots P apart; each observer that pings is given the
// first free slot from 0.5 K P after its ping, at most 1.5 K P, where K counts the observers heard
// from lately. An observer that pings again gives up the slot it held. With K slots in that span
// and at most K - 1 of them taken there is always a free one.
class Pacer {
 public:
  // Far above any K. Whoever forges more observers than that makes older ones lose their slots,
  // and costs no more time than this.
  static constexpr size_t kSlotsMax = 64;

  // `period` is P, above zero.
  explicit Pacer(Duration period);

  // The wait to tell `observer`, whose ping arrived at `now`.
  Duration NextProbe(TimePoint now, const HostId& observer);
  // Observers heard from within 2 K P before the last ping.
  size_t observers() const { return slots_.size(); }

 private:
  struct Slot {
    HostId observer;
    int64_t index;  // slot number: its time is index * P on our clock
    TimePoint heard_at;
  };
  bool IsTaken(int64_t index) const;

  Duration period_;
  std::vector<Slot> slots_;  // small: one an observer
};

}  // namespace muster::core
