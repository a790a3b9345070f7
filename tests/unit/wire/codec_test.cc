#include "src/wire/codec.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

#include "proto/gossip.pb.h"
#include "tests/unit/wire/samples.h"

namespace muster::wire {
namespace {

using testing::Describe;
using testing::Envelope;
using testing::kAllPacketTypes;
using testing::kAllStreamTypes;
using testing::kCluster;
using testing::SampleFullUpdate;
using testing::SamplePacket;
using testing::SampleStreamMessage;
using testing::SampleUpdate;

std::string Datagram(const Packet& packet) {
  Codec codec(kCluster);
  std::string out;
  const size_t bytes = codec.EncodePacket(packet, "", &out);
  EXPECT_EQ(bytes, out.size());
  return out;
}

// The frame's body, without its length.
std::string FrameBody(std::string_view cluster, const StreamMessage& message) {
  Codec codec(cluster);
  std::string out;
  const size_t bytes = codec.EncodeFrame(message, "", &out);
  EXPECT_EQ(bytes, out.size());
  return out.substr(limits::kFrameHeaderBytes);
}

Reject DecodePacket(std::string_view bytes, Packet* packet) {
  return Codec(kCluster).DecodePacket(bytes, packet);
}

Reject DecodeFrame(std::string_view body, StreamMessage* message) {
  return Codec(kCluster).DecodeFrame(body, message);
}

Packet PacketWithUpdates(PacketType type) {
  Packet packet = SamplePacket(type);
  packet.tombstones = ViewCell{};
  packet.updates = {SampleUpdate(), SampleFullUpdate()};
  return packet;
}

TEST(Codec, EveryPacketTypeRoundTrips) {
  for (const PacketType type : kAllPacketTypes) {
    const Packet packet = PacketWithUpdates(type);
    Packet decoded;
    ASSERT_EQ(DecodePacket(Datagram(packet), &decoded), Reject::kNone) << static_cast<int>(type);
    EXPECT_EQ(Describe(decoded), Describe(packet));
  }
}

TEST(Codec, EveryStreamTypeRoundTrips) {
  for (const StreamType type : kAllStreamTypes) {
    StreamMessage message = SampleStreamMessage(type);
    message.updates.push_back(SampleUpdate());
    message.updates.push_back(SampleFullUpdate());
    StreamMessage decoded;
    ASSERT_EQ(DecodeFrame(FrameBody(kCluster, message), &decoded), Reject::kNone)
        << static_cast<int>(type);
    EXPECT_EQ(Describe(decoded), Describe(message));
  }
}

TEST(Codec, Ipv6AddressesTravel) {
  std::array<uint8_t, 16> ip{};
  ip[0] = 0x20;
  ip[15] = 7;
  Packet packet = SamplePacket(PacketType::kPingRequest);
  packet.target_address = Address::V6(ip, 7946);
  Packet decoded;
  ASSERT_EQ(DecodePacket(Datagram(packet), &decoded), Reject::kNone);
  EXPECT_EQ(decoded.target_address, packet.target_address);
}

TEST(Codec, OnlyTheFieldsOfATypeTravel) {
  Packet packet = SamplePacket(PacketType::kNack);
  const std::string expected = Describe(packet);
  packet.target_prefix = 1;
  packet.target_address = Address::V4(1, 1);
  packet.ring = 1;
  packet.pace_ms = 1;
  packet.wanted = {testing::SampleId(1)};
  Packet decoded;
  ASSERT_EQ(DecodePacket(Datagram(packet), &decoded), Reject::kNone);
  EXPECT_EQ(Describe(decoded), expected);
}

TEST(Codec, DecodingForgetsTheEarlierPacket) {
  Codec codec(kCluster);
  Packet decoded;
  for (const PacketType first : kAllPacketTypes) {
    for (const PacketType second : kAllPacketTypes) {
      ASSERT_EQ(codec.DecodePacket(Datagram(PacketWithUpdates(first)), &decoded), Reject::kNone);
      ASSERT_EQ(codec.DecodePacket(Datagram(SamplePacket(second)), &decoded), Reject::kNone);
      EXPECT_EQ(Describe(decoded), Describe(SamplePacket(second)));
    }
  }
}

TEST(Codec, SplicedUpdatesEqualPassedOnes) {
  Packet packet = SamplePacket(PacketType::kPing);
  std::string pieces;
  size_t bytes = EncodeUpdate(SampleUpdate(), &pieces);
  bytes += EncodeUpdate(SampleFullUpdate(), &pieces);
  EXPECT_EQ(bytes, pieces.size());
  Codec codec(kCluster);
  std::string spliced;
  codec.EncodePacket(packet, pieces, &spliced);
  EXPECT_EQ(codec.OverheadBytes(packet) + pieces.size(), spliced.size());
  packet.updates = {SampleUpdate(), SampleFullUpdate()};
  EXPECT_EQ(codec.OverheadBytes(packet), spliced.size());
  EXPECT_EQ(spliced, Datagram(packet));

  StreamMessage message = SampleStreamMessage(StreamType::kAck);
  std::string frame;
  codec.EncodeFrame(message, pieces, &frame);
  message.updates = packet.updates;
  EXPECT_EQ(frame.substr(limits::kFrameHeaderBytes), FrameBody(kCluster, message));
}

TEST(Codec, WhatAllShareIsToldOnceAFrame) {
  StreamMessage message = SampleStreamMessage(StreamType::kSyncRecords);
  const Update shares = SampleFullUpdate(1);
  const Attributes& attributes = *shares.attributes;
  message.common = {attributes.address.port(), attributes.tolerance_ms, attributes.agent};
  Update other = SampleFullUpdate(2);
  ++other.attributes->tolerance_ms;
  other.attributes_hash = AttributesHash(*other.attributes);
  std::string pieces;
  const size_t shared_bytes = EncodeUpdate(shares, &pieces, &message.common);
  const size_t other_bytes = EncodeUpdate(other, &pieces, &message.common);
  EncodeUpdate(SampleUpdate(), &pieces, &message.common);
  std::string whole;
  EXPECT_LE(shared_bytes + 8 + attributes.agent.size(), EncodeUpdate(shares, &whole));
  EXPECT_EQ(other_bytes, EncodeUpdate(other, &whole)) << "one that differs is told in full";
  Codec codec(kCluster);
  std::string frame;
  codec.EncodeFrame(message, pieces, &frame);
  StreamMessage decoded;
  ASSERT_EQ(codec.DecodeFrame(frame.substr(limits::kFrameHeaderBytes), &decoded), Reject::kNone);
  message.updates = {shares, other, SampleUpdate()};
  EXPECT_EQ(Describe(decoded), Describe(message));
}

TEST(Codec, EncodersAppend) {
  Codec codec(kCluster);
  std::string out = "before";
  const size_t packet_bytes = codec.EncodePacket(SamplePacket(PacketType::kPing), "", &out);
  EXPECT_EQ(out.substr(6), Datagram(SamplePacket(PacketType::kPing)));
  EXPECT_EQ(packet_bytes, out.size() - 6);
  const size_t frame_bytes = codec.EncodeFrame(SampleStreamMessage(StreamType::kAck), "", &out);
  EXPECT_EQ(frame_bytes, out.size() - 6 - packet_bytes);
  EXPECT_EQ(out.substr(0, 6), "before");
}

// What is on the wire may not change without a new version.
TEST(Codec, LayoutIsPinned) {
  Packet packet;
  packet.type = PacketType::kGossip;
  packet.sender = {1, 2};
  packet.sequence = 3;
  const std::string datagram = Datagram(packet);
  const std::string body = std::string("\x08\x06\x11\x01\x00\x00\x00\x00\x00\x00\x00", 11) +
                           std::string("\x19\x02\x00\x00\x00\x00\x00\x00\x00\x28\x03", 11);
  EXPECT_EQ(datagram, Envelope(kCluster, body));
  EXPECT_EQ(datagram.substr(0, kHeaderBytes), std::string("\x01\x00\x1a\xac\x73\x94", 6));

  Update update;
  update.id = {1, 2};
  update.incarnation = Incarnation::Of(5, 1);
  update.state = State::kFailed;
  update.reason = Reason::kForced;
  update.by = 7;
  std::string piece;
  EncodeUpdate(update, &piece);
  const std::string expected = std::string("\x7a\x1c\x09\x01\x00\x00\x00\x00\x00\x00\x00", 11) +
                               std::string("\x11\x02\x00\x00\x00\x00\x00\x00\x00\x18\x05", 11) +
                               std::string("\x20\xaa\x01\x35\x07\x00\x00\x00", 8);
  EXPECT_EQ(piece, expected);
}

TEST(Codec, FrameBeginsWithItsLength) {
  Codec codec(kCluster);
  std::string frame;
  codec.EncodeFrame(SampleStreamMessage(StreamType::kPing), "", &frame);
  const size_t body = frame.size() - limits::kFrameHeaderBytes;
  ASSERT_LT(body, 256u);
  EXPECT_EQ(frame.substr(0, 4), std::string({0, 0, 0, static_cast<char>(body)}));
}

TEST(Codec, TruncationAnywhereIsRejected) {
  for (const PacketType type : kAllPacketTypes) {
    const std::string whole = Datagram(PacketWithUpdates(type));
    Packet decoded;
    for (size_t size = 0; size < whole.size(); ++size) {
      // A copy of the exact size, so that the address sanitizer sees a read past its end.
      const std::string cut(whole.data(), size);
      ASSERT_NE(DecodePacket(cut, &decoded), Reject::kNone) << size;
    }
  }
  for (const StreamType type : kAllStreamTypes) {
    const std::string whole = FrameBody(kCluster, SampleStreamMessage(type));
    StreamMessage decoded;
    for (size_t size = 0; size < whole.size(); ++size) {
      const std::string cut(whole.data(), size);
      ASSERT_NE(DecodeFrame(cut, &decoded), Reject::kNone) << size;
    }
  }
}

// The same with the checksum made good, so that the cut reaches the parser.
TEST(Codec, TruncatedBodiesBehindASoundChecksum) {
  const std::string whole = Datagram(PacketWithUpdates(PacketType::kPing));
  const std::string body = whole.substr(kHeaderBytes, whole.size() - kHeaderBytes - kChecksumBytes);
  int cut_inside_a_field = 0;
  for (size_t size = 0; size < body.size(); ++size) {
    const std::string cut = body.substr(0, size);
    Packet decoded;
    const Reject reject = DecodePacket(Envelope(kCluster, cut), &decoded);
    if (proto::Packet().ParseFromString(cut)) continue;
    ++cut_inside_a_field;
    EXPECT_EQ(reject, Reject::kMalformed) << size;
  }
  EXPECT_GT(cut_inside_a_field, 100);
}

TEST(Codec, EveryBitFlipIsRejected) {
  const std::string packet = Datagram(PacketWithUpdates(PacketType::kPing));
  const std::string frame = FrameBody(kCluster, SampleStreamMessage(StreamType::kJoin));
  Codec codec(kCluster);
  Packet decoded_packet;
  StreamMessage decoded_message;
  for (size_t bit = 0; bit < 8 * packet.size(); ++bit) {
    std::string flipped = packet;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    const Reject expected = bit < 8    ? Reject::kVersion
                            : bit < 16 ? Reject::kFlags
                            : bit < 48 ? Reject::kCluster
                                       : Reject::kChecksum;
    ASSERT_EQ(codec.DecodePacket(flipped, &decoded_packet), expected) << bit;
  }
  for (size_t bit = 0; bit < 8 * frame.size(); ++bit) {
    std::string flipped = frame;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    const Reject expected = bit < 8    ? Reject::kVersion
                            : bit < 16 ? Reject::kFlags
                                       : Reject::kChecksum;
    ASSERT_EQ(codec.DecodeFrame(flipped, &decoded_message), expected) << bit;
  }
}

TEST(Codec, UnknownFieldsAreSkipped) {
  // Field 900 as a varint and field 901 as bytes: what a later release may add.
  const std::string later("\xa0\x38\x05\xaa\x38\x02hi", 8);
  const std::string whole = Datagram(PacketWithUpdates(PacketType::kAck));
  proto::Packet message;
  ASSERT_TRUE(message.ParseFromString(
      whole.substr(kHeaderBytes, whole.size() - kHeaderBytes - kChecksumBytes)));
  ASSERT_TRUE(message.MergeFromString(later));
  ASSERT_TRUE(message.mutable_updates(0)->MergeFromString(later));
  ASSERT_TRUE(message.mutable_updates(1)->mutable_attributes()->MergeFromString(later));
  const std::string body = message.SerializeAsString();
  EXPECT_EQ(body.size() + kHeaderBytes + kChecksumBytes, whole.size() + 3 * later.size());
  Packet decoded;
  ASSERT_EQ(DecodePacket(Envelope(kCluster, body), &decoded), Reject::kNone);
  EXPECT_EQ(Describe(decoded), Describe(PacketWithUpdates(PacketType::kAck)));

  proto::StreamMessage stream;
  const std::string frame = FrameBody(kCluster, SampleStreamMessage(StreamType::kJoin));
  ASSERT_TRUE(stream.ParseFromString(
      frame.substr(kHeaderBytes, frame.size() - kHeaderBytes - kChecksumBytes)));
  ASSERT_TRUE(stream.MergeFromString(later));
  StreamMessage decoded_message;
  ASSERT_EQ(DecodeFrame(Envelope(kCluster, stream.SerializeAsString()), &decoded_message),
            Reject::kNone);
  EXPECT_EQ(Describe(decoded_message), Describe(SampleStreamMessage(StreamType::kJoin)));
}

TEST(Codec, ForeignPacketIsRejectedByItsTag) {
  Codec other("staging");
  std::string datagram;
  other.EncodePacket(SamplePacket(PacketType::kPing), "", &datagram);
  Packet decoded;
  EXPECT_EQ(DecodePacket(datagram, &decoded), Reject::kCluster);
  EXPECT_EQ(other.DecodePacket(datagram, &decoded), Reject::kNone);
}

TEST(Codec, ForeignJoinTellsItsName) {
  for (const StreamType type : {StreamType::kJoin, StreamType::kWrongCluster}) {
    StreamMessage message = SampleStreamMessage(type);
    message.cluster = "staging";
    StreamMessage decoded = SampleStreamMessage(StreamType::kSyncRecords);
    ASSERT_EQ(DecodeFrame(FrameBody("staging", message), &decoded), Reject::kCluster);
    StreamMessage expected;
    expected.type = type;
    expected.sender = message.sender;
    expected.cluster = "staging";
    EXPECT_EQ(Describe(decoded), Describe(expected)) << "more than the name was handed on";
  }
}

TEST(Codec, OtherForeignFramesTellNothing) {
  StreamMessage decoded = SampleStreamMessage(StreamType::kJoin);
  EXPECT_EQ(DecodeFrame(FrameBody("staging", SampleStreamMessage(StreamType::kLeave)), &decoded),
            Reject::kCluster);
  EXPECT_EQ(Describe(decoded), Describe(StreamMessage()));

  decoded = SampleStreamMessage(StreamType::kJoin);
  EXPECT_EQ(DecodeFrame(Envelope("staging", "\xff"), &decoded), Reject::kCluster);
  EXPECT_EQ(Describe(decoded), Describe(StreamMessage()));
}

// Two cluster names may have the same tag of 32 bits; the join says which one is meant.
TEST(Codec, JoinToAnotherNameUnderOurTagIsForeign) {
  StreamMessage message = SampleStreamMessage(StreamType::kJoin);
  message.cluster = "staging";
  StreamMessage decoded;
  EXPECT_EQ(DecodeFrame(FrameBody(kCluster, message), &decoded), Reject::kCluster);
  EXPECT_EQ(decoded.type, StreamType::kJoin);
  EXPECT_EQ(decoded.cluster, "staging");
}

TEST(Codec, FullUpdateCarriesTheHashOfItsAttributes) {
  Packet packet = SamplePacket(PacketType::kGossip);
  packet.updates = {SampleFullUpdate()};
  packet.updates[0].attributes_hash = 5;  // not theirs
  Packet decoded;
  ASSERT_EQ(DecodePacket(Datagram(packet), &decoded), Reject::kNone);
  EXPECT_EQ(decoded.updates[0].attributes_hash, AttributesHash(*packet.updates[0].attributes));
}

}  // namespace
}  // namespace muster::wire
