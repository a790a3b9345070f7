#pragma once

#include <cstddef>
#include <set>
#include <vector>

#include "src/base/address.h"
#include "src/base/time.h"

namespace muster::core {

// Addresses that a datastore holds of hosts that may be members, most promising first, and the pace
// at which they are dialled (README.md). Many may be dead, and nobody knows which: so waves in
// parallel, each twice the one before, that end with the first answer. A store of 200 dead rows
// costs a third of a second, one of live ones four attempts.
class Hints {
 public:
  static constexpr size_t kMax = 4096;  // those beyond are not taken
  // Of one IP: whoever can write rows could else have every agent dial all ports of a host of his
  // choice, again and again.
  static constexpr size_t kPerHostMax = 64;
  static constexpr size_t kFirstWave = 4;      // attempts
  static constexpr size_t kInFlightMax = 192;  // attempts; each holds a socket of the process
  static constexpr Duration kWaveEvery = Duration::Millis(50);
  // An attempt's own limit: one lost SYN is sent again after 1 s (RFC 6298, 2.1).
  static constexpr Duration kAttemptBudget = Duration::Millis(1500);
  // Who has company already tries this many of a list, shared among all members; the others are
  // left to healing.
  static constexpr size_t kTriesOfCluster = 96;
  static constexpr size_t kTriesMin = 3;
  // For so long after the first list an agent counts as on its way in. Later lists are tried beside
  // its work: rows of dead hosts, which stay for their TTL, must not make it unready at each look.
  static constexpr Duration kJoiningFor = Duration::Seconds(2);

  // Replaces the list; the first wave is due at once. `members_up`: how many hold this view. While
  // waves are still to come, the new list goes on with the addresses that have not had their turn:
  // else a store that is looked at again and again would never get beyond its freshest rows.
  void Set(TimePoint now, std::vector<Address> addresses, size_t members_up);
  // The addresses of the wave that is due, at most as many as `in_flight` leaves room for.
  std::vector<Address> TakeWave(TimePoint now, size_t in_flight);
  // No more waves of this list: somebody answered.
  void Stop();

  TimePoint next_wave() const { return next_wave_; }
  bool has_waves() const { return !next_wave_.is_never(); }
  bool IsJoining(TimePoint now) const { return now < joining_until_; }
  const std::vector<Address>& addresses() const { return addresses_; }

 private:
  std::vector<Address> addresses_;
  std::set<Address> had_turn_;  // since the waves last came to their end
  size_t taken_ = 0;            // how many of `addresses_` have been handed out
  size_t allowed_ = 0;
  size_t wave_ = kFirstWave;
  TimePoint next_wave_ = TimePoint::Never();
  TimePoint joining_until_ = TimePoint::Never();  // never: no list yet
};

}  // namespace muster::core
