#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "src/base/rng.h"
#include "tests/unit/core/node_harness.h"

// What users are shown of a node's table: its events folded one by one, and its views.

namespace muster::core {
namespace {

using wire::State;

constexpr uint64_t kFirst = NodeHarness::kFirst;

class NodeBatchingTest : public testing::Test {
 protected:
  // A suspicion whose verdict is due in half a second (the tolerance is 4 s), wherever it comes
  // from.
  static wire::Update Suspected(uint64_t n) {
    wire::Update claim = Short(n, kFirst, State::kSuspect);
    claim.by = 1;
    claim.elapsed_ms = 3500;
    return claim;
  }
  static wire::Update Failed(uint64_t n) {
    wire::Update claim = Short(n, kFirst, State::kFailed);
    claim.by = 1;
    return claim;
  }
  void Suspect(std::vector<uint64_t> members) {
    std::vector<wire::Update> claims;
    for (const uint64_t n : members) claims.push_back(Suspected(n));
    h_.Gossip(1, claims);
  }
  // Nothing: hidden from users.
  static std::optional<State> Shown(const NodeHarness& h, uint64_t n) {
    const int64_t index = h.node().members().IndexOf(IdOf(n));
    if (index < 0) return std::nullopt;
    const MemberView* shown = h.node().shown(static_cast<size_t>(index));
    if (shown == nullptr) return std::nullopt;
    return shown->state;
  }
  std::optional<State> Shown(uint64_t n) { return Shown(h_, n); }
  // Members 1 to `last` are known and shown.
  void Meet(uint64_t last) {
    h_.Meet(last);
    for (uint64_t n = 1; n <= std::min<uint64_t>(last, 3); ++n) PingWithOurCell(n);
    ASSERT_EQ(h_.node().held_changes(), 0u);
  }
  void PingWithOurCell(uint64_t sender) {
    h_.SkipTo(h_.now() + Duration::Millis(1));
    wire::Packet ping;
    ping.type = wire::PacketType::kPing;
    ping.target = NodeHarness::Self().id;
    ping.target_prefix = ping.target.hi;
    ping.view = h_.node().members().view_cell();
    h_.Receive(sender, ping);
  }
  std::vector<uint64_t> BatchesOf(EventType type) {
    std::vector<uint64_t> batches;
    for (const Event& event : h_.effects().events()) {
      if (event.type == type) batches.push_back(event.batch);
    }
    return batches;
  }
  void ArriveInBulk(uint64_t first, uint64_t last) {
    std::vector<wire::Update> claims;
    for (uint64_t n = first; n <= last; ++n) claims.push_back(Full(n, kFirst, State::kAlive));
    h_.Gossip(1, claims);
  }

