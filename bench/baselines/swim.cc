#include "bench/baselines/swim.h"

#include <algorithm>
#include <utility>

#include "bench/baselines/formulas.h"
#include "bench/baselines/wire_size.h"

namespace muster::baselines {
namespace {

// A failed member is forgotten when the list has been walked through after so long.
constexpr Duration kKeepFailed = Duration::Seconds(30);

}  // namespace

void Swim::Start(int members, int seed) {
  Rng& rng = io_.rng();
  const TimePoint now = io_.now();
  table_.Set(self_, State::kAlive, incarnation_, now, &rng);
  for (int member = 0; seed < 0 && member < members; ++member) {
    if (member != self_) table_.Set(member, State::kAlive, 1, now, &rng);
  }
  const Duration phase = Duration::Micros(
      static_cast<int64_t>(rng.Below(static_cast<uint64_t>(options_.period.micros()))));
  io_.SetTimer(options_.periods_aligned ? now : now + phase, kPeriod, 0);
  seed_ = seed == self_ ? -1 : seed;
  if (seed_ >= 0) SendTable(seed_);
}

// Two members that exchange tables, over TCP.
void Swim::SendTable(int to) {
  Packet packet;
  packet.kind = Packet::Kind::kPushPull;
  packet.sender = self_;
  packet.target = to == seed_ ? 1 : 0;  // asks for the other's
  for (const int member : table_.order()) {
    packet.updates.push_back({table_[member].state, table_[member].incarnation, member, self_});
  }
  packet.wire_bytes = SwimWireSize::kMessageBytes +
                      static_cast<uint32_t>(packet.updates.size()) * SwimWireSize::kUpdateBytes;
  io_.SendStream(to, packet);
}

void Swim::Send(int to, Packet::Kind kind, int target, uint32_t sequence) {
  Packet packet;
  packet.kind = kind;
  packet.sender = self_;
  packet.target = target;
  packet.sequence = sequence;
  Room room;
  room.bytes = SwimWireSize::kUpdateBytes * SwimWireSize::kUpdatesMax;
  room.alive_bytes = room.other_bytes = SwimWireSize::kUpdateBytes;
  packet.wire_bytes = SwimWireSize::kMessageBytes +
                      queue_.Take(SwimTransmissions(table_.known()), room, &packet.updates);
  if (io_.blocked()) {
    held_.push_back({to, std::move(packet)});
  } else {
    io_.Send(to, packet);
  }
}

void Swim::OnReleased() {
  for (const Held& held : held_) io_.Send(held.to, held.packet);
  held_.clear();
}

void Swim::OnTimer(uint32_t kind, uint32_t argument) {
  switch (static_cast<Timer>(kind)) {
    case kPeriod:
      io_.SetTimer(io_.now() + options_.period, kPeriod, 0);
      EndPeriod();
      break;
    case kAckTimeout:
      if (!acked_ && sequence_ == argument) AskRelays();
      break;
    case kSuspicionOver: {
      const int subject = static_cast<int>(argument);
      const MemberTable::Entry& entry = table_[subject];
      const Duration lasts = options_.period * SwimSuspicionPeriods(table_.known());
      if (entry.state == State::kSuspect && io_.now() - entry.changed >= lasts) {
        Accept(State::kDead, {State::kDead, entry.incarnation, subject, self_});
      }
      break;
    }
  }
}

void Swim::EndPeriod() {
  if (!acked_ && table_.Knows(target_) && table_[target_].state != State::kDead) {
    const State verdict = options_.has_suspicion ? State::kSuspect : State::kDead;
    Apply({verdict, table_[target_].incarnation, target_, self_});
  }
  acked_ = true;
  if (seed_ >= 0 && table_.up() == 1) SendTable(seed_);
  target_ = table_.NextTarget(self_, io_.now(), kKeepFailed, &io_.rng());
  if (target_ < 0) return;
  acked_ = false;
  sequence_ = next_sequence_++;
  Send(target_, Packet::Kind::kPing, target_, sequence_);
  io_.SetTimer(io_.now() + options_.ack_timeout, kAckTimeout, sequence_);
}

void Swim::AskRelays() {
  table_.RandomSome(
      options_.relays, &io_.rng(),
      [this](int id, const MemberTable::Entry& entry) {
        return id != self_ && id != target_ && entry.state != State::kDead;
      },
      &scratch_);
  for (const int relay : scratch_) Send(relay, Packet::Kind::kPingReq, target_, sequence_);
}

void Swim::OnPacket(const Packet& packet) {
  for (const Update& update : packet.updates) Apply(update);
  const TimePoint now = io_.now();
  switch (packet.kind) {
    case Packet::Kind::kPing:
      Send(packet.sender, Packet::Kind::kAck, self_, packet.sequence);
      break;
    case Packet::Kind::kPingReq: {
      std::erase_if(relays_, [now](const Relay& relay) { return relay.expires < now; });
      const uint32_t sequence = next_sequence_++;
      relays_.push_back({sequence, packet.sequence, packet.sender, now + options_.period});
      Send(packet.target, Packet::Kind::kPing, packet.target, sequence);
      break;
    }
    case Packet::Kind::kAck:
      if (packet.sequence == sequence_) acked_ = true;
      for (const Relay& relay : relays_) {
        if (relay.sequence == packet.sequence && now <= relay.expires) {
          Send(relay.origin, Packet::Kind::kAck, packet.target, relay.for_sequence);
        }
      }
      break;
    case Packet::Kind::kPushPull:
      if (packet.target == 1) SendTable(packet.sender);
      break;
    default:
      break;
  }
}

// Precedence of section 4.2: alive(i) beats alive and suspect(j) iff i > j; suspect(i) beats
// suspect(j) iff i > j and alive(j) iff i >= j; confirmed failed beats all.
void Swim::Apply(const Update& update) {
  if (update.subject == self_) {
    const bool is_accusation = update.state != State::kAlive;
    if (is_accusation && update.incarnation >= incarnation_) Refute(update.incarnation);
    return;
  }
  if (!table_.Knows(update.subject)) {
    if (update.state == State::kAlive) Accept(State::kAlive, update);
    return;
  }
  const MemberTable::Entry& held = table_[update.subject];
  if (held.state == State::kDead) {
    // A member that was wronged comes back with a raised incarnation; the paper has it join again.
    if (update.state == State::kAlive && update.incarnation > held.incarnation) {
      Accept(State::kAlive, update);
    }
    return;
  }
  const bool is_newer = update.incarnation > held.incarnation;
  const bool is_accused = update.state == State::kSuspect && held.state == State::kAlive &&
                          update.incarnation == held.incarnation;
  if (update.state == State::kDead || is_newer || is_accused) Accept(update.state, update);
}

void Swim::Accept(State state, const Update& update) {
  const State before = StateOf(update.subject);
  table_.Set(update.subject, state, update.incarnation, io_.now(), &io_.rng());
  queue_.Push({state, update.incarnation, update.subject, update.from});
  if (state == State::kSuspect) {
    io_.SetTimer(io_.now() + options_.period * SwimSuspicionPeriods(table_.known()), kSuspicionOver,
                 static_cast<uint32_t>(update.subject));
  }
  const bool was_up = before == State::kAlive || before == State::kSuspect;
  const bool is_up = state != State::kDead;
  if (was_up != is_up) io_.Report(update.subject, is_up ? State::kAlive : State::kDead);
}

void Swim::Refute(uint32_t accused) {
  incarnation_ = std::max(incarnation_, accused) + 1;
  table_.Set(self_, State::kAlive, incarnation_, io_.now(), &io_.rng());
  queue_.Push({State::kAlive, incarnation_, self_, self_});
}

}  // namespace muster::baselines
