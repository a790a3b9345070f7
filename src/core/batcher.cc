#include "src/core/batcher.h"

#include <algorithm>
#include <utility>

#include "src/base/check.h"

namespace muster::core {
namespace {

using wire::State;

// Room for this many changes is kept; the room that a mass of them took is given back.
constexpr size_t kKeptRoom = 16;

bool IsUp(State state) { return state == State::kAlive || state == State::kSuspect; }

}  // namespace

Batcher::Batcher(Duration period)
    : verdict_within_(std::min(Duration::Seconds(1), period) * 3 / 2),
      verdict_longest_(std::min(Duration::Seconds(2), period * 2)),
      arrival_longest_(std::min(Duration::Seconds(10), period * 10)) {}

bool Batcher::KindOf(const MemberView* before, State state, Kind* kind) {
  if (IsUp(state) && (before == nullptr || before->is_tombstone())) {
    *kind = Kind::kArrival;
    return true;
  }
  *kind = Kind::kFailure;
  return before != nullptr && before->is_up() && state == State::kFailed;
}

bool Batcher::IsStillHeld(const Held& held) {
  if (held.kind == Kind::kFailure) return held.state == State::kFailed;
  return !MemberView::IsTombstone(held.state);
}

void Batcher::Hold(TimePoint now, Held change) {
  const size_t kind = static_cast<size_t>(change.kind);
  if (counts_[kind]++ == 0) since_[kind] = now;
  versions_behind_ += change.versions;
  if (change.kind == Kind::kFailure) {
    ++unannounced_;
  } else {
    if (now - window_from_ >= kBulkWithin) {
      window_from_ = now;
      arrivals_in_window_ = 0;
    }
    ++arrivals_in_window_;
  }
  all_.push_back(std::move(change));
  MUSTER_CHECK(index_.Insert(static_cast<uint32_t>(all_.size() - 1)));
  peak_ = std::max(peak_, all_.size());
}

Batcher::Held* Batcher::Find(const HostId& id) {
  const uint32_t* position = index_.Find(id);
  return position == nullptr ? nullptr : &all_[*position];
}

const Batcher::Held* Batcher::Find(const HostId& id) const {
  const uint32_t* position = index_.Find(id);
  return position == nullptr ? nullptr : &all_[*position];
}

void Batcher::GiveRoomBack() {
  if (!all_.empty()) return;
  if (peak_ > kKeptRoom) {
    index_.Reset();
    all_ = std::deque<Held>();
  }
  peak_ = 0;
}

void Batcher::AddVersions(Held* held, uint32_t versions) {
  held->versions += versions;
  versions_behind_ += versions;
}

Batcher::Held Batcher::Take(const HostId& id, bool was_undone) {
  const uint32_t* position = index_.Find(id);
  MUSTER_CHECK(position != nullptr);
  const uint32_t gap = *position;
  index_.Erase(id);
  Held taken = std::move(all_[gap]);
  if (gap + 1 != all_.size()) {
    index_.Erase(all_.back().id);
    all_[gap] = std::move(all_.back());
    index_.Insert(gap);
  }
  all_.pop_back();
  if (taken.kind == Kind::kFailure && !taken.is_announced) --unannounced_;
  --counts_[static_cast<size_t>(taken.kind)];
  if (!was_undone) versions_behind_ -= taken.versions;
  GiveRoomBack();
  return taken;
}

bool Batcher::IsBulk(size_t up) const {
  return arrivals_in_window_ >= kBulkMin && arrivals_in_window_ * 100 > up * kBulkPercent;
}

Duration Batcher::LongestFor(Kind kind) const {
  return kind == Kind::kArrival ? arrival_longest_ : verdict_longest_;
}

bool Batcher::IsDue(TimePoint now, Kind kind, const Outlook& outlook) const {
  if (count(kind) == 0) return false;
  const TimePoint since = since_[static_cast<size_t>(kind)];
  if (now - since >= LongestFor(kind)) return true;
  if (kind == Kind::kFailure) return !outlook.is_expected;
  // What has been held since an earlier call came in bulk.
  const bool is_waiting = since != now;
  return outlook.is_agreed || (!is_waiting && !IsBulk(outlook.up));
}

void Batcher::TakeAll(Kind kind, std::vector<Held>* out) {
  if (count(kind) == 0) return;
  index_.Reset();
  size_t kept = 0;
  for (Held& held : all_) {
    if (held.kind == kind) {
      versions_behind_ -= held.versions;
      out->push_back(std::move(held));
      continue;
    }
    if (&all_[kept] != &held) all_[kept] = std::move(held);
    ++kept;
  }
  all_.resize(kept);
  for (uint32_t position = 0; position < kept; ++position) index_.Insert(position);
  counts_[static_cast<size_t>(kind)] = 0;
  if (kind == Kind::kFailure) unannounced_ = 0;
  GiveRoomBack();
}

std::vector<const Batcher::Held*> Batcher::Announce() {
  std::vector<const Held*> news;
  if (unannounced_ == 0) return news;
  for (Held& held : all_) {
    if (held.kind == Kind::kFailure && !std::exchange(held.is_announced, true)) {
      news.push_back(&held);
    }
  }
  unannounced_ = 0;
  return news;
}

TimePoint Batcher::next() const {
  TimePoint next = TimePoint::Never();
  for (const Kind kind : {Kind::kArrival, Kind::kFailure}) {
    if (count(kind) == 0) continue;
    next = std::min(next, since_[static_cast<size_t>(kind)] + LongestFor(kind));
  }
  return next;
}

int64_t Batcher::Surplus(State state) const {
  int64_t surplus = 0;
  for (const Held& held : all_) {
    if (!held.is_hidden() && held.shown->state == state) ++surplus;
    if (held.state == state) --surplus;
  }
  return surplus;
}

}  // namespace muster::core
