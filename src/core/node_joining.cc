#include <algorithm>

#include "src/base/check.h"
#include "src/core/node_impl.h"
#include "src/core/seeded_bug.h"

// Joining from both sides of the door, and finding lost members again (README.md).

namespace muster::core {
namespace {

constexpr size_t kPeersInAnswer = 32;
constexpr size_t kPeersInAnswerOfMany = 8;  // while a mass of joiners has used up our bytes
// And while it has used up those of the next second too. Whoever has three to compare its table
// with finds the others by them.
constexpr size_t kPeersInAnswerOfMost = 3;
// Below this many members the answerer itself is asked for its whole table; above, any of the peers
// it named, so that a mass start does not hang on one seed.
constexpr uint32_t kSyncWithSeedBelow = 64;
constexpr Duration kHealEvery = Duration::Seconds(1);
constexpr uint64_t kHealTriesPerSecond = 3;  // of the whole cluster

// `debt`: how long it takes until the bytes that joiners have used up are there again.
size_t PeersInAnswer(Duration debt) {
  if (debt > Duration::Seconds(1)) return kPeersInAnswerOfMost;
  return debt > Duration() ? kPeersInAnswerOfMany : kPeersInAnswer;
}

}  // namespace

// ---- The joiner ----

void Node::Impl::StartJoinRound() {
  const std::vector<Address> addresses = joiner_.StartRound(now_, rng_);
  if (leaving_) return;
  out_.effects().AddEvent(EventType::kSeedsWanted);
  for (const Address& address : addresses) StartJoinAttempt(address, 0);
}

void Node::Impl::StartHintWave() {
  const std::vector<Address> wave = hints_.TakeWave(now_, joiner_.hint_attempts());
  for (const Address& address : wave) {
    if (joiner_.IsTrying(address) || !table_.FindByAddress(address).empty()) continue;
    Joiner::Attempt attempt;
    attempt.address = address;
    attempt.hint = true;
    StartJoinAttempt(attempt, Hints::kAttemptBudget);
  }
}

void Node::Impl::StartJoinAttempt(const Address& address, uint64_t request) {
  Joiner::Attempt attempt;
  attempt.address = address;
  attempt.request = request;
  StartJoinAttempt(attempt, options_.stream_budget);
}

void Node::Impl::StartJoinAttempt(const Joiner::Attempt& attempt, Duration budget) {
  Joiner::Attempt started = attempt;
  started.stream = OpenStream(attempt.address, StreamRole::kJoin, budget);
  joiner_.Started(started);
}

void Node::Impl::SendJoin(StreamId stream) {
  if (leaving_) {
    return EndJoinAttempt(stream, "this agent is leaving", wire::JoinVerdict::kRetry);
  }
  message_ = wire::StreamMessage();
  message_.type = wire::StreamType::kJoin;
  message_.cluster = identity_.cluster;
  pieces_.clear();
  AppendUpdateFor(0, true, &pieces_);
  out_.SendFrame(stream, message_, pieces_);
}

void Node::Impl::EndJoinAttempt(StreamId stream, const std::string& error,
                                wire::JoinVerdict verdict) {
  const Joiner::Attempt attempt = joiner_.Finish(stream, error);
  CloseStream(stream);
  Event& event = out_.effects().AddEvent(EventType::kJoinTried);
  event.address = attempt.address;
  event.request = attempt.request;
  event.value = error.empty() ? 1 : 0;
  event.detail = error;
  const bool refused = !error.empty() && verdict != wire::JoinVerdict::kRetry &&
                       verdict != wire::JoinVerdict::kAccepted;
  // A refusal stops an agent that is on its way in; one that has company is only told.
  if (!refused || attempt.request != 0 || joiner_.joined()) return;
  Event& stop = out_.effects().AddEvent(EventType::kStopRefused);
  stop.address = attempt.address;
  stop.member = message_in_.other_id;
  stop.detail = error;
}

void Node::Impl::HandleWrongCluster(StreamId stream) {
  const StreamRole* role = roles_.Find(stream);
  if (role == nullptr) return;
  if (*role == StreamRole::kJoin && message_in_.type == wire::StreamType::kWrongCluster) {
    const Address to = *stream_peers_.Find(stream);
    return EndJoinAttempt(stream,
                          to.ToString() + ": belongs to cluster '" + message_in_.cluster +
                              "', this agent to '" + identity_.cluster + "'",
                          wire::JoinVerdict::kRetry);
  }
  if (*role == StreamRole::kInbound && message_in_.type == wire::StreamType::kJoin) {
    message_ = wire::StreamMessage();
    message_.type = wire::StreamType::kWrongCluster;
    message_.cluster = identity_.cluster;
    out_.SendFrame(stream, message_, {});
  }
  HandleStreamClosed(stream, StreamEnd::kBroken);
}

namespace {

std::string RefusalText(const wire::StreamMessage& answer, const wire::Attributes& own,
                        const HostId& own_id) {
  const std::string other = "'" + answer.other_name + "' (id " + answer.other_id.ToHex() + ") at " +
                            answer.other_address.ToString();
  const std::string us =
      "this agent is '" + own.name + "' (id " + own_id.ToHex() + ") at " + own.address.ToString();
  switch (answer.verdict) {
    case wire::JoinVerdict::kNameTaken:
      return "the name '" + own.name + "' is held by a live member " + other + "; " + us +
             "; choose another --name";
    case wire::JoinVerdict::kAddressTaken:
      return "the address " + own.address.ToString() + " is held by a live member " + other + "; " +
             us + "; choose another --advertise";
    case wire::JoinVerdict::kCloned:
      return "this host id already runs as " + other + "; " + us +
             "; a data folder was copied: start with an empty --data-dir";
    case wire::JoinVerdict::kFull:
      return "the cluster is full: it admits no more members (--max-members of " + other + ")";
    case wire::JoinVerdict::kRetry:
    case wire::JoinVerdict::kAccepted:
      break;
  }
  return "busy or undecided";
}

}  // namespace

void Node::Impl::HandleJoinAnswer(StreamId stream) {
  const Address to = *stream_peers_.Find(stream);
  if (message_in_.verdict != wire::JoinVerdict::kAccepted) {
    if (message_in_.verdict == wire::JoinVerdict::kRetry) joiner_.RetrySoon(now_);
    return EndJoinAttempt(
        stream, to.ToString() + ": " + RefusalText(message_in_, identity_.attributes, identity_.id),
        message_in_.verdict);
  }
  const Source source{message_in_.sender, to, true, true};
  const bool first = !joiner_.joined();
  joiner_.Joined();
  is_arriving_ = is_arriving_ || first;
  hints_.Stop();
  if (message_in_.epoch_known > identity_.epoch &&
      message_in_.epoch_known + 1 < Incarnation::kEpochMax) {
    RaiseOwn(Incarnation::Of(message_in_.epoch_known + 1, 0), true);
  }
  // Whoever has no company has nobody to tell of it.
  std::vector<Owed> untold;
  if (others_up() == 0) told_later_ = &untold;
  LearnAll(message_in_.updates, source);
  told_later_ = nullptr;
  last_heard_ = now_;
  if (isolated_) CheckIsolation();
  EndJoinAttempt(stream, "", wire::JoinVerdict::kAccepted);
  if (message_in_.view.has_value()) {
    peer_cells_.Note(now_, source.sender, *message_in_.view, table_.view_cell());
    const MemberView* peer = table_.Find(source.sender);
    if (message_in_.view->count > kSyncWithSeedBelow) {
      if (const MemberView* other = RandomUpMember(source.sender)) peer = other;
    }
    if (peer != nullptr && *message_in_.view != table_.view_cell()) {
      const HostId id = peer->id();
      const Address address = peer->attributes().address;
      if (!syncs_.has_own()) BeginSync(id, address, false, message_in_.view->count);
    }
  }
  if (first) StartSettling();
}

// ---- The door ----

void Node::Impl::HandleJoin(StreamId stream) {
  if (message_in_.updates.size() != 1 || message_in_.updates[0].id != message_in_.sender ||
      message_in_.updates[0].state != wire::State::kAlive ||
      !message_in_.updates[0].attributes.has_value()) {
    Reject(wire::Reject::kStreamProtocol);
    return HandleStreamClosed(stream, StreamEnd::kBroken);
  }
  const wire::Update joiner = message_in_.updates[0];
  if (leaving_) return Refuse(stream, wire::JoinVerdict::kRetry, HostId());
  if (joiner.id == identity_.id) {
    return Refuse(stream, wire::JoinVerdict::kCloned, identity_.id);
  }
  const wire::Attributes& own = identity_.attributes;
  if (joiner.attributes->name == own.name) {
    return Refuse(stream, wire::JoinVerdict::kNameTaken, identity_.id);
  }
  if (joiner.attributes->address == own.address) {
    return Refuse(stream, wire::JoinVerdict::kAddressTaken, identity_.id);
  }
  const MemberView* held = table_.Find(joiner.id);
  if (const MemberView* half = table_.Find(joiner.id.Half()); half != held) {
    return Refuse(stream, wire::JoinVerdict::kCloned, half->id());
  }
  if ((held == nullptr || held->is_tombstone()) &&
      table_.up_count() >= static_cast<size_t>(options_.members_max)) {
    return Refuse(stream, wire::JoinVerdict::kFull, identity_.id);
  }
  if (held != nullptr &&
      joiner.incarnation.epoch() > held->incarnation.epoch() + options_.epoch_jump_max &&
      stream_peers_.Find(stream)->IpToString() != joiner.attributes->address.IpToString()) {
    Reject(wire::Reject::kEpochJump);
    return Refuse(stream, wire::JoinVerdict::kRetry, HostId());
  }
  Door::Visitor visitor;
  visitor.stream = stream;
  visitor.joiner = joiner;
  if (!FindHolder(joiner, false, &visitor)) return Admit(stream, joiner);
  if (door_.full()) return Refuse(stream, wire::JoinVerdict::kRetry, HostId());
  door_.Add(visitor);
  ProbeHolder(visitor);
}

bool Node::Impl::FindHolder(const wire::Update& joiner, bool is_cleared,
                            Door::Visitor* visitor) const {
  const MemberView* same_id = is_cleared ? nullptr : table_.Find(joiner.id);
  if (same_id != nullptr && !same_id->is_tombstone() &&
      same_id->attributes().address != joiner.attributes->address) {
    visitor->holder = joiner.id;
    visitor->refusal = wire::JoinVerdict::kCloned;
    return true;
  }
  for (const uint32_t index : table_.FindByName(joiner.attributes->name)) {
    if (index == 0 || table_[index].id() == joiner.id) continue;
    visitor->holder = table_[index].id();
    visitor->refusal = wire::JoinVerdict::kNameTaken;
    return true;
  }
  for (const uint32_t index : table_.FindByAddress(joiner.attributes->address)) {
    if (index == 0 || table_[index].id() == joiner.id) continue;
    visitor->holder = table_[index].id();
    visitor->refusal = wire::JoinVerdict::kAddressTaken;
    return true;
  }
  return false;
}

void Node::Impl::ProbeHolder(const Door::Visitor& visitor) {
  const MemberView* holder = table_.Find(visitor.holder);
  MUSTER_CHECK(holder != nullptr);
  Flight* flight = StartFlight(*holder, ProbeKind::kDoor, now_);
  if (flight == nullptr) return DecideVisitor(visitor.stream, {true, visitor.holder, 0});
  flight->request = visitor.stream;
  SendPing(*flight);
  GoIndirect(*flight);
}

void Node::Impl::DecideVisitor(StreamId stream, const Door::Answer& answer) {
  Door::Visitor visitor;
  if (!door_.Take(stream, &visitor)) return;
  if (Door::Decide(visitor, answer) == Door::Decision::kRefuse) {
    return Refuse(stream, visitor.refusal, visitor.holder);
  }
  if (visitor.holder != visitor.joiner.id) {
    const int64_t index = table_.IndexOf(visitor.holder);
    if (index > 0 && !table_[static_cast<size_t>(index)].is_tombstone()) {
      wire::Update replaced = table_.ToUpdate(static_cast<uint32_t>(index), false);
      replaced.state = wire::State::kLeft;
      replaced.reason = wire::Reason::kReplaced;
      replaced.by = self_tag();
      Merge(replaced, identity_.id);
    }
  }
  // Other members may hold its name or its address. Its id comes first, so it is cleared by now.
  Door::Visitor next;
  next.stream = stream;
  next.joiner = visitor.joiner;
  if (FindHolder(visitor.joiner, true, &next)) {
    door_.Add(next);
    return ProbeHolder(next);
  }
  Admit(stream, visitor.joiner);
}

void Node::Impl::Refuse(StreamId stream, wire::JoinVerdict verdict, const HostId& other) {
  message_ = wire::StreamMessage();
  message_.type = wire::StreamType::kJoinAnswer;
  message_.verdict = verdict;
  message_.seen_as = *stream_peers_.Find(stream);
  if (const MemberView* member = table_.Find(other)) {
    message_.other_id = member->id();
    message_.other_name = member->attributes().name;
    message_.other_address = member->attributes().address;
  }
  out_.SendFrame(stream, message_, {});
}

void Node::Impl::Admit(StreamId stream, const wire::Update& joiner) {
  const Address seen_as = *stream_peers_.Find(stream);
  wire::StreamMessage answer;
  answer.type = wire::StreamType::kJoinAnswer;
  answer.verdict = wire::JoinVerdict::kAccepted;
  answer.seen_as = seen_as;
  const MemberView* held = table_.Find(joiner.id);
  if (held != nullptr) answer.epoch_known = held->incarnation.epoch();
  Learn(joiner, {joiner.id, joiner.attributes->address, true, true});
  last_heard_ = now_;
  CheckIsolation();
  pieces_.clear();
  AppendUpdateFor(0, true, &pieces_);
  const int64_t index = table_.IndexOf(joiner.id);
  if (index > 0 && table_[static_cast<size_t>(index)].incarnation >= joiner.incarnation &&
      table_[static_cast<size_t>(index)].state != wire::State::kAlive) {
    AppendUpdateFor(static_cast<uint32_t>(index), false, &pieces_);  // something to refute
  }
  // Up to 32 peers: all when there are few, else a random stretch of the table.
  const size_t n = table_.size();
  const size_t peers_max = PeersInAnswer(bulk_bucket_.AvailableAt(now_, 1) - now_);
  const size_t start = n <= peers_max ? 0 : rng_.Below(n);
  size_t peers = 0;
  for (size_t step = 0; step < n && peers < peers_max; ++step) {
    const size_t i = (start + step) % n;
    if (i == 0 || !table_[i].is_up() || table_[i].id() == joiner.id) continue;
    AppendUpdateFor(static_cast<uint32_t>(i), true, &pieces_);
    ++peers;
  }
  answer.view = table_.view_cell();
  out_.SendFrame(stream, answer, pieces_);
  bulk_bucket_.Force(now_, static_cast<int64_t>(pieces_.size()));
}

// ---- Healing ----

std::vector<Address> Node::Impl::LostSeeds() const {
  std::vector<Address> lost = joiner_.configured();
  for (const auto* more : {&joiner_.remembered(), &hints_.addresses()}) {
    lost.insert(lost.end(), more->begin(), more->end());
  }
  std::sort(lost.begin(), lost.end());
  lost.erase(std::unique(lost.begin(), lost.end()), lost.end());
  // One walk over the members: there may be thousands of these and of those.
  std::vector<bool> is_held(lost.size(), false);
  for (const MemberView& member : table_.all()) {
    if (member.is_tombstone()) continue;
    const auto at = std::lower_bound(lost.begin(), lost.end(), member.attributes().address);
    if (at != lost.end() && *at == member.attributes().address) {
      is_held[static_cast<size_t>(at - lost.begin())] = true;
    }
  }
  size_t index = 0;
  std::erase_if(
      lost, [&](const Address& address) { return is_held[index++] || joiner_.IsTrying(address); });
  return lost;
}

bool Node::Impl::HealNeeded() const {
  if (leaving_ || HasBug(SeededBug::kNeverHeals)) return false;
  const bool has_seeds = joiner_.has_seeds() || !hints_.addresses().empty();
  return table_.count(wire::State::kFailed) > 0 || (joiner_.joined() && has_seeds);
}

void Node::Impl::Heal() {
  heal_at_ = TimePoint::Never();
  if (!HealNeeded()) return;
  const std::vector<Address> seeds = joiner_.joined() ? LostSeeds() : std::vector<Address>();
  const size_t failed = table_.count(wire::State::kFailed);
  // With nobody lost, the next change of the table looks again.
  if (failed == 0 && seeds.empty()) return;
  heal_at_ = now_ + kHealEvery;
  const uint64_t n = std::max<uint64_t>(1, table_.up_count());
  if (n > kHealTriesPerSecond && !rng_.Chance(kHealTriesPerSecond, n)) return;
  const uint64_t pick = rng_.Below(failed + seeds.size());
  if (pick >= failed) return StartJoinAttempt(seeds[pick - failed], 0);
  uint64_t skip = pick;
  for (const MemberView& member : table_.all()) {
    if (member.state != wire::State::kFailed || skip-- != 0) continue;
    if (member.attributes().name.empty()) return;
    if (Flight* flight = StartFlight(member, ProbeKind::kHeal, now_)) SendPing(*flight);
    return;
  }
}

}  // namespace muster::core
