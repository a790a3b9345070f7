#include "bench/baselines/member_table.h"

#include <utility>

#include "src/base/hash.h"

namespace muster::baselines {

void MemberTable::Set(int member, State state, uint32_t incarnation, TimePoint now, Rng* rng) {
  const size_t index = static_cast<size_t>(member);
  if (entries_.size() <= index) entries_.resize(index + 1);
  Entry& entry = entries_[index];
  if (entry.state == State::kUnknown) {
    order_.push_back(member);
    std::swap(order_.back(), order_[rng->Below(order_.size())]);
  }
  if (IsUp(entry.state) != IsUp(state)) {
    hash_ ^= Mix64(index + 1);
    up_ += IsUp(state) ? 1 : -1;
  }
  if (entry.state != state) entry.changed = now;
  entry.state = state;
  entry.incarnation = incarnation;
}

void MemberTable::Forget(TimePoint now, Duration keep) {
  std::erase_if(order_, [&](int member) {
    Entry& entry = entries_[static_cast<size_t>(member)];
    if (entry.state != State::kDead || now - entry.changed <= keep) return false;
    entry = Entry();
    return true;
  });
}

int MemberTable::NextTarget(int self, TimePoint now, Duration keep, Rng* rng) {
  for (size_t checked = 0; checked <= order_.size(); ++checked) {
    if (next_ >= order_.size()) {
      Forget(now, keep);
      rng->Shuffle(&order_);
      next_ = 0;
    }
    const int member = order_[next_++];
    if (member != self && (*this)[member].state != State::kDead) return member;
  }
  return -1;
}

}  // namespace muster::baselines
