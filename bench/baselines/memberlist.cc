#include "bench/baselines/memberlist.h"

#include <utility>

#include "bench/baselines/formulas.h"

namespace muster::baselines {

// ---- The paper's configurations (Lifeguard, section V, table III) ----

MemberlistOptions MemberlistOptions::PaperSwim() {
  MemberlistOptions options;
  options.alpha = 5;
  options.beta = 1;
  options.health = HealthRule::kOff;
  options.confirmations = 0;
  options.is_buddy = false;
  options.deployment = Deployment::Consul2017();
  return options;
}

MemberlistOptions MemberlistOptions::PaperLhaProbe() {
  MemberlistOptions options = PaperSwim();
  options.health = HealthRule::kPaper;
  options.scales_ack_timeout = true;
  options.nack_percent = 80;
  return options;
}

MemberlistOptions MemberlistOptions::PaperLhaSuspicion() {
  MemberlistOptions options = PaperSwim();
  options.beta = 6;
  options.confirmations = 3;
  return options;
}

MemberlistOptions MemberlistOptions::PaperBuddy() {
  MemberlistOptions options = PaperSwim();
  options.is_buddy = true;
  return options;
}

MemberlistOptions MemberlistOptions::PaperLifeguard(int alpha, int beta) {
  MemberlistOptions options = PaperLhaProbe();
  options.alpha = alpha;
  options.beta = beta;
  options.confirmations = 3;
  options.is_buddy = true;
  return options;
}

// ---- Life ----

void Memberlist::Start(int members, int seed) {
  Rng& rng = io_.rng();
  const TimePoint now = io_.now();
  table_.Set(self_, State::kAlive, incarnation_, now, &rng);
  if (seed < 0) {
    for (int member = 0; member < members; ++member) {
      if (member != self_) table_.Set(member, State::kAlive, 1, now, &rng);
    }
  }
  const auto phase = [&](Duration interval) {
    return now + Duration::Micros(
                     static_cast<int64_t>(rng.Below(static_cast<uint64_t>(interval.micros()))));
  };
  io_.SetTimer(phase(options_.probe_interval), kProbeTick, 0);
  gossip_phase_ = phase(options_.gossip_interval);
  const Duration push_pull = PushPullInterval(options_.push_pull, members);
  io_.SetTimer(phase(push_pull), kPushPullTick, 0);
  join_seed_ = seed;
  if (seed >= 0 && seed != self_) PushPull(seed, true);
}

void Memberlist::OnPacket(const Packet& packet) {
  // The message itself first, then what came with it, as in handleCompound; but a suspicion that a
  // buddy put in front of its ping is read before the ping is answered.
  const bool is_accused = !packet.updates.empty() && packet.updates.front().subject == self_;
  if (is_accused) Apply(packet.updates.front());
  switch (packet.kind) {
    case Packet::Kind::kPing:
    case Packet::Kind::kStreamPing:
      HandlePing(packet);
      break;
    case Packet::Kind::kPingReq:
      HandlePingReq(packet);
      break;
    case Packet::Kind::kAck:
    case Packet::Kind::kStreamAck:
      HandleAck(packet);
      break;
    case Packet::Kind::kNack:
      if (probe_.sequence == packet.sequence) ++probe_.nacks;
      break;
    case Packet::Kind::kPushPull:
      if (IsTooLate(packet)) return;
      SendTable(packet.sender, Packet::Kind::kPushPullReply, false, packet.started);
      break;
    case Packet::Kind::kPushPullReply:
      if (IsTooLate(packet)) return;
      break;
    case Packet::Kind::kGossip:
      break;
  }
  for (size_t i = is_accused ? 1 : 0; i < packet.updates.size(); ++i) Apply(packet.updates[i]);
}

void Memberlist::OnTimer(uint32_t kind, uint32_t argument) {
  switch (static_cast<Timer>(kind)) {
    case kProbeTick:
      ProbeTick();
      break;
    case kAckTimeout:
      if (probe_.sequence == argument && probe_.stage == Stage::kAwaitAck) SendRequests();
      break;
    case kProbeDeadline:
      if (probe_.sequence != argument) break;
      if (probe_.stage == Stage::kAwaitAck) SendRequests();
      if (probe_.stage == Stage::kAwaitIndirect) ProbeFailed();
      break;
    case kGossipTick:
      gossip_armed_ = false;
      Gossip();
      break;
    case kNackTimer:
      NackDue(argument);
      break;
    case kSuspicionTimer:
      SuspicionOver(argument);
      break;
    case kPushPullTick: {
      io_.SetTimer(io_.now() + PushPullInterval(options_.push_pull, table_.known()), kPushPullTick,
                   0);
      const bool is_alone = table_.up() == 1 && join_seed_ >= 0;
      const int to =
          is_alone ? join_seed_ : table_.Random(&io_.rng(), [this](int id, const auto& entry) {
            return id != self_ && entry.state == State::kAlive;
          });
      if (to >= 0 && to != self_) PushPull(to, is_alone);
      break;
    }
  }
}

void Memberlist::OnReleased() {
  if (probe_.stage == Stage::kPingHeld) {
    SendPing();
  } else if (probe_.stage == Stage::kRequestsHeld) {
    SendRequests();
  }
  if (gossip_held_) {
    gossip_held_ = false;
    io_.Send(gossip_targets_[gossip_next_++], gossip_packet_);
    GossipOn();
    if (gossip_tick_waits_) Gossip();
    gossip_tick_waits_ = false;
  }
  for (const Held& held : held_) {
    if (held.packet.kind == Packet::Kind::kPushPull) {
      if (IsTooLate(held.packet)) continue;
      SendTable(held.to, held.packet.kind, held.packet.target == 1, held.packet.started);
    } else {
      io_.Send(held.to, held.packet);
    }
  }
  held_.clear();
  push_pull_held_ = false;
}

// ---- Dissemination ----

Packet Memberlist::NewPacket(Packet::Kind kind) const {
  Packet packet;
  packet.kind = kind;
  packet.sender = self_;
  packet.wire_bytes = size_.Message(kind) + size_.header_bytes();
  return packet;
}

// Fills up with updates, as sendMsg does for every message and gossip for its own.
void Memberlist::Piggyback(Packet* packet) {
  if (queue_.empty()) return;
  Room room;
  room.alive_bytes = size_.OfUpdate(State::kAlive) + WireSize::kCompoundEntryBytes;
  room.other_bytes = size_.OfUpdate(State::kSuspect) + WireSize::kCompoundEntryBytes;
  const uint32_t used = packet->wire_bytes + WireSize::kCompoundBytes +
                        (packet->kind == Packet::Kind::kGossip ? 0 : WireSize::kCompoundEntryBytes);
  room.bytes = WireSize::kDatagramBytesMax - used;
  const int limit = TransmitLimit(options_.retransmit_mult, table_.known());
  const uint32_t message = packet->wire_bytes;
  const uint32_t taken = queue_.Take(limit, room, &packet->updates);
  if (taken == 0) return;
  int alive = 0;
  for (const Update& update : packet->updates) alive += update.state == State::kAlive ? 1 : 0;
  packet->wire_bytes = size_.Compressed(used + taken, message, alive,
                                        static_cast<int>(packet->updates.size()) - alive);
}

void Memberlist::SendWithUpdates(int to, Packet* packet) {
  Piggyback(packet);
  io_.Send(to, *packet);
}

void Memberlist::Broadcast(State state, int subject, uint32_t incarnation, int from) {
  queue_.Push({state, incarnation, subject, from});
  ArmGossip();
}

// The loop ticks every interval for ever; a tick that finds nothing to tell is left out.
void Memberlist::ArmGossip() {
  if (gossip_armed_ || queue_.empty()) return;
  gossip_armed_ = true;
  const int64_t interval = options_.gossip_interval.micros();
  const int64_t since = (io_.now() - gossip_phase_).micros();
  const int64_t ticks = since < 0 ? 0 : since / interval + 1;
  io_.SetTimer(gossip_phase_ + options_.gossip_interval * ticks, kGossipTick, 0);
}

void Memberlist::Gossip() {
  if (gossip_held_) {
    gossip_tick_waits_ = true;
    ArmGossip();
    return;
  }
  const TimePoint now = io_.now();
  table_.RandomSome(
      options_.gossip_nodes, &io_.rng(),
      [&](int id, const MemberTable::Entry& entry) {
        return id != self_ &&
               (entry.state != State::kDead || now - entry.changed <= options_.gossip_to_dead);
      },
      &gossip_targets_);
  gossip_next_ = 0;
  GossipOn();
}

void Memberlist::GossipOn() {
  while (gossip_next_ < gossip_targets_.size() && !queue_.empty()) {
    gossip_packet_ = NewPacket(Packet::Kind::kGossip);
    Piggyback(&gossip_packet_);
    if (io_.blocked()) {
      gossip_held_ = true;
      break;
    }
    io_.Send(gossip_targets_[gossip_next_++], gossip_packet_);
  }
  ArmGossip();
}

void Memberlist::PushPull(int to, bool is_join) {
  if (!io_.blocked()) {
    SendTable(to, Packet::Kind::kPushPull, is_join, io_.now());
    return;
  }
  if (push_pull_held_) return;  // the loop stands in its last one
  push_pull_held_ = true;
  Packet packet = NewPacket(Packet::Kind::kPushPull);
  packet.target = is_join ? 1 : 0;
  packet.started = io_.now();
  held_.push_back({to, std::move(packet)});
}

void Memberlist::SendTable(int to, Packet::Kind kind, bool is_join, TimePoint started) {
  Packet packet = NewPacket(kind);
  packet.target = is_join ? 1 : 0;
  packet.started = started;
  packet.updates.reserve(static_cast<size_t>(table_.known()));
  for (const int member : table_.order()) {
    const MemberTable::Entry& entry = table_[member];
    // mergeState takes the other's verdicts as suspicions that the receiver itself raises.
    const State told = entry.state == State::kDead ? State::kSuspect : entry.state;
    packet.updates.push_back({told, entry.incarnation, member, to});
  }
  const uint32_t head = packet.wire_bytes;
  const uint32_t records = static_cast<uint32_t>(packet.updates.size()) * size_.PushPullRecord();
  packet.wire_bytes = size_.Compressed(head + records, head, table_.known(), 0);
  io_.SendStream(to, packet);
}

}  // namespace muster::baselines
