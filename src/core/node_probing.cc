#include <algorithm>

#include "src/base/check.h"
#include "src/core/ablation.h"
#include "src/core/node_impl.h"
#include "src/core/rtt.h"

// Probes out: whom and when ("Paced rings" of README.md), on which paths ("Probe
// paths"), and what an outcome proves ("Evidence gate", "Local health").

namespace muster::core {
namespace {

// A probe that left later than this after it was due proves nothing (README.md, "Evidence gate").
constexpr Duration kPunctual = Duration::Millis(250);
// One ping in this many carries the tombstone cell.
constexpr uint64_t kTombstoneCellEvery = 64;
constexpr Duration kSweepWithin = Duration::Millis(100);
// Least gap between two questions about far epochs.
constexpr Duration kConfirmEvery = Duration::Millis(10);
// A member whose round trip was never measured gets so many times the usual patience.
constexpr int64_t kUnmeasured = 4;
// Up to this table size a draw walks all members; above, it draws and looks.
constexpr size_t kWalkBelow = 64;

}  // namespace

void Node::Impl::UpdateTargets(const HostId& changed, bool up) {
  const bool targets_changed =
      up ? rings_.MemberUp(changed, table_) : rings_.MemberDown(changed, table_);
  if (targets_changed) ResetSchedule();
}

// The answer to a target's first probe sets the pace.
void Node::Impl::ResetSchedule() {
  schedule_.SetTargets(rings_.targets(), now_, options_.period * 2, &rng_);
}

void Node::Impl::ProbeDueTargets() {
  const size_t observers = Rings::ObserversOf(table_.up_count(), options_.rings);
  const Duration round = awareness_.ScalePeriod(options_.period * static_cast<int64_t>(observers));
  HostId id;
  while (true) {
    const TimePoint due = schedule_.next();
    if (!schedule_.PopDue(now_, now_ + round, &id)) return;
    const MemberView* member = table_.Find(id);
    MUSTER_CHECK(member != nullptr);
    if (leaving_) continue;
    if (Without(Mechanism::kPacedRings)) member = RandomUpMember(HostId());
    Flight* flight = StartFlight(*member, ProbeKind::kRing, due);
    if (flight != nullptr) SendPing(*flight);
  }
}

// Where many are suspected, more are likely dead, and some of their observers too: all targets are
// probed at once, so that the last of them need not wait for its turn.
void Node::Impl::SweepTargets() {
  if (!AreManySuspected() || now_ - last_sweep_ < options_.period) return;
  last_sweep_ = now_;
  for (const Rings::Target& target : rings_.targets()) {
    if (suspicions_.Find(target.id) != nullptr) continue;
    const Duration jitter = Duration::Micros(
        static_cast<int64_t>(rng_.Below(static_cast<uint64_t>(kSweepWithin.micros()))));
    schedule_.Hasten(target.id, now_ + jitter);
  }
}

const MemberView* Node::Impl::RandomUpMember(const HostId& avoid) {
  const size_t n = table_.size();
  if (n < 2) return nullptr;
  const auto fits = [&](size_t i) {
    const MemberView& member = table_[i];
    return i != 0 && member.is_up() && member.id() != avoid;
  };
  for (int tries = 0; tries < 8; ++tries) {
    const size_t i = 1 + rng_.Below(n - 1);
    if (fits(i)) return &table_[i];
  }
  const size_t start = rng_.Below(n);
  for (size_t step = 0; step < n; ++step) {
    const size_t i = (start + step) % n;
    if (fits(i)) return &table_[i];
  }
  return nullptr;
}

std::vector<const MemberView*> Node::Impl::DrawUpMembers(size_t count, const HostId& avoid) {
  std::vector<const MemberView*> drawn;
  // All that are up are not found by chance, among many tombstones least of all.
  if (table_.size() <= kWalkBelow || count >= others_up()) {
    for (size_t i = 1; i < table_.size(); ++i) {
      if (table_[i].is_up() && table_[i].id() != avoid) drawn.push_back(&table_[i]);
    }
    rng_.Shuffle(&drawn);
    if (drawn.size() > count) drawn.resize(count);
    return drawn;
  }
  for (size_t tries = 0; tries < count * 4 && drawn.size() < count; ++tries) {
    const MemberView* member = RandomUpMember(avoid);
    if (member == nullptr) break;
    if (std::find(drawn.begin(), drawn.end(), member) == drawn.end()) drawn.push_back(member);
  }
  return drawn;
}

void Node::Impl::StartExtraProbe() {
  const TimePoint due = extra_at_;
  extra_at_ = now_ + options_.period * options_.extra_probe_periods;
  if (leaving_ || others_up() <= 1) return;
  const MemberView* member = RandomUpMember(HostId());
  if (member == nullptr) return;
  if (Flight* flight = StartFlight(*member, ProbeKind::kExtra, due)) SendPing(*flight);
}

Flight* Node::Impl::StartFlight(const MemberView& member, ProbeKind kind, TimePoint due) {
  Flight flight;
  flight.target = member.id();
  flight.address = member.attributes().address;
  flight.incarnation = member.incarnation;
  flight.kind = kind;
  flight.due = due;
  flight.sent = now_;
  flight.answers_before = answers_heard_;
  flight.deadline = now_ + awareness_.ScaleTimeout(AckTimeoutOf(member));
  if (!flight.address.is_set()) return nullptr;
  ++stats_.probes;
  return flights_.Add(std::move(flight));
}

void Node::Impl::SendPing(Flight& flight) {
  packet_ = wire::Packet();
  packet_.type = wire::PacketType::kPing;
  packet_.target_prefix = flight.target.hi;
  if (IsSample(flight.kind)) packet_.ring = schedule_.RingToAsk(flight.target);
  packet_.view = table_.view_cell();
  if (++pings_sent_ % kTombstoneCellEvery == 0) packet_.tombstones = table_.tombstone_cell();
  pieces_.clear();
  if (flight.kind == ProbeKind::kConfirm) {
    AppendShortUpdate(static_cast<uint32_t>(table_.IndexOf(flight.target)), &pieces_);
  } else {
    AppendClaimAbout(flight.target, &pieces_);
  }
  const size_t room = out_.RoomBeside(packet_);
  if (room > pieces_.size()) {
    rumours_.Fill(room - pieces_.size(), wire::limits::kUpdatesPerPacketMax - 1, flight.target,
                  &pieces_);
  }
  flight.sequence = out_.Send(flight.address, packet_, pieces_, true);
}

void Node::Impl::AskWhichEpoch(const MemberView& member) {
  if (leaving_ || flights_.FindOpen(member.id(), ProbeKind::kConfirm) != nullptr) return;
  // One packet of forged claims makes one ping, not one for each.
  if (now_ < next_confirm_) return;
  next_confirm_ = now_ + kConfirmEvery;
  if (Flight* flight = StartFlight(member, ProbeKind::kConfirm, now_)) SendPing(*flight);
}

void Node::Impl::RunFlights() {
  while (Flight* flight = flights_.Due(now_)) {
    const bool direct_only = flight->direct_only || flight->kind == ProbeKind::kHeal ||
                             flight->kind == ProbeKind::kGate ||
                             flight->kind == ProbeKind::kConfirm;
    // Who hears nobody asks nobody: relays and streams would be as silent.
    const bool is_deaf = IsSample(flight->kind) && IsDeaf();
    if (AsksAgain(*flight)) {
      AskAgain(*flight);
    } else if (flight->indirect || direct_only || is_deaf) {
      Conclude(*flight);
    } else {
      GoIndirect(*flight);
    }
  }
}

bool Node::Impl::IsLate(const Flight& flight) const { return flight.sent - flight.due > kPunctual; }

bool Node::Impl::IsVoid(const Flight& flight) const {
  if (Without(Mechanism::kVoidProbes)) return false;
  const bool heard_nothing = answers_heard_ == flight.answers_before;
  return IsLate(flight) || (heard_nothing && !IsLonely());
}

bool Node::Impl::IsDeaf() const { return void_at_answers_ == answers_heard_ && !IsLonely(); }

Duration Node::Impl::AckTimeoutOf(const MemberView& member) const {
  const Duration max = options_.ack_timeout_max;
  if (Without(Mechanism::kRttTimeouts)) return max;
  // Who was never measured is likely to be as near as the others; if not, its late ack still
  // counts.
  if (SmoothedRtt(member) > Duration::Zero()) {
    return AckTimeout(member, options_.ack_timeout_min, max);
  }
  return std::min(AckTimeout(typical_, options_.ack_timeout_min, max) * kUnmeasured, max);
}

bool Node::Impl::IsLonely() const { return others_up() <= 1 || now_ - last_heard_ >= kLonelyAfter; }

void Node::Impl::FinishFlight(Flight& flight) {
  flight.done = true;
  if (flight.stream != 0) {
    CloseStream(flight.stream);
    flight.stream = 0;
  }
}

void Node::Impl::Conclude(Flight& flight) {
  FinishFlight(flight);
  // What follows may add flights and move this one.
  const Flight ended = flight;
  switch (ended.kind) {
    case ProbeKind::kRing:
    case ProbeKind::kExtra:
      return JudgeFailedProbe(ended);
    case ProbeKind::kFocus:
      if (!ended.direct_only) return JudgeFailedProbe(ended);
      losses_.NotInTime(now_);
      losses_.Silent(now_, ended.target);
      return Watch(ended.target);
    case ProbeKind::kVote:
      return ConcludeVote(ended);
    case ProbeKind::kSuspicion:
      if (Suspicion* suspicion = suspicions_.Find(ended.target)) {
        if (!IsLate(ended) && !ended.direct_only) ++suspicion->punctual_unanswered;
      }
      return;
    case ProbeKind::kLastLook:
      return LookEnded(ended);
    case ProbeKind::kUser: {
      Event& event = out_.effects().AddEvent(EventType::kPingDone);
      event.member = ended.target;
      event.request = ended.request;
      return;
    }
    case ProbeKind::kDoor:
      return DecideVisitor(ended.request, {});
    case ProbeKind::kGate:
    case ProbeKind::kConfirm:
    case ProbeKind::kHeal:
      return;
  }
}

void Node::Impl::JudgeFailedProbe(const Flight& flight) {
  const MemberView* member = table_.Find(flight.target);
  if (member == nullptr || !member->is_up()) return;
  // It has spoken since (restarted, refuted): the silence was its past's.
  if (member->incarnation > flight.incarnation) return;
  losses_.Silent(now_, flight.target);
  Watch(flight.target);
  if (IsVoid(flight)) {
    ++stats_.probes_void;
    if (answers_heard_ == flight.answers_before) void_at_answers_ = answers_heard_;
    if (!flight.indirect) losses_.NotInTime(now_);
    HealthChanged(awareness_.VoidProbe());
    // Nothing was learnt: ask again a period later rather than a whole round.
    schedule_.Hasten(flight.target, now_ + options_.period);
    return;
  }
  ++stats_.probes_failed;
  if (!flight.stream_refused && flight.relay_count > 0) {
    bool changed = false;
    if (flight.nacks() == 0) changed |= awareness_.ProbeFailedAlone();
    changed |= awareness_.MissingNacks(flight.missing_nacks());
    HealthChanged(changed);
  }
  Accuse(flight);
}

void Node::Impl::DirectAnswer(Flight& flight) {
  // A datagram does not tell one run of a host id from another; the door waits for the stream.
  if (flight.kind == ProbeKind::kDoor && door_.IsAboutClone(flight.request)) return;
  const int64_t index = table_.IndexOf(flight.target);
  if (index > 0) {
    table_.AddRttSample(static_cast<uint32_t>(index), now_ - flight.sent);
    AddRttSample(now_ - flight.sent, &typical_);
    table_.SetUdpImpaired(static_cast<uint32_t>(index), false);
  }
  ++stats_.probes_answered;
  suspicions_.NoteRoundTrip(flight.sent, now_);
  if (flight.done || flight.indirect) {
    losses_.Late(flight.target);
  } else {
    losses_.Spoke(flight.target);
  }
  if (IsSample(flight.kind)) {
    if (flight.noted_lost) {
      losses_.Forgive(flight.target);
    } else if (!flight.done) {
      losses_.InTime(now_, flight.target);
    }
    flight.noted_lost = false;
  }
  Answered(flight, {true, flight.target, 0});
}

void Node::Impl::Answered(Flight& flight, const Door::Answer& answer) {
  const bool was_done = flight.done;
  FinishFlight(flight);
  const Flight ended = flight;
  if (ended.kind != ProbeKind::kDoor) {
    last_answers_.Note(now_, ended.target);
    SuspectAnswered(ended.target);
    backoff_.Answered(now_, ended.target);
    Watch(ended.target);
  }
  if (was_done) return;
  HealthChanged(awareness_.ProbeOk());
  if (ended.kind == ProbeKind::kUser) {
    Event& event = out_.effects().AddEvent(EventType::kPingDone);
    event.member = ended.target;
    event.request = ended.request;
    event.value = 1;
    event.elapsed = now_ - ended.sent;
  } else if (ended.kind == ProbeKind::kDoor) {
    DecideVisitor(ended.request, answer);
  } else if (ended.kind == ProbeKind::kVote) {
    SendVotes(ended.target, wire::Vote::kAgainst);
  }
}

}  // namespace muster::core
