// A node at either end of a comparison of ranges: what it says and what it learns.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"
#include "src/base/check.h"
#include "src/core/ranges.h"
#include "tests/unit/core/sync_peer.h"

namespace muster::core {
namespace {

using wire::State;
using wire::StreamMessage;
using wire::StreamType;

constexpr uint64_t kFirst = NodeHarness::kFirst;

class NodeSyncingTest : public SyncPeerTest {};

TEST_F(NodeSyncingTest, WhoBeginsLearnsWhatItMissedAndTellsWhatItKnows) {
  Their(Full(7, kFirst + 1, State::kAlive));  // missed here
  Their(Full(41, kFirst, State::kAlive));
  h_.Gossip(8, {Full(8, kFirst + 1, State::kAlive)});  // missed there
  h_.Run(Duration::Seconds(5), [this] { h_.AnswerPings(); });
  const StreamId stream = BeganSync();
  ASSERT_NE(stream, 0u);
  h_.Open(stream, h_.AddressOf(asked_));
  std::vector<StreamMessage> frames = h_.Frames(stream);
  ASSERT_EQ(frames.size(), 1u);
  ASSERT_EQ(frames[0].type, StreamType::kSyncCells);
  EXPECT_EQ(h_.node().stats().syncs_by_ranges, 1u);
  h_.Stream(stream, asked_, SplitOf(frames[0]));
  frames = h_.Frames(stream);
  ASSERT_EQ(frames.size(), 1u);
  ASSERT_EQ(frames[0].type, StreamType::kSyncPrints);
  EXPECT_TRUE(frames[0].last);
  EXPECT_LE(frames[0].ranges.size(), 3u) << "of three members";
  std::vector<bool> named(ranges_.leaves(), false);
  std::vector<LeafPrint> prints;
  size_t at = 0;
  for (size_t i = 0; i < frames[0].ranges.size(); ++i) {
    named[frames[0].ranges[i]] = true;
    for (uint32_t n = 0; n < frames[0].range_sizes[i]; ++n, ++at) {
      prints.push_back({frames[0].ranges[i], frames[0].hashes[at], frames[0].incarnations[at]});
    }
  }
  const Difference difference = Compare(ranges_, h_.now(), theirs_, named, &prints);
  EXPECT_EQ(difference.owed.size(), 2u);
  EXPECT_EQ(difference.wanted, std::vector<uint32_t>{PrintOf(8, h_.node().members())});
  StreamMessage records = Of(StreamType::kSyncRecords);
  records.updates = {Full(7, kFirst + 1, State::kAlive), Full(41, kFirst, State::kAlive)};
  records.hashes = difference.wanted;
  h_.Stream(stream, asked_, records);
  EXPECT_EQ(h_.node().member(IdOf(7))->incarnation.raw(), kFirst + 1);
  EXPECT_NE(h_.node().member(IdOf(41)), nullptr);
  frames = h_.Frames(stream);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].type, StreamType::kSyncRecords);
  EXPECT_EQ(IdsOf(frames[0].updates), std::vector<HostId>{IdOf(8)});
  h_.EndStream(stream, StreamEnd::kClosed);
  EXPECT_EQ(h_.node().stats().syncs_changed, 1u);
}

TEST_F(NodeSyncingTest, WhoIsAskedTellsWhatItKnowsAndWantsTheRest) {
  Their(Full(9, kFirst + 1, State::kAlive));
  Their(Full(42, kFirst, State::kAlive));
  h_.Gossip(8, {Full(8, kFirst + 1, State::kAlive)});
  const StreamMessage records = Ask(2);
  ASSERT_EQ(records.type, StreamType::kSyncRecords);
  EXPECT_TRUE(records.last);
  EXPECT_EQ(IdsOf(records.updates), std::vector<HostId>{IdOf(8)}) << "9 is older here";
  std::vector<uint32_t> wanted = {PrintOf(9), PrintOf(42)};
  std::sort(wanted.begin(), wanted.end());
  EXPECT_EQ(records.hashes, wanted);
  StreamMessage answer = Of(StreamType::kSyncRecords);
  answer.updates = {Full(9, kFirst + 1, State::kAlive), Full(42, kFirst, State::kAlive)};
  h_.Stream(2, kPeer, answer);
  EXPECT_TRUE(h_.Frames(2).empty());
  EXPECT_TRUE(h_.Closes(2));
  EXPECT_EQ(h_.node().member(IdOf(9))->incarnation.raw(), kFirst + 1);
  EXPECT_NE(h_.node().member(IdOf(42)), nullptr);
}

