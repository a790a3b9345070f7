#include <algorithm>
#include <utility>

#include "src/base/check.h"
#include "src/core/merge_rules.h"
#include "src/core/node_impl.h"
#include "src/core/seeded_bug.h"

// What a claim changes: admission, merging, and everything that follows from a change.

namespace muster::core {
namespace {

// Others' claims make us issue a new epoch at most this often.
constexpr Duration kEpochForcedEvery = Duration::Millis(200);
// Tombstones of unknown members, where there is no place left, push out others at this rate.
constexpr Duration kEvictEvery = Duration::Millis(10);

}  // namespace

wire::Update Node::Impl::OwnUpdate(Incarnation incarnation, wire::State state) const {
  wire::Update update;
  update.id = identity_.id;
  update.incarnation = incarnation;
  update.state = state;
  update.attributes_hash = wire::AttributesHash(identity_.attributes);
  update.attributes = identity_.attributes;
  return update;
}

wire::Update Node::Impl::UpdateFor(uint32_t index, bool full) const {
  wire::Update update = table_.ToUpdate(index, full);
  if (const Verdict* verdict = verdicts_.Find(update.id)) {
    update.by = verdict->by;
    update.reason = verdict->reason;
  }
  if (table_[index].is_tombstone()) {
    const Duration age = now_ - table_[index].since();
    update.age_s = static_cast<uint32_t>(std::clamp<int64_t>(age.seconds(), 0, UINT32_MAX));
  }
  return update;
}

wire::Update Node::Impl::ToldUpdate(uint32_t index, bool full) {
  wire::Update update = UpdateFor(index, full);
  if (update.state == wire::State::kSuspect) {
    if (const Suspicion* suspicion = suspicions_.Find(update.id)) {
      update.elapsed_ms = static_cast<uint32_t>(
          std::clamp<int64_t>((now_ - suspicion->began).millis(), 1, 3'600'000));
    }
  }
  return update;
}

void Node::Impl::AppendUpdateFor(uint32_t index, bool full, std::string* pieces,
                                 const wire::CommonAttributes* common) {
  wire::EncodeUpdate(ToldUpdate(index, full), pieces, common);
}

void Node::Impl::AppendShortUpdate(uint32_t index, std::string* pieces) {
  wire::EncodeShortUpdate(ToldUpdate(index, false), pieces);
}

void Node::Impl::AppendClaimAbout(const HostId& id, std::string* pieces, bool on_stream) {
  const int64_t index = table_.IndexOf(id);
  if (index <= 0 || table_[static_cast<size_t>(index)].state == wire::State::kAlive) return;
  if (on_stream) return AppendUpdateFor(static_cast<uint32_t>(index), false, pieces);
  AppendShortUpdate(static_cast<uint32_t>(index), pieces);
}

bool Node::Impl::MayAddTombstone() {
  if (table_.tombstone_count() < static_cast<size_t>(options_.tombstones_max)) return true;
  // It takes the place of the oldest, which a walk over the whole table finds.
  if (now_ < next_eviction_) return false;
  next_eviction_ = now_ + kEvictEvery;
  return true;
}

void Node::Impl::Learn(const wire::Update& update, const Source& source) {
  if (update.id == identity_.id && !HasBug(SeededBug::kBelievesOwnEnd)) {
    ClaimAboutSelf(update, source);
    return;
  }
  const MemberView* member = table_.Find(update.id);
  if (update.incarnation.epoch() >= Incarnation::kEpochMax) {
    Reject(wire::Reject::kEpochJump);  // its subject could not refute it
    return;
  }
  if (member == nullptr && MemberView::IsTombstone(update.state) &&
      Duration::Seconds(update.age_s) >= options_.tombstone_for) {
    return;  // expired here, and news to nobody
  }
  if (member == nullptr && MemberView::IsTombstone(update.state) && !MayAddTombstone()) {
    Reject(wire::Reject::kTableFull);
    return;
  }
  if (member != nullptr) {
    const bool direct = source.answered && source.sender == update.id;
    if (!direct &&
        update.incarnation.epoch() > member->incarnation.epoch() + options_.epoch_jump_max) {
      Reject(wire::Reject::kEpochJump);
      AskWhichEpoch(*member);
      return;
    }
    if (update.state == wire::State::kFailed && member->state == wire::State::kAlive &&
        CompareClaims({update.incarnation, update.state}, {member->incarnation, member->state}) >
            0) {
      // Nobody told us of a suspicion: a partition healed, a late rumour, or a lie.
      StartChallenge(update, source);
      return;
    }
  }
  if (!update.attributes.has_value() && update.attributes_hash != 0) {
    const bool unknown_up = member == nullptr && !MemberView::IsTombstone(update.state);
    if (unknown_up) {
      RequestRecord(update.id, source);
      return;
    }
  }
  if (HasBug(SeededBug::kHearsayVerdict) && update.state == wire::State::kSuspect) {
    wire::Update verdict = update;
    verdict.state = wire::State::kFailed;
    return Merge(verdict, source.sender);
  }
  bool wants_attributes = false;
  Merge(update, source.sender, &wants_attributes);
  if (wants_attributes) RequestRecord(update.id, source);
}

void Node::Impl::Merge(const wire::Update& update, const HostId& source, bool* wants_attributes) {
  const MemberView* before = table_.Find(update.id);
  const uint64_t epoch_before = before == nullptr ? 0 : before->incarnation.epoch();
  const Change change = table_.Apply(now_, update);
  if (wants_attributes != nullptr) *wants_attributes = change.wants_attributes;
  if (change.evicted) Forget(change.evicted->id);
  if (change.kind == Change::Kind::kFull) Reject(wire::Reject::kTableFull);
  if (change.kind == Change::Kind::kHalfTaken) Reject(wire::Reject::kState);
  if (!change.is_news()) return;
  const MemberView& after = table_[change.index];
  if (change.kind == Change::Kind::kState && change.from == wire::State::kFailed && after.is_up() &&
      after.incarnation.epoch() == epoch_before) {
    NoteReturn(update.id);
  }
  React(change, update, source);
  if (change.evicted) {
    // The oldest tombstone made room.
    Event reaped;
    reaped.member = change.evicted->id;
    reaped.record = change.evicted;
    ShowReaped(std::move(reaped));
  }
}

void Node::Impl::React(const Change& change, const wire::Update& update, const HostId& source) {
  const MemberView& member = table_[change.index];
  const HostId id = member.id();
  const wire::State to = member.state;
  const bool added = change.kind == Change::Kind::kAdded;
  const bool was_up = !added && change.from <= wire::State::kSuspect;
  last_change_ = now_;
  if (to == wire::State::kAlive) {
    verdicts_.Erase(id);
  } else if (added || change.from != to) {
    verdicts_[id] = {update.by, update.reason};
  }
  if (change.index != 0) {
    // Stale evidence first: what is known of the old claim does not hold for the new one.
    if (to == wire::State::kAlive) losses_.Spoke(id);
    if (Suspicion* suspicion = suspicions_.Find(id)) {
      if (to == wire::State::kAlive && suspicion->accuser) backoff_.Refuted(now_, id);
      if (to != wire::State::kSuspect) {
        suspicions_.Close(id);
      } else {
        suspicion->incarnation = member.incarnation;
      }
    }
    if (to == wire::State::kSuspect) {
      SuspectGossiped(id, update);
      SweepTargets();
    }
    if (was_up != member.is_up()) UpdateTargets(id, member.is_up());
    if (to == wire::State::kLeaving) {
      if (!leaving_members_.contains(id)) leaving_members_.Set(id, now_ + options_.leaving_for);
    } else {
      leaving_members_.Clear(id);
    }
    if (member.is_tombstone()) {
      tombstones_.Set(id, table_[change.index].since() + options_.tombstone_for);
      peer_cells_.Forget(id);
      losses_.Forget(id);
      lossy_votes_.Forget(id);
      lossy_told_.Erase(id);
      focus_.Clear(id);
    } else {
      tombstones_.Clear(id);
    }
  }
  if (member.is_up() && (!was_up || change.attributes_changed)) name_watch_.Arrived(now_, id);
  // Nobody is missed who was not known: the silence of company counts from its arrival.
  const bool company = HasCompanyToMiss();
  if (company && !had_company_) last_heard_ = now_;
  had_company_ = company;
  peer_cells_.OwnCellChanged(now_, table_.view_cell());
  has_news_for_users_ = true;
  ShowChange(change, update);
  QueueRumour(change, update, source);
  if (HealNeeded() && heal_at_.is_never()) heal_at_ = now_ + Duration::Seconds(1);
  ReportAgreement();
}

void Node::Impl::QueueRumour(const Change& change, const wire::Update& update,
                             const HostId& source) {
  const MemberView& member = table_[change.index];
  const bool added = change.kind == Change::Kind::kAdded;
  // Old tombstones travel by reconciliation only; nobody else has anything to learn at once. What
  // an operator makes of one (force-leave) is news.
  if (added && member.is_tombstone() && update.age_s > 60) return;
  const bool attributes_news = added || change.attributes_changed;
  RumourClass rumour_class = RumourClass::kJoin;
  switch (member.state) {
    case wire::State::kAlive:
      rumour_class = attributes_news ? RumourClass::kJoin : RumourClass::kRefutation;
      break;
    case wire::State::kSuspect:
      rumour_class = RumourClass::kSuspicion;
      break;
    default:
      rumour_class = RumourClass::kVerdict;
  }
  const bool full = attributes_news && !member.attributes().name.empty();
  const bool waits = told_later_ != nullptr && told_later_->size() < SyncedMax();
  if (waits && change.index != 0 && member.state == wire::State::kAlive) {
    rumours_.Drop(member.id());
    told_later_->push_back({member.id(), full});
    return;
  }
  PutRumour(change.index, rumour_class, full, source);
}

void Node::Impl::PutRumour(uint32_t index, RumourClass rumour_class, bool full,
                           const HostId& source) {
  rumour_.clear();
  if (full) {
    AppendUpdateFor(index, true, &rumour_);
  } else {
    AppendShortUpdate(index, &rumour_);
  }
  const bool busy = rumours_.size() > static_cast<size_t>(options_.queue_high);
  rumours_.Put(table_[index].id(), rumour_class, rumour_,
               busy ? options_.copies_when_busy : options_.copies, source);
  if (busy) NoteMass();
  NewsArrived();
}

void Node::Impl::ClaimAboutSelf(const wire::Update& update, const Source& source) {
  const Incarnation own = table_.self().incarnation;
  if (update.incarnation < own) {
    answer_about_self_ = true;
    return;
  }
  const uint32_t own_hash = table_.self().record->hash;
  const bool same_attributes = update.attributes_hash == own_hash || update.attributes_hash == 0;
  const bool echo =
      update.incarnation == own && same_attributes && update.state <= table_.self().state;
  if (echo) return;
  if (update.incarnation.is_top() && update.state >= wire::State::kLeft &&
      update.incarnation.epoch() == own.epoch()) {
    Event& event = out_.effects().AddEvent(EventType::kStopEvicted);
    event.by = update.by;
    event.detail = "an operator evicted this agent (force-leave --evict); restart it to rejoin";
    leaving_ = true;
    has_news_for_users_ = true;
    return;
  }
  if (leaving_) {
    answer_about_self_ = true;  // whatever they say, we are on our way out
    return;
  }
  if (update.incarnation.epoch() > own.epoch() + options_.epoch_jump_max) {
    return Reject(wire::Reject::kEpochJump);
  }
  const bool other_run =
      update.attributes.has_value() && update.attributes->boot != identity_.attributes.boot;
  if (other_run && update.attributes->address != identity_.attributes.address) {
    ProbeConflict(*update.attributes);
  } else if (!update.attributes.has_value() && !same_attributes &&
             update.state == wire::State::kAlive) {
    RequestRecord(identity_.id, source);  // whose run is that?
  }
  if (update.incarnation.is_barred() && update.incarnation.epoch() == own.epoch() &&
      update.state == wire::State::kFailed) {
    BeginProbation();
    return;
  }
  if (refuted_in_call_) return;
  Incarnation next = update.incarnation.Refuted();
  if (update.incarnation.epoch() > own.epoch() || next <= update.incarnation) {
    if (update.incarnation.epoch() + 1 >= Incarnation::kEpochMax) {
      return Reject(wire::Reject::kEpochJump);
    }
    // The host makes each epoch durable. What forces one comes again.
    if (now_ - last_epoch_forced_ < kEpochForcedEvery) return;
    last_epoch_forced_ = now_;
    next = Incarnation::Of(update.incarnation.epoch() + 1, 0);
  }
  if (HasBug(SeededBug::kNeverRefutes)) return;
  refuted_in_call_ = true;
  if (update.state != wire::State::kAlive) HealthChanged(awareness_.RefutedSelf());
  ++stats_.refutations;
  RaiseOwn(next, false);
  answer_about_self_ = true;
}

void Node::Impl::RaiseOwn(Incarnation incarnation, bool full) {
  const uint64_t epoch_before = table_.self().incarnation.epoch();
  Change change = table_.Apply(now_, OwnUpdate(incarnation, table_.self().state));
  MUSTER_CHECK(change.is_news() && change.index == 0);
  if (incarnation.epoch() != epoch_before) {
    identity_.epoch = incarnation.epoch();
    out_.set_epoch(incarnation.epoch());
    out_.effects().AddEvent(EventType::kEpochRaised).value = incarnation.epoch();
  }
  out_.effects().AddEvent(EventType::kRefutedSelf).value = incarnation.raw();
  change.attributes_changed |= full;
  React(change, OwnUpdate(incarnation, table_.self().state), identity_.id);
}

void Node::Impl::RunMemberTimers() {
  HostId id;
  while (leaving_members_.PopDue(now_, &id)) {
    const int64_t index = table_.IndexOf(id);
    if (index <= 0) continue;
    wire::Update left = UpdateFor(static_cast<uint32_t>(index), false);
    left.state = wire::State::kLeft;
    left.reason = wire::Reason::kLeft;
    Merge(left, identity_.id);
  }
  while (tombstones_.PopDue(now_, &id)) Reap(id);
  for (const uint32_t index : name_watch_.TakeShared(now_, table_)) {
    const MemberView& member = table_[index];
    Event& event = out_.effects().AddEvent(EventType::kConflict);
    event.member = member.id();
    event.record = member.record;
    event.from = event.to = member.state;
    event.incarnation = member.incarnation;
    event.address = member.attributes().address;
    event.version = shown_version();
    event.detail = "several live members are called '" + member.attributes().name +
                   "'; this one is shown as '" + table_.DisplayName(index) + "'";
  }
}

void Node::Impl::Forget(const HostId& id) {
  tombstones_.Clear(id);
  verdicts_.Erase(id);
  last_relay_.Erase(id);
  backoff_.Forget(id);
  returned_at_.Erase(id);
  rumours_.Drop(id);
  if (batcher_.Find(id) != nullptr) batcher_.Take(id, false);
}

void Node::Impl::Reap(const HostId& id) {
  const int64_t index = table_.IndexOf(id);
  MUSTER_CHECK(index > 0);
  const MemberView& member = table_[static_cast<size_t>(index)];
  const bool hidden = member.state == wire::State::kPruned;
  Event event;
  event.member = id;
  event.record = member.record;
  event.from = event.to = member.state;
  event.incarnation = member.incarnation;
  table_.Remove(static_cast<uint32_t>(index));
  Forget(id);
  if (!hidden) ShowReaped(std::move(event));
}

}  // namespace muster::core
