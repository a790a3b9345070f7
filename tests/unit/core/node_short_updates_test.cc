// Members named by the first half of their ids: what travels in packets, and what is made of it.

#include <vector>

#include "gtest/gtest.h"
#include "tests/unit/core/node_harness.h"

namespace muster::core {
namespace {

using wire::PacketType;
using wire::Reject;
using wire::State;

constexpr uint64_t kFirst = NodeHarness::kFirst;

wire::Update HalfOf(wire::Update update) {
  update.id = update.id.Half();
  return update;
}

class NodeShortUpdatesTest : public ::testing::Test {
 protected:
  NodeShortUpdatesTest() {
    h_.Meet(4);
    h_.Run(Duration::Seconds(5), [&] { h_.AnswerPings(); });
  }
  // All updates about member `n` in the packets of the next `span`, as they travel.
  std::vector<wire::Update> ToldOf(uint64_t n, Duration span) {
    std::vector<wire::Update> told;
    h_.Run(span, [&] {
      for (const Effects::Datagram& datagram : h_.effects().datagrams()) {
        wire::Packet packet;
        EXPECT_EQ(h_.codec().DecodePacket(h_.effects().bytes(datagram), &packet), Reject::kNone);
        for (const wire::Update& update : packet.updates) {
          if (update.id.hi == IdOf(n).hi) told.push_back(update);
        }
      }
    });
    return told;
  }
  NodeHarness h_;
};

TEST_F(NodeShortUpdatesTest, ClaimsTravelWithHalfTheIdAndNewcomersWhole) {
  h_.Gossip(2, {Short(1, kFirst, State::kSuspect)});
  const std::vector<wire::Update> suspect = ToldOf(1, Duration::Millis(200));
  ASSERT_FALSE(suspect.empty());
  for (const wire::Update& update : suspect) {
    EXPECT_FALSE(update.id.is_whole());
    EXPECT_EQ(update.attributes_hash, 0u);
    EXPECT_EQ(update.state, State::kSuspect);
  }
  h_.Gossip(9, {Full(9, kFirst, State::kAlive)});
  const std::vector<wire::Update> newcomer = ToldOf(9, Duration::Millis(200));
  ASSERT_FALSE(newcomer.empty());
  for (const wire::Update& update : newcomer) {
    EXPECT_EQ(update.id, IdOf(9));
    EXPECT_TRUE(update.attributes.has_value());
  }
}

TEST_F(NodeShortUpdatesTest, OnStreamsIdsAreWhole) {
  h_.Gossip(2, {Short(1, kFirst, State::kSuspect)});
  wire::StreamMessage ping;
  ping.type = wire::StreamType::kPing;
  h_.Open(2, NodeHarness::AddressOf(1));
  h_.Stream(2, 1, ping);
  const std::vector<wire::StreamMessage> answers = h_.Frames(2);
  ASSERT_EQ(answers.size(), 1u);
  ASSERT_EQ(answers[0].updates.size(), 1u);
  EXPECT_EQ(answers[0].updates[0].id, IdOf(1));
  EXPECT_EQ(answers[0].updates[0].state, State::kSuspect);
}

TEST_F(NodeShortUpdatesTest, HalfAnIdIsCompletedFromTheTable) {
  h_.Gossip(2, {HalfOf(Short(1, kFirst, State::kSuspect))});
  EXPECT_EQ(h_.StateOf(1), State::kSuspect);
  h_.Gossip(1, {HalfOf(Short(1, kFirst + 1, State::kAlive))});
  EXPECT_EQ(h_.StateOf(1), State::kAlive);
  EXPECT_EQ(h_.node().members().size(), 5u);
  EXPECT_EQ(h_.node().member(IdOf(1))->attributes().name, "m1")
      << "what a suspicion leaves out is kept";
}

TEST_F(NodeShortUpdatesTest, AboutUsItIsRefuted) {
  h_.Gossip(2, {HalfOf(Short(0, h_.node().incarnation().raw(), State::kSuspect))});
  EXPECT_EQ(h_.Count(EventType::kRefutedSelf), 1);
}

TEST_F(NodeShortUpdatesTest, WhoKnowsNobodyOfThatHalfAsksForTheRecord) {
  h_.Gossip(2, {HalfOf(Short(9, kFirst, State::kAlive))});
  std::vector<wire::Packet> pulls;
  h_.Run(Duration::Millis(50), [&] {
    for (wire::Packet& packet : h_.Packets()) {
      if (packet.type == PacketType::kPull) pulls.push_back(std::move(packet));
    }
  });
  for (wire::Packet& packet : h_.Packets()) {
    if (packet.type == PacketType::kPull) pulls.push_back(std::move(packet));
  }
  ASSERT_EQ(pulls.size(), 1u);
  ASSERT_EQ(pulls[0].wanted.size(), 1u);
  EXPECT_EQ(pulls[0].wanted[0], IdOf(9).Half());
  EXPECT_EQ(h_.node().members().size(), 5u);
}

TEST_F(NodeShortUpdatesTest, APullByHalfAnIdIsAnsweredWithTheWholeRecord) {
  wire::Packet pull;
  pull.type = PacketType::kPull;
  pull.wanted = {IdOf(3).Half(), IdOf(77).Half()};
  h_.Receive(2, std::move(pull));
  ASSERT_EQ(h_.Packets().size(), 1u);
  ASSERT_EQ(h_.Packets()[0].updates.size(), 1u);
  EXPECT_EQ(h_.Packets()[0].updates[0].id, IdOf(3));
  EXPECT_TRUE(h_.Packets()[0].updates[0].attributes.has_value());
}

TEST_F(NodeShortUpdatesTest, TheSecondOfTwoIdsThatBeginAlikeIsRefused) {
  wire::Update twin = Full(9, kFirst, State::kAlive);
  twin.id = {IdOf(1).hi, IdOf(1).lo + 1};
  const uint64_t before = h_.Rejected(Reject::kState);
  h_.Gossip(2, {twin});
  EXPECT_EQ(h_.Rejected(Reject::kState), before + 1);
  EXPECT_EQ(h_.node().members().size(), 5u);
}

TEST_F(NodeShortUpdatesTest, AtTheDoorTooAndIsToldWhoHasIt) {
  wire::StreamMessage join;
  join.type = wire::StreamType::kJoin;
  join.cluster = NodeHarness::kCluster;
  join.updates = {Full(9, kFirst, State::kAlive)};
  join.sender = join.updates[0].id = {IdOf(1).hi, IdOf(1).lo + 1};
  h_.Open(2, NodeHarness::AddressOf(9));
  h_.Stream(2, 9, join);
  const std::vector<wire::StreamMessage> answers = h_.Frames(2);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].verdict, wire::JoinVerdict::kCloned);
  EXPECT_EQ(answers[0].other_id, IdOf(1));
}

}  // namespace
}  // namespace muster::core
