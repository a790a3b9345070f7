#include "src/wire/convert.h"

#include <algorithm>
#include <array>
#include <utility>

#include "proto/gossip.pb.h"
#include "src/wire/attributes.h"
#include "src/wire/limits.h"

namespace muster::wire {
namespace {

// Update.claim: state in bits 0-2, reason in 3-6, refutation counter from 7 on.
constexpr uint32_t kReasonShift = 3;
constexpr uint32_t kCounterShift = 7;
constexpr uint32_t kStateMask = (1u << kReasonShift) - 1;
constexpr uint32_t kReasonMask = (1u << (kCounterShift - kReasonShift)) - 1;
constexpr auto kReasonLast = static_cast<uint32_t>(Reason::kFlapping);
static_assert(kStateCount - 1 <= kStateMask && kReasonLast <= kReasonMask);
static_assert(Incarnation::kCounterTop << kCounterShift <= UINT32_MAX);

constexpr size_t kIpv4Bytes = 4;
constexpr size_t kIpv6Bytes = 16;

void ToProto(const Attributes& from, proto::Attributes* to) {
  to->set_name(from.name);
  SetIp(from.address, to->mutable_ip());
  to->set_port(from.address.port());
  to->set_boot(from.boot);
  to->set_tolerance_ms(from.tolerance_ms);
  to->set_agent(from.agent);
  for (const auto& [key, value] : from.tags) {
    proto::Tag* tag = to->add_tags();
    tag->set_key(key);
    tag->set_value(value);
  }
}

// Whether the counts and lengths are within limits.h; judged before anything is copied.
bool IsWithinLimits(const proto::Attributes& from) {
  if (from.name().size() > limits::kNameBytesMax) return false;
  if (from.agent().size() > limits::kAgentBytesMax) return false;
  if (from.tags_size() > static_cast<int>(limits::kTagsMax)) return false;
  size_t bytes = 0;
  for (const proto::Tag& tag : from.tags()) bytes += tag.key().size() + tag.value().size();
  return bytes <= limits::kTagBytesMax;
}

Reject FromProto(const proto::Attributes& from, const CommonAttributes& common, Attributes* to) {
  if (!IsWithinLimits(from)) return Reject::kLimit;
  const bool is_common = from.port() == 0;
  to->name = from.name();
  const Reject reject = ReadAddress(from.ip(), is_common ? common.port : from.port(), &to->address);
  if (reject != Reject::kNone) return reject;
  to->boot = from.boot();
  to->tolerance_ms = is_common ? common.tolerance_ms : from.tolerance_ms();
  to->agent = is_common ? common.agent : from.agent();
  to->tags.clear();
  for (const proto::Tag& tag : from.tags()) to->tags.emplace_back(tag.key(), tag.value());
  return FindFault(*to) == AttributesFault::kNone ? Reject::kNone : Reject::kName;
}

// Only updates and pulls in packets may tell half an id.
bool IsIdOrNone(const HostId& id) { return id.is_zero() || id.is_whole(); }

Reject Malformed(bool is_malformed) { return is_malformed ? Reject::kMalformed : Reject::kNone; }

// The fields that only some types of packet have. A packet that lacks one is malformed.
Reject ReadFieldsOfType(const proto::Packet& from, Packet* to) {
  switch (to->type) {
    case PacketType::kPing:
      to->target_prefix = from.target_hi();
      to->ring = static_cast<uint8_t>(from.ring());
      return Malformed(from.ring() > UINT8_MAX);
    case PacketType::kPingRequest:
      to->target = {from.target_hi(), from.target_lo()};
      if (!to->target.is_whole()) return Reject::kMalformed;
      return ReadAddress(from.target_ip(), from.target_port(), &to->target_address);
    case PacketType::kAck:
      to->target = {from.target_hi(), from.target_lo()};
      to->answers = from.answers();
      to->pace_ms = static_cast<uint16_t>(from.pace_ms());
      return Malformed(!from.has_answers() || from.pace_ms() > UINT16_MAX ||
                       !IsIdOrNone(to->target));
    case PacketType::kNack:
      to->target = {from.target_hi(), from.target_lo()};
      to->answers = from.answers();
      return Malformed(!from.has_answers() || !IsIdOrNone(to->target));
    case PacketType::kPull:
      if (from.wanted().empty()) return Reject::kMalformed;
      return ReadHostIds(from.wanted(), limits::kPullIdsMax, &to->wanted);
    case PacketType::kGossip:
      return Reject::kNone;
    case PacketType::kVoteRequest:
      to->target = {from.target_hi(), from.target_lo()};
      return Malformed(!to->target.is_whole());
    case PacketType::kVote:
      to->target = {from.target_hi(), from.target_lo()};
      to->answers = from.answers();
      to->vote = static_cast<Vote>(from.vote());
      to->answered_ms = from.answered_ms();
      return Malformed(!to->target.is_whole() || from.vote() == 0 ||
                       from.vote() > static_cast<uint32_t>(Vote::kLossy));
  }
  return Reject::kMalformed;
}

// Empties `packet` but keeps the memory of its vectors.
void Reset(Packet* packet) {
  Packet empty;
  std::swap(empty.wanted, packet->wanted);
  std::swap(empty.updates, packet->updates);
  empty.wanted.clear();
  empty.updates.clear();
  *packet = std::move(empty);
}

}  // namespace

void SetIp(const Address& address, std::string* ip) {
  const auto* bytes = reinterpret_cast<const char*>(address.bytes().data());
  if (address.is_v4()) {
    ip->assign(bytes + kIpv6Bytes - kIpv4Bytes, kIpv4Bytes);
  } else {
    ip->assign(bytes, kIpv6Bytes);
  }
}

Reject ReadAddress(const std::string& ip, uint32_t port, Address* to) {
  if (port > UINT16_MAX) return Reject::kName;
  const auto* bytes = reinterpret_cast<const uint8_t*>(ip.data());
  if (ip.size() == kIpv4Bytes) {
    uint32_t v4 = 0;
    for (size_t i = 0; i < kIpv4Bytes; ++i) v4 = v4 << 8 | bytes[i];
    *to = Address::V4(v4, static_cast<uint16_t>(port));
  } else if (ip.size() == kIpv6Bytes) {
    std::array<uint8_t, kIpv6Bytes> v6;
    std::copy_n(bytes, kIpv6Bytes, v6.begin());
    *to = Address::V6(v6, static_cast<uint16_t>(port));
  } else {
    return Reject::kName;
  }
  return IsValidMemberAddress(*to) ? Reject::kNone : Reject::kName;
}

Reject ReadViewCell(bool has_hash, uint64_t hash, uint32_t count, std::optional<ViewCell>* to) {
  to->reset();
  if (!has_hash) return Malformed(count != 0);
  *to = ViewCell{hash, count};
  return Reject::kNone;
}

Reject ReadHostIds(const HalvesOfIds& from, size_t ids_max, std::vector<HostId>* to) {
  to->clear();
  const auto halves = static_cast<size_t>(from.size());
  if (halves > 2 * ids_max) return Reject::kLimit;
  if (halves % 2 != 0) return Reject::kMalformed;
  to->reserve(halves / 2);
  for (int i = 0; i < from.size(); i += 2) {
    const HostId id{from.Get(i), from.Get(i + 1)};
    if (id.is_zero()) return Reject::kMalformed;
    to->push_back(id);
  }
  return Reject::kNone;
}

bool HasCommon(const Attributes& attributes, const CommonAttributes& common) {
  return attributes.address.port() == common.port &&
         attributes.tolerance_ms == common.tolerance_ms && attributes.agent == common.agent;
}

Reject ReadUpdates(const RepeatedUpdates& from, size_t updates_max, const CommonAttributes& common,
                   std::vector<Update>* to) {
  to->clear();
  if (static_cast<size_t>(from.size()) > updates_max) return Reject::kLimit;
  to->reserve(static_cast<size_t>(from.size()));
  for (const proto::Update& update : from) {
    const Reject reject = FromProto(update, common, &to->emplace_back());
    if (reject != Reject::kNone) return reject;
  }
  return Reject::kNone;
}

void ToProto(const Update& from, proto::Update* to) {
  to->set_id_hi(from.id.hi);
  to->set_id_lo(from.id.lo);
  to->set_epoch(from.incarnation.epoch());
  to->set_claim(static_cast<uint32_t>(from.state) |
                static_cast<uint32_t>(from.reason) << kReasonShift |
                static_cast<uint32_t>(from.incarnation.counter()) << kCounterShift);
  if (!from.attributes) to->set_attributes_hash(from.attributes_hash);
  to->set_by(from.by);
  to->set_elapsed_ms(from.elapsed_ms);
  to->set_age_s(from.age_s);
  if (from.attributes) ToProto(*from.attributes, to->mutable_attributes());
}

Reject FromProto(const proto::Update& from, const CommonAttributes& common, Update* to) {
  const uint32_t state = from.claim() & kStateMask;
  const uint32_t reason = from.claim() >> kReasonShift & kReasonMask;
  const uint32_t counter = from.claim() >> kCounterShift;
  to->id = {from.id_hi(), from.id_lo()};
  if (to->id.is_zero() || from.epoch() > Incarnation::kEpochMax ||
      counter > Incarnation::kCounterTop || state >= kStateCount || reason > kReasonLast) {
    return Reject::kMalformed;
  }
  to->incarnation = Incarnation::Of(from.epoch(), counter);
  to->state = static_cast<State>(state);
  to->reason = static_cast<Reason>(reason);
  to->by = from.by();
  to->elapsed_ms = from.elapsed_ms();
  to->age_s = from.age_s();
  to->attributes.reset();
  to->attributes_hash = from.attributes_hash();
  if (!from.has_attributes()) return Reject::kNone;
  if (!to->id.is_whole()) return Reject::kMalformed;
  const Reject reject = FromProto(from.attributes(), common, &to->attributes.emplace());
  if (reject == Reject::kNone) to->attributes_hash = AttributesHash(*to->attributes);
  return reject;
}

void ToProto(const Packet& from, proto::Packet* to) {
  to->set_type(static_cast<uint32_t>(from.type));
  to->set_sender_hi(from.sender.hi);
  to->set_sender_lo(from.sender.lo);
  to->set_epoch(from.epoch);
  to->set_sequence(from.sequence);
  to->set_health(from.health);
  if (from.view) {
    to->set_view_hash(from.view->hash);
    to->set_view_count(from.view->count);
  }
  if (from.tombstones) {
    to->set_tombstones_hash(from.tombstones->hash);
    to->set_tombstones_count(from.tombstones->count);
  }
  const bool is_answer = from.type == PacketType::kAck || from.type == PacketType::kNack ||
                         from.type == PacketType::kVote;
  if (from.type == PacketType::kPing) {
    to->set_target_hi(from.target_prefix);
    to->set_ring(from.ring);
  } else if (is_answer || from.type == PacketType::kPingRequest ||
             from.type == PacketType::kVoteRequest) {
    to->set_target_hi(from.target.hi);
    to->set_target_lo(from.target.lo);
  }
  if (is_answer) to->set_answers(from.answers);
  if (from.type == PacketType::kAck) {
    to->set_pace_ms(from.pace_ms);
  } else if (from.type == PacketType::kVote) {
    to->set_vote(static_cast<uint32_t>(from.vote));
    to->set_answered_ms(from.answered_ms);
  } else if (from.type == PacketType::kPingRequest) {
    SetIp(from.target_address, to->mutable_target_ip());
    to->set_target_port(from.target_address.port());
  } else if (from.type == PacketType::kPull) {
    for (const HostId& id : from.wanted) {
      to->add_wanted(id.hi);
      to->add_wanted(id.lo);
    }
  }
  for (const Update& update : from.updates) ToProto(update, to->add_updates());
}

Reject FromProto(const proto::Packet& from, Packet* to) {
  Reset(to);
  if (from.type() < static_cast<uint32_t>(PacketType::kPing) ||
      from.type() > static_cast<uint32_t>(PacketType::kVote)) {
    return Reject::kMalformed;
  }
  to->type = static_cast<PacketType>(from.type());
  to->sender = {from.sender_hi(), from.sender_lo()};
  if (!to->sender.is_whole() || from.epoch() > Incarnation::kEpochMax) return Reject::kMalformed;
  if (from.health() > limits::kHealthMax) return Reject::kLimit;
  to->epoch = from.epoch();
  to->sequence = from.sequence();
  to->health = static_cast<uint8_t>(from.health());
  Reject reject =
      ReadViewCell(from.has_view_hash(), from.view_hash(), from.view_count(), &to->view);
  if (reject != Reject::kNone) return reject;
  reject = ReadViewCell(from.has_tombstones_hash(), from.tombstones_hash(), from.tombstones_count(),
                        &to->tombstones);
  if (reject != Reject::kNone) return reject;
  reject = ReadFieldsOfType(from, to);
  if (reject != Reject::kNone) return reject;
  return ReadUpdates(from.updates(), limits::kUpdatesPerPacketMax, {}, &to->updates);
}

}  // namespace muster::wire
