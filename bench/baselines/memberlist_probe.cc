// The probe loop of Memberlist (state.go probe, probeNode; net.go handlePing, handleIndirectPing)
// with Lifeguard's LHA-Probe and Buddy (paper sections IV-A and IV-C).

#include <algorithm>

#include "bench/baselines/memberlist.h"

namespace muster::baselines {

Duration Memberlist::AckTimeout() const {
  return options_.scales_ack_timeout ? options_.probe_timeout * health_.multiplier()
                                     : options_.probe_timeout;
}

void Memberlist::ProbeTick() {
  const int scale = options_.scales_ticks ? health_.multiplier() : 1;
  io_.SetTimer(io_.now() + options_.probe_interval * scale, kProbeTick, 0);
  if (probe_.stage != Stage::kIdle) {
    probe_tick_waits_ = true;
    return;
  }
  StartProbe();
}

void Memberlist::StartProbe() {
  const int target = table_.NextTarget(self_, io_.now(), options_.gossip_to_dead, &io_.rng());
  if (target < 0) return;
  probe_ = Probe();
  probe_.target = target;
  probe_.incarnation = table_[target].incarnation;
  probe_.sequence = next_sequence_++;
  // The clock runs from before the send: a ping that blocks uses its time up.
  probe_.deadline = io_.now() + options_.probe_interval * health_.multiplier();
  io_.SetTimer(probe_.deadline, kProbeDeadline, probe_.sequence);
  SendPing();
}

void Memberlist::SendPing() {
  if (io_.blocked()) {
    probe_.stage = Stage::kPingHeld;
    return;
  }
  Packet packet = NewPacket(Packet::Kind::kPing);
  packet.sequence = probe_.sequence;
  packet.target = probe_.target;
  if (options_.is_buddy && table_[probe_.target].state == State::kSuspect) {
    packet.updates.push_back({State::kSuspect, probe_.incarnation, probe_.target, self_});
    packet.wire_bytes += size_.OfUpdate(State::kSuspect) + WireSize::kCompoundBytes +
                         2 * WireSize::kCompoundEntryBytes;
  }
  probe_.stage = Stage::kAwaitAck;
  SendWithUpdates(probe_.target, &packet);
  if (io_.now() >= probe_.deadline) {
    SendRequests();
    if (probe_.stage == Stage::kAwaitIndirect) ProbeFailed();
  } else {
    io_.SetTimer(io_.now() + AckTimeout(), kAckTimeout, probe_.sequence);
  }
}

void Memberlist::SendRequests() {
  if (io_.blocked()) {
    probe_.stage = Stage::kRequestsHeld;
    return;
  }
  const bool was_held = probe_.stage == Stage::kRequestsHeld;
  table_.RandomSome(
      options_.relays, &io_.rng(),
      [this](int id, const MemberTable::Entry& entry) {
        return id != self_ && id != probe_.target && entry.state == State::kAlive;
      },
      &scratch_);
  probe_.stage = Stage::kAwaitIndirect;
  if (options_.health != HealthRule::kOff) {
    probe_.nacks_expected = static_cast<int>(scratch_.size());
  }
  const uint32_t sequence = probe_.sequence;
  for (const int relay : scratch_) {
    Packet packet = NewPacket(Packet::Kind::kPingReq);
    packet.sequence = sequence;
    packet.target = probe_.target;
    SendWithUpdates(relay, &packet);
  }
  if (options_.has_stream_ping && io_.now() < probe_.deadline) {
    Packet packet = NewPacket(Packet::Kind::kStreamPing);
    packet.sequence = sequence;
    packet.target = probe_.target;
    io_.SendStream(probe_.target, packet);
  }
  if (was_held && io_.now() >= probe_.deadline) ProbeFailed();
}

void Memberlist::ProbeFailed() {
  if (probe_.stream_acked) {
    health_.ProbeSucceeded();
  } else {
    health_.ProbeFailed(probe_.nacks_expected, probe_.nacks);
    Suspect({State::kSuspect, probe_.incarnation, probe_.target, self_});
  }
  EndProbe();
}

void Memberlist::EndProbe() {
  probe_.stage = Stage::kIdle;
  probe_.sequence = 0;
  if (!probe_tick_waits_) return;
  probe_tick_waits_ = false;
  StartProbe();
}

void Memberlist::HandlePing(const Packet& packet) {
  if (packet.target != self_) return;
  const bool is_stream = packet.kind == Packet::Kind::kStreamPing;
  Packet ack = NewPacket(is_stream ? Packet::Kind::kStreamAck : Packet::Kind::kAck);
  ack.sequence = packet.sequence;
  if (is_stream) {
    io_.SendStream(packet.sender, ack);
  } else {
    SendWithUpdates(packet.sender, &ack);
  }
}

void Memberlist::HandlePingReq(const Packet& packet) {
  const TimePoint now = io_.now();
  std::erase_if(relays_, [now](const Relay& relay) { return relay.expires < now; });
  const uint32_t sequence = next_sequence_++;
  relays_.push_back({sequence, packet.sequence, packet.sender, now + options_.probe_timeout});
  if (options_.health != HealthRule::kOff) {
    io_.SetTimer(now + options_.probe_timeout * options_.nack_percent / 100, kNackTimer, sequence);
  }
  Packet ping = NewPacket(Packet::Kind::kPing);
  ping.sequence = sequence;
  ping.target = packet.target;
  // The paper: also a ping on behalf of others tells the suspect.
  if (options_.is_buddy && table_.Knows(packet.target) &&
      table_[packet.target].state == State::kSuspect) {
    ping.updates.push_back(
        {State::kSuspect, table_[packet.target].incarnation, packet.target, self_});
    ping.wire_bytes += size_.OfUpdate(State::kSuspect) + WireSize::kCompoundEntryBytes;
  }
  SendWithUpdates(packet.target, &ping);
}

void Memberlist::HandleAck(const Packet& packet) {
  if (packet.sequence == probe_.sequence && probe_.stage != Stage::kIdle) {
    if (io_.now() >= probe_.deadline) return;  // its handler is gone
    if (packet.kind == Packet::Kind::kStreamAck) {
      probe_.stream_acked = true;
      return;
    }
    health_.ProbeSucceeded();
    EndProbe();
    return;
  }
  const TimePoint now = io_.now();
  for (Relay& relay : relays_) {
    if (relay.sequence != packet.sequence || now > relay.expires) continue;
    relay.sequence = 0;
    Packet ack = NewPacket(Packet::Kind::kAck);
    ack.sequence = relay.for_sequence;
    SendWithUpdates(relay.origin, &ack);
    return;
  }
}

void Memberlist::NackDue(uint32_t sequence) {
  const auto relay = std::find_if(relays_.begin(), relays_.end(),
                                  [&](const Relay& r) { return r.sequence == sequence; });
  if (relay == relays_.end()) return;
  Packet nack = NewPacket(Packet::Kind::kNack);
  nack.sequence = relay->for_sequence;
  Piggyback(&nack);
  if (io_.blocked()) {
    held_.push_back({relay->origin, std::move(nack)});
  } else {
    io_.Send(relay->origin, nack);
  }
}

}  // namespace muster::baselines
