#include "src/agent/presence_plan.h"

#include <algorithm>

namespace muster::agent {

PresencePlan::PresencePlan(TimePoint now, Duration ttl, uint64_t seed)
    : rng_(seed), ttl_(ttl), eager_until_(now + kEager), next_look_(now) {}

TimePoint PresencePlan::next() const {
  const TimePoint look = looking_ ? TimePoint::Never() : next_look_;
  const TimePoint refresh = refreshing_ ? TimePoint::Never() : next_refresh_;
  return std::min(look, refresh);
}

void PresencePlan::LookStarted() {
  looking_ = true;
  next_look_ = TimePoint::Never();
}

void PresencePlan::RefreshStarted() {
  refreshing_ = true;
  next_refresh_ = TimePoint::Never();
}

// Up to a tenth less: hosts that start together do not ask together for ever.
Duration PresencePlan::Jitter(Duration span) {
  return span - Duration::Micros(static_cast<int64_t>(
                    rng_.Below(static_cast<uint64_t>(span.micros() / 10) + 1)));
}

Duration PresencePlan::RefreshEvery() { return Jitter(std::min(ttl_ / 10, kRefreshMax)); }

bool PresencePlan::Wins(size_t up) {
  return up <= kLookersOfCluster || rng_.Chance(kLookersOfCluster, up);
}

void PresencePlan::LookDone(TimePoint now, const Known& known, bool has_strangers) {
  looking_ = false;
  look_retry_ = kRetryFirst;
  if (first_look_) {
    first_look_ = false;
    next_refresh_ = has_strangers ? now + kFirstRefreshMax : now;
  }
  const bool more_rows = known.rows > known.members || has_strangers;
  const bool alone = known.up <= 1;
  if (IsEager(now) && (more_rows || alone)) {
    next_look_ = std::min(next_look_, now + kLookEvery);
  } else if (more_rows && Wins(known.up)) {
    next_look_ = std::min(next_look_, now + Jitter(kLookLater));
  }
}

void PresencePlan::LookFailed(TimePoint now) {
  looking_ = false;
  // One's own record is written whatever comes of looking.
  if (first_look_) {
    first_look_ = false;
    next_refresh_ = now;
  }
  next_look_ = now + Jitter(look_retry_);
  look_retry_ = std::min(look_retry_ * 2, kRetryMax);
}

void PresencePlan::RefreshDone(TimePoint now, const Known& known) {
  refreshing_ = false;
  refresh_retry_ = kRetryFirst;
  next_refresh_ = now + (changed_ ? kChangeDelay : RefreshEvery());
  const bool first = first_refresh_;
  first_refresh_ = false;
  changed_ = false;
  // Rows of which nobody here knows may be the other half of the cluster. While members without
  // rows hide that, one of the few whose turn it is compares them host by host.
  const bool more_rows = known.rows > known.members;
  const bool unmatched = known.rows > known.matched;
  if (first && (more_rows || unmatched)) {
    // Whoever wrote between our look and our record: both sides must not wait for the next look.
    next_look_ = now;
  } else if ((more_rows || unmatched) && !looking_ && next_look_.is_never() && Wins(known.up)) {
    next_look_ = now;
  }
}

void PresencePlan::RefreshFailed(TimePoint now) {
  refreshing_ = false;
  changed_ = false;
  next_refresh_ = now + Jitter(refresh_retry_);
  refresh_retry_ = std::min(refresh_retry_ * 2, kRetryMax);
}

void PresencePlan::Settled(TimePoint now) {
  if (first_refresh_ && !first_look_ && !refreshing_) {
    next_refresh_ = std::min(next_refresh_, now);
  }
}

void PresencePlan::Changed(TimePoint now) {
  if (first_refresh_) return;
  if (refreshing_) {
    changed_ = true;
  } else {
    next_refresh_ = std::min(next_refresh_, now + kChangeDelay);
  }
}

void PresencePlan::LookBy(TimePoint when) {
  if (!looking_) next_look_ = std::min(next_look_, when);
}

void PresencePlan::TryAgain(TimePoint now) {
  if (look_retry_ > kRetryFirst) LookBy(now);
  if (refresh_retry_ > kRetryFirst && !refreshing_) {
    next_refresh_ = std::min(next_refresh_, now);
  }
}

void PresencePlan::Lonely(TimePoint now) {
  eager_until_ = now + kEager;
  LookBy(now);
}

}  // namespace muster::agent
