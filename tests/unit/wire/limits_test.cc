// Every limit of limits.h: the limit itself passes, one more does not.

#include "src/wire/limits.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/gossip.pb.h"
#include "src/wire/codec.h"
#include "tests/unit/wire/generated.h"
#include "tests/unit/wire/samples.h"

namespace muster::wire {
namespace {

using testing::AsGenerated;
using testing::Envelope;
using testing::kCluster;
using testing::SampleFullUpdate;
using testing::SampleId;
using testing::SamplePacket;
using testing::SampleStreamMessage;

Reject DecodePacketBody(const std::string& body) {
  Packet packet;
  return Codec(kCluster).DecodePacket(Envelope(kCluster, body), &packet);
}

Reject DecodeFrameBody(const std::string& body) {
  StreamMessage message;
  return Codec(kCluster).DecodeFrame(Envelope(kCluster, body), &message);
}

// What the packet and the frame codec say of one update with these attributes.
std::pair<Reject, Reject> DecodeAttributes(const Attributes& attributes) {
  Packet packet = SamplePacket(PacketType::kGossip);
  packet.updates = {SampleFullUpdate()};
  packet.updates[0].attributes = attributes;
  StreamMessage message = SampleStreamMessage(StreamType::kSyncRecords);
  message.updates = packet.updates;
  Codec codec(kCluster);
  std::string datagram;
  codec.EncodePacket(packet, "", &datagram);
  std::string frame;
  codec.EncodeFrame(message, "", &frame);
  const Reject first = codec.DecodePacket(datagram, &packet);
  return {first, codec.DecodeFrame(frame.substr(limits::kFrameHeaderBytes), &message)};
}

constexpr std::pair kPasses{Reject::kNone, Reject::kNone};
constexpr std::pair kBeyond{Reject::kLimit, Reject::kLimit};

// The smallest valid update: 11 bytes with its tag and length.
void AddSmallUpdate(proto::Packet* packet) { packet->add_updates()->set_id_hi(1); }
void AddSmallUpdate(proto::StreamMessage* message) { message->add_updates()->set_id_lo(1); }

TEST(Limits, DatagramBytes) {
  proto::Packet packet = AsGenerated(SamplePacket(PacketType::kPing));
  const auto pad = [&packet](size_t bytes) {
    packet.clear_target_ip();
    const size_t taken =
        Envelope(kCluster, packet.SerializeAsString()).size() + 2 + 2;  // tag and length of the pad
    packet.set_target_ip(std::string(bytes - taken, 'x'));
    const std::string datagram = Envelope(kCluster, packet.SerializeAsString());
    EXPECT_EQ(datagram.size(), bytes);
    Packet decoded;
    return Codec(kCluster).DecodePacket(datagram, &decoded);
  };
  EXPECT_EQ(pad(limits::kDatagramBytesMax), Reject::kNone);
  EXPECT_EQ(pad(limits::kDatagramBytesMax + 1), Reject::kTooLong);
}

TEST(Limits, UpdatesPerPacket) {
  proto::Packet packet = AsGenerated(SamplePacket(PacketType::kGossip));
  for (size_t i = 0; i < limits::kUpdatesPerPacketMax; ++i) AddSmallUpdate(&packet);
  EXPECT_EQ(DecodePacketBody(packet.SerializeAsString()), Reject::kNone);
  AddSmallUpdate(&packet);
  EXPECT_EQ(DecodePacketBody(packet.SerializeAsString()), Reject::kLimit);
}

TEST(Limits, UpdatesPerFrame) {
  proto::StreamMessage message = AsGenerated(SampleStreamMessage(StreamType::kSyncSummary));
  for (size_t i = 0; i < limits::kUpdatesPerFrameMax; ++i) AddSmallUpdate(&message);
  EXPECT_EQ(DecodeFrameBody(message.SerializeAsString()), Reject::kNone);
  AddSmallUpdate(&message);
  EXPECT_EQ(DecodeFrameBody(message.SerializeAsString()), Reject::kLimit);
}

TEST(Limits, PullIds) {
  Packet packet = SamplePacket(PacketType::kPull);
  packet.wanted.assign(limits::kPullIdsMax, SampleId(1));
  Codec codec(kCluster);
  Packet decoded;
  std::string datagram;
  codec.EncodePacket(packet, "", &datagram);
  EXPECT_EQ(codec.DecodePacket(datagram, &decoded), Reject::kNone);
  EXPECT_EQ(decoded.wanted.size(), limits::kPullIdsMax);
  packet.wanted.push_back(SampleId(1));
  datagram.clear();
  codec.EncodePacket(packet, "", &datagram);
  EXPECT_EQ(codec.DecodePacket(datagram, &decoded), Reject::kLimit);
}

// Ids that come one by one rather than packed are counted all the same.
TEST(Limits, PullIdsUnpacked) {
  const auto body_with = [](size_t halves) {
    std::string body = AsGenerated(SamplePacket(PacketType::kGossip)).SerializeAsString();
    body[1] = static_cast<char>(PacketType::kPull);
    for (size_t i = 0; i < halves; ++i) body += "\xa1\x01" + std::string(8, '\x01');
    return body;
  };
  EXPECT_EQ(DecodePacketBody(body_with(2 * limits::kPullIdsMax)), Reject::kNone);
  EXPECT_EQ(DecodePacketBody(body_with(2 * limits::kPullIdsMax + 1)), Reject::kLimit);
}

TEST(Limits, WantedPerFrame) {
  StreamMessage message = SampleStreamMessage(StreamType::kSyncRecords);
  message.wanted.assign(limits::kWantedPerFrameMax, SampleId(1));
  Codec codec(kCluster);
  StreamMessage decoded;
  std::string frame;
  codec.EncodeFrame(message, "", &frame);
  EXPECT_EQ(codec.DecodeFrame(frame.substr(limits::kFrameHeaderBytes), &decoded), Reject::kNone);
  EXPECT_EQ(decoded.wanted.size(), limits::kWantedPerFrameMax);
  message.wanted.push_back(SampleId(1));
  frame.clear();
  codec.EncodeFrame(message, "", &frame);
  EXPECT_EQ(codec.DecodeFrame(frame.substr(limits::kFrameHeaderBytes), &decoded), Reject::kLimit);
}

Reject DecodeMessage(const StreamMessage& message) {
  return DecodeFrameBody(AsGenerated(message).SerializeAsString());
}

TEST(Limits, RangesOfACell) {
  StreamMessage message = SampleStreamMessage(StreamType::kSyncCells);
  message.range_bits = limits::kRangeBitsMax;
  message.hashes.assign(size_t{1} << limits::kRangeBitsMax, 1);
  EXPECT_EQ(DecodeMessage(message), Reject::kNone);
}

TEST(Limits, HashesPerFrame) {
  StreamMessage message = SampleStreamMessage(StreamType::kSyncRecords);
  message.hashes.assign(limits::kHashesPerFrameMax, 1);
  EXPECT_EQ(DecodeMessage(message), Reject::kNone);
  message.hashes.push_back(1);
  EXPECT_EQ(DecodeMessage(message), Reject::kLimit);
}

TEST(Limits, HashesUnpacked) {
  const auto body_with = [](size_t hashes) {
    StreamMessage message = SampleStreamMessage(StreamType::kSyncRecords);
    message.hashes.clear();
    std::string body = AsGenerated(message).SerializeAsString();
    for (size_t i = 0; i < hashes; ++i) body += std::string("\xe5\x01\x01\x01\x01\x01", 6);
    return body;
  };
  EXPECT_EQ(DecodeFrameBody(body_with(limits::kHashesPerFrameMax)), Reject::kNone);
  EXPECT_EQ(DecodeFrameBody(body_with(limits::kHashesPerFrameMax + 1)), Reject::kLimit);
}

TEST(Limits, RangesPerFrame) {
  StreamMessage message = SampleStreamMessage(StreamType::kSyncPrints);
  message.hashes.clear();
  message.incarnations.clear();
  message.ranges.assign(limits::kRangesPerFrameMax, limits::kLeavesMax - 1);
  message.range_sizes.assign(limits::kRangesPerFrameMax, 0);
  EXPECT_EQ(DecodeMessage(message), Reject::kNone);
  message.ranges.push_back(limits::kLeavesMax - 1);
  message.range_sizes.push_back(0);
  EXPECT_EQ(DecodeMessage(message), Reject::kLimit);
}

TEST(Limits, TheLargestFrameOfPrintsFits) {
  StreamMessage message = SampleStreamMessage(StreamType::kSyncPrints);
  message.ranges.assign(limits::kRangesPerFrameMax, limits::kLeavesMax - 1);
  message.range_sizes.assign(limits::kRangesPerFrameMax, 0);
  message.range_sizes[0] = limits::kPrintsPerFrameMax;
  message.hashes.assign(limits::kPrintsPerFrameMax, UINT32_MAX);
  message.incarnations.assign(limits::kPrintsPerFrameMax,
                              Incarnation::Of(Incarnation::kEpochMax, Incarnation::kCounterTop));
  Codec codec(kCluster);
  std::string frame;
  EXPECT_GT(codec.EncodeFrame(message, "", &frame), 0u);
  StreamMessage decoded;
  EXPECT_EQ(codec.DecodeFrame(frame.substr(limits::kFrameHeaderBytes), &decoded), Reject::kNone);
}

TEST(Limits, PrintsPerFrame) {
  StreamMessage message = SampleStreamMessage(StreamType::kSyncPrints);
  const auto decode = [&message](size_t prints) {
    message.ranges = {0};
    message.range_sizes = {static_cast<uint32_t>(prints)};
    message.hashes.assign(prints, 1);
    message.incarnations.assign(prints, Incarnation::Of(1, 0));
    return DecodeMessage(message);
  };
  EXPECT_EQ(decode(limits::kPrintsPerFrameMax), Reject::kNone);
  EXPECT_EQ(decode(limits::kPrintsPerFrameMax + 1), Reject::kLimit);
}

// Packed, each of them would grow to eight bytes before they are counted.
TEST(Limits, EpochsAndCountersOfPrints) {
  proto::StreamMessage message = AsGenerated(SampleStreamMessage(StreamType::kSyncPrints));
  for (size_t i = 0; i <= limits::kPrintsPerFrameMax * 10; ++i) message.add_epochs(1);
  EXPECT_EQ(DecodeFrameBody(message.SerializeAsString()), Reject::kLimit);
  message = AsGenerated(SampleStreamMessage(StreamType::kSyncPrints));
  for (size_t i = 0; i <= limits::kPrintsPerFrameMax * 5; ++i) message.add_counters(1);
  EXPECT_EQ(DecodeFrameBody(message.SerializeAsString()), Reject::kLimit);
}

TEST(Limits, NameBytes) {
  Attributes attributes = testing::SampleAttributes();
  attributes.name.assign(limits::kNameBytesMax, 'n');
  EXPECT_EQ(DecodeAttributes(attributes), kPasses);
  attributes.name.push_back('n');
  EXPECT_EQ(DecodeAttributes(attributes), kBeyond);
}

TEST(Limits, Tags) {
  Attributes attributes = testing::SampleAttributes();
  attributes.tags.clear();
  for (size_t i = 0; i < limits::kTagsMax; ++i) {
    attributes.tags.emplace_back(
        std::string{'a', static_cast<char>('0' + i / 10), static_cast<char>('0' + i % 10)}, "v");
  }
  EXPECT_EQ(DecodeAttributes(attributes), kPasses);
  attributes.tags.emplace_back("b", "v");
  EXPECT_EQ(DecodeAttributes(attributes), kBeyond);
}

TEST(Limits, TagBytesTogether) {
  Attributes attributes = testing::SampleAttributes();
  attributes.tags = {{"a", std::string(200, 'v')},
                     {"b", std::string(limits::kTagBytesMax - 202, 'v')}};
  EXPECT_EQ(DecodeAttributes(attributes), kPasses);
  attributes.tags[1].second.push_back('v');
  EXPECT_EQ(DecodeAttributes(attributes), kBeyond);
  attributes.tags = {{"a", std::string(limits::kTagBytesMax - 1, 'v')}};
  EXPECT_EQ(DecodeAttributes(attributes), kPasses);
  attributes.tags[0].second.push_back('v');
  EXPECT_EQ(DecodeAttributes(attributes), kBeyond);
}

TEST(Limits, AgentBytes) {
  Attributes attributes = testing::SampleAttributes();
  attributes.agent.assign(limits::kAgentBytesMax, 'a');
  EXPECT_EQ(DecodeAttributes(attributes), kPasses);
  attributes.agent.push_back('a');
  EXPECT_EQ(DecodeAttributes(attributes), kBeyond);
}

TEST(Limits, ClusterBytes) {
  const std::string longest(limits::kClusterBytesMax, 'c');
  for (const StreamType type : {StreamType::kJoin, StreamType::kWrongCluster}) {
    StreamMessage message = SampleStreamMessage(type);
    message.cluster = longest;
    Codec codec(longest);
    StreamMessage decoded;
    std::string frame;
    codec.EncodeFrame(message, "", &frame);
    EXPECT_EQ(codec.DecodeFrame(frame.substr(limits::kFrameHeaderBytes), &decoded), Reject::kNone);
    message.cluster.push_back('c');
    frame.clear();
    codec.EncodeFrame(message, "", &frame);
    EXPECT_EQ(codec.DecodeFrame(frame.substr(limits::kFrameHeaderBytes), &decoded), Reject::kLimit);
  }
}

TEST(Limits, OtherNameBytes) {
  proto::StreamMessage message = AsGenerated(SampleStreamMessage(StreamType::kJoinAnswer));
  message.set_other_name(std::string(limits::kNameBytesMax, 'n'));
  EXPECT_EQ(DecodeFrameBody(message.SerializeAsString()), Reject::kNone);
  message.set_other_name(std::string(limits::kNameBytesMax + 1, 'n'));
  EXPECT_EQ(DecodeFrameBody(message.SerializeAsString()), Reject::kLimit);
}

TEST(Limits, Health) {
  proto::Packet packet = AsGenerated(SamplePacket(PacketType::kPing));
  packet.set_health(limits::kHealthMax);
  EXPECT_EQ(DecodePacketBody(packet.SerializeAsString()), Reject::kNone);
  packet.set_health(limits::kHealthMax + 1);
  EXPECT_EQ(DecodePacketBody(packet.SerializeAsString()), Reject::kLimit);
}

TEST(Limits, FrameBytes) {
  Codec codec(kCluster);
  const StreamMessage message = SampleStreamMessage(StreamType::kAck);
  std::string empty;
  const size_t envelope = codec.EncodeFrame(message, "", &empty) - limits::kFrameHeaderBytes;
  // One unknown field as filler: tag 2 bytes, length 3 bytes.
  const auto filler = [envelope](size_t body) {
    const size_t bytes = body - envelope - 5;
    std::string field = "\xaa\x38";
    field.push_back(static_cast<char>(0x80 | (bytes & 0x7f)));
    field.push_back(static_cast<char>(0x80 | (bytes >> 7 & 0x7f)));
    field.push_back(static_cast<char>(bytes >> 14));
    return field + std::string(bytes, 'x');
  };
  std::string frame;
  EXPECT_EQ(codec.EncodeFrame(message, filler(limits::kFrameBytesMax), &frame),
            limits::kFrameHeaderBytes + limits::kFrameBytesMax);
  StreamMessage decoded;
  std::string body = frame.substr(limits::kFrameHeaderBytes);
  EXPECT_EQ(codec.DecodeFrame(body, &decoded), Reject::kNone);
  EXPECT_EQ(codec.DecodeFrame(body + "x", &decoded), Reject::kTooLong);
  std::string nothing = "before";
  EXPECT_EQ(codec.EncodeFrame(message, filler(limits::kFrameBytesMax + 1), &nothing), 0u);
  EXPECT_EQ(nothing, "before");
}

}  // namespace
}  // namespace muster::wire
