#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "src/base/address.h"
#include "src/base/rng.h"
#include "src/base/time.h"
#include "src/core/effects.h"

namespace muster::core {

// The outbound side of joining (README.md): which addresses are tried, when, and what came of
// each attempt. The node opens the streams.
class Joiner {
 public:
  static constexpr size_t kParallelMax = 16;

  struct Attempt {
    StreamId stream = 0;
    Address address;
    uint64_t request = 0;  // 0: one of our own rounds
    bool hint = false;     // from a datastore
  };

  Joiner(const Address& self, Duration retry_max) : self_(self), retry_max_(retry_max) {}

  // Replaces the seeds; an address that is our own or was there before is not new. A round is due
  // at once when there is a new one.
  void SetSeeds(TimePoint now, std::vector<Address> configured, std::vector<Address> remembered);
  bool has_seeds() const { return !configured_.empty() || !remembered_.empty(); }
  bool has_configured() const { return !configured_.empty(); }
  const std::vector<Address>& configured() const { return configured_; }
  const std::vector<Address>& remembered() const { return remembered_; }

  // When the next round of attempts is due; Never once joined.
  TimePoint next_round() const { return next_round_; }
  // Addresses of the round that is due now, configured ones first, at most kParallelMax, the
  // remembered ones in random order; schedules the round after it.
  std::vector<Address> StartRound(TimePoint now, Rng& rng);
  // An answerer was busy or undecided: the next round comes soon.
  void RetrySoon(TimePoint now);

  void Started(const Attempt& attempt) { attempts_.push_back(attempt); }
  const Attempt* Find(StreamId stream) const;
  bool IsTrying(const Address& address) const;
  size_t hint_attempts() const;
  // Ends the attempt; returns it. The stream must be known.
  Attempt Finish(StreamId stream, const std::string& error);
  void Joined();
  bool joined() const { return joined_; }
  // All rounds so far failed and there was at least one whole round.
  bool HasFailedRound() const { return failed_rounds_ > 0; }
  const std::string& last_error() const { return last_error_; }
  bool IsConfigured(const Address& address) const;

 private:
  Address self_;
  Duration retry_max_;
  std::vector<Address> configured_;
  std::vector<Address> remembered_;
  std::vector<Attempt> attempts_;
  TimePoint next_round_ = TimePoint::Never();
  Duration backoff_ = kFirstRetry;
  int failed_rounds_ = 0;
  bool joined_ = false;
  std::string last_error_;

  static constexpr Duration kFirstRetry = Duration::Millis(50);
  static constexpr Duration kSoon = Duration::Millis(200);
};

}  // namespace muster::core
