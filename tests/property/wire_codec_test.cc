// Whatever the core can put into a packet or a stream message comes out of the codec unchanged.

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "src/wire/codec.h"
#include "tests/unit/wire/samples.h"

namespace muster::wire {
namespace {

using testing::Describe;
using testing::kCluster;

// Every value of Integer with the same right, the ends among them, whatever RapidCheck's size.
template <typename Integer>
Integer Any() {
  return *rc::gen::weightedOneOf<Integer>({{4, rc::gen::arbitrary<Integer>()},
                                           {4, rc::gen::resize(100, rc::gen::arbitrary<Integer>())},
                                           {1, rc::gen::just(Integer{0})},
                                           {1, rc::gen::just(static_cast<Integer>(~Integer{0}))}});
}

uint64_t Below(uint64_t bound) { return *rc::gen::inRange<uint64_t>(0, bound); }

HostId AnyId() {
  const HostId id{Any<uint64_t>(), Any<uint64_t>()};
  return id.is_whole() ? id : HostId{id.hi, 1};
}

std::string AnyText(const std::string& alphabet, size_t least, size_t most) {
  const size_t size = least + Below(most - least + 1);
  return *rc::gen::container<std::string>(size, rc::gen::elementOf(alphabet));
}

const std::string kNameBytes = "abcXYZ019-._";

Address AnyAddress() {
  const auto port = static_cast<uint16_t>(1 + Below(65'535));
  // 1.0.0.0 to 223.255.255.255: what a host can have.
  if (*rc::gen::arbitrary<bool>()) {
    return Address::V4(static_cast<uint32_t>((1 + Below(223)) << 24 | Below(1 << 24)), port);
  }
  std::array<uint8_t, 16> ip;
  for (uint8_t& byte : ip) byte = static_cast<uint8_t>(Below(256));
  ip[0] = 0x20;
  return Address::V6(ip, port);
}

Attributes AnyAttributes() {
  Attributes attributes;
  attributes.name = AnyText(kNameBytes, 1, limits::kNameBytesMax);
  attributes.address = AnyAddress();
  attributes.boot = Any<uint64_t>();
  attributes.tolerance_ms = Any<uint32_t>();
  attributes.agent = AnyText("0123456789. +~", 0, limits::kAgentBytesMax);
  std::set<std::string> keys;
  const size_t tags = Below(limits::kTagsMax + 1);
  while (keys.size() < tags) keys.insert(AnyText(kNameBytes + "/", 1, 8));
  // 32 keys and values of at most 8 bytes each are 512.
  for (const std::string& key : keys) {
    attributes.tags.emplace_back(key, AnyText("ab =:,\"{}\xc3\xa9", 0, 8));
  }
  return attributes;
}

Update AnyUpdate(bool may_be_full) {
  Update update;
  update.id = AnyId();
  update.incarnation = Incarnation::FromRaw(Any<uint64_t>());
  update.state = static_cast<State>(Below(kStateCount));
  update.reason = static_cast<Reason>(Below(static_cast<uint64_t>(Reason::kFlapping) + 1));
  update.by = Any<uint32_t>();
  update.elapsed_ms = Any<uint32_t>();
  update.age_s = Any<uint32_t>();
  update.attributes_hash = Any<uint32_t>();
  if (may_be_full && *rc::gen::arbitrary<bool>()) {
    update.attributes = AnyAttributes();
    update.attributes_hash = AttributesHash(*update.attributes);
  }
  return update;
}

std::vector<Update> AnyUpdates(size_t most, bool may_be_full) {
  std::vector<Update> updates(Below(most + 1));
  for (Update& update : updates) update = AnyUpdate(may_be_full);
  return updates;
}

std::optional<ViewCell> AnyCell() {
  if (*rc::gen::arbitrary<bool>()) return std::nullopt;
  return ViewCell{Any<uint64_t>(), Any<uint32_t>()};
}

std::vector<HostId> AnyIds(size_t least, size_t most) {
  std::vector<HostId> ids(least + Below(most - least + 1));
  for (HostId& id : ids) id = AnyId();
  return ids;
}

void FillFieldsOfType(Packet* packet) {
  switch (packet->type) {
    case PacketType::kPing:
      packet->target_prefix = Any<uint64_t>();
      packet->ring = Any<uint8_t>();
      break;
    case PacketType::kPingRequest:
      packet->target = AnyId();
      packet->target_address = AnyAddress();
      break;
    case PacketType::kAck:
      packet->pace_ms = Any<uint16_t>();
      [[fallthrough]];
    case PacketType::kNack:
      packet->target = *rc::gen::arbitrary<bool>() ? AnyId() : HostId{};
      packet->answers = Any<uint32_t>();
      break;
    case PacketType::kPull:
      packet->wanted = AnyIds(1, limits::kPullIdsMax);
      break;
    case PacketType::kGossip:
      break;
    case PacketType::kVoteRequest:
      packet->target = AnyId();
      break;
    case PacketType::kVote:
      packet->target = AnyId();
      packet->answers = Any<uint32_t>();
      packet->vote = static_cast<Vote>(1 + Below(static_cast<uint64_t>(Vote::kLossy)));
      packet->answered_ms = Any<uint32_t>();
      break;
  }
}

Packet AnyPacket() {
  Packet packet;
  packet.type = *rc::gen::elementOf(std::vector<PacketType>(std::begin(testing::kAllPacketTypes),
                                                            std::end(testing::kAllPacketTypes)));
  packet.sender = AnyId();
  packet.epoch = Any<uint64_t>() & Incarnation::kEpochMax;
  packet.sequence = Any<uint32_t>();
  packet.health = static_cast<uint8_t>(Below(limits::kHealthMax + 1));
  packet.view = AnyCell();
  packet.tombstones = AnyCell();
  FillFieldsOfType(&packet);
  return packet;
}

void FillJoinAnswer(StreamMessage* message) {
  message->verdict = static_cast<JoinVerdict>(1 + Below(6));
  message->epoch_known = Any<uint64_t>() & Incarnation::kEpochMax;
  message->other_id = AnyId();
  message->other_name = AnyText(kNameBytes, 0, limits::kNameBytesMax);
  if (*rc::gen::arbitrary<bool>()) message->seen_as = AnyAddress();
  if (*rc::gen::arbitrary<bool>()) message->other_address = AnyAddress();
}

bool IsSync(StreamType type) {
  return type == StreamType::kSyncSummary || type == StreamType::kSyncRecords ||
         type == StreamType::kSyncCells || type == StreamType::kSyncSplit ||
         type == StreamType::kSyncPrints;
}

void FillComparison(StreamMessage* message) {
  const auto fill = [message](size_t hashes) {
    for (size_t i = 0; i < hashes; ++i) message->hashes.push_back(Any<uint32_t>());
  };
  if (message->type == StreamType::kSyncSummary || message->type == StreamType::kSyncRecords) {
    message->wanted = AnyIds(0, 100);
    if (message->type == StreamType::kSyncRecords) {
      fill(Below(100));
      if (*rc::gen::arbitrary<bool>()) {
        message->common = {static_cast<uint16_t>(1 + Below(UINT16_MAX)), Any<uint32_t>(),
                           AnyText("1.-beta", 0, limits::kAgentBytesMax)};
      }
    } else {
      message->reads_common = *rc::gen::arbitrary<bool>();
    }
    return;
  }
  if (message->type == StreamType::kSyncCells) {
    message->salt = Any<uint64_t>();
    message->range_bits = static_cast<uint8_t>(Below(8));
    return fill(size_t{1} << message->range_bits);
  }
  for (uint64_t count = Below(10); count > 0; --count) {
    message->ranges.push_back(static_cast<uint32_t>(Below(limits::kLeavesMax)));
  }
  std::sort(message->ranges.begin(), message->ranges.end());
  if (message->type == StreamType::kSyncSplit) {
    return fill(message->ranges.size() * limits::kLeavesPerRange);
  }
  for (size_t i = 0; i < message->ranges.size(); ++i) {
    message->range_sizes.push_back(static_cast<uint32_t>(Below(10)));
    fill(message->range_sizes.back());
  }
  while (message->incarnations.size() < message->hashes.size()) {
    message->incarnations.push_back(Incarnation::FromRaw(Any<uint64_t>()));
  }
}

StreamMessage AnyStreamMessage() {
  StreamMessage message;
  message.type = *rc::gen::elementOf(std::vector<StreamType>(std::begin(testing::kAllStreamTypes),
                                                             std::end(testing::kAllStreamTypes)));
  message.sender = AnyId();
  message.epoch = Any<uint64_t>() & Incarnation::kEpochMax;
  message.boot = Any<uint64_t>();
  message.view = AnyCell();
  message.updates = AnyUpdates(20, true);
  if (IsSync(message.type)) {
    message.tombstones = *rc::gen::arbitrary<bool>();
    message.last = *rc::gen::arbitrary<bool>();
    FillComparison(&message);
  } else if (message.type == StreamType::kJoinAnswer) {
    FillJoinAnswer(&message);
  } else if (message.type == StreamType::kPing) {
    message.target = AnyId();
  } else if (message.type == StreamType::kLeave) {
    message.updates.push_back(AnyUpdate(true));
  } else if (message.type == StreamType::kWrongCluster) {
    message.cluster = AnyText("default /~", 1, limits::kClusterBytesMax);
  } else if (message.type == StreamType::kJoin) {
    message.cluster = kCluster;
    Update own = AnyUpdate(false);
    own.id = message.sender;
    own.state = State::kAlive;
    own.attributes = AnyAttributes();
    own.attributes_hash = AttributesHash(*own.attributes);
    message.updates.insert(message.updates.begin(), own);
  }
  return message;
}

RC_GTEST_PROP(WireCodec, PacketsRoundTrip, ()) {
  Packet packet = AnyPacket();
  // As many updates as a datagram holds, and no more.
  Codec codec(kCluster);
  for (const Update& update : AnyUpdates(limits::kUpdatesPerPacketMax, true)) {
    packet.updates.push_back(update);
    if (codec.OverheadBytes(packet) > limits::kDatagramBytesMax) packet.updates.pop_back();
  }
  std::string bytes;
  RC_ASSERT(codec.EncodePacket(packet, "", &bytes) == codec.OverheadBytes(packet));
  Packet decoded = AnyPacket();
  RC_ASSERT(codec.DecodePacket(bytes, &decoded) == Reject::kNone);
  RC_ASSERT(Describe(decoded) == Describe(packet));
}

RC_GTEST_PROP(WireCodec, SplicedPiecesEqualPassedUpdates, ()) {
  Packet packet = AnyPacket();
  const std::vector<Update> updates = AnyUpdates(10, false);
  std::string pieces;
  for (const Update& update : updates) EncodeUpdate(update, &pieces);
  Codec codec(kCluster);
  std::string bytes;
  codec.EncodePacket(packet, pieces, &bytes);
  packet.updates = updates;
  RC_ASSERT(bytes.size() == codec.OverheadBytes(packet));
  Packet decoded;
  const Reject reject = codec.DecodePacket(bytes, &decoded);
  if (bytes.size() > limits::kDatagramBytesMax) {
    RC_ASSERT(reject == Reject::kTooLong);
    return;
  }
  RC_ASSERT(reject == Reject::kNone);
  RC_ASSERT(Describe(decoded) == Describe(packet));
}

RC_GTEST_PROP(WireCodec, StreamMessagesRoundTrip, ()) {
  const StreamMessage message = AnyStreamMessage();
  Codec codec(kCluster);
  std::string frame;
  const size_t encoded = codec.EncodeFrame(message, "", &frame);
  RC_ASSERT(encoded == frame.size());
  StreamMessage decoded;
  RC_ASSERT(codec.DecodeFrame(std::string_view(frame).substr(limits::kFrameHeaderBytes),
                              &decoded) == Reject::kNone);
  RC_ASSERT(Describe(decoded) == Describe(message));
}

// What passes the checks has a hash, and equal hashes go with equal attributes.
RC_GTEST_PROP(WireCodec, AttributesHashFollowsTheAttributes, ()) {
  const Attributes a = AnyAttributes();
  const Attributes b = AnyAttributes();
  RC_ASSERT(CheckAttributes(a).empty());
  RC_ASSERT(AttributesHash(a) != 0u);
  RC_ASSERT((AttributesHash(a) == AttributesHash(b)) == (a == b));
}

// Bytes of any kind behind a sound checksum: no crash, and what is accepted encodes to a message
// that decodes to the same.
RC_GTEST_PROP(WireCodec, DamagedBodiesAreRejectedOrSound, ()) {
  Packet packet = AnyPacket();
  packet.updates = AnyUpdates(5, true);
  Codec codec(kCluster);
  std::string bytes;
  codec.EncodePacket(packet, "", &bytes);
  std::string body = bytes.substr(kHeaderBytes, bytes.size() - kHeaderBytes - kChecksumBytes);
  for (uint64_t i = 0; i <= Below(4); ++i) {
    body[Below(body.size())] = static_cast<char>(Below(256));
  }
  Packet decoded;
  const Reject reject = codec.DecodePacket(testing::Envelope(kCluster, body), &decoded);
  RC_CLASSIFY(reject == Reject::kNone, "still sound");
  if (reject != Reject::kNone) return;
  std::string again;
  codec.EncodePacket(decoded, "", &again);
  Packet twice;
  RC_ASSERT(codec.DecodePacket(again, &twice) == Reject::kNone);
  RC_ASSERT(Describe(twice) == Describe(decoded));
}

}  // namespace
}  // namespace muster::wire
