#include "src/core/member_table.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "src/base/check.h"
#include "src/base/hash.h"
#include "src/core/merge_rules.h"
#include "src/core/rtt.h"
#include "src/core/seeded_bug.h"

namespace muster::core {
namespace {

using wire::State;

// Since when a claim's tombstone stands.
int64_t VerdictTime(TimePoint now, const wire::Update& update) {
  return (now - Duration::Seconds(update.age_s)).micros();
}

}  // namespace

uint64_t LiveHash(const MemberView& member) {
  const uint64_t hash = HashCombine(member.id().Hash(), member.incarnation.raw());
  return HashCombine(hash, member.attributes_hash());
}

uint64_t CellHash(const MemberView& member) {
  const uint64_t hash = LiveHash(member);
  if (!member.is_tombstone()) return hash;
  return HashCombine(hash, static_cast<uint64_t>(member.state));
}

MemberTable::MemberTable(RecordPool* pool, size_t up_max, size_t tombstones_max)
    : pool_(pool), up_max_(up_max), tombstones_max_(tombstones_max) {}

const MemberView* MemberTable::Find(const HostId& id) const {
  const int64_t index = IndexOf(id);
  return index < 0 ? nullptr : &members_[static_cast<size_t>(index)];
}

int64_t MemberTable::IndexOf(const HostId& id) const {
  // One packet asks for the same member many times.
  if (last_found_ < members_.size()) {
    const HostId& last = members_[last_found_].id();
    if (last == id || (!id.is_whole() && last.hi == id.hi)) {
      return static_cast<int64_t>(last_found_);
    }
  }
  const int64_t index = index_.Find(id, members_);
  if (index >= 0) last_found_ = static_cast<size_t>(index);
  return index;
}

size_t MemberTable::tombstone_count() const {
  return count(State::kFailed) + count(State::kLeft) + count(State::kPruned);
}

void MemberTable::Count(const MemberView& member, int sign) {
  const auto unit = static_cast<uint64_t>(static_cast<int64_t>(sign));
  counts_[static_cast<size_t>(member.state)] += unit;
  wire::ViewCell& cell = member.is_tombstone() ? tombstone_cell_ : view_cell_;
  cell.hash += CellHash(member) * unit;  // a wrapping sum: free of order, and undone by -1
  cell.count += static_cast<uint32_t>(unit);
}

void MemberTable::Changed(bool visible) {
  ++revision_;
  if (visible) ++version_;
}

MemberTable::Lesson MemberTable::Learn(const MemberView& held, const wire::Update& update) {
  const bool known = held.record->hash != 0;
  Lesson lesson;
  lesson.outdated = held.outdated;
  if (update.incarnation < held.incarnation) {
    lesson.replaces = !known && update.attributes.has_value();
    if (lesson.replaces) lesson.outdated = true;
    lesson.wanted = !known && !update.attributes.has_value() && update.attributes_hash != 0;
    return lesson;
  }
  const bool raised = update.incarnation > held.incarnation;
  if (update.attributes.has_value()) {
    lesson.replaces = raised || !known || held.outdated ||
                      CompareAttributes(*update.attributes, held.attributes()) > 0;
    lesson.outdated = false;
    return lesson;
  }
  if (update.attributes_hash == held.record->hash) {
    lesson.outdated = false;
  } else {
    if (raised) lesson.outdated = known;
    lesson.wanted = update.attributes_hash != 0;
  }
  return lesson;
}

Change MemberTable::Apply(TimePoint now, const wire::Update& update) {
  const int64_t found = IndexOf(update.id);
  if (found < 0) return Add(now, update);

  Change change;
  change.index = static_cast<uint32_t>(found);
  MemberView& member = members_[change.index];
  change.from = change.to = member.state;
  const int order =
      CompareClaims({update.incarnation, update.state}, {member.incarnation, member.state});
  const Lesson lesson = Learn(member, update);
  change.wants_attributes = lesson.wanted;
  if (order > 0 && !MemberView::IsTombstone(update.state) && member.record->hash == 0 &&
      !lesson.replaces) {
    change.kind = Change::Kind::kUnknownAttributes;
    return change;
  }

  if (order > 0 && update.state != member.state) change.before = member;
  const uint64_t hash_before = view_cell_.hash;
  Count(member, -1);
  member.outdated = lesson.outdated;
  if (lesson.replaces && *update.attributes != member.attributes()) {
    member.record = pool_->Intern(update.id, *update.attributes);
    change.attributes_changed = true;
  }
  if (order > 0) {
    Raise(now, update, &member);
  } else if (order == 0 && member.is_tombstone()) {
    member.since_us = std::min(member.since_us, VerdictTime(now, update));
  }
  Count(member, +1);
  if (HasBug(SeededBug::kStaleCell) && change.attributes_changed) view_cell_.hash = hash_before;

  change.to = member.state;
  if (change.to != change.from) {
    change.kind = Change::Kind::kState;
  } else if (change.attributes_changed) {
    change.kind = Change::Kind::kAttributes;
  } else if (order != 0) {
    change.kind = order > 0 ? Change::Kind::kRaised : Change::Kind::kStale;
  }
  if (change.to != change.from || change.attributes_changed) {
    Changed(change.from != State::kPruned || change.to != State::kPruned);
  }
  if (change.to != change.from) change.evicted = EvictBeyondLimit(&change.index);
  return change;
}

// Takes over a higher claim's incarnation and state.
void MemberTable::Raise(TimePoint now, const wire::Update& update, MemberView* member) {
  const bool is_tombstone = MemberView::IsTombstone(update.state);
  if (member->state == State::kLeft && update.state == State::kPruned) {
    // Hiding a tombstone is no new verdict: its life goes on.
    member->since_us = std::min(member->since_us, VerdictTime(now, update));
  } else if (is_tombstone) {
    member->since_us = VerdictTime(now, update);
  } else if (update.state != member->state) {
    member->since_us = now.micros();
  }
  if (is_tombstone) {
    member->health = 0;
    member->udp_impaired = 0;
  }
  member->incarnation = update.incarnation;
  member->state = update.state;
  member->reason = update.reason;
}

Change MemberTable::Add(TimePoint now, const wire::Update& update) {
  Change change;
  change.from = change.to = update.state;
  if (IndexOf(update.id.Half()) >= 0) {
    change.kind = Change::Kind::kHalfTaken;
    return change;
  }
  MemberView member;
  member.incarnation = update.incarnation;
  member.state = update.state;
  member.reason = update.reason;
  change.wants_attributes = !update.attributes.has_value() && update.attributes_hash != 0;
  if (member.is_tombstone()) {
    member.since_us = VerdictTime(now, update);
    if (tombstone_count() >= tombstones_max_) {
      const int64_t oldest = OldestTombstone(0);
      if (oldest < 0 || member.since_us <= members_[static_cast<size_t>(oldest)].since_us) {
        change.kind = Change::Kind::kFull;
        return change;
      }
      change.evicted = members_[static_cast<size_t>(oldest)].record;
      Remove(static_cast<uint32_t>(oldest));
    }
  } else {
    member.since_us = now.micros();
    if (!update.attributes.has_value()) {
      change.kind = Change::Kind::kUnknownAttributes;
      return change;
    }
    if (up_count() + count(State::kLeaving) >= up_max_) {
      change.kind = Change::Kind::kFull;
      return change;
    }
  }
  member.record = pool_->Intern(update.id, update.attributes.value_or(wire::Attributes()));
  change.kind = Change::Kind::kAdded;
  change.index = static_cast<uint32_t>(members_.size());
  Append(std::move(member));
  return change;
}

void MemberTable::Append(MemberView member) {
  // Grown by an eighth and not doubled: an entry may cost 48 bytes on average, also just after.
  if (members_.size() == members_.capacity()) {
    const size_t capacity = members_.size() + std::max<size_t>(members_.size() / 8, 8);
    members_.reserve(capacity);
    index_.Rebuild(capacity, members_);
  }
  members_.push_back(std::move(member));
  index_.Insert(members_.size() - 1, members_);
  Count(members_.back(), +1);
  Changed(members_.back().state != State::kPruned);
}

void MemberTable::CopyFrom(const MemberTable& other) {
  MUSTER_CHECK(size() == 1 && other.pool_ == pool_ && other.size() <= up_max_);
  MUSTER_CHECK(other.count(State::kAlive) == other.size());
  const int64_t found = other.IndexOf(self().id());
  MUSTER_CHECK(found >= 0);
  const size_t own = static_cast<size_t>(found);
  MUSTER_CHECK(other[own].record.get() == self().record.get() &&
               other[own].incarnation == self().incarnation);
  members_ = std::vector<MemberView>(other.members_);  // no larger: the next Append makes room
  index_ = other.index_;
  if (own != 0) {
    index_.Swap(0, own, members_);
    std::swap(members_[0], members_[own]);
  }
  std::copy(std::begin(other.counts_), std::end(other.counts_), std::begin(counts_));
  view_cell_ = other.view_cell_;
  Changed(true);
}

void MemberTable::Remove(uint32_t index) {
  MUSTER_CHECK(index != 0 && index < members_.size() && members_[index].is_tombstone());
  Changed(members_[index].state != State::kPruned);
  Count(members_[index], -1);
  index_.Erase(index, members_);
  const size_t last = members_.size() - 1;
  if (index != last) {
    index_.Move(last, index, members_);
    members_[index] = std::move(members_[last]);
  }
  members_.pop_back();
}

RecordHandle MemberTable::EvictBeyondLimit(uint32_t* index) {
  if (!members_[*index].is_tombstone() || tombstone_count() <= tombstones_max_) return {};
  const int64_t oldest = OldestTombstone(*index);
  if (oldest < 0) return {};
  RecordHandle evicted = members_[static_cast<size_t>(oldest)].record;
  const bool moves = *index == members_.size() - 1;
  Remove(static_cast<uint32_t>(oldest));
  if (moves) *index = static_cast<uint32_t>(oldest);
  return evicted;
}

int64_t MemberTable::OldestTombstone(size_t spared) const {
  int64_t oldest = -1;
  for (size_t i = 1; i < members_.size(); ++i) {
    if (i == spared || !members_[i].is_tombstone()) continue;
    if (oldest < 0 || members_[i].since_us < members_[static_cast<size_t>(oldest)].since_us) {
      oldest = static_cast<int64_t>(i);
    }
  }
  return oldest;
}

void MemberTable::AddRttSample(uint32_t index, Duration rtt) {
  core::AddRttSample(rtt, &members_[index]);
}

wire::Update MemberTable::ToUpdate(uint32_t index, bool full) const {
  const MemberView& member = members_[index];
  wire::Update update;
  update.id = member.id();
  update.incarnation = member.incarnation;
  update.state = member.state;
  update.attributes_hash = member.attributes_hash();
  if (full && update.attributes_hash != 0) update.attributes = member.attributes();
  update.reason = member.reason;
  return update;
}

size_t MemberTable::BytesUsed() const {
  return sizeof(*this) + members_.capacity() * sizeof(MemberView) + index_.BytesUsed() +
         by_name_.capacity() * sizeof(uint32_t);
}

}  // namespace muster::core
