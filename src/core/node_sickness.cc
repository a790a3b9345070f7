#include <algorithm>

#include "src/core/ablation.h"
#include "src/core/node_impl.h"

// Members that are there, but sick: they lose most packets, or fall silent again and again ("Sick
// members" of README.md). And what we do when we are told that it is us.

namespace muster::core {
namespace {

// Lossy votes are renewed this often.
constexpr Duration kLossyAgain = Duration::Seconds(10);
// Who is as unhealthy as this has no lossy vote: it takes what it misses itself for the loss of
// others.
constexpr uint8_t kTooSickToVote = 4;
// One observer alone cannot tell whose packets are lost.
constexpr size_t kLossyVotesMin = 2;
// Who is pronounced failed again this soon after a return is flapping. Long enough for two periods
// of a 20 s on, 20 s off fault at any tolerance up to 20 s.
constexpr Duration kFlapWindow = Duration::Seconds(90);
constexpr size_t kReturnsMax = 4096;

}  // namespace

void Node::Impl::AnsweredOtherwise(Flight& flight) {
  if (flight.done) return losses_.Late(flight.target);
  losses_.Spoke(flight.target);
  if (!IsSample(flight.kind)) return;
  losses_.ByRelay(now_, flight.target);
  flight.noted_lost = true;
}

void Node::Impl::Watch(const HostId& id) {
  if (Without(Mechanism::kLossy)) return;
  if (losses_.IsDoubtful(id) && rings_.observes(id) && !focus_.contains(id)) {
    focus_.Set(id, now_ + options_.period * (losses_.IsSilent(id) ? 2 : 1));
  }
  if (!losses_.IsLossy(id) || !rings_.observes(id) || probation_.on() || leaving_) return;
  if (table_.self().health >= kTooSickToVote) return;
  const TimePoint* last = lossy_told_.Find(id);
  if (last != nullptr && now_ - *last < kLossyAgain) return;
  lossy_told_[id] = now_;
  lossy_votes_.Note(now_, id, identity_.id);
  for (const HostId& observer : rings_.ObserversOf(id, table_)) {
    const MemberView* member = table_.Find(observer);
    if (observer == identity_.id || member->state != wire::State::kAlive) continue;
    packet_ = wire::Packet();
    packet_.type = wire::PacketType::kVote;
    packet_.target = id;
    packet_.vote = wire::Vote::kLossy;
    out_.Send(member->attributes().address, packet_, {}, false);
  }
  ConsiderBar(id);
}

void Node::Impl::ProbeDoubtful() {
  HostId id;
  while (focus_.PopDue(now_, &id)) {
    const MemberView* member = table_.Find(id);
    if (member == nullptr || !member->is_up() || !rings_.observes(id) || leaving_) continue;
    if (flights_.FindOpen(id, ProbeKind::kFocus) != nullptr) continue;
    Flight* flight = StartFlight(*member, ProbeKind::kFocus, now_);
    if (flight == nullptr) continue;
    // A suspect is probed by all paths already.
    flight->direct_only = suspicions_.Find(id) != nullptr;
    SendPing(*flight);
  }
}

void Node::Impl::ConsiderBar(const HostId& id) {
  const MemberView* subject = table_.Find(id);
  if (subject == nullptr || !subject->is_up() || leaving_ || probation_.on()) return;
  if (!losses_.IsLossy(id) || !lossy_votes_.Has(now_, id, identity_.id)) return;
  size_t electors = 0;
  size_t votes = 0;
  for (const HostId& observer : rings_.ObserversOf(id, table_)) {
    const MemberView* member = table_.Find(observer);
    if (member->health >= kTooSickToVote || !member->is_up()) continue;
    ++electors;
    votes += lossy_votes_.Has(now_, id, observer) ? 1 : 0;
  }
  // Whom even one of them reaches well is cut off from the others, or they are sick.
  if (votes >= kLossyVotesMin && votes == electors) Bar(id, wire::Reason::kLossy);
}

void Node::Impl::Bar(const HostId& id, wire::Reason reason) {
  const int64_t index = table_.IndexOf(id);
  if (index <= 0) return;
  wire::Update claim = table_.ToUpdate(static_cast<uint32_t>(index), false);
  claim.incarnation = claim.incarnation.Barred();
  claim.state = wire::State::kFailed;
  claim.by = self_tag();
  claim.reason = reason;
  claim.age_s = 0;
  ++stats_.bars;
  Merge(claim, identity_.id);
}

bool Node::Impl::IsFlapping(const HostId& id) const {
  const TimePoint* returned = returned_at_.Find(id);
  return returned != nullptr && now_ - *returned < kFlapWindow && !Without(Mechanism::kDamping);
}

void Node::Impl::NoteReturn(const HostId& id) {
  if (returned_at_.size() >= kReturnsMax && !returned_at_.contains(id)) returned_at_.clear();
  returned_at_[id] = now_;
}

void Node::Impl::BeginProbation() {
  if (!probation_.Begin(now_)) return;
  out_.effects().AddEvent(EventType::kSelfProbation).value = 1;
  EndProbationIfWell();
}

void Node::Impl::EndProbationIfWell() {
  if (probation_.EndsAt(losses_.well_since()) > now_ || leaving_) return;
  const uint64_t next = table_.self().incarnation.epoch() + 1;
  if (next >= Incarnation::kEpochMax) return;
  probation_.End(now_);
  out_.effects().AddEvent(EventType::kSelfProbation).value = 0;
  RaiseOwn(Incarnation::Of(next, 0), false);
}

}  // namespace muster::core