TEST_F(NodeSyncingTest, TheLastWordIsWithWhoHoldsMore) {
  Their(Full(9, kFirst + 1, State::kAlive));
  (void)Ask(2);
  h_.Gossip(9, {Full(9, kFirst + 2, State::kAlive)});  // meanwhile
  StreamMessage answer = Of(StreamType::kSyncRecords);
  answer.updates = {Full(9, kFirst + 1, State::kAlive)};
  h_.Stream(2, kPeer, answer);
  const std::vector<StreamMessage> frames = h_.Frames(2);
  ASSERT_EQ(frames.size(), 1u);
  ASSERT_EQ(frames[0].updates.size(), 1u);
  EXPECT_EQ(frames[0].updates[0].incarnation.raw(), kFirst + 2);
  EXPECT_FALSE(frames[0].updates[0].attributes.has_value()) << "the attributes are the same";
  EXPECT_TRUE(h_.Closes(2));
}

TEST_F(NodeSyncingTest, VerdictsAndBarsAreToldToWhoHoldsTheMemberAlive) {
  const uint64_t barred = Incarnation::FromRaw(kFirst).Barred().raw();
  h_.Gossip(5, {Short(11, kFirst, State::kSuspect)});
  h_.Gossip(5, {Short(11, kFirst, State::kFailed)});
  h_.Gossip(5, {Short(12, barred, State::kSuspect)});
  h_.Gossip(5, {Short(12, barred, State::kFailed)});
  ASSERT_EQ(h_.StateOf(11), State::kFailed);
  ASSERT_EQ(h_.StateOf(12), State::kFailed);
  const StreamMessage records = Ask(2);
  ASSERT_EQ(records.updates.size(), 1u);
  EXPECT_EQ(records.updates[0].id, IdOf(11));
  EXPECT_EQ(records.updates[0].state, State::kFailed);
  EXPECT_FALSE(records.updates[0].attributes.has_value());
  EXPECT_EQ(records.hashes, std::vector<uint32_t>{PrintOf(12)}) << "of another incarnation";
  StreamMessage answer = Of(StreamType::kSyncRecords);
  answer.updates = {Full(12, kFirst, State::kAlive)};
  h_.Stream(2, kPeer, answer);
  const std::vector<StreamMessage> frames = h_.Frames(2);
  ASSERT_EQ(frames.size(), 1u);
  ASSERT_EQ(frames[0].updates.size(), 1u);
  EXPECT_EQ(frames[0].updates[0].incarnation.raw(), barred);
  EXPECT_EQ(frames[0].updates[0].state, State::kFailed);
  EXPECT_EQ(h_.StateOf(12), State::kFailed);
}

TEST_F(NodeSyncingTest, TombstonesAreComparedByThemselves) {
  for (uint64_t n = 13; n <= 14; ++n) Their(Full(n, kFirst, State::kLeft));
  h_.Gossip(5, {Short(14, kFirst, State::kLeft)});
  h_.Gossip(5, {Short(15, kFirst, State::kLeft)});
  ranges_.tombstones = true;
  const StreamMessage records = Ask(2);
  EXPECT_TRUE(records.tombstones);
  EXPECT_EQ(IdsOf(records.updates), std::vector<HostId>{IdOf(15)});
  EXPECT_EQ(records.hashes, std::vector<uint32_t>{PrintOf(13)});
}

// What was learnt by a reconciliation, and told on by gossip.
class NodeTellingOnTest : public SyncPeerTest {
 protected:
  // The peer begins, and teaches the node members 100 to 99 + `learnt`; the node, which got
  // `given` members that the peer does not know, tells it of them.
  void Exchange(uint64_t learnt, uint64_t given) {
    for (uint64_t n = 0; n < given; ++n) {
      h_.Gossip(8, {Full(200 + n, kFirst, State::kAlive)});
    }
    h_.Run(Duration::Seconds(5), [this] { h_.AnswerPings(); });
    for (uint64_t n = 0; n < learnt; ++n) Their(Full(100 + n, kFirst, State::kAlive));
    const StreamMessage records = Ask(2);
    ASSERT_EQ(records.updates.size(), given);
    ASSERT_EQ(records.hashes.size(), learnt);
    StreamMessage answer = Of(StreamType::kSyncRecords);
    for (uint64_t n = 0; n < learnt; ++n) {
      answer.updates.push_back(Full(100 + n, kFirst, State::kAlive));
    }
    h_.Stream(2, kPeer, answer);
    ASSERT_TRUE(h_.Closes(2));
    ASSERT_NE(h_.node().member(IdOf(100)), nullptr);
  }
};

