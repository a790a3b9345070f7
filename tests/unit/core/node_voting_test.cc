// Accusers, voters and verdicts, as one node of a small cluster sees them.

#include <cstdint>
#include <functional>
#include <vector>

#include "gtest/gtest.h"
#include "tests/unit/core/node_harness.h"

namespace muster::core {
namespace {

using wire::PacketType;
using wire::State;
using wire::Vote;

constexpr uint64_t kSubject = 1;

// All but the subject answer pings; `vote` says how each voter votes, kNone for not at all.
void LetVote(NodeHarness& h, Duration span, const std::function<Vote(uint64_t)>& vote) {
  const TimePoint end = h.now() + span;
  while (h.now() < end) {
    h.Step(Duration::Millis(20));
    std::vector<std::pair<uint64_t, wire::Packet>> sent;
    for (const Effects::Datagram& datagram : h.effects().datagrams()) {
      sent.emplace_back(NodeHarness::MemberAt(datagram.to), h.Decode(h.effects().bytes(datagram)));
    }
    for (const auto& [to, packet] : sent) {
      if (to == kSubject) continue;
      if (packet.type == PacketType::kPing) {
        wire::Packet ack;
        ack.type = PacketType::kAck;
        ack.answers = packet.sequence;
        ack.view = h.node().members().view_cell();
        h.Receive(to, std::move(ack));
      }
      if (packet.type != PacketType::kVoteRequest || vote(to) == Vote::kNone) continue;
      EXPECT_EQ(packet.target, IdOf(kSubject));
      h.Vote(to, packet, vote(to));
    }
  }
}

TEST(NodeVotingTest, AQuorumFailsAndAFewDissentersDoNotSave) {
  NodeHarness h;
  h.Meet(9);
  LetVote(h, Duration::Seconds(20),
          [](uint64_t n) { return n <= 2 ? Vote::kAgainst : Vote::kFor; });
  EXPECT_EQ(h.StateOf(kSubject), State::kFailed) << "8 of 9 with our own";
}

TEST(NodeVotingTest, WithoutAQuorumNobodyFailsHoweverLongItLasts) {
  NodeHarness h;
  h.Meet(9);
  // Four of nine: enough to tell the cluster, too few for a verdict.
  LetVote(h, Duration::Seconds(120),
          [](uint64_t n) { return n <= 4 ? Vote::kFor : Vote::kAgainst; });
  EXPECT_EQ(h.StateOf(kSubject), State::kSuspect);
}

TEST(NodeVotingTest, WhatOneAccuserAloneSaysIsNotTold) {
  NodeHarness h;
  h.Meet(9);
  bool told = false;
  LetVote(h, Duration::Seconds(60), [&](uint64_t) {
    told |= h.StateOf(kSubject) != State::kAlive;
    return Vote::kAgainst;
  });
  EXPECT_FALSE(told);
  EXPECT_EQ(h.StateOf(kSubject), State::kAlive);
  EXPECT_GT(h.node().stats().suspicions, 0u);
  EXPECT_LE(h.node().stats().suspicions, 6u) << "the accuser waits longer each time";
}

TEST(NodeVotingTest, AnAccuserThatHearsNoVotesGivesNoVerdict) {
  NodeHarness h;
  h.Meet(9);
  LetVote(h, Duration::Seconds(60), [](uint64_t) { return Vote::kNone; });
  EXPECT_NE(h.StateOf(kSubject), State::kFailed);
  LetVote(h, Duration::Seconds(20), [](uint64_t) { return Vote::kFor; });
  EXPECT_EQ(h.StateOf(kSubject), State::kFailed) << "they are asked again and again";
}

// ---- As a voter ----

class NodeVoterTest : public testing::Test {
 protected:
  NodeVoterTest() {
    h_.Meet(4);
    h_.Run(Duration::Seconds(3), [this] { h_.AnswerPings(); });
    Request(2);
  }
  void Request(uint64_t asker) {
    wire::Packet request;
    request.type = PacketType::kVoteRequest;
    request.target = IdOf(kSubject);
    h_.Receive(asker, std::move(request));
  }
  // What was said to the askers while `span` went by; `silent` answers nothing.
  std::vector<Vote> VotesWithin(Duration span, uint64_t silent) {
    std::vector<Vote> votes;
    const auto look = [&] {
      const std::vector<wire::Packet> packets = h_.Packets();
      for (const wire::Packet& packet : packets) {
        if (packet.type == PacketType::kVote && packet.vote != Vote::kLossy) {
          votes.push_back(packet.vote);
        }
      }
    };
    for (const wire::Packet& packet : h_.Packets()) {
      if (packet.type != PacketType::kPing || silent != 0) continue;
      h_.Ack(packet.target_prefix - 1, packet.sequence);
      look();
    }
    h_.Run(span, [&] {
      look();
      for (const wire::Packet& packet : h_.Packets()) {
        const uint64_t n = packet.target_prefix - 1;
        if (packet.type != PacketType::kPing || n == silent) continue;
        h_.Ack(n, packet.sequence);
        look();
      }
    });
    return votes;
  }
  NodeHarness h_;
};

TEST_F(NodeVoterTest, ProbesAtOnceAndVotesAgainstWhoAnswers) {
  ASSERT_EQ(h_.Packets().size(), 1u);
  EXPECT_EQ(h_.Packets()[0].type, PacketType::kPing);
  EXPECT_EQ(VotesWithin(Duration::Millis(10), 0), std::vector<Vote>{Vote::kAgainst});
}

TEST_F(NodeVoterTest, VotesForTheSilenceThatItSeesItself) {
  h_.SkipTo(h_.now() + Duration::Millis(10));
  h_.Gossip(3, {});
  EXPECT_EQ(VotesWithin(Duration::Seconds(2), kSubject), std::vector<Vote>{Vote::kFor});
}

TEST_F(NodeVoterTest, WhoHearsNobodyMeanwhileCannotTell) {
  EXPECT_EQ(VotesWithin(Duration::Seconds(2), kSubject), std::vector<Vote>{Vote::kVoid});
}

TEST_F(NodeVoterTest, OneProbeServesAllThatAsk) {
  Request(3);
  EXPECT_TRUE(h_.Packets().empty());
  EXPECT_EQ(VotesWithin(Duration::Seconds(2), kSubject).size(), 2u);
}

TEST_F(NodeVoterTest, AWitnessActsWhereTheAccuserDoesNot) {
  h_.SkipTo(h_.now() + Duration::Millis(10));
  h_.Gossip(3, {});
  VotesWithin(Duration::Seconds(1), kSubject);
  EXPECT_EQ(h_.StateOf(kSubject), State::kAlive) << "it is the accuser's to tell";
  h_.Run(Duration::Seconds(10), [this] { h_.AnswerPings(kSubject); });
  EXPECT_EQ(h_.StateOf(kSubject), State::kFailed);
}

TEST_F(NodeVoterTest, StrangersAndUnknownSubjectsGetNothing) {
  wire::Packet request;
  request.type = PacketType::kVoteRequest;
  request.target = IdOf(kSubject);
  h_.Receive(77, request);
  EXPECT_TRUE(h_.Packets().empty());
  h_.ReceiveFrom(h_.AddressOf(3), 2, request);
  EXPECT_TRUE(h_.Packets().empty()) << "not the address of that member";
  request.target = IdOf(55);
  h_.Receive(2, request);
  EXPECT_TRUE(h_.Packets().empty());
  request.target = IdOf(0);
  h_.Receive(2, request);
  EXPECT_TRUE(h_.Packets().empty()) << "on ourselves";
  EXPECT_EQ(h_.Rejected(wire::Reject::kUnsolicited), 2u);
  EXPECT_EQ(h_.Rejected(wire::Reject::kNotForUs), 2u);
}

}  // namespace
}  // namespace muster::core
