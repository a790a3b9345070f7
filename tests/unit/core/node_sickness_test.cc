// Lossy and flapping members, and what a member does that is told it is one.

#include <cstdint>
#include <vector>

#include "gtest/gtest.h"
#include "tests/unit/core/node_harness.h"

namespace muster::core {
namespace {

using wire::PacketType;
using wire::Reason;
using wire::State;
using wire::Vote;

constexpr uint64_t kFirst = NodeHarness::kFirst;
constexpr uint64_t kSubject = 1;

// The subject answers no direct ping, and every one that goes through a relay. `each` is called
// after every input.
template <typename Each>
void LoseDirectPings(NodeHarness& h, Duration span, Each each) {
  const TimePoint end = h.now() + span;
  while (h.now() < end) {
    h.Step(Duration::Millis(20));
    std::vector<std::pair<uint64_t, wire::Packet>> sent;
    for (const Effects::Datagram& datagram : h.effects().datagrams()) {
      sent.emplace_back(NodeHarness::MemberAt(datagram.to), h.Decode(h.effects().bytes(datagram)));
    }
    each();
    for (const auto& [to, packet] : sent) {
      if (packet.type == PacketType::kPing && to != kSubject) {
        h.Ack(to, packet.sequence);
        each();
      }
      if (packet.type != PacketType::kPingRequest) continue;
      wire::Packet ack;
      ack.type = PacketType::kAck;
      ack.answers = packet.sequence;
      ack.target = packet.target;
      h.Receive(to, std::move(ack));
      each();
    }
  }
}
void LoseDirectPings(NodeHarness& h, Duration span) {
  LoseDirectPings(h, span, [] {});
}

void VoteLossy(NodeHarness& h, uint64_t first, uint64_t last, uint8_t health = 0) {
  for (uint64_t n = first; n <= last; ++n) {
    wire::Packet vote;
    vote.type = PacketType::kVote;
    vote.target = IdOf(kSubject);
    vote.vote = Vote::kLossy;
    vote.health = health;
    h.Receive(n, std::move(vote));
  }
}

TEST(NodeSicknessTest, AllItsObserversBarALossyMember) {
  NodeHarness h;
  h.Meet(9);
  LoseDirectPings(h, Duration::Seconds(25));
  VoteLossy(h, 2, 8);
  EXPECT_EQ(h.StateOf(kSubject), State::kAlive) << "one of the nine may reach it well";
  VoteLossy(h, 9, 9);
  ASSERT_EQ(h.StateOf(kSubject), State::kFailed);
  EXPECT_EQ(h.node().member(IdOf(kSubject))->reason, Reason::kLossy);
  // What the member can say within its run does not bring it back; a new run does.
  h.Gossip(kSubject, {Short(kSubject, kFirst + 1000, State::kAlive)});
  EXPECT_EQ(h.StateOf(kSubject), State::kFailed);
  h.Gossip(kSubject, {Full(kSubject, 2 * kFirst, State::kAlive)});
  EXPECT_EQ(h.StateOf(kSubject), State::kAlive);
}

TEST(NodeSicknessTest, SickObserversNeitherBarNorHoldABarBack) {
  constexpr uint8_t kSick = 4;
  NodeHarness h;
  h.Meet(9);
  LoseDirectPings(h, Duration::Seconds(25));
  VoteLossy(h, 2, 9, kSick);
  EXPECT_EQ(h.StateOf(kSubject), State::kAlive) << "of the well ones only we have voted";
  VoteLossy(h, 2, 7, kSick - 1);
  EXPECT_EQ(h.StateOf(kSubject), State::kFailed) << "8 and 9 are sick";
}

TEST(NodeSicknessTest, WhoIsSickItselfCallsNobodyLossy) {
  const auto votes_sent = [](bool is_sick) {
    NodeHarness h;
    h.Meet(9);
    int votes = 0;
    uint64_t incarnation = h.node().incarnation().raw();
    LoseDirectPings(h, Duration::Seconds(25), [&] {
      for (const wire::Packet& packet : h.Packets()) votes += packet.vote == Vote::kLossy ? 1 : 0;
      // To be suspected again and again is what raises the local health.
      while (is_sick && h.node().local_health() < 4) {
        h.Gossip(9, {Short(0, h.node().incarnation().raw(), State::kSuspect)});
        ASSERT_LT(incarnation, h.node().incarnation().raw());
        incarnation = h.node().incarnation().raw();
      }
    });
    return votes;
  };
  EXPECT_GE(votes_sent(false), 8);
  EXPECT_EQ(votes_sent(true), 0);
}

TEST(NodeSicknessTest, VotesAloneBarNobodyWhoAnswersUs) {
  NodeHarness h;
  h.Meet(9);
  h.Run(Duration::Seconds(25), [&] { h.AnswerPings(); });
  VoteLossy(h, 2, 9);
  EXPECT_EQ(h.StateOf(kSubject), State::kAlive);
}

TEST(NodeSicknessTest, WhoFailsAgainSoonAfterItsReturnIsBarred) {
  NodeHarness h;
  h.Meet(4);
  const auto until_failed = [&] {
    const TimePoint end = h.now() + Duration::Seconds(60);
    while (h.StateOf(kSubject) != State::kFailed && h.now() < end) {
      h.Step(Duration::Millis(50));
      h.AnswerPings(kSubject);
    }
    ASSERT_EQ(h.StateOf(kSubject), State::kFailed);
  };
  until_failed();
  EXPECT_EQ(h.node().member(IdOf(kSubject))->reason, Reason::kNoAnswer);
  h.Gossip(kSubject, {Short(kSubject, kFirst + 1, State::kAlive)});
  ASSERT_EQ(h.StateOf(kSubject), State::kAlive) << "a return costs nothing";
  until_failed();
  EXPECT_EQ(h.node().member(IdOf(kSubject))->reason, Reason::kFlapping);
  h.Gossip(kSubject, {Short(kSubject, kFirst + 2, State::kAlive)});
  EXPECT_EQ(h.StateOf(kSubject), State::kFailed);
}

// ---- When it is us ----

wire::Update BarOfUs() {
  const Incarnation barred = Incarnation::FromRaw(kFirst).Barred();
  wire::Update claim = Short(0, barred.raw(), State::kFailed);
  claim.reason = Reason::kLossy;
  return claim;
}

TEST(NodeSicknessTest, WhoIsWellReturnsAtOnceInANewEpoch) {
  NodeHarness h;
  h.Meet(4);
  h.Run(Duration::Seconds(31), [&] { h.AnswerPings(); });
  h.Gossip(1, {BarOfUs()});
  EXPECT_FALSE(h.node().on_probation());
  EXPECT_EQ(h.node().incarnation(), Incarnation::Of(2, 0));
  EXPECT_EQ(h.Count(EventType::kEpochRaised), 1);
}

TEST(NodeSicknessTest, WhoIsNotWellStaysAwayUntilItsProbesAreAnswered) {
  NodeHarness h;
  h.Meet(4);
  h.Run(Duration::Seconds(20));  // nobody answers
  h.Gossip(1, {BarOfUs()});
  EXPECT_TRUE(h.node().on_probation());
  EXPECT_EQ(h.Count(EventType::kSelfProbation), 1);
  EXPECT_EQ(h.Count(EventType::kRefutedSelf), 0);
  h.Run(Duration::Seconds(25), [&] { h.AnswerPings(); });
  EXPECT_TRUE(h.node().on_probation());
  h.Run(Duration::Seconds(30), [&] { h.AnswerPings(); });
  EXPECT_FALSE(h.node().on_probation());
  EXPECT_EQ(h.node().incarnation(), Incarnation::Of(2, 0));
}

TEST(NodeSicknessTest, OnProbationAMemberAccusesNobodyAndItsVoteIsVoid) {
  NodeHarness h;
  h.Meet(4);
  h.Run(Duration::Seconds(20));
  h.Gossip(1, {BarOfUs()});
  ASSERT_TRUE(h.node().on_probation());
  const uint64_t before = h.node().stats().suspicions;
  const TimePoint end = h.now() + Duration::Seconds(20);
  while (h.now() < end) {
    h.Step(Duration::Millis(50));
    h.AnswerPings(kSubject);
  }
  EXPECT_EQ(h.node().stats().suspicions, before);
  wire::Packet request;
  request.type = PacketType::kVoteRequest;
  request.target = IdOf(kSubject);
  h.Receive(2, std::move(request));
  ASSERT_EQ(h.Packets().size(), 1u);
  EXPECT_EQ(h.Packets()[0].vote, Vote::kVoid);
}

TEST(NodeSicknessTest, WhoLeavesOnProbationHasLeftForEverybody) {
  NodeHarness h;
  h.Meet(4);
  h.Run(Duration::Seconds(20));
  h.Gossip(1, {BarOfUs()});
  ASSERT_TRUE(h.node().on_probation());
  Effects effects;
  ASSERT_TRUE(h.node().Leave(h.now(), effects).ok());
  EXPECT_TRUE(h.node().members().self().incarnation.is_barred());
  EXPECT_EQ(h.node().members().self().state, State::kLeft);
}

}  // namespace
}  // namespace muster::core
