#pragma once

#include <cstddef>
#include <cstdint>

#include "src/base/rng.h"
#include "src/base/time.h"

namespace muster::agent {

// When an agent writes its presence record and when it looks for those of others: the timetable
// alone, without store, clock or cluster. README.md tells the whole life of a record.
//
//   start      look; dial what was found; write one's own record when somebody has answered, when
//              nobody is left to answer, or after kFirstRefreshMax
//   refresh    every TTL/10, at most kRefreshMax
//   look       while the store has more rows than we know members: every kLookEvery for kEager
//   after
//              the start (or after losing all company), then every kLookLater
//   an error   the same again after 1 s, doubling to kRetryMax
class PresencePlan {
 public:
  static constexpr Duration kLookEvery = Duration::Seconds(3);
  static constexpr Duration kEager = Duration::Seconds(60);
  static constexpr Duration kLookLater = Duration::Seconds(30);
  static constexpr Duration kRefreshMax = Duration::Seconds(30);
  static constexpr Duration kFirstRefreshMax = Duration::Seconds(1);
  static constexpr Duration kChangeDelay = Duration::Millis(500);  // own changes come in bursts
  static constexpr Duration kRetryFirst = Duration::Seconds(1);
  static constexpr Duration kRetryMax = Duration::Seconds(30);
  // About so many members of a cluster look at each occasion, however large it is.
  static constexpr uint64_t kLookersOfCluster = 32;

  // What the agent knows when an operation has ended.
  struct Known {
    size_t rows = 0;     // live ones, by the store
    size_t matched = 0;  // of the rows last seen, those whose hosts are in the view
    size_t members = 0;  // in the view that may have rows: all but those that left
    size_t up = 1;       // alive or suspect, oneself included
  };

  PresencePlan(TimePoint now, Duration ttl, uint64_t seed);

  TimePoint next() const;
  bool IsLookDue(TimePoint now) const { return !looking_ && next_look_ <= now; }
  bool IsRefreshDue(TimePoint now) const { return !refreshing_ && next_refresh_ <= now; }
  TimePoint next_refresh() const { return next_refresh_; }

  // An operation begins: its kind is not due again before it has ended.
  void LookStarted();
  void RefreshStarted();
  void LookDone(TimePoint now, const Known& known, bool has_strangers);
  void LookFailed(TimePoint now);
  void RefreshDone(TimePoint now, const Known& known);
  void RefreshFailed(TimePoint now);

  // The first attempts to join through rows are over, well or not: write one's own now.
  void Settled(TimePoint now);
  // One's own record has changed.
  void Changed(TimePoint now);
  // A look is wanted for a reason of the caller's, at `when` at the latest.
  void LookBy(TimePoint when);
  // The store has just given a sign of life: what failed is tried again at once.
  void TryAgain(TimePoint now);
  // Nobody is heard any more: as eager as at the start.
  void Lonely(TimePoint now);
  bool is_first_refresh() const { return first_refresh_; }

 private:
  bool IsEager(TimePoint now) const { return now < eager_until_; }
  bool Wins(size_t up);
  Duration RefreshEvery();
  Duration Jitter(Duration span);

  Rng rng_;
  Duration ttl_;
  TimePoint eager_until_;
  TimePoint next_look_;
  TimePoint next_refresh_ = TimePoint::Never();
  bool looking_ = false;
  bool refreshing_ = false;
  bool first_look_ = true;
  bool first_refresh_ = true;
  bool changed_ = false;  // while a refresh was under way
  Duration look_retry_ = kRetryFirst;
  Duration refresh_retry_ = kRetryFirst;
};

}  // namespace muster::agent
