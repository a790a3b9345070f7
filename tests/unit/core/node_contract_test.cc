// The host contract of src/core/README.md, as seen from outside.

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/unit/core/node_harness.h"

namespace muster::core {
namespace {

using wire::State;

// Everything that one input made a node do.
std::string Transcript(const Effects& effects) {
  std::string text;
  for (const Effects::Datagram& d : effects.datagrams()) {
    text += d.to.ToString() + " " + std::string(effects.bytes(d)) + "\n";
  }
  for (const Effects::StreamAction& a : effects.stream_actions()) {
    text += std::to_string(a.stream) + " " + std::to_string(static_cast<int>(a.verb)) + " " +
            a.to.ToString() + " " + std::string(effects.bytes(a)) + "\n";
  }
  for (const Event& e : effects.events()) {
    text += std::string(EventTypeName(e.type)) + " " + e.member.ToHex() + "\n";
  }
  return text;
}

TEST(NodeContractTest, AnEarlyDeadlineIsANoOp) {
  NodeHarness h;
  h.Meet(4);
  h.Run(Duration::Seconds(20), [&] {
    const TimePoint next = h.node().NextDeadline();
    if (next <= h.now()) return;
    const uint64_t digest = h.node().digest();
    Effects effects;
    h.node().HandleDeadline(h.now(), Backlog::kDrained, effects);
    EXPECT_TRUE(effects.empty());
    EXPECT_EQ(h.node().NextDeadline(), next);
    EXPECT_EQ(h.node().digest(), digest);
  });
}

TEST(NodeContractTest, EachDeadlineIsClearedByHandlingIt) {
  for (const Profile profile : {Profile::kLocal, Profile::kLan, Profile::kWan}) {
    NodeHarness h(Options::For(profile));
    h.Meet(12);
    // Nobody answers: suspicions, looks, isolation and verdicts all come to pass.
    int deadlines = 0;
    TimePoint last;
    int repeated = 0;
    h.Run(Duration::Seconds(200), [&] {
      ++deadlines;
      repeated = h.now() == last ? repeated + 1 : 0;
      last = h.now();
      ASSERT_LT(repeated, 3) << "a deadline that handling it does not clear";
    });
    EXPECT_GT(deadlines, 100);
    EXPECT_EQ(h.node().members().count(State::kFailed), 12u) << ProfileName(profile);
  }
}

TEST(NodeContractTest, LateIsSafe) {
  NodeHarness h;
  h.Meet(4);
  h.Run(Duration::Seconds(5), [&] { h.AnswerPings(); });
  for (const int64_t late_s : {1, 10, 3600}) {
    const TimePoint resumed = h.node().NextDeadline() + Duration::Seconds(late_s);
    Effects effects;
    h.node().HandleDeadline(resumed, Backlog::kDrained, effects);
    EXPECT_GE(h.node().NextDeadline(), resumed);
    EXPECT_EQ(h.node().members().up_count(), 5u);
    EXPECT_GT(h.node().local_health(), 0);
    h.SkipTo(resumed);
    h.Run(Duration::Seconds(3), [&] { h.AnswerPings(); });
    EXPECT_EQ(h.node().members().count(State::kAlive), 5u);
  }
}

TEST(NodeContractTest, NoVerdictWhileInputMayWait) {
  NodeHarness h;
  h.Meet(3);
  for (int i = 0; i < 2000; ++i) {
    h.SkipTo(std::min(h.now() + Duration::Millis(50), h.node().NextDeadline()));
    h.Fire(Backlog::kMore);
    h.AnswerPings(1);
  }
  EXPECT_EQ(h.StateOf(1), State::kSuspect);
  EXPECT_EQ(h.node().stats().verdicts, 0u);
  h.Run(Duration::Seconds(3), [&] { h.AnswerPings(1); });
  EXPECT_EQ(h.StateOf(1), State::kFailed);
}

TEST(NodeContractTest, EqualSeedsGiveEqualBytes) {
  NodeHarness a(Options(), 5);
  NodeHarness b(Options(), 5);
  for (NodeHarness* h : {&a, &b}) h->Meet(20);
  for (int i = 0; i < 500; ++i) {
    ASSERT_EQ(a.node().NextDeadline(), b.node().NextDeadline());
    a.Step(Duration::Seconds(1));
    b.Step(Duration::Seconds(1));
    ASSERT_EQ(Transcript(a.effects()), Transcript(b.effects()));
    a.AnswerPings(3);
    b.AnswerPings(3);
    ASSERT_EQ(a.node().digest(), b.node().digest());
  }
  EXPECT_GT(a.node().stats().packets_out, 100u);
}

TEST(NodeContractTest, OtherSeedsGiveOtherRuns) {
  NodeHarness a(Options(), 5);
  NodeHarness b(Options(), 6);
  for (NodeHarness* h : {&a, &b}) {
    h->Meet(20);
    h->Run(Duration::Seconds(5));
  }
  EXPECT_NE(a.node().digest(), b.node().digest());
}

TEST(NodeContractTest, TheDigestSeesEachInput) {
  NodeHarness a;
  NodeHarness b;
  a.Gossip(1, {Full(1, NodeHarness::kFirst, State::kAlive)});
  b.Gossip(1, {Full(1, NodeHarness::kFirst, State::kAlive, 2)});
  EXPECT_NE(a.node().digest(), b.node().digest());
}

TEST(NodeContractDeathTest, TimeNeverGoesBack) {
  NodeHarness h;
  Effects effects;
  EXPECT_DEATH(h.node().HandleDeadline(At(-1), Backlog::kDrained, effects), "check failed");
}

}  // namespace
}  // namespace muster::core
