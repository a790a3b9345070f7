// What anybody can send to the datagram port without a key, under any sender's id and from any
// address. Whatever it is: counted, bounded, answered with no more than it brought.

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "src/base/rng.h"
#include "tests/unit/core/node_harness.h"

namespace muster::core {
namespace {

using wire::PacketType;
using wire::Reject;
using wire::State;

constexpr uint64_t kFirst = NodeHarness::kFirst;
const Address kStranger = Address::V4(0xc0000207, 7946);

wire::Packet Of(PacketType type) {
  wire::Packet packet;
  packet.type = type;
  return packet;
}

class NodeHostileTest : public ::testing::Test {
 protected:
  NodeHostileTest() {
    h_.Meet(3);
    h_.Run(Duration::Millis(10));
  }
  NodeHarness h_;
};

TEST_F(NodeHostileTest, RandomBytesChangeNothing) {
  const Snapshot before(h_.node());
  Rng rng(7);
  for (int i = 0; i < 2000; ++i) {
    std::string bytes(rng.Below(1300), '\0');
    for (char& byte : bytes) byte = static_cast<char>(rng.Below(256));
    // Some get past the version and the flags.
    if (i % 2 == 0 && bytes.size() >= 2) bytes.replace(0, 2, std::string("\x01\x00", 2));
    h_.Receive(kStranger, bytes);
    ASSERT_TRUE(h_.effects().empty());
  }
  EXPECT_EQ(Snapshot(h_.node()), before);
  EXPECT_EQ(AllRejected(h_), 2000u);
}

TEST_F(NodeHostileTest, CutOrInvertedPacketsChangeNothing) {
  wire::Packet packet = Of(PacketType::kPing);
  packet.updates = {Full(9, kFirst, State::kAlive), Short(1, kFirst, State::kSuspect)};
  const std::string whole = h_.Encode(2, packet);
  const Snapshot before(h_.node());
  for (size_t i = 0; i < whole.size(); ++i) {
    h_.Receive(h_.AddressOf(2), whole.substr(0, i));
    ASSERT_TRUE(h_.effects().empty()) << i;
    std::string inverted = whole;
    inverted[i] = static_cast<char>(~inverted[i]);
    h_.Receive(h_.AddressOf(2), inverted);
    ASSERT_TRUE(h_.effects().empty()) << i;
  }
  EXPECT_EQ(Snapshot(h_.node()), before);
  EXPECT_EQ(AllRejected(h_), 2 * whole.size());
}

TEST_F(NodeHostileTest, OurOwnPacketsComeBackToNoEffect) {
  const Snapshot before(h_.node());
  wire::Packet packet = Of(PacketType::kPing);
  packet.updates = {Short(1, kFirst, State::kSuspect)};
  h_.ReceiveFrom(kStranger, 0, packet);
  h_.ReceiveFrom(h_.AddressOf(0), 0, packet);
  EXPECT_TRUE(h_.effects().empty());
  EXPECT_EQ(Snapshot(h_.node()), before);
  EXPECT_EQ(h_.Rejected(Reject::kState), 2u);
}

TEST_F(NodeHostileTest, AStrangersPingIsAnsweredWithNoMoreThanItBrought) {
  for (size_t updates = 0; updates <= 20; ++updates) {
    for (const uint64_t sender : {1, 77}) {  // a member's id from elsewhere, and nobody's
      for (const bool with_cell : {false, true}) {
        wire::Packet ping = Of(PacketType::kPing);
        if (with_cell) ping.view = wire::ViewCell{1, 1};
        ping.updates.assign(updates, Short(2, kFirst - 1, State::kAlive));
        const std::string bytes = h_.Encode(sender, ping);
        h_.Receive(kStranger, bytes);
        size_t sent = 0;
        for (const Effects::Datagram& datagram : h_.effects().datagrams()) {
          EXPECT_EQ(datagram.to, kStranger);
          sent += datagram.size;
        }
        EXPECT_LE(sent, bytes.size());
        EXPECT_TRUE(h_.effects().stream_actions().empty());
      }
    }
  }
}

TEST_F(NodeHostileTest, TheIdOfATombstoneGetsNoMoreThanItBrought) {
  h_.Gossip(1, {Full(1, kFirst, State::kLeft)});
  ASSERT_EQ(h_.StateOf(1), State::kLeft);
  for (size_t updates = 0; updates <= 8; ++updates) {
    wire::Packet packet = Of(PacketType::kGossip);
    packet.updates.assign(updates, Short(2, kFirst - 1, State::kAlive));
    const std::string bytes = h_.Encode(1, packet);
    h_.Receive(kStranger, bytes);
    size_t sent = 0;
    for (const Effects::Datagram& datagram : h_.effects().datagrams()) sent += datagram.size;
    EXPECT_LE(sent, bytes.size());
  }
}

TEST_F(NodeHostileTest, ForgedTombstonesDoNotSilenceGossip) {
  h_.Gossip(1, {Full(1, kFirst, State::kLeft)});
  for (int i = 0; i < 5000; ++i) h_.Gossip(1, {});
  h_.Gossip(2, {Full(9, kFirst, State::kAlive)});
  bool told = false;
  h_.Run(Duration::Millis(25), [&] {  // the least gap between two pushes, and a little
    for (const wire::Packet& packet : h_.Packets()) {
      for (const wire::Update& update : packet.updates) told |= update.id == IdOf(9);
    }
  });
  EXPECT_TRUE(told);
}

TEST_F(NodeHostileTest, StrangersGetNoRecordsAndNoRelaying) {
  wire::Packet pull = Of(PacketType::kPull);
  pull.wanted = {IdOf(1), IdOf(2), IdOf(3)};
  wire::Packet request = Of(PacketType::kPingRequest);
  request.target = IdOf(2);
  request.target_address = h_.AddressOf(2);
  for (const wire::Packet& packet : {pull, request}) {
    for (const uint64_t sender : {1, 77}) {
      h_.ReceiveFrom(kStranger, sender, packet);
      EXPECT_TRUE(h_.effects().empty());
    }
  }
  EXPECT_EQ(h_.Rejected(Reject::kUnsolicited), 4u);
}

TEST_F(NodeHostileTest, ARelayedPingGoesWhereTheTableSays) {
  wire::Packet request = Of(PacketType::kPingRequest);
  request.target = IdOf(2);
  request.target_address = kStranger;
  h_.Receive(1, request);
  ASSERT_EQ(h_.effects().datagrams().size(), 1u);
  EXPECT_EQ(h_.effects().datagrams()[0].to, h_.AddressOf(2));
}

TEST_F(NodeHostileTest, AnotherSendersAckDoesNotEndARelaysDuty) {
  wire::Packet request = Of(PacketType::kPingRequest);
  request.target = IdOf(2);
  request.target_address = h_.AddressOf(2);
  h_.Receive(1, request);
  ASSERT_EQ(h_.Packets().size(), 1u);
  const uint32_t sequence = h_.Packets()[0].sequence;
  h_.Ack(3, sequence);
  EXPECT_TRUE(h_.effects().empty());
  h_.Ack(2, sequence);
  ASSERT_EQ(h_.Packets().size(), 1u);
  EXPECT_EQ(h_.Packets()[0].type, PacketType::kAck);
  EXPECT_EQ(h_.effects().datagrams()[0].to, h_.AddressOf(1));
}

TEST_F(NodeHostileTest, UnsolicitedAnswersAreCountedAndNoMore) {
  const Snapshot before(h_.node());
  uint64_t sent = 0;
  for (const PacketType type : {PacketType::kAck, PacketType::kNack}) {
    for (uint32_t answers = 1000; answers < 1200; ++answers) {
      for (const uint64_t sender : {1, 77}) {
        wire::Packet packet = Of(type);
        packet.answers = answers;
        packet.target = IdOf(2);
        h_.Receive(sender, packet);
        ASSERT_TRUE(h_.effects().empty());
        ++sent;
      }
    }
  }
  EXPECT_EQ(h_.Rejected(Reject::kUnsolicited), sent);
  EXPECT_EQ(Snapshot(h_.node()), before);
}

TEST_F(NodeHostileTest, AnAckCannotHurryItsObserver) {
  int pings = 0;
  h_.Run(Duration::Seconds(30), [&] {
    for (const wire::Packet& asked : h_.Packets()) {
      if (asked.type != PacketType::kPing) continue;
      pings += asked.target_prefix == IdOf(1).hi ? 1 : 0;
      wire::Packet ack = Of(PacketType::kAck);
      ack.answers = asked.sequence;
      ack.pace_ms = 1;
      h_.Receive(asked.target_prefix - 1, ack);
    }
  });
  EXPECT_GE(pings, 5);
  EXPECT_LE(pings, 70) << "more than one every half period, and extra ones";
}

TEST_F(NodeHostileTest, AFarEpochIsBelievedOnlyInAnAnswer) {
  const wire::Update far = Full(1, kFirst * 5000, State::kAlive);
  h_.Gossip(1, {far});  // source and sender are easily forged
  EXPECT_EQ(h_.Rejected(Reject::kEpochJump), 1u);
  EXPECT_EQ(h_.node().member(IdOf(1))->incarnation.raw(), kFirst);
  bool answered = false;
  h_.Run(Duration::Seconds(10), [&] {
    for (const wire::Packet& asked : h_.Packets()) {
      if (asked.type != PacketType::kPing || asked.target_prefix != IdOf(1).hi) continue;
      h_.Ack(1, asked.sequence, {far});
      answered = true;
    }
  });
  ASSERT_TRUE(answered);
  EXPECT_EQ(h_.node().member(IdOf(1))->incarnation.raw(), kFirst * 5000);
}

TEST_F(NodeHostileTest, FarEpochsAreAskedAboutAtABoundedRate) {
  h_.Meet(25);
  std::vector<wire::Update> claims;
  for (uint64_t n = 2; n <= 25; ++n) claims.push_back(Short(n, kFirst * 5000, State::kAlive));
  size_t sent = 0;
  for (int i = 0; i < 100; ++i) {
    h_.Gossip(1, claims);
    sent += h_.effects().datagrams().size();
  }
  EXPECT_EQ(h_.Rejected(Reject::kEpochJump), 2400u);
  EXPECT_EQ(sent, 1u);
}

TEST_F(NodeHostileTest, TheLastEpochIsNobodys) {
  const uint64_t last = Incarnation::Of(Incarnation::kEpochMax, 0).raw();
  h_.Gossip(2, {Full(50, last, State::kAlive), Full(51, last, State::kLeft)});
  EXPECT_EQ(h_.node().member(IdOf(50)), nullptr);
  EXPECT_EQ(h_.node().member(IdOf(51)), nullptr);
  EXPECT_EQ(h_.Rejected(Reject::kEpochJump), 2u);
}

TEST_F(NodeHostileTest, OnePacketForcesOneEpoch) {
  std::vector<wire::Update> claims;
  for (uint64_t i = 1; i <= 25; ++i) claims.push_back(Short(0, kFirst * (1 + i), State::kFailed));
  h_.Gossip(1, claims);
  EXPECT_EQ(h_.Count(EventType::kEpochRaised), 1);
  int more = 0;
  for (int i = 0; i < 100; ++i) {
    h_.Gossip(1, {Short(0, kFirst * static_cast<uint64_t>(100 + i), State::kFailed)});
    more += h_.Count(EventType::kEpochRaised);
  }
  EXPECT_EQ(more, 0) << "in the same instant";
  // What is left of them is refuted a little later.
  h_.Run(Duration::Seconds(1));
  h_.Gossip(1, {Short(0, kFirst * 300, State::kFailed)});
  EXPECT_EQ(h_.Count(EventType::kEpochRaised), 1);
  EXPECT_GT(h_.node().incarnation().raw(), kFirst * 300);
}

TEST_F(NodeHostileTest, OnePacketIsRefutedOnce) {
  std::vector<wire::Update> claims;
  for (uint64_t i = 0; i < 25; ++i) claims.push_back(Short(0, kFirst + i, State::kSuspect));
  h_.Gossip(1, claims);
  EXPECT_EQ(h_.Count(EventType::kRefutedSelf), 1);
  h_.Gossip(1, {Short(0, kFirst + 24, State::kSuspect)});
  EXPECT_EQ(h_.Count(EventType::kRefutedSelf), 1);
  EXPECT_EQ(h_.node().incarnation().raw(), kFirst + 25);
}

TEST_F(NodeHostileTest, OnlyLeftAtTheTopIsAnEviction) {
  const uint64_t top = Incarnation::Of(1, Incarnation::kCounterTop).raw();
  h_.Gossip(1, {Short(0, top, State::kFailed)});
  EXPECT_EQ(h_.Count(EventType::kStopEvicted), 0);
  EXPECT_GT(h_.node().incarnation().raw(), top);
  const uint64_t next_top =
      Incarnation::Of(h_.node().incarnation().epoch(), Incarnation::kCounterTop).raw();
  h_.Gossip(1, {Short(0, next_top, State::kLeft)});
  EXPECT_EQ(h_.Count(EventType::kStopEvicted), 1);
}

TEST_F(NodeHostileTest, ManyFalseVerdictsCostABoundedNumberOfPackets) {
  h_.Meet(400);
  size_t challenges = 0;
  for (uint64_t n = 2; n < 400; n += 25) {
    std::vector<wire::Update> claims;
    for (uint64_t i = n; i < std::min<uint64_t>(n + 25, 400); ++i) {
      claims.push_back(Short(i, kFirst, State::kFailed));
    }
    h_.Gossip(1, claims);
    challenges += h_.effects().datagrams().size();
  }
  EXPECT_LE(challenges, 256u);
  EXPECT_GE(challenges, 200u);
}

}  // namespace
}  // namespace muster::core
