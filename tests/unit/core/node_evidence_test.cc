// From silence to a verdict and back, where a test of one part alone does not see the mistake.

#include <cstdint>
#include <vector>

#include "gtest/gtest.h"
#include "tests/unit/core/node_harness.h"

namespace muster::core {
namespace {

using wire::PacketType;
using wire::State;

constexpr uint64_t kFirst = NodeHarness::kFirst;
constexpr uint64_t kSubject = 1;

struct Asked {
  TimePoint at;
  uint32_t sequence;
};

// Steps once; all but the subject answer. The pings to the subject are added to `asked`.
void StepWithSilentSubject(NodeHarness& h, std::vector<Asked>* asked) {
  h.Step(Duration::Millis(50));
  for (const wire::Packet& packet : h.Packets()) {
    const bool to_subject =
        packet.type == PacketType::kPing && packet.target_prefix == IdOf(kSubject).hi;
    if (to_subject) asked->push_back({h.now(), packet.sequence});
  }
  h.AnswerPings(kSubject);
}

// When the silent subject is failed, in a run of this seed.
TimePoint VerdictTime(uint64_t seed) {
  NodeHarness h(Options(), seed);
  h.Meet(3);
  std::vector<Asked> asked;
  while (h.StateOf(kSubject) != State::kFailed && h.now() < At(60'000)) {
    StepWithSilentSubject(h, &asked);
  }
  return h.now();
}

TEST(NodeEvidenceTest, AnAnswerDuringTheLastLookTakesTheVerdictBack) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    const TimePoint verdict = VerdictTime(seed);
    ASSERT_LT(verdict, At(60'000));
    NodeHarness h(Options(), seed);
    h.Meet(3);
    std::vector<Asked> asked;
    while (h.now() < verdict - Duration::Millis(100)) StepWithSilentSubject(h, &asked);
    ASSERT_EQ(h.StateOf(kSubject), State::kSuspect);
    // An ack to an older probe arrives while the look is under way.
    uint32_t late = 0;
    for (const Asked& ping : asked) {
      if (h.now() - ping.at > Duration::Millis(300)) late = ping.sequence;
    }
    h.Ack(kSubject, late);
    const TimePoint answered = h.now();
    while (h.StateOf(kSubject) == State::kSuspect) StepWithSilentSubject(h, &asked);
    EXPECT_GE(h.now() - answered, Options().tolerance) << "seed " << seed;
  }
}

TEST(NodeEvidenceTest, AnAccuserWaitsLongerAfterEachRefutation) {
  NodeHarness h;
  h.Meet(2);
  std::vector<Asked> asked;
  const auto await_suspect = [&] {
    while (h.StateOf(kSubject) != State::kSuspect && h.now() < At(600'000)) {
      StepWithSilentSubject(h, &asked);
    }
  };
  TimePoint refuted;
  for (uint64_t i = 1; i <= 5; ++i) {
    await_suspect();
    ASSERT_EQ(h.StateOf(kSubject), State::kSuspect);
    // The refutation comes with an answer, as it does in life.
    h.Ack(kSubject, asked.back().sequence, {Short(kSubject, kFirst + i, State::kAlive)});
    ASSERT_EQ(h.StateOf(kSubject), State::kAlive);
    refuted = h.now();
  }
  await_suspect();
  EXPECT_GE(h.now() - refuted, Options().period * 16);
}

TEST(NodeEvidenceTest, ASilenceThatBeginsNowIsToldWithItsLength) {
  NodeHarness h;
  h.Meet(3);
  int told = 0;
  while (told == 0 && h.now() < At(60'000)) {
    h.Step(Duration::Millis(50));
    for (const wire::Packet& packet : h.Packets()) {
      for (const wire::Update& update : packet.updates) {
        if (update.state != State::kSuspect) continue;
        ++told;
        EXPECT_GE(update.elapsed_ms, 1u) << "0 would say that it is not known";
      }
    }
    h.AnswerPings(kSubject);
  }
  EXPECT_GT(told, 0);
}

TEST(NodeEvidenceTest, WhoAnswersByStreamAloneIsNotSuspectAndProvesOurPath) {
  NodeHarness h;
  h.Meet(2);
  wire::StreamMessage ack;
  ack.type = wire::StreamType::kAck;
  h.Run(Duration::Seconds(20), [&] {
    std::vector<Effects::StreamAction> opened;
    for (const Effects::StreamAction& action : h.effects().stream_actions()) {
      if (action.verb == Effects::StreamVerb::kOpen) opened.push_back(action);
    }
    for (const Effects::StreamAction& action : opened) {
      if (action.to != h.AddressOf(2)) continue;
      h.Open(action.stream, action.to);
      h.Stream(action.stream, 2, ack);
    }
  });
  EXPECT_EQ(h.StateOf(2), State::kAlive);
  EXPECT_TRUE(h.node().member(IdOf(2))->udp_impaired);
  EXPECT_GT(h.node().stats().probes_relayed, 0u);
  EXPECT_EQ(h.StateOf(1), State::kFailed) << "silent on all paths";
}

TEST(NodeEvidenceTest, WhoAnswersWhenAskedAgainIsNotAccused) {
  NodeHarness h;
  h.Meet(4);
  std::vector<Asked> asked;
  const TimePoint end = h.now() + Duration::Seconds(30);
  while (h.now() < end) {
    const size_t before = asked.size();
    StepWithSilentSubject(h, &asked);
    // Every first ping of a probe is lost; those that follow within its wait are not.
    for (size_t i = before; i < asked.size(); ++i) {
      const bool is_repeat = i > 0 && asked[i].at - asked[i - 1].at < Duration::Millis(500);
      if (is_repeat) h.Ack(kSubject, asked[i].sequence);
    }
  }
  EXPECT_GT(h.node().stats().probes_relayed, 3u);
  EXPECT_EQ(h.node().stats().probes_failed, 0u);
  EXPECT_EQ(h.node().stats().suspicions, 0u);
}

TEST(NodeEvidenceTest, ASilentProbeAsksTwiceMoreAndThenNoMore) {
  NodeHarness h;
  h.Meet(4);
  std::vector<Asked> asked;
  while (h.node().stats().probes_failed == 0 && h.now() < At(60'000)) {
    StepWithSilentSubject(h, &asked);
  }
  ASSERT_GE(asked.size(), 3u);
  // The accusation pings once more in the very call that ends the probe.
  const size_t accused = asked.size() - 1;
  EXPECT_EQ(asked[accused].at, h.now());
  EXPECT_EQ(accused % 3, 0u) << "three pings a probe";
  const Duration first = asked[accused - 2].at - asked[accused - 3].at;
  const Duration second = asked[accused - 1].at - asked[accused - 3].at;
  EXPECT_LT(first, second);
  EXPECT_LT(second, h.now() - asked[accused - 3].at);
}

// ---- What is told, and to whom ----

TEST(NodeEvidenceTest, WhatNobodyMayBeToldWakesNobody) {
  NodeHarness h;
  h.Meet(1);
  h.Run(Duration::Seconds(5), [&] { h.AnswerPings(); });
  h.Gossip(1, {Full(5, kFirst, State::kLeft)});  // the only peer told it itself
  int wakings = 0;
  h.Run(Duration::Seconds(20), [&] {
    ++wakings;
    h.AnswerPings();
  });
  EXPECT_LE(wakings, 60);
}

TEST(NodeEvidenceTest, AForceLeaveIsToldHoweverOldTheFailureIs) {
  NodeHarness h;
  h.Meet(3);
  h.Gossip(2, {Short(kSubject, kFirst, State::kSuspect)});
  h.Gossip(2, {Short(kSubject, kFirst, State::kFailed)});
  ASSERT_EQ(h.StateOf(kSubject), State::kFailed);
  h.Run(Duration::Seconds(300), [&] { h.AnswerPings(); });
  Effects effects;
  ASSERT_TRUE(h.node().ForceLeave(h.now(), IdOf(kSubject), false, false, effects).ok());
  int told = 0;
  h.Run(Duration::Seconds(1), [&] {
    for (const wire::Packet& packet : h.Packets()) {
      for (const wire::Update& update : packet.updates) {
        told += update.id == IdOf(kSubject) && update.state == State::kLeft ? 1 : 0;
      }
    }
    h.AnswerPings();
  });
  EXPECT_GT(told, 0);
}

TEST(NodeEvidenceTest, ATombstonePastItsLifeIsNotTakenIn) {
  NodeHarness h;
  h.Meet(1);
  h.Gossip(1, {Aged(Full(5, kFirst, State::kLeft), 24 * 3600)});
  EXPECT_EQ(h.node().member(IdOf(5)), nullptr);
  h.Gossip(1, {Aged(Full(5, kFirst, State::kLeft), 24 * 3600 - 10)});
  EXPECT_EQ(h.StateOf(5), State::kLeft);
}

TEST(NodeEvidenceTest, ANewAddressDoesNotBringAnotherMembersName) {
  NodeHarness h;
  h.Meet(2);
  // m1's id comes back from a new address, under the name of m2.
  wire::StreamMessage join;
  join.type = wire::StreamType::kJoin;
  join.cluster = NodeHarness::kCluster;
  join.updates = {Full(1, kFirst * 2, State::kAlive, 2)};
  join.updates[0].attributes->name = AttributesOf(2).name;
  join.updates[0].attributes->address = Address::V4(0x0a000042, 7946);
  h.Open(2, join.updates[0].attributes->address);
  h.Stream(2, 1, join);
  std::vector<wire::StreamMessage> answers;
  h.Run(Duration::Seconds(3), [&] {
    for (const wire::StreamMessage& frame : h.Frames(2)) answers.push_back(frame);
    if (h.AnswerPings(1) == 0) return;
    for (const wire::StreamMessage& frame : h.Frames(2)) answers.push_back(frame);
  });
  // m1's old address is silent, m2 answers.
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].verdict, wire::JoinVerdict::kNameTaken);
}

}  // namespace
}  // namespace muster::core
