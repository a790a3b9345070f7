#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "bench/baselines/packet.h"
#include "src/base/rng.h"
#include "src/base/time.h"

namespace muster::baselines {

// What one member holds of all, the round-robin order of its probes (SWIM section 4.3: a shuffled
// list, shuffled again when it has been walked through), and the view's hash.
class MemberTable {
 public:
  struct Entry {
    uint32_t incarnation = 0;
    State state = State::kUnknown;
    TimePoint changed;
  };

  const Entry& operator[](int member) const { return entries_[static_cast<size_t>(member)]; }
  // False if never heard of, or forgotten.
  bool Knows(int member) const {
    return static_cast<size_t>(member) < entries_.size() &&
           (*this)[member].state != State::kUnknown;
  }
  // Members known, dead ones included until they are forgotten.
  int known() const { return static_cast<int>(order_.size()); }
  int up() const { return up_; }
  uint64_t hash() const { return hash_; }

  // Creates the entry where there is none, at a random place of the order.
  void Set(int member, State state, uint32_t incarnation, TimePoint now, Rng* rng);
  // The next member to probe: up, and not `self`. Forgets members dead for more than `keep` when
  // the list has been walked through. -1: there is none.
  int NextTarget(int self, TimePoint now, Duration keep, Rng* rng);
  // A random known member that `eligible(id, entry)` lets in; -1 if 3n draws find none.
  template <typename Eligible>
  int Random(Rng* rng, const Eligible& eligible) const {
    const uint64_t n = order_.size();
    for (uint64_t i = 0; i < 3 * n; ++i) {
      const int member = order_[rng->Below(n)];
      if (eligible(member, (*this)[member])) return member;
    }
    return -1;
  }
  // Up to `count` different ones.
  template <typename Eligible>
  void RandomSome(int count, Rng* rng, const Eligible& eligible, std::vector<int>* out) const {
    out->clear();
    for (uint64_t i = 0; i < 3 * order_.size() && static_cast<int>(out->size()) < count; ++i) {
      const int member = order_[rng->Below(order_.size())];
      bool is_in = false;
      for (const int other : *out) is_in = is_in || other == member;
      if (!is_in && eligible(member, (*this)[member])) out->push_back(member);
    }
  }
  const std::vector<int>& order() const { return order_; }

 private:
  static bool IsUp(State state) { return state == State::kAlive || state == State::kSuspect; }
  void Forget(TimePoint now, Duration keep);

  std::vector<Entry> entries_;
  std::vector<int> order_;
  size_t next_ = 0;
  int up_ = 0;
  uint64_t hash_ = 0;
};

}  // namespace muster::baselines
