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

// All but the subject answer pings and, where `relays_speak`, say as its relays that it does not;
// `vote` says how each voter votes, kNone for not at all, and `answered_ms` since when each has had
// no answer. Ends early once the subject has failed.
void LetVote(
    NodeHarness& h, Duration span, const std::function<Vote(uint64_t)>& vote,
    const std::function<uint32_t(uint64_t)>& answered_ms = [](uint64_t) { return 0u; },
    bool relays_speak = true) {
  const TimePoint end = h.now() + span;
  while (h.now() < end && h.StateOf(kSubject) != State::kFailed) {
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
      if (packet.type == PacketType::kPingRequest && relays_speak) {
        wire::Packet nack;
        nack.type = PacketType::kNack;
        nack.answers = packet.sequence;
        nack.target = packet.target;
        h.Receive(to, std::move(nack));
      }
      if (packet.type != PacketType::kVoteRequest || vote(to) == Vote::kNone) continue;
      EXPECT_EQ(packet.target, IdOf(kSubject));
      h.Vote(to, packet, vote(to), answered_ms(to));
    }
  }
}

TEST(NodeVotingTest, AQuorumFailsWhomNobodyReaches) {
  NodeHarness h;
  h.Meet(9);
  LetVote(h, Duration::Seconds(20), [](uint64_t n) { return n <= 2 ? Vote::kVoid : Vote::kFor; });
  EXPECT_EQ(h.StateOf(kSubject), State::kFailed) << "8 of 8 with our own, and one that cannot tell";
}

