#include <algorithm>
#include <cstring>

#include "src/core/ablation.h"
#include "src/core/node_impl.h"

// Datagrams in: what each type asks of this node. All checks that need the table are here; those
// that do not were made by the codec.

namespace muster::core {

void Node::Impl::Reject(wire::Reject reason) { ++stats_.rejected[static_cast<size_t>(reason)]; }

Node::Impl::Source Node::Impl::MakeSource(const HostId& sender, const Address& from) const {
  Source source{sender, from};
  const MemberView* member = table_.Find(sender);
  source.known = member != nullptr && !member->attributes().name.empty() &&
                 member->attributes().address == from;
  return source;
}

void Node::Impl::Heard(const Source& source) {
  if (source.sender == identity_.id) return;
  const MemberView* member = table_.Find(source.sender);
  if (member == nullptr || member->is_tombstone()) return;
  last_heard_ = now_;
  if (isolated_) CheckIsolation();
  if (source.known) flights_.HeardFrom(source.sender, now_);
}

void Node::Impl::HandlePacket(const Address& from, std::string_view bytes) {
  ++stats_.packets_in;
  stats_.bytes_in += bytes.size();
  out_.digest().Add(static_cast<uint64_t>(now_.micros()));
  if (bytes.size() >= sizeof(uint64_t)) {
    uint64_t tail = 0;
    std::memcpy(&tail, bytes.data() + bytes.size() - sizeof tail, sizeof tail);
    out_.digest().Add(tail);
  }
  const wire::Reject reject = out_.codec().DecodePacket(bytes, &in_);
  if (reject != wire::Reject::kNone) return Reject(reject);
  if (in_.sender == identity_.id) {
    // Our own packet come back, or another run of our id: claims in it are judged like any other.
    return Reject(wire::Reject::kState);
  }
  if (in_.type == wire::PacketType::kPing && in_.target_prefix != 0 &&
      in_.target_prefix != identity_.id.hi) {
    return Reject(wire::Reject::kNotForUs);
  }
  const Source source = MakeSource(in_.sender, from);
  answer_about_self_ = false;
  Heard(source);
  if (const int64_t index = table_.IndexOf(in_.sender); index > 0 && source.known) {
    table_.SetHealth(static_cast<uint32_t>(index), in_.health);
  }
  switch (in_.type) {
    case wire::PacketType::kPing:
      HandlePing(source, bytes.size());
      break;
    case wire::PacketType::kPingRequest:
      HandlePingRequest(source);
      break;
    case wire::PacketType::kAck:
      HandleAck(source);
      break;
    case wire::PacketType::kNack:
      HandleNack(source);
      break;
    case wire::PacketType::kPull:
      HandlePull(source);
      break;
    case wire::PacketType::kGossip:
      LearnAll(in_.updates, source);
      break;
    case wire::PacketType::kVoteRequest:
      HandleVoteRequest(source);
      break;
    case wire::PacketType::kVote:
      HandleVote(source);
      break;
  }
  if (in_.type != wire::PacketType::kPing) AnswerHeldRecord(source, bytes.size());
}

void Node::Impl::LearnAll(std::vector<wire::Update>& updates, const Source& source) {
  for (wire::Update& update : updates) {
    if (!update.id.is_whole()) {
      const MemberView* member = table_.Find(update.id);
      if (member == nullptr) {
        RequestRecord(update.id, source);
        continue;
      }
      update.id = member->id();
    }
    Learn(update, source);
  }
}

void Node::Impl::HandlePing(const Source& source, size_t request_bytes) {
  LearnAll(in_.updates, source);
  const int64_t index = table_.IndexOf(source.sender);
  packet_ = wire::Packet();
  packet_.type = wire::PacketType::kAck;
  packet_.answers = in_.sequence;
  packet_.view = table_.view_cell();
  if (in_.ring != 0 && in_.ring != wire::kRingRelay && source.known) {
    const Duration wait = pacer_.NextProbe(now_, source.sender);
    packet_.pace_ms = static_cast<uint16_t>(std::clamp<int64_t>(wait.millis(), 1, 65'535));
  }
  pieces_.clear();
  if (answer_about_self_) AppendShortUpdate(0, &pieces_);
  if (index > 0) {
    AppendClaimAbout(source.sender, &pieces_);
    const size_t room = out_.RoomBeside(packet_);
    if (source.known && room > pieces_.size()) {
      rumours_.Fill(room - pieces_.size(), wire::limits::kUpdatesPerPacketMax - 2, source.sender,
                    &pieces_);
    }
  }
  if (!source.known) {
    // Nobody can use us to multiply bytes towards an address that is not theirs.
    const size_t most = wire::limits::kDatagramBytesMax - out_.RoomBeside(packet_);
    if (most + pieces_.size() > request_bytes) pieces_.clear();
    if (most > request_bytes) packet_.view.reset();
    if (wire::limits::kDatagramBytesMax - out_.RoomBeside(packet_) > request_bytes) return;
  }
  out_.Send(source.from, packet_, pieces_, false);
  if (source.known && in_.view.has_value()) NoteCell(source, *in_.view, false);
  if (source.known && in_.tombstones.has_value()) {
    tombstones_theirs_ = *in_.tombstones;
    if (*in_.tombstones != table_.tombstone_cell()) {
      ConsiderSync(source.sender, source.from, true);
    }
  }
}

void Node::Impl::HandlePingRequest(const Source& source) {
  LearnAll(in_.updates, source);
  const MemberView* asker = table_.Find(source.sender);
  if (!source.known || asker == nullptr || asker->is_tombstone() || relays_.full()) {
    return Reject(wire::Reject::kUnsolicited);
  }
  const MemberView* subject = table_.Find(in_.target);
  // Relays go only to addresses in our own table: a stranger's address is never dialled for others.
  if (subject == nullptr || in_.target == identity_.id || subject->attributes().name.empty()) {
    return Reject(wire::Reject::kNotForUs);
  }
  const Duration patience = indirect_timeout();
  Relays::Duty duty;
  duty.subject = in_.target;
  duty.asker = source.from;
  duty.asker_sequence = in_.sequence;
  duty.nack_at = now_ + patience * 4 / 5;
  duty.forget_at = now_ + patience * 4;
  packet_ = wire::Packet();
  packet_.type = wire::PacketType::kPing;
  packet_.target_prefix = duty.subject.hi;
  packet_.ring = wire::kRingRelay;
  pieces_.clear();
  AppendClaimAbout(duty.subject, &pieces_);
  duty.sequence = out_.Send(subject->attributes().address, packet_, pieces_, false);
  relays_.Add(duty);
}

void Node::Impl::HandleAck(Source source) {
  const bool about_relay = !in_.target.is_zero();
  int relay = -1;
  const Flight* asked = flights_.FindBySequence(in_.answers, &relay);
  source.answered = source.known && asked != nullptr && relay < 0 && asked->target == source.sender;
  LearnAll(in_.updates, source);
  Relays::Duty duty;
  if (!about_relay && relays_.Take(in_.answers, source.sender, &duty)) {
    last_answers_.Note(now_, duty.subject);
    packet_ = wire::Packet();
    packet_.type = wire::PacketType::kAck;
    packet_.answers = duty.asker_sequence;
    packet_.target = duty.subject;
    pieces_.clear();
    // The subject's own word travels with its answer: a refutation reaches the accuser at once.
    if (const int64_t index = table_.IndexOf(duty.subject); index > 0) {
      AppendShortUpdate(static_cast<uint32_t>(index), &pieces_);
    }
    out_.Send(duty.asker, packet_, pieces_, false);
    return;
  }
  Flight* flight = flights_.FindBySequence(in_.answers, &relay);
  if (flight == nullptr) {
    if (source.known) losses_.Late(source.sender);
    return Reject(wire::Reject::kUnsolicited);
  }
  const bool from_target = relay < 0 && !about_relay && flight->target == source.sender;
  const bool from_relay = relay >= 0 && about_relay && flight->target == in_.target &&
                          flight->relays[static_cast<size_t>(relay)].id == source.sender;
  if (!from_target && !from_relay) return Reject(wire::Reject::kUnsolicited);
  ++answers_heard_;
  if (from_target && in_.pace_ms != 0) {
    schedule_.SetPace(source.sender, now_ + awareness_.ScalePeriod(PaceOf(in_)));
  }
  if (from_relay || flight->IsRepeat(in_.answers)) {
    ++stats_.probes_relayed;
    if (from_relay) last_relay_[flight->target] = source.sender;
    AnsweredOtherwise(*flight);
    return Answered(*flight, {true, flight->target, 0});
  }
  DirectAnswer(*flight);
  if (source.known && in_.view.has_value()) NoteCell(source, *in_.view, true);
}

Duration Node::Impl::PaceOf(const wire::Packet& ack) const {
  // A target may neither drive its observers into a storm nor keep them away.
  const auto observers =
      static_cast<int64_t>(Rings::ObserversOf(table_.up_count(), options_.rings));
  return std::clamp(Duration::Millis(ack.pace_ms), options_.period / 2,
                    options_.period * observers * 3 / 2);
}

void Node::Impl::HandleNack(const Source& source) {
  LearnAll(in_.updates, source);
  int relay = -1;
  Flight* flight = flights_.FindBySequence(in_.answers, &relay);
  if (flight == nullptr || relay < 0 || in_.target != flight->target ||
      flight->relays[static_cast<size_t>(relay)].id != source.sender) {
    return Reject(wire::Reject::kUnsolicited);
  }
  ++answers_heard_;
  flight->relays[static_cast<size_t>(relay)].nacked = true;
}

void Node::Impl::HandlePull(const Source& source) {
  LearnAll(in_.updates, source);
  const MemberView* asker = table_.Find(source.sender);
  if (!source.known || asker == nullptr) return Reject(wire::Reject::kUnsolicited);
  packet_ = wire::Packet();
  packet_.type = wire::PacketType::kGossip;
  const size_t room = out_.RoomBeside(packet_);
  pieces_.clear();
  std::string piece;
  for (const HostId& id : in_.wanted) {
    const int64_t index = table_.IndexOf(id);
    if (index < 0 || table_[static_cast<size_t>(index)].attributes().name.empty()) continue;
    piece.clear();
    AppendUpdateFor(static_cast<uint32_t>(index), true, &piece);
    if (pieces_.size() + piece.size() > room) {
      if (!bulk_bucket_.Take(now_, static_cast<int64_t>(pieces_.size()))) return;
      out_.Send(source.from, packet_, pieces_, false);
      pieces_.clear();
    }
    pieces_ += piece;
  }
  if (!pieces_.empty() && bulk_bucket_.Take(now_, static_cast<int64_t>(pieces_.size()))) {
    out_.Send(source.from, packet_, pieces_, false);
  }
}

void Node::Impl::AnswerHeldRecord(const Source& source, size_t request_bytes) {
  if (leaving_) return;
  const int64_t index = table_.IndexOf(source.sender);
  if (index <= 0) return;
  const MemberView& member = table_[static_cast<size_t>(index)];
  const bool wrong_about_us = answer_about_self_ && source.known;
  // A barred member cannot refute: it is told in acks to its own pings, or two of them would answer
  // each other for ever.
  const bool held_down = member.is_tombstone() && in_.epoch <= member.incarnation.epoch() &&
                         !member.incarnation.is_barred();
  if (!wrong_about_us && !held_down) return;
  pieces_.clear();
  if (held_down) AppendShortUpdate(static_cast<uint32_t>(index), &pieces_);
  if (wrong_about_us) AppendShortUpdate(0, &pieces_);
  packet_ = wire::Packet();
  packet_.type = wire::PacketType::kGossip;
  const size_t answer_bytes =
      wire::limits::kDatagramBytesMax - out_.RoomBeside(packet_) + pieces_.size();
  if (!source.known && answer_bytes > request_bytes) return;
  // Not from the bucket of gossip, which anybody's packets could then keep empty.
  if (!bulk_bucket_.Take(now_, static_cast<int64_t>(answer_bytes))) return;
  out_.Send(source.from, packet_, pieces_, false);
}

}  // namespace muster::core
