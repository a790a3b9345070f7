#include <algorithm>

#include "src/base/check.h"
#include "src/core/ablation.h"
#include "src/core/node_impl.h"
#include "src/core/seeded_bug.h"

// From a failed probe to a verdict (README.md has the steps). The accuser waits for one tolerance
// of silence, other witnesses a little longer, all others two; each takes a last look of its own
// before it says failed.

namespace muster::core {
namespace {

// How long a last look waits for an answer on any path: four ack timeouts within these.
constexpr Duration kLastLookMin = Duration::Millis(80);
constexpr Duration kLastLookMax = Duration::Millis(250);
// One in so many of an accuser's repeated probes goes by all paths.
constexpr int kAllPathsEvery = 4;
// A witness leaves the accuser this much time before it gives a verdict of its own.
constexpr Duration kWitnessLag = Duration::Millis(1500);
// Votes against a verdict are asked for again after this.
constexpr Duration kVotesAgain = Duration::Seconds(1);
// So many open suspicions, and a hundredth of the members, are a mass.
constexpr size_t kManySuspects = 4;
constexpr size_t kManySuspectsShare = 100;
// An unmet gate is looked at again after this.
constexpr Duration kLookAgain = Duration::Millis(250);
// Probes on all paths that must stay unanswered before a lonely observer gives a verdict.
constexpr int kLonelyProbes = 4;
// Time for those probes where everybody's silence has lasted long enough.
constexpr Duration kLonelyWindow = Duration::Millis(1500);
// A claim that a member we hold alive has failed is put to the member itself this often, this far
// apart, before it is believed.
constexpr int kChallengeTries = 3;
constexpr Duration kChallengeEvery = Duration::Millis(170);
// More such claims at a time are ignored: reconciliation brings them again.
constexpr size_t kChallengesMax = 256;

}  // namespace

bool Node::Impl::AreManySuspected() const {
  return suspicions_.size() >= std::max(kManySuspects, table_.up_count() / kManySuspectsShare);
}

Duration Node::Impl::ToleranceOf(const HostId& id) const {
  const MemberView* member = table_.Find(id);
  const Duration theirs =
      member == nullptr ? Duration::Zero() : Duration::Millis(member->attributes().tolerance_ms);
  // A member may ask for more patience than ours, within the range that options allow.
  return std::max(options_.tolerance, std::min(theirs, Duration::Seconds(600)));
}

Duration Node::Impl::WindowFor(const Flight& flight) const {
  const Duration tolerance = ToleranceOf(flight.target);
  if (HasBug(SeededBug::kHalfTolerance)) return tolerance / 2;
  if (flight.stream_refused || !IsLonely()) return tolerance;
  const Duration waited = now_ - last_heard_;
  if (waited < kLonelyAfter) return tolerance * 2;
  // Everybody has been silent for that long already; what is wanted are the probes.
  return std::max(kLonelyWindow, tolerance * 2 - waited);
}

// Silent is who answers on no path: the silence counts from when the last path was tried. A probe
// that ended before it went by all paths shows no silence up to now; nor does one whose relays are
// all silent: one burst of loss may have taken everything that we sent.
TimePoint Node::Impl::SilenceBegan(const Flight& flight) const {
  const bool is_unproven = flight.relay_count > 0 && flight.nacks() == 0 && !flight.stream_refused;
  if (!flight.indirect || is_unproven) return now_;
  return std::max(flight.indirect_at, flight.heard_at);
}

void Node::Impl::Accuse(const Flight& flight) {
  if (leaving_ || now_ < no_accusing_until_ || probation_.on()) return;
  const int64_t index = table_.IndexOf(flight.target);
  if (index <= 0) return;
  const MemberView& member = table_[static_cast<size_t>(index)];
  if (!member.is_up() || !backoff_.MayAccuse(now_, flight.target)) return;
  const Suspicion* open = suspicions_.Find(flight.target);
  // A witness to an accusation that came to nothing accuses anew.
  if (open != nullptr && (open->accuser || member.state == wire::State::kSuspect)) {
    return Witness(flight);
  }
  const TimePoint began = SilenceBegan(flight);
  const TimePoint window_end = began + WindowFor(flight);
  ++stats_.suspicions;
  Suspicion& suspicion = suspicions_.Open(now_, flight.target, member.incarnation, true, self_tag(),
                                          began, window_end);
  suspicion.path_proven |= flight.stream_refused;
  suspicion.punctual_unanswered = IsLate(flight) ? 0 : 1;
  PollObservers(flight.target);
  if (suspicion.ballot.HasDoubt(suspicion.electors)) AnnounceSuspicion(flight.target);
  if (Suspicion* opened = suspicions_.Find(flight.target)) RepeatProbe(*opened);
}

void Node::Impl::Witness(const Flight& flight) {
  const MemberView* member = table_.Find(flight.target);
  if (member == nullptr || leaving_ || now_ < no_accusing_until_ || probation_.on()) return;
  const Duration tolerance = ToleranceOf(flight.target);
  const TimePoint began = SilenceBegan(flight);
  const TimePoint window_end = began + std::min(tolerance * 2, tolerance + kWitnessLag);
  Suspicion* open = suspicions_.Find(flight.target);
  if (open == nullptr) {
    open = &suspicions_.Open(now_, flight.target, member->incarnation, false, 0, began, window_end);
  } else if (open->accuser || open->witness) {
    return;
  } else if (window_end < open->window_end) {
    suspicions_.SetWindowEnd(now_, flight.target, window_end);
  }
  open->witness = true;
  open->path_proven |= flight.stream_refused;
  open->punctual_unanswered = std::max(open->punctual_unanswered, 1);
}

void Node::Impl::AnnounceSuspicion(const HostId& subject) {
  const int64_t index = table_.IndexOf(subject);
  if (index <= 0 || table_[static_cast<size_t>(index)].state != wire::State::kAlive) return;
  wire::Update claim = table_.ToUpdate(static_cast<uint32_t>(index), false);
  claim.state = wire::State::kSuspect;
  claim.by = self_tag();
  claim.reason = wire::Reason::kNoAnswer;
  Merge(claim, identity_.id);
}

void Node::Impl::SuspectGossiped(const HostId& id, const wire::Update& claim) {
  const Duration tolerance = ToleranceOf(id);
  const Duration elapsed = std::min(Duration::Millis(claim.elapsed_ms), tolerance);
  if (Suspicion* open = suspicions_.Find(id)) {
    if (open->by == 0) open->by = claim.by;
    // What we witnessed before the accuser's first failed probe was another silence.
    const TimePoint began = now_ - elapsed;
    if (!open->accuser && claim.elapsed_ms != 0 && open->began < began) {
      BeginSilenceAnew(*open, began);
    }
    return;
  }
  suspicions_.Open(now_, id, claim.incarnation, false, claim.by, now_ - elapsed,
                   now_ - elapsed + tolerance * 2);
}

void Node::Impl::RunSuspicions() {
  HostId subject;
  SuspicionStep step = SuspicionStep::kNothing;
  while (suspicions_.PopDue(now_, &subject, &step)) {
    switch (step) {
      case SuspicionStep::kNothing:
        break;
      case SuspicionStep::kRepeat:
        RepeatProbe(*suspicions_.Find(subject));
        break;
      case SuspicionStep::kPingForGate:
        PingForGate();
        break;
      case SuspicionStep::kPoll:
        PollObservers(subject);
        break;
      case SuspicionStep::kLastLook:
        StartLastLook(subject);
        break;
    }
  }
}

void Node::Impl::RepeatProbe(Suspicion& suspicion) {
  const MemberView* member = table_.Find(suspicion.subject);
  if (member == nullptr) return;
  Flight* flight = StartFlight(*member, ProbeKind::kSuspicion, now_);
  if (flight == nullptr) return;
  flight->direct_only = ++suspicion.repeats % kAllPathsEvery != 0 && !IsLonely();
  SendPing(*flight);
  if (!flight->direct_only) GoIndirect(*flight);
}

void Node::Impl::PingForGate() {
  for (const MemberView* member : DrawUpMembers(3, HostId())) {
    if (member->state != wire::State::kAlive) continue;
    if (Flight* flight = StartFlight(*member, ProbeKind::kGate, now_)) SendPing(*flight);
  }
}

void Node::Impl::StartLastLook(const HostId& subject) {
  const MemberView* member = table_.Find(subject);
  const Suspicion* suspicion = suspicions_.Find(subject);
  MUSTER_CHECK(member != nullptr && suspicion != nullptr);
  Flight* flight = StartFlight(*member, ProbeKind::kLastLook, suspicion->window_end);
  if (flight == nullptr) {
    suspicions_.LookAgain(now_, subject, kLookAgain);
    return;
  }
  if (Without(Mechanism::kLastLook)) {
    flight->direct_only = true;
    flight->deadline = now_;
    return;
  }
  SendPing(*flight);
  GoIndirect(*flight);
  const Duration patience = AckTimeoutOf(*member) * 4;
  flight->deadline =
      now_ + std::max(std::clamp(patience, kLastLookMin, kLastLookMax), options_.ack_timeout_min);
}

void Node::Impl::LookEnded(const Flight& flight) {
  Suspicion* suspicion = suspicions_.Find(flight.target);
  const MemberView* member = table_.Find(flight.target);
  if (suspicion == nullptr || member == nullptr) return;
  // An answer to another probe, or a new accusation, has moved the window since.
  if (!suspicion->looking) return;
  if (flight.stream_refused) suspicion->path_proven = true;
  if (!IsLate(flight)) ++suspicion->punctual_unanswered;
  bool proven = suspicion->GateMet(now_, options_.period) || Without(Mechanism::kEvidenceGate);
  wire::Reason reason = wire::Reason::kNoAnswer;
  if (!proven && IsLonely() && suspicion->punctual_unanswered >= kLonelyProbes) {
    proven = true;
    reason = wire::Reason::kUnconfirmed;
  }
  if (member->incarnation > flight.incarnation) proven = false;
  if (IsLate(flight) || !drained_ || now_ < no_accusing_until_ || leaving_ || probation_.on()) {
    proven = false;
  }
  const bool allowed = VotesAllowVerdict(*suspicion);
  if (proven && allowed) return GiveVerdict(flight.target, reason);
  ++stats_.verdicts_delayed;
  if (proven && member->state == wire::State::kAlive && HasEnoughAnswers(*suspicion) &&
      !suspicion->ballot.HasDoubt(suspicion->electors)) {
    // Others reach it and we do not: nothing to tell the cluster.
    suspicions_.Close(flight.target);
    backoff_.Refuted(now_, flight.target);
    return;
  }
  const Duration silent_enough =
      suspicion->reached_at + ToleranceOf(flight.target) - now_;  // zero or less: it is
  Duration wait = allowed ? kLookAgain : kVotesAgain;
  if (silent_enough > Duration::Zero()) wait = std::min(wait, silent_enough);
  suspicions_.LookAgain(now_, flight.target, wait);
}

bool Node::Impl::VotesAllowVerdict(const Suspicion& suspicion) {
  if (Without(Mechanism::kVotes) || IsLonely()) return true;
  if (suspicion.electors == 0) PollObservers(suspicion.subject);
  // Silent is who answers nobody: whom a voter has reached has answered.
  if (now_ - suspicion.reached_at < ToleranceOf(suspicion.subject)) return false;
  return HasEnoughAnswers(suspicion) && suspicion.ballot.HasQuorum();
}

void Node::Impl::GiveVerdict(const HostId& subject, wire::Reason reason) {
  const int64_t index = table_.IndexOf(subject);
  MUSTER_CHECK(index > 0);
  if (IsFlapping(subject)) {
    ++stats_.verdicts;
    return Bar(subject, wire::Reason::kFlapping);
  }
  wire::Update claim = table_.ToUpdate(static_cast<uint32_t>(index), false);
  claim.state = wire::State::kFailed;
  claim.by = self_tag();
  claim.reason = reason;
  claim.age_s = 0;
  ++stats_.verdicts;
  Merge(claim, identity_.id);
}

void Node::Impl::SuspectAnswered(const HostId& subject) {
  Suspicion* suspicion = suspicions_.Find(subject);
  if (suspicion == nullptr) return;
  const MemberView* member = table_.Find(subject);
  if (member != nullptr && member->state == wire::State::kAlive) {
    suspicions_.Close(subject);  // nobody has been told
    return;
  }
  // Only a higher incarnation clears the suspicion; every probe of it carries the claim, and its
  // answer the refutation.
  BeginSilenceAnew(*suspicion, now_);
}

void Node::Impl::BeginSilenceAnew(Suspicion& suspicion, TimePoint began) {
  const Duration tolerance = ToleranceOf(suspicion.subject);
  suspicion.began = began;
  suspicion.path_proven = false;
  suspicion.punctual_unanswered = 0;
  suspicion.looking = false;
  Duration window = tolerance * 2;
  if (suspicion.accuser) {
    window = tolerance;
  } else if (suspicion.witness) {
    window = std::min(window, tolerance + kWitnessLag);
  }
  suspicions_.SetWindowEnd(now_, suspicion.subject, began + window);
}

void Node::Impl::StartChallenge(const wire::Update& claim, const Source& source) {
  for (Challenge& challenge : challenges_) {
    if (challenge.claim.id != claim.id) continue;
    if (challenge.claim.incarnation < claim.incarnation) challenge.claim = claim;
    return;
  }
  if (challenges_.size() >= kChallengesMax) return;
  challenges_.push_back({claim, source.sender, now_ + kChallengeEvery, 1});
  SendChallenge(challenges_.back());
}

void Node::Impl::SendChallenge(const Challenge& challenge) {
  const MemberView* member = table_.Find(challenge.claim.id);
  if (member == nullptr) return;
  packet_ = wire::Packet();
  packet_.type = wire::PacketType::kGossip;
  pieces_.clear();
  wire::EncodeShortUpdate(challenge.claim, &pieces_);
  out_.Send(member->attributes().address, packet_, pieces_, false);
}

void Node::Impl::RunChallenges() {
  for (size_t i = 0; i < challenges_.size();) {
    Challenge& challenge = challenges_[i];
    const MemberView* member = table_.Find(challenge.claim.id);
    const bool settled = member == nullptr || member->state != wire::State::kAlive ||
                         member->incarnation > challenge.claim.incarnation;
    if (!settled && challenge.next_at > now_) {
      ++i;
      continue;
    }
    if (!settled && challenge.tries < kChallengeTries) {
      ++challenge.tries;
      challenge.next_at = now_ + kChallengeEvery;
      SendChallenge(challenge);
      ++i;
      continue;
    }
    const Challenge over = challenge;
    challenges_.erase(challenges_.begin() + static_cast<std::ptrdiff_t>(i));
    if (!settled) Merge(over.claim, over.source);
  }
}

}  // namespace muster::core