TEST_F(NodeTellingOnTest, AFewRecordsAreToldOn) {
  Exchange(8, 0);
  EXPECT_EQ(h_.node().queue_depth(), 8u);
}

TEST_F(NodeTellingOnTest, WhatOnlyWeLackedIsNot) {
  Exchange(20, 4);
  EXPECT_EQ(h_.node().queue_depth(), 0u);
}

TEST_F(NodeTellingOnTest, WhereBothSidesLackedMuchAllIsToldOn) {
  Exchange(20, 5);
  EXPECT_EQ(h_.node().queue_depth(), 20u);
}

TEST_F(NodeTellingOnTest, ABrokenExchangeIsToldOnAsFarAsItCame) {
  Their(Full(100, kFirst, State::kAlive));
  ASSERT_EQ(Ask(2).hashes.size(), 1u);
  StreamMessage answer = Of(StreamType::kSyncRecords);
  answer.updates = {Full(100, kFirst, State::kAlive)};
  answer.last = false;
  h_.Stream(2, kPeer, answer);
  EXPECT_EQ(h_.node().queue_depth(), 0u);
  h_.EndStream(2, StreamEnd::kBroken);
  EXPECT_EQ(h_.node().queue_depth(), 1u);
}

TEST_F(NodeTellingOnTest, VerdictsAreToldAtOnce) {
  Their(Full(7, kFirst, State::kLeft));
  ASSERT_EQ(Ask(2).updates.size(), 1u) << "alive here";
  StreamMessage answer = Of(StreamType::kSyncRecords);
  answer.updates = {Short(7, kFirst, State::kLeft)};
  answer.last = false;
  h_.Stream(2, kPeer, answer);
  EXPECT_EQ(h_.StateOf(7), State::kLeft);
  EXPECT_EQ(h_.node().queue_depth(), 1u);
}

// More rumours than gossip tells in time: peers are compared with, ten a second.
class NodeMassTest : public ::testing::Test {
 protected:
  NodeMassTest() : h_(OptionsOf()) {
    h_.Meet(30);
    h_.Run(Duration::Seconds(20), [this] { h_.AnswerPings(); });
    MUSTER_CHECK(h_.node().queue_depth() == 0);
  }
  static Options OptionsOf() {
    Options options;
    options.queue_high = 5;
    // Not all told within the test.
    options.copies = options.copies_when_busy = 100;
    options.push_interval = Duration::Seconds(10);
    return options;
  }
  // Each with the cell of the node itself, or with another one. Returns how many pings it sent.
  int AnswerAlike(Duration span, bool is_alike) {
    int pings = 0;
    h_.Run(span, [&] {
      for (const wire::Packet& ping : h_.Packets()) {
        if (ping.type != wire::PacketType::kPing) continue;
        ++pings;
        wire::Packet ack;
        ack.type = wire::PacketType::kAck;
        ack.answers = ping.sequence;
        ack.view = h_.node().members().view_cell();
        if (!is_alike) ++ack.view->hash;
        h_.Receive(ping.target_prefix - 1, ack);
      }
    });
    return pings;
  }
  NodeHarness h_;
};

TEST_F(NodeMassTest, RumoursEndWhenPeersHoldTheTable) {
  for (uint64_t n = 1; n <= 10; ++n) h_.Gossip(11, {Full(n, kFirst + 1, State::kAlive)});
  EXPECT_GT(AnswerAlike(Duration::Millis(1500), true), 3);
  EXPECT_EQ(h_.node().queue_depth(), 0u);
}

TEST_F(NodeMassTest, RumoursGoOnWhilePeersDiffer) {
  for (uint64_t n = 1; n <= 10; ++n) h_.Gossip(11, {Full(n, kFirst + 1, State::kAlive)});
  AnswerAlike(Duration::Millis(1500), false);
  EXPECT_EQ(h_.node().queue_depth(), 10u);
  EXPECT_GT(h_.node().stats().syncs, 0u) << "at once, though rumours wait";
}

TEST_F(NodeMassTest, AFewRumoursAreNoMass) {
  for (uint64_t n = 1; n <= 5; ++n) h_.Gossip(11, {Full(n, kFirst + 1, State::kAlive)});
  EXPECT_LE(AnswerAlike(Duration::Millis(1500), true), 3);
  EXPECT_EQ(h_.node().queue_depth(), 5u);
}

}  // namespace
}  // namespace muster::core
