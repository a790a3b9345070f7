#include "src/core/outbox.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"
#include "src/core/effects.h"
#include "src/core/stats.h"
#include "src/wire/codec.h"
#include "src/wire/limits.h"
#include "tests/unit/core/claims.h"

namespace muster::core {
namespace {

constexpr uint64_t kBoot = 77;
const Address kTo = AttributesOf(5).address;

class OutboxTest : public ::testing::Test {
 protected:
  OutboxTest() : out_(IdOf(1), kBoot, "default", &stats_), codec_("default") {
    out_.set_epoch(9);
    out_.set_health(3);
    out_.Begin(&effects_);
  }
  static wire::Packet Gossip() {
    wire::Packet packet;
    packet.type = wire::PacketType::kGossip;
    return packet;
  }
  static std::string Piece(uint64_t n) {
    std::string piece;
    wire::EncodeUpdate(Short(n, 5, wire::State::kSuspect), &piece);
    return piece;
  }

  Stats stats_;
  Effects effects_;
  Outbox out_;
  wire::Codec codec_;
};

TEST_F(OutboxTest, EveryPacketSaysWhoSentItAndCarriesItsPieces) {
  wire::Packet packet = Gossip();
  EXPECT_EQ(out_.Send(kTo, packet, Piece(2) + Piece(3), false), 1u);
  ASSERT_EQ(effects_.datagrams().size(), 1u);
  const Effects::Datagram& datagram = effects_.datagrams()[0];
  EXPECT_EQ(datagram.to, kTo);
  EXPECT_EQ(datagram.probe_sequence, 0u);

  wire::Packet decoded;
  ASSERT_EQ(codec_.DecodePacket(effects_.bytes(datagram), &decoded), wire::Reject::kNone);
  EXPECT_EQ(decoded.sender, IdOf(1));
  EXPECT_EQ(decoded.epoch, 9u);
  EXPECT_EQ(decoded.health, 3);
  EXPECT_EQ(decoded.sequence, 1u);
  ASSERT_EQ(decoded.updates.size(), 2u);
  EXPECT_EQ(decoded.updates[0].id, IdOf(2));
  EXPECT_EQ(decoded.updates[1].id, IdOf(3));
}

TEST_F(OutboxTest, SequencesRiseAndAProbeIsMarkedWithItsOwn) {
  wire::Packet packet = Gossip();
  EXPECT_EQ(out_.Send(kTo, packet, {}, false), 1u);
  EXPECT_EQ(out_.Send(kTo, packet, {}, true), 2u);
  EXPECT_EQ(out_.Send(kTo, packet, {}, true), 3u);
  EXPECT_EQ(effects_.datagrams()[0].probe_sequence, 0u);
  EXPECT_EQ(effects_.datagrams()[1].probe_sequence, 2u);
  EXPECT_EQ(effects_.datagrams()[2].probe_sequence, 3u);
}

TEST_F(OutboxTest, WhatFitsInTheRoomFitsInTheDatagram) {
  wire::Packet packet = Gossip();
  const size_t room = out_.RoomBeside(packet);
  std::string pieces;
  for (uint64_t n = 2; pieces.size() + Piece(n).size() <= room; ++n) pieces += Piece(n);
  EXPECT_GT(pieces.size(), room - 60);
  out_.Send(kTo, packet, pieces, false);
  EXPECT_LE(effects_.datagrams()[0].size, wire::limits::kDatagramBytesMax);
  // The room is that beside the longest sequence number, four bytes above the first one.
  EXPECT_EQ(effects_.datagrams()[0].size + 4,
            wire::limits::kDatagramBytesMax - room + pieces.size());
}

TEST_F(OutboxTest, CountsWhatLeaves) {
  wire::Packet packet = Gossip();
  out_.Send(kTo, packet, Piece(2), false);
  out_.Send(kTo, packet, {}, true);
  wire::StreamMessage message;
  message.type = wire::StreamType::kPing;
  ASSERT_TRUE(out_.SendFrame(out_.Open(kTo, Duration::Seconds(1)), message, {}));
  EXPECT_EQ(stats_.packets_out, 2u);
  EXPECT_EQ(stats_.bytes_out, effects_.datagrams()[0].size + effects_.datagrams()[1].size);
  EXPECT_EQ(stats_.frames_out, 1u);
  EXPECT_EQ(stats_.frame_bytes_out, effects_.stream_actions()[1].size);
}

TEST_F(OutboxTest, OwnStreamsHaveOddIdsAndSayWhichRunSpeaks) {
  const StreamId first = out_.Open(kTo, Duration::Seconds(1));
  const StreamId second = out_.Open(kTo, Duration::Seconds(2));
  EXPECT_EQ(first, 1u);
  EXPECT_EQ(second, 3u);
  wire::StreamMessage message;
  message.type = wire::StreamType::kAck;
  ASSERT_TRUE(out_.SendFrame(second, message, {}));
  out_.Close(first);

  ASSERT_EQ(effects_.stream_actions().size(), 4u);
  const Effects::StreamAction& open = effects_.stream_actions()[1];
  EXPECT_EQ(open.verb, Effects::StreamVerb::kOpen);
  EXPECT_EQ(open.to, kTo);
  EXPECT_EQ(open.budget, Duration::Seconds(2));
  const Effects::StreamAction& send = effects_.stream_actions()[2];
  EXPECT_EQ(send.stream, second);
  const std::string_view body = effects_.bytes(send).substr(wire::limits::kFrameHeaderBytes);
  wire::StreamMessage decoded;
  ASSERT_EQ(codec_.DecodeFrame(body, &decoded), wire::Reject::kNone);
  EXPECT_EQ(decoded.sender, IdOf(1));
  EXPECT_EQ(decoded.epoch, 9u);
  EXPECT_EQ(decoded.boot, kBoot);
  EXPECT_EQ(effects_.stream_actions()[3].verb, Effects::StreamVerb::kClose);
  EXPECT_EQ(effects_.stream_actions()[3].stream, first);
}

TEST_F(OutboxTest, AMessageBeyondOneFrameIsNotSent) {
  wire::StreamMessage message;
  message.type = wire::StreamType::kSyncSummary;
  std::string pieces;
  while (pieces.size() <= wire::limits::kFrameBytesMax) pieces += Piece(2);
  const uint64_t digest = out_.digest().value();
  EXPECT_FALSE(out_.SendFrame(2, message, pieces));
  EXPECT_TRUE(effects_.empty());
  EXPECT_TRUE(effects_.arena().empty());
  EXPECT_EQ(stats_.frames_out, 0u);
  EXPECT_EQ(out_.digest().value(), digest);
}

TEST_F(OutboxTest, TheDigestFollowsTheBytesThatLeave) {
  const auto digest_of = [](const std::string& pieces) {
    Stats stats;
    Effects effects;
    Outbox out(IdOf(1), kBoot, "default", &stats);
    out.Begin(&effects);
    wire::Packet packet = Gossip();
    out.Send(kTo, packet, pieces, false);
    return out.digest().value();
  };
  EXPECT_EQ(digest_of(Piece(2)), digest_of(Piece(2)));
  EXPECT_NE(digest_of(Piece(2)), digest_of(Piece(3)));
}

}  // namespace
}  // namespace muster::core