  NodeHarness h_;
};

TEST_F(NodeBatchingTest, ASingleCrashIsShownAtOnce) {
  Meet(9);
  Suspect({2});
  h_.Gossip(1, {Failed(2)});
  EXPECT_EQ(h_.Count(EventType::kMemberFailed), 1);
  EXPECT_EQ(h_.Count(EventType::kVerdictHeld), 0);
  EXPECT_EQ(h_.node().shown_version(), h_.node().members().version());
  EXPECT_EQ(Shown(2), State::kFailed);
  EXPECT_EQ(h_.node().held_changes(), 0u);
}

TEST_F(NodeBatchingTest, ASuspicionThatHasTimeLeftDelaysNothing) {
  Meet(9);
  wire::Update young = Suspected(3);
  young.elapsed_ms = 1000;
  h_.Gossip(1, {Suspected(2), young});
  h_.Gossip(1, {Failed(2)});
  EXPECT_EQ(h_.Count(EventType::kMemberFailed), 1);
}

TEST_F(NodeBatchingTest, CrashesTogetherAreOneBatch) {
  Meet(9);
  Suspect({2, 3, 4});
  const uint64_t version = h_.node().shown_version();
  h_.Gossip(1, {Failed(2)});
  EXPECT_EQ(h_.Count(EventType::kMemberFailed), 0);
  EXPECT_EQ(h_.Count(EventType::kVerdictHeld), 1);
  EXPECT_EQ(h_.StateOf(2), State::kFailed) << "the protocol knows";
  EXPECT_EQ(Shown(2), State::kSuspect) << "users do not";
  EXPECT_EQ(h_.node().shown_count(State::kSuspect), 3u);
  EXPECT_EQ(h_.node().shown_count(State::kFailed), 0u);
  EXPECT_EQ(h_.node().shown_version(), version);
  h_.SkipTo(h_.now() + Duration::Millis(300));
  h_.Gossip(1, {Failed(3)});
  EXPECT_EQ(h_.Count(EventType::kMemberFailed), 0);
  h_.Gossip(1, {Failed(4)});
  const std::vector<uint64_t> batches = BatchesOf(EventType::kMemberFailed);
  ASSERT_EQ(batches.size(), 3u);
  EXPECT_EQ(std::set<uint64_t>(batches.begin(), batches.end()).size(), 1u);
  for (const Event& event : h_.effects().events()) {
    if (event.type != EventType::kMemberFailed) continue;
    EXPECT_EQ(event.from, State::kSuspect);
    EXPECT_EQ(event.to, State::kFailed);
    EXPECT_EQ(event.by, 1u);
    EXPECT_EQ(event.version, h_.node().shown_version());
  }
  EXPECT_GT(h_.node().shown_version(), version);
  EXPECT_EQ(h_.node().shown_version(), h_.node().members().version());
  EXPECT_EQ(h_.node().shown_count(State::kFailed), 3u);
  EXPECT_EQ(Shown(2), State::kFailed);
}

TEST_F(NodeBatchingTest, ARefutationOfTheLastEndsTheWait) {
  Meet(9);
  Suspect({2, 3});
  h_.Gossip(1, {Failed(2)});
  EXPECT_EQ(h_.Count(EventType::kMemberFailed), 0);
  h_.Gossip(3, {Short(3, kFirst + 1, State::kAlive)});
  EXPECT_EQ(h_.Count(EventType::kMemberRefuted), 1);
  EXPECT_EQ(h_.Count(EventType::kMemberFailed), 1);
}

TEST_F(NodeBatchingTest, AVerdictIsHeldForTwoSecondsAtMost) {
  Meet(9);
  Suspect({2, 3});
  h_.Gossip(1, {Failed(2)});
  const TimePoint held_at = h_.now();
  int failed = 0;
  // Others come to be suspected all the time.
  for (uint64_t n = 4; n <= 9 && failed == 0; ++n) {
    Suspect({n});
    h_.Run(Duration::Millis(400), [&] {
      if (h_.Count(EventType::kMemberFailed) == 0) return;
      ++failed;
      EXPECT_EQ(h_.now(), held_at + Duration::Seconds(2));
    });
  }
  EXPECT_EQ(failed, 1);
}

TEST_F(NodeBatchingTest, WhatIsUndoneWhileHeldIsNeverShown) {
  Meet(9);
  Suspect({2, 3});
  h_.Gossip(1, {Failed(2)});
  EXPECT_EQ(h_.Count(EventType::kVerdictHeld), 1);
  h_.Gossip(2, {Short(2, kFirst + 1, State::kSuspect)});
  EXPECT_EQ(h_.Count(EventType::kMemberReturned), 0);
  EXPECT_EQ(h_.node().held_changes(), 0u);
  h_.Gossip(2, {Short(2, kFirst + 2, State::kAlive)});
  EXPECT_EQ(h_.Count(EventType::kMemberRefuted), 1) << "it was shown as suspect";
  EXPECT_EQ(h_.Count(EventType::kMemberFailed), 0);
  EXPECT_EQ(Shown(2), State::kAlive);
}

TEST_F(NodeBatchingTest, WhoLeavesWhileItsFailureIsHeldIsShownToLeave) {
  Meet(9);
  Suspect({2, 3});
  h_.Gossip(1, {Failed(2)});
  h_.Gossip(1, {Short(2, kFirst, State::kLeft)});
  EXPECT_EQ(h_.Count(EventType::kMemberLeft), 1);
  EXPECT_EQ(h_.effects().events()[0].from, State::kSuspect);
  EXPECT_EQ(Shown(2), State::kLeft);
}

TEST_F(NodeBatchingTest, ASingleJoinIsShownAtOnce) {
  h_.Gossip(1, {Full(1, kFirst, State::kAlive)});
  EXPECT_EQ(h_.Count(EventType::kMemberJoined), 1);
  h_.Gossip(2, {Full(2, kFirst, State::kAlive)});
  EXPECT_EQ(h_.Count(EventType::kMemberJoined), 1);
}

TEST_F(NodeBatchingTest, BulkJoinsWaitForThreePeersWithOurView) {
  h_.Meet(1);
  const uint64_t version = h_.node().shown_version();
  ArriveInBulk(2, 20);
  EXPECT_EQ(h_.Count(EventType::kMemberJoined), 0);
  EXPECT_EQ(h_.node().members().up_count(), 21u);
  EXPECT_EQ(h_.node().shown_count(State::kAlive), 2u);
  EXPECT_EQ(h_.node().shown_version(), version);
  EXPECT_EQ(Shown(20), std::nullopt);
  PingWithOurCell(2);
  PingWithOurCell(3);
  EXPECT_EQ(h_.Count(EventType::kMemberJoined), 0);
  // Another join makes our view another one, so that nobody agrees any more.
  h_.Gossip(1, {Full(21, kFirst, State::kAlive)});
  PingWithOurCell(4);
  EXPECT_EQ(h_.Count(EventType::kMemberJoined), 0);
  PingWithOurCell(5);
  PingWithOurCell(6);
  const std::vector<uint64_t> batches = BatchesOf(EventType::kMemberJoined);
  EXPECT_EQ(batches.size(), 20u);
  EXPECT_EQ(std::set<uint64_t>(batches.begin(), batches.end()).size(), 1u);
  EXPECT_EQ(h_.node().shown_count(State::kAlive), 22u);
  EXPECT_GT(h_.node().shown_version(), version);
}

// One push tells ten members: no need to wait for a look every 0.1 s.
TEST_F(NodeBatchingTest, AmongFewBulkJoinsAreShownAsSoonAsPeersAnswer) {
  struct Case {
    uint64_t last;
    Duration look;
    size_t peers;
  };
  for (const Case& c : {Case{9, Duration::Millis(20), 3}, Case{10, Duration::Millis(100), 2}}) {
    SCOPED_TRACE(c.last);
    NodeHarness h;
    h.Meet(1);
    h.Run(Duration::Seconds(6), [&] { h.AnswerPings(); });
    std::vector<wire::Update> claims;
    for (uint64_t n = 2; n <= c.last; ++n) claims.push_back(Full(n, kFirst, State::kAlive));
    h.Gossip(1, claims);
    ASSERT_EQ(h.Count(EventType::kMemberJoined), 0);
    const TimePoint held_at = h.now();
    std::set<uint64_t> asked;
    int shown = 0;
    h.Run(c.look, [&] {
      for (const wire::Packet& packet : h.Packets()) {
        const bool is_look = packet.type == wire::PacketType::kPing && packet.ring == 0;
        if (is_look && h.now() == held_at + c.look) asked.insert(packet.target_prefix);
      }
      shown += h.Count(EventType::kMemberJoined);
    });
    EXPECT_EQ(asked.size(), c.peers);
    EXPECT_EQ(shown, 0);
    std::vector<std::pair<uint64_t, uint32_t>> looks;
    for (const Effects::Datagram& datagram : h.effects().datagrams()) {
      const wire::Packet packet = h.Decode(h.effects().bytes(datagram));
      if (packet.type != wire::PacketType::kPing || packet.ring != 0) continue;
      looks.emplace_back(h.MemberAt(datagram.to), packet.sequence);
    }
    ASSERT_EQ(looks.size(), c.peers);
    for (const auto& [peer, sequence] : looks) {
      wire::Packet ack;
      ack.type = wire::PacketType::kAck;
      ack.answers = sequence;
      ack.view = h.node().members().view_cell();
      h.Receive(peer, std::move(ack));
      shown += h.Count(EventType::kMemberJoined);
    }
    EXPECT_EQ(shown, c.peers == 3 ? static_cast<int>(c.last) - 1 : 0) << "three must agree";
  }
}

TEST_F(NodeBatchingTest, BulkJoinsAreHeldForTenSecondsAtMost) {
  h_.Meet(1);
  ArriveInBulk(2, 20);
  const TimePoint held_at = h_.now();
  int shown_at_once = 0;
  h_.Run(Duration::Seconds(12), [&] {
    // Whoever is silent is suspected, and fails.
    if (h_.Count(EventType::kMemberJoined) == 0) return;
    shown_at_once = h_.Count(EventType::kMemberJoined);
    EXPECT_EQ(h_.now(), held_at + Duration::Seconds(10));
  });
  const int never_shown =
      19 - shown_at_once - static_cast<int>(h_.node().members().count(State::kFailed)) + 1;
  EXPECT_GE(shown_at_once, 1);
  EXPECT_GE(never_shown, 0);
}

TEST_F(NodeBatchingTest, AMemberThatFailsBeforeItWasShownMakesNoEvent) {
  h_.Meet(1);
  ArriveInBulk(2, 9);
  Suspect({5});
  EXPECT_EQ(h_.Count(EventType::kMemberSuspected), 0);
  h_.Gossip(1, {Failed(5)});
  ASSERT_EQ(h_.effects().events().size(), 1u);
  EXPECT_EQ(h_.Count(EventType::kVerdictHeld), 1) << "that is not for users";
  EXPECT_EQ(Shown(5), State::kFailed) << "listed, as any tombstone that is learnt of";
  for (uint64_t n = 2; n <= 4; ++n) PingWithOurCell(n);
  EXPECT_EQ(h_.Count(EventType::kMemberJoined), 7);
}

TEST_F(NodeBatchingTest, WhoIsShownFailedAndFailsAgainBeforeItsReturnWasShownIsTold) {
  Meet(9);
  Suspect({5});
  h_.Gossip(1, {Failed(5)});
  ASSERT_EQ(Shown(5), State::kFailed);
  // It comes back as another run, among many that join.
  constexpr uint64_t kNextEpoch = 2 * kFirst;
  ArriveInBulk(10, 29);
  h_.Gossip(1, {Full(5, kNextEpoch, State::kAlive, 2)});
  ASSERT_EQ(Shown(5), State::kFailed);
  wire::Update suspected = Short(5, kNextEpoch, State::kSuspect, 2);
  suspected.elapsed_ms = 3500;
  h_.Gossip(1, {suspected});
  h_.Gossip(1, {Short(5, kNextEpoch, State::kFailed, 2)});
  EXPECT_EQ(h_.StateOf(5), State::kFailed);
  EXPECT_EQ(h_.Count(EventType::kMemberFailed), 0) << "users saw it fail before";
  EXPECT_EQ(h_.Count(EventType::kVerdictHeld), 1);
}

TEST_F(NodeBatchingTest, AJoinThatIsShownAsSuspectSaysSo) {
  h_.Meet(1);
  ArriveInBulk(2, 9);
  Suspect({5});
  for (uint64_t n = 2; n <= 4; ++n) PingWithOurCell(n);
  int suspects = 0;
  for (const Event& event : h_.effects().events()) {
    suspects += event.type == EventType::kMemberJoined && event.to == State::kSuspect;
  }
  EXPECT_EQ(suspects, 1);
}

TEST_F(NodeBatchingTest, WithoutBatchingAllIsShownAtOnce) {
  Options options;
  options.batching = false;
  NodeHarness h(options);
  h.Meet(9);
  h.Gossip(1, {Suspected(2), Suspected(3)});
  h.Gossip(1, {Failed(2)});
  EXPECT_EQ(h.Count(EventType::kMemberFailed), 1);
  std::vector<wire::Update> claims;
  for (uint64_t n = 20; n < 40; ++n) claims.push_back(Full(n, kFirst, State::kAlive));
  h.Gossip(1, claims);
  EXPECT_EQ(h.Count(EventType::kMemberJoined), 20);
}

TEST_F(NodeBatchingTest, ALeaverShowsAllThatItHolds) {
  h_.Meet(1);
  ArriveInBulk(2, 20);
  Effects effects;
  ASSERT_TRUE(h_.node().Leave(h_.now(), effects).ok());
  EXPECT_EQ(h_.node().held_changes(), 0u);
  EXPECT_EQ(std::count_if(effects.events().begin(), effects.events().end(),
                          [](const Event& e) { return e.type == EventType::kMemberJoined; }),
            19);
}

TEST_F(NodeBatchingTest, ForceLeaveOfAHeldFailureIsShown) {
  Meet(9);
  Suspect({2, 3});
  h_.Gossip(1, {Failed(2)});
  Effects effects;
  ASSERT_TRUE(h_.node().ForceLeave(h_.now(), IdOf(2), false, false, effects).ok());
  ASSERT_FALSE(effects.events().empty());
  EXPECT_EQ(effects.events()[0].type, EventType::kMemberLeft);
  EXPECT_EQ(h_.node().held_changes(), 0u);
}

// Whatever comes in, the events make up what is shown, and versions rise with it.
class Fold {
 public:
  void Take(const NodeHarness& h) {
    uint64_t version = version_;
    for (const Event& event : h.effects().events()) {
      if (event.type > EventType::kMemberReaped) continue;
      EXPECT_GE(event.version, version);
      version = std::max(version, event.version);
      EXPECT_GT(event.batch, 0u);
      const auto known = states_.find(event.member);
      if (event.type == EventType::kMemberReaped) {
        states_.erase(event.member);
        continue;
      }
      if (event.type == EventType::kMemberJoined) {
        EXPECT_EQ(known, states_.end()) << "joined twice";
      } else if (known != states_.end()) {
        EXPECT_EQ(known->second, event.from);
      }
      changed_ = true;
      states_[event.member] = event.to;
    }
    if (std::exchange(changed_, false)) {
      EXPECT_GT(h.node().shown_version(), version_);
    }
    EXPECT_GE(h.node().shown_version(), version);
    version_ = h.node().shown_version();
    Compare(h);
  }

