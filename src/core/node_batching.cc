#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "src/core/ablation.h"
#include "src/core/node_impl.h"

// What users are shown of the table, and when (README.md, "Batches").

namespace muster::core {
namespace {

// From the end of a suspicion's window to the verdict: its last look, and the way of the news.
constexpr Duration kVerdictAfterWindow = Duration::Millis(300);

EventType TypeOf(bool is_new, wire::State from, wire::State to) {
  using wire::State;
  if (is_new) return EventType::kMemberJoined;
  if (from == to) return EventType::kMemberUpdated;
  switch (to) {
    case State::kSuspect:
      return MemberView::IsTombstone(from) ? EventType::kMemberReturned
                                           : EventType::kMemberSuspected;
    case State::kAlive:
      return from == State::kSuspect ? EventType::kMemberRefuted : EventType::kMemberReturned;
    case State::kFailed:
      return EventType::kMemberFailed;
    case State::kLeaving:
      return EventType::kMemberLeaving;
    case State::kLeft:
      return EventType::kMemberLeft;
    default:
      return EventType::kMemberReaped;
  }
}

}  // namespace

void Node::Impl::ShowChange(const Change& change, const wire::Update& update) {
  const MemberView& member = table_[change.index];
  const bool is_new = change.kind == Change::Kind::kAdded;
  const bool has_moved = is_new || change.from != change.to;
  if (!has_moved && !change.attributes_changed) return;
  const bool is_pruned = change.from == wire::State::kPruned && change.to == wire::State::kPruned;
  Batcher::Held now;
  now.id = member.id();
  now.state = member.state;
  now.by = update.by;
  now.reason = update.reason;
  now.attributes_changed = change.attributes_changed;
  now.versions = is_pruned ? 0 : 1;
  if (!is_new) now.shown = std::make_unique<MemberView>(has_moved ? change.before : member);
  if (Batcher::Held* held = batcher_.Find(now.id)) return ShowHeldChange(held, now, has_moved);
  if (is_new && member.is_tombstone()) return;  // learnt of the dead: no news for anybody
  const bool may_hold = options_.batching && !Without(Mechanism::kBatching) && change.index != 0;
  if (may_hold && has_moved && Batcher::KindOf(now.shown.get(), now.state, &now.kind)) {
    batcher_.Hold(now_, std::move(now));
    return;
  }
  Show(now);
}

// The change that users are about to be shown, or the next, has become another one.
void Node::Impl::ShowHeldChange(Batcher::Held* held, const Batcher::Held& now, bool has_moved) {
  held->attributes_changed |= now.attributes_changed;
  batcher_.AddVersions(held, now.versions);
  if (!has_moved) return;
  held->state = now.state;
  held->by = now.by;
  held->reason = now.reason;
  if (Batcher::IsStillHeld(*held)) return;
  // It was undone, or has become something that is not held: what is left is shown by itself.
  const bool was_undone =
      !held->is_hidden() && held->shown->state == held->state && !held->attributes_changed;
  const Batcher::Held taken = batcher_.Take(now.id, was_undone);
  const bool is_shown = !taken.is_hidden() && !was_undone;
  // Who was shown failed, and is again, is shown no second failure.
  const bool is_failure_shown = is_shown && taken.from() != wire::State::kFailed;
  if (taken.state == wire::State::kFailed && !is_failure_shown) TellOfVerdict(taken);
  if (is_shown) Show(taken);
}

// Tells users of a change from what they were shown to what the table holds.
void Node::Impl::Show(const Batcher::Held& change) {
  const MemberView* member = table_.Find(change.id);
  if (member == nullptr) return;
  if (!std::exchange(is_showing_, true)) ++batch_;
  const bool is_new = change.is_hidden();
  Event& event = out_.effects().AddEvent(TypeOf(is_new, change.from(), member->state));
  event.member = change.id;
  event.record = member->record;
  event.from = is_new ? member->state : change.from();
  event.to = member->state;
  event.incarnation = member->incarnation;
  event.by = change.by;
  event.reason = change.reason;
  event.version = shown_version();
  event.batch = batch_;
}

// A verdict that users are not shown now, or never.
void Node::Impl::TellOfVerdict(const Batcher::Held& change) {
  const MemberView* member = table_.Find(change.id);
  Event& event = out_.effects().AddEvent(EventType::kVerdictHeld);
  event.member = change.id;
  event.record = member->record;
  event.from = change.from();
  event.to = member->state;
  event.incarnation = member->incarnation;
  event.by = change.by;
  event.reason = change.reason;
}

void Node::Impl::ShowReaped(Event reaped) {
  if (!std::exchange(is_showing_, true)) ++batch_;
  reaped.type = EventType::kMemberReaped;
  reaped.version = shown_version();
  reaped.batch = batch_;
  out_.effects().AddEvent(reaped.type) = std::move(reaped);
}

bool Node::Impl::IsVerdictExpected() const {
  for (const Suspicion& suspicion : suspicions_.all()) {
    // Whoever accused gives its verdict one tolerance after its first failed probe; we may wait
    // for longer. One long overdue is not expected any more.
    const TimePoint at =
        std::min(suspicion.window_end, suspicion.began + ToleranceOf(suspicion.subject)) +
        kVerdictAfterWindow;
    const Duration within = batcher_.verdict_within();
    if (at - now_ <= within && now_ - at <= within) return true;
  }
  return false;
}

// At the end of each call: what is not to wait for more is shown.
void Node::Impl::ShowDue() {
  if (batcher_.empty()) {
    is_arriving_ = false;
    return;
  }
  if (!has_news_for_users_ && now_ < batcher_.next()) return;
  has_news_for_users_ = false;
  Batcher::Outlook outlook;
  outlook.up = table_.up_count();
  if (batcher_.count(Batcher::Kind::kFailure) > 0) outlook.is_expected = IsVerdictExpected();
  if (batcher_.count(Batcher::Kind::kArrival) > 0) {
    // Among few, one that is silent must not keep the others from being shown.
    const size_t peers = std::min(Batcher::kPeersAgreed, (others_up() + 1) / 2);
    outlook.is_agreed = peer_cells_.LastAgree(peers);
  }
  std::vector<Batcher::Held> due;
  for (const Batcher::Kind kind : {Batcher::Kind::kFailure, Batcher::Kind::kArrival}) {
    // Whoever leaves has nothing to wait for.
    if (leaving_ || batcher_.IsDue(now_, kind, outlook)) batcher_.TakeAll(kind, &due);
  }
  for (const Batcher::Held& change : due) Show(change);
  for (const Batcher::Held* held : batcher_.Announce()) TellOfVerdict(*held);
  if (!batcher_.empty()) SettleForUsers();
  is_arriving_ = is_arriving_ && batcher_.count(Batcher::Kind::kArrival) > 0;
}

const MemberView* Node::Impl::shown(size_t index) const {
  const MemberView& member = table_[index];
  if (batcher_.empty()) return &member;
  const Batcher::Held* held = batcher_.Find(member.id());
  if (held == nullptr) return &member;
  return held->shown.get();
}

size_t Node::Impl::shown_count(wire::State state) const {
  return static_cast<size_t>(static_cast<int64_t>(table_.count(state)) + batcher_.Surplus(state));
}

}  // namespace muster::core
