// What a node makes of the addresses that a datastore holds.

#include <algorithm>
#include <vector>

#include "gtest/gtest.h"
#include "src/core/hints.h"
#include "tests/unit/core/node_harness.h"

namespace muster::core {
namespace {

Address Dead(uint32_t n) { return Address::V4(0x0a090000 + n, 7946); }

std::vector<Address> Hosts(uint32_t count) {
  std::vector<Address> hosts;
  for (uint32_t i = 0; i < count; ++i) hosts.push_back(Dead(i));
  return hosts;
}

class NodeHintsTest : public ::testing::Test {
 protected:
  // The streams that the node opened since the last input.
  std::vector<Effects::StreamAction> Opened() const {
    std::vector<Effects::StreamAction> opened;
    for (const Effects::StreamAction& action : h_.effects().stream_actions()) {
      if (action.verb == Effects::StreamVerb::kOpen) opened.push_back(action);
    }
    return opened;
  }
  void SetHints(const std::vector<Address>& hints) {
    effects_.Clear();
    h_.node().SetHints(h_.now(), hints, effects_);
  }
  // All dials of the next `span`.
  std::vector<Effects::StreamAction> Dials(Duration span) {
    std::vector<Effects::StreamAction> dials;
    h_.Run(span, [&] {
      for (const Effects::StreamAction& action : Opened()) dials.push_back(action);
    });
    return dials;
  }
  NodeHarness h_;
  Effects effects_;
};

TEST_F(NodeHintsTest, ALonelyNodeDialsTwoHundredWithinHalfASecond) {
  SetHints(Hosts(192));
  EXPECT_EQ(h_.node().join_state(), JoinState::kJoining);
  const std::vector<Effects::StreamAction> dials = Dials(Duration::Millis(500));
  ASSERT_EQ(dials.size(), 192u);
  for (uint32_t i = 0; i < 192; ++i) EXPECT_EQ(dials[i].to, Dead(i)) << "in the order given";
  for (const Effects::StreamAction& dial : dials) h_.EndStream(dial.stream, StreamEnd::kTimedOut);
  EXPECT_EQ(h_.node().join_state(), JoinState::kAlone) << "nobody is left to hope for";
}

TEST_F(NodeHintsTest, RowsOfDeadHostsDoNotMakeANodeUnreadyAtEachLook) {
  SetHints(Hosts(1));
  for (int look = 0; look < 5; ++look) {
    const std::vector<Effects::StreamAction> dials = Dials(Duration::Millis(500));
    ASSERT_FALSE(dials.empty()) << "it is tried at each look";
    EXPECT_EQ(h_.node().join_state(), look == 0 ? JoinState::kJoining : JoinState::kAlone);
    for (const Effects::StreamAction& dial : dials) h_.EndStream(dial.stream, StreamEnd::kTimedOut);
    h_.Run(Duration::Seconds(10), [] {});  // whatever healing began is over too
    SetHints(Hosts(1));
  }
}

TEST_F(NodeHintsTest, AListThatSwallowsEverythingHoldsNobodyUpForLong) {
  SetHints(Hosts(1000));
  Dials(Hints::kJoiningFor - Duration::Millis(100));
  EXPECT_EQ(h_.node().join_state(), JoinState::kJoining);
  Dials(Duration::Millis(200));
  EXPECT_EQ(h_.node().join_state(), JoinState::kAlone);
}

TEST_F(NodeHintsTest, OneselfIsNoHint) {
  SetHints({NodeHarness::AddressOf(0)});
  EXPECT_EQ(h_.node().join_state(), JoinState::kAlone);
  EXPECT_TRUE(Dials(Duration::Seconds(3)).empty());
}

TEST_F(NodeHintsTest, TheFirstAnswerEndsTheWaves) {
  SetHints(Hosts(100));
  const std::vector<Effects::StreamAction> first = Dials(Duration::Millis(10));
  ASSERT_EQ(first.size(), Hints::kFirstWave);
  h_.Open(first[0].stream, first[0].to);
  wire::StreamMessage answer;
  answer.type = wire::StreamType::kJoinAnswer;
  answer.verdict = wire::JoinVerdict::kAccepted;
  answer.updates = {Full(1, NodeHarness::kFirst, wire::State::kAlive)};
  h_.Stream(first[0].stream, 1, answer);
  EXPECT_EQ(h_.node().join_state(), JoinState::kJoined);
  // What remains is left to healing: one a second at the most.
  size_t joins = 0;
  for (const Effects::StreamAction& dial : Dials(Duration::Seconds(3))) {
    joins += dial.to != NodeHarness::AddressOf(1) ? 1 : 0;
  }
  EXPECT_LE(joins, 3u);
}

TEST_F(NodeHintsTest, WhoHasCompanyTriesAFewAtOnceAndHealsTheRestSlowly) {
  h_.Meet(3);
  SetHints(Hosts(200));
  const auto is_hint = [](const Effects::StreamAction& dial) {
    return dial.to >= Dead(0) && dial.to <= Dead(199);
  };
  const std::vector<Effects::StreamAction> dials = Dials(Duration::Millis(900));
  EXPECT_EQ(std::count_if(dials.begin(), dials.end(), is_hint),
            static_cast<std::ptrdiff_t>(Hints::kTriesOfCluster / 4));
}

TEST_F(NodeHintsTest, MembersAreNotDialled) {
  h_.Meet(3);
  SetHints({NodeHarness::AddressOf(1), NodeHarness::AddressOf(2), Dead(1)});
  const std::vector<Effects::StreamAction> dials = Dials(Duration::Millis(1));
  ASSERT_EQ(dials.size(), 1u);
  EXPECT_EQ(dials[0].to, Dead(1));
}

TEST_F(NodeHintsTest, ADoorThatRefusesStopsANewcomerAsWithASeed) {
  SetHints({NodeHarness::AddressOf(1)});
  const std::vector<Effects::StreamAction> dials = Dials(Duration::Millis(1));
  ASSERT_EQ(dials.size(), 1u);
  h_.Open(dials[0].stream, dials[0].to);
  wire::StreamMessage answer;
  answer.type = wire::StreamType::kJoinAnswer;
  answer.verdict = wire::JoinVerdict::kCloned;
  answer.other_id = IdOf(0);
  answer.other_name = "n0";
  answer.other_address = NodeHarness::AddressOf(1);
  h_.Stream(dials[0].stream, 1, answer);
  EXPECT_EQ(h_.Count(EventType::kStopRefused), 1);
}

TEST_F(NodeHintsTest, ALeavingNodeDialsNobody) {
  h_.Meet(2);
  effects_.Clear();
  ASSERT_TRUE(h_.node().Leave(h_.now(), effects_).ok());
  SetHints(Hosts(5));
  for (const Effects::StreamAction& dial : Dials(Duration::Millis(500))) {
    EXPECT_LT(dial.to, Dead(0)) << dial.to.ToString();
  }
}

}  // namespace
}  // namespace muster::core