TEST(NodeVotingTest, WhomOneVoterStillReachesIsNotSilent) {
  NodeHarness h;
  h.Meet(9);
  bool is_reached = true;
  const auto vote = [&](uint64_t n) { return n == 2 && is_reached ? Vote::kAgainst : Vote::kFor; };
  LetVote(h, Duration::Seconds(60), vote);
  EXPECT_NE(h.StateOf(kSubject), State::kFailed) << "8 of 9 say it is silent";
  is_reached = false;
  const TimePoint since = h.now();
  LetVote(h, Duration::Seconds(20), vote);
  EXPECT_EQ(h.StateOf(kSubject), State::kFailed);
  EXPECT_GE(h.now() - since, Options().tolerance - Duration::Seconds(1)) << "asked every second";
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

// From the first request for votes until the verdict, all voting for it.
Duration UntilVerdict(const std::function<uint32_t(uint64_t)>& answered_ms,
                      bool relays_speak = true) {
  NodeHarness h;
  h.Meet(9);
  TimePoint asked = TimePoint::Never();
  LetVote(
      h, Duration::Seconds(60),
      [&](uint64_t) {
        if (asked.is_never()) asked = h.now();
        return Vote::kFor;
      },
      answered_ms, relays_speak);
  EXPECT_EQ(h.StateOf(kSubject), State::kFailed);
  return h.now() - asked;
}

TEST(NodeVotingTest, WhoHasAnsweredAVoterSinceIsSilentFromThenOn) {
  const Duration tolerance = Options().tolerance;
  const Duration plain = UntilVerdict([](uint64_t) { return 0u; });
  EXPECT_LT(plain, tolerance) << "counted from the failed probe";
  EXPECT_EQ(UntilVerdict([](uint64_t) { return 30'000u; }), plain) << "answered long before";
  EXPECT_GE(UntilVerdict([](uint64_t n) { return n == 5 ? 1u : 30'000u; }), tolerance);
}

TEST(NodeVotingTest, WhereNoRelaySpeaksTheSilenceBeginsWhenTheProbeHasEnded) {
  const auto not_known = [](uint64_t) { return 0u; };
  const Duration spoken = UntilVerdict(not_known);
  const Duration silent = UntilVerdict(not_known, false);
  EXPECT_GE(silent, Options().tolerance) << "votes are asked for when the probe ends";
  EXPECT_GT(silent, spoken);
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

TEST_F(NodeVoterTest, SaysHowLongAgoTheSubjectAnswered) {
  ASSERT_EQ(VotesWithin(Duration::Millis(10), 0), std::vector<Vote>{Vote::kAgainst});
  const TimePoint answered = h_.now();
  h_.SkipTo(h_.now() + Duration::Seconds(2));
  Request(2);
  h_.SkipTo(h_.now() + Duration::Millis(10));
  h_.Gossip(3, {});
  Duration said;
  h_.Run(Duration::Seconds(1), [&] {
    for (const wire::Packet& packet : h_.Packets()) {
      if (packet.type != PacketType::kVote || packet.vote != Vote::kFor) continue;
      said = Duration::Millis(packet.answered_ms);
      EXPECT_NEAR(said.millis(), (h_.now() - answered).millis(), 11);
    }
    h_.AnswerPings(kSubject);
  });
  EXPECT_GT(said, Duration::Seconds(2));
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

// ---- As a witness ----

// A node of 40 that voted for the silence of a member whom it does not observe, so that only the
// accusation makes it look there.
class NodeWitnessTest : public testing::Test {
 protected:
  static constexpr uint64_t kMembers = 39;

  NodeWitnessTest() {
    h_.Meet(kMembers);
    std::vector<bool> observed(kMembers + 1);
    h_.Run(Duration::Seconds(30), [&] {
      for (const wire::Packet& packet : h_.Packets()) {
        const bool is_ring_probe = packet.type == PacketType::kPing && packet.ring != 0;
        if (is_ring_probe) observed[packet.target_prefix - 1] = true;
      }
      h_.AnswerPings();
    });
    while (observed[subject_]) ++subject_;
    wire::Packet request;
    request.type = PacketType::kVoteRequest;
    request.target = IdOf(subject_);
    h_.Receive(accuser(), std::move(request));
    asked_at_ = h_.now();
    h_.SkipTo(asked_at_ + Duration::Millis(10));
    h_.Gossip(accuser(), {});  // something is heard meanwhile
    Go(Duration::Seconds(1));
    EXPECT_EQ(voted_, Vote::kFor);
  }
  uint64_t accuser() const { return subject_ == 2 ? 3 : 2; }
  // All but the subject answer, and vote for its silence.
  void Go(Duration span) {
    h_.Run(span, [this] {
      for (const wire::Packet& packet : h_.Packets()) {
        asked_for_votes_ |= packet.type == PacketType::kVoteRequest;
        if (packet.type == PacketType::kVote) voted_ = packet.vote;
      }
      h_.AnswerPings(subject_);
    });
  }
  Duration UntilVerdict() {
    while (h_.StateOf(subject_) != State::kFailed && h_.now() - asked_at_ < Duration::Seconds(60)) {
      Go(Duration::Millis(50));
    }
    return h_.now() - asked_at_;
  }
  void Announce(Duration elapsed) {
    wire::Update claim = Short(subject_, NodeHarness::kFirst, State::kSuspect);
    claim.elapsed_ms = static_cast<uint32_t>(elapsed.millis());
    h_.Gossip(accuser(), {claim});
  }
  NodeHarness h_;
  uint64_t subject_ = 1;
  TimePoint asked_at_;
  Vote voted_ = Vote::kNone;
  bool asked_for_votes_ = false;
};

TEST_F(NodeWitnessTest, ActsWhereTheAccuserDoesNot) {
  Announce(Duration::Seconds(1));
  const Duration until = UntilVerdict();
  EXPECT_GE(until, Options().tolerance + Duration::Seconds(1));
  EXPECT_LE(until, Options().tolerance + Duration::Seconds(3));
}

TEST_F(NodeWitnessTest, CountsNoSilenceFromBeforeTheAnnouncedOne) {
  Go(Duration::Seconds(2));
  Announce(Duration::Millis(100));
  EXPECT_GE(UntilVerdict(), Options().tolerance + Duration::Seconds(4));
  EXPECT_EQ(h_.StateOf(subject_), State::kFailed);
}

TEST_F(NodeWitnessTest, LetsGoOfWhatNobodyAnnounces) {
  Go(Options().tolerance * 2);
  EXPECT_FALSE(asked_for_votes_);
  EXPECT_EQ(h_.StateOf(subject_), State::kAlive);
  EXPECT_EQ(h_.node().stats().verdicts, 0u);
}

}  // namespace
}  // namespace muster::core
