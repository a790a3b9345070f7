#include <algorithm>

#include "src/core/ablation.h"
#include "src/core/node_impl.h"

// The votes of a member's observers on its silence ("Votes" of README.md).

namespace muster::core {
namespace {

// Who was heard from within so many periods is asked in place of observers that do not answer.
constexpr int64_t kReplacementPeriods = 10;
// An accuser wants so many votes, its own among them, or as many as it has heard of since.
constexpr size_t kAnswersWanted = 3;

}  // namespace

bool Node::Impl::HasEnoughAnswers(const Suspicion& suspicion) const {
  const auto heard = static_cast<size_t>(std::count_if(
      peer_cells_.all().begin(), peer_cells_.all().end(), [&suspicion](const PeerCells::Peer& p) {
        return p.heard_at >= suspicion.began && p.id != suspicion.subject;
      }));
  return static_cast<size_t>(suspicion.ballot.answers()) >= std::min(kAnswersWanted, 1 + heard);
}

void Node::Impl::ConsiderAnnouncing(const Suspicion& suspicion) {
  const Ballot& ballot = suspicion.ballot;
  const bool unanimous = ballot.in_favour() == ballot.answers() && HasEnoughAnswers(suspicion);
  if (unanimous || ballot.HasDoubt(suspicion.electors)) AnnounceSuspicion(suspicion.subject);
}

void Node::Impl::AskForVote(Suspicion& suspicion, const MemberView& voter) {
  packet_ = wire::Packet();
  packet_.type = wire::PacketType::kVoteRequest;
  packet_.target = suspicion.subject;
  pieces_.clear();
  AppendClaimAbout(suspicion.subject, &pieces_);
  const uint32_t sequence = out_.Send(voter.attributes().address, packet_, pieces_, false);
  suspicion.ballot.Ask(voter.id(), sequence);
}

void Node::Impl::PollObservers(const HostId& subject) {
  Suspicion* suspicion = suspicions_.Find(subject);
  if (suspicion == nullptr || leaving_ || Without(Mechanism::kVotes)) return;
  if (!suspicion->accuser && table_.Find(subject)->state == wire::State::kAlive) {
    // Its accuser never announced it: one failed probe of ours is no silence.
    suspicions_.Close(subject);
    return;
  }
  size_t missing = 0;
  if (suspicion->electors == 0) {
    // A suspect, or who is silent himself, is no judge.
    for (const HostId& id : rings_.ObserversOf(subject, table_)) {
      if (id == identity_.id) continue;
      const MemberView* observer = table_.Find(id);
      const bool fit = observer->state == wire::State::kAlive && suspicions_.Find(id) == nullptr;
      if (fit) AskForVote(*suspicion, *observer);
      missing += fit ? 0 : 1;
    }
    suspicion->electors = 1 + static_cast<int>(suspicion->ballot.voters().size() + missing);
  } else {
    ConsiderAnnouncing(*suspicion);
    const std::vector<Ballot::Voter> voters = suspicion->ballot.voters();
    for (const Ballot::Voter& voter : voters) {
      if (voter.vote == wire::Vote::kFor) continue;
      if (voter.vote != wire::Vote::kAgainst) ++missing;
      const MemberView* member = table_.Find(voter.id);
      if (member != nullptr && member->is_up()) AskForVote(*suspicion, *member);
    }
  }
  const TimePoint since = now_ - options_.period * kReplacementPeriods;
  for (const PeerCells::Peer& peer : peer_cells_.all()) {
    if (missing == 0 || suspicion->ballot.full()) break;
    if (peer.heard_at < since || peer.id == subject || suspicion->ballot.Knows(peer.id)) continue;
    const MemberView* member = table_.Find(peer.id);
    if (member == nullptr || member->state != wire::State::kAlive) continue;
    AskForVote(*suspicion, *member);
    --missing;
  }
}

void Node::Impl::HandleVoteRequest(const Source& source) {
  LearnAll(in_.updates, source);
  const MemberView* asker = table_.Find(source.sender);
  const MemberView* subject = table_.Find(in_.target);
  if (!source.known || asker == nullptr || asker->is_tombstone() || vote_duties_.full()) {
    return Reject(wire::Reject::kUnsolicited);
  }
  // Nobody votes on members that only the asker knows of, or on itself.
  if (subject == nullptr || !subject->is_up() || in_.target == identity_.id) {
    return Reject(wire::Reject::kNotForUs);
  }
  const HostId id = in_.target;
  vote_duties_.Add({id, source.from, in_.sequence});
  if (leaving_ || now_ < no_accusing_until_ || probation_.on()) {
    return SendVotes(id, wire::Vote::kVoid);
  }
  if (flights_.FindOpen(id, ProbeKind::kVote) != nullptr) return;
  Flight* flight = StartFlight(*subject, ProbeKind::kVote, now_);
  if (flight == nullptr) return SendVotes(id, wire::Vote::kVoid);
  SendPing(*flight);
}

uint32_t Node::Impl::MillisSinceAnswer(const HostId& id) const {
  const TimePoint at = last_answers_.Of(id);
  if (at == TimePoint()) return 0;
  return static_cast<uint32_t>(std::clamp<int64_t>((now_ - at).millis(), 1, UINT32_MAX));
}

void Node::Impl::SendVotes(const HostId& subject, wire::Vote vote) {
  VoteDuties::Duty duty;
  while (vote_duties_.Take(subject, &duty)) {
    packet_ = wire::Packet();
    packet_.type = wire::PacketType::kVote;
    packet_.target = subject;
    packet_.answers = duty.asker_sequence;
    packet_.vote = vote;
    packet_.answered_ms = MillisSinceAnswer(subject);
    pieces_.clear();
    // Who has answered us with a refutation: the asker hears it too.
    if (const int64_t index = table_.IndexOf(subject); index > 0 && vote == wire::Vote::kAgainst) {
      AppendShortUpdate(static_cast<uint32_t>(index), &pieces_);
    }
    out_.Send(duty.asker, packet_, pieces_, false);
  }
}

void Node::Impl::ConcludeVote(const Flight& flight) {
  const MemberView* member = table_.Find(flight.target);
  const bool has_spoken =
      member == nullptr || !member->is_up() || member->incarnation > flight.incarnation;
  // One vote of many: anything that came in shows that we are not cut off.
  const bool is_void = !Without(Mechanism::kVoidProbes) &&
                       (IsLate(flight) || (last_heard_ <= flight.sent && !IsLonely()));
  if (has_spoken || is_void) return SendVotes(flight.target, wire::Vote::kVoid);
  losses_.Silent(now_, flight.target);
  Watch(flight.target);
  SendVotes(flight.target, wire::Vote::kFor);
  Witness(flight);
}

void Node::Impl::HandleVote(const Source& source) {
  LearnAll(in_.updates, source);
  if (!source.known) return Reject(wire::Reject::kUnsolicited);
  if (in_.vote == wire::Vote::kLossy) {
    lossy_votes_.Note(now_, in_.target, source.sender);
    return ConsiderBar(in_.target);
  }
  Suspicion* suspicion = suspicions_.Find(in_.target);
  if (suspicion == nullptr || !suspicion->ballot.Count(source.sender, in_.answers, in_.vote)) {
    return Reject(wire::Reject::kUnsolicited);
  }
  // Who has answered a voter since was not silent all the time that we took for its silence.
  if (in_.vote == wire::Vote::kFor && in_.answered_ms != 0 &&
      now_ - Duration::Millis(in_.answered_ms) > suspicion->began) {
    BeginSilenceAnew(*suspicion, now_);
  }
  if (in_.vote == wire::Vote::kAgainst || !suspicion->ballot.HasQuorum()) {
    suspicion->reached_at = now_;
  }
  ConsiderAnnouncing(*suspicion);
}

}  // namespace muster::core