 private:
  void Compare(const NodeHarness& h) {
    size_t counts[wire::kStateCount] = {};
    for (size_t i = 0; i < h.node().members().size(); ++i) {
      const MemberView* shown = h.node().shown(i);
      const HostId& id = h.node().members()[i].id();
      const auto known = states_.find(id);
      if (shown == nullptr) {
        EXPECT_EQ(known, states_.end()) << "hidden, and yet told of";
        continue;
      }
      ++counts[static_cast<size_t>(shown->state)];
      // Of some tombstones no event ever told, nor of this member itself.
      if (known == states_.end()) {
        EXPECT_TRUE(i == 0 || shown->is_tombstone());
        continue;
      }
      EXPECT_EQ(known->second, shown->state);
    }
    for (int state = 0; state < wire::kStateCount; ++state) {
      EXPECT_EQ(counts[state], h.node().shown_count(static_cast<State>(state)));
    }
  }

  std::map<HostId, State> states_;
  uint64_t version_ = 0;
  bool changed_ = false;
};

TEST(NodeBatchingFoldTest, EventsMakeUpWhatIsShown) {
  constexpr State kClaims[] = {State::kAlive,  State::kAlive, State::kSuspect, State::kFailed,
                               State::kFailed, State::kLeft,  State::kLeaving};
  size_t most_held = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(seed);
    Options options = Options::For(Profile::kLocal);
    options.tombstones_max = 5;
    NodeHarness h(options, seed);
    Fold fold;
    for (int step = 0; step < 150; ++step) {
      std::vector<wire::Update> claims;
      const uint64_t size = 1 + rng.Below(6);
      for (uint64_t i = 0; i < size; ++i) {
        const uint64_t n = 1 + rng.Below(12);
        // Drawn one by one: compilers differ in the order in which they evaluate arguments.
        const uint64_t incarnation = kFirst + rng.Below(static_cast<uint64_t>(step) / 10 + 1);
        const uint64_t hash = 1 + rng.Below(2);
        const State state = kClaims[rng.Below(std::size(kClaims))];
        wire::Update claim = Full(n, incarnation, state, hash);
        claim.elapsed_ms = static_cast<uint32_t>(rng.Below(1000));
        claims.push_back(claim);
      }
      h.Gossip(1 + rng.Below(12), claims);
      fold.Take(h);
      most_held = std::max(most_held, h.node().held_changes());
      h.Run(Duration::Millis(static_cast<int64_t>(rng.Below(400))), [&] { fold.Take(h); });
      if (testing::Test::HasFailure()) return;
    }
    // Nothing is held for ever.
    h.Run(Duration::Seconds(6), [&] { fold.Take(h); });
    EXPECT_EQ(h.node().held_changes(), 0u);
  }
  EXPECT_GE(most_held, 5u) << "nothing was tested";
}

}  // namespace
}  // namespace muster::core
