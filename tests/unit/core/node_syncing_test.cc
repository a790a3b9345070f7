// A node at either end of a comparison of ranges: what it says and what it learns.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"
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
    for (uint32_t n = 0; n < frames[0].range_sizes[i]; ++n) {
      prints.push_back(MakeLeafPrint(frames[0].ranges[i], frames[0].hashes[at++]));
    }
  }
  const Difference difference = Compare(ranges_, h_.now(), theirs_, named, &prints);
  EXPECT_EQ(difference.owed.size(), 3u);
  EXPECT_EQ(difference.wanted.size(), 2u);
  StreamMessage records = Of(StreamType::kSyncRecords);
  records.updates = {Full(7, kFirst + 1, State::kAlive), Full(8, kFirst, State::kAlive),
                     Full(41, kFirst, State::kAlive)};
  records.hashes = difference.wanted;
  h_.Stream(stream, asked_, records);
  EXPECT_EQ(h_.node().member(IdOf(7))->incarnation.raw(), kFirst + 1);
  EXPECT_NE(h_.node().member(IdOf(41)), nullptr);
  frames = h_.Frames(stream);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].type, StreamType::kSyncRecords);
  EXPECT_EQ(IdsOf(frames[0].updates), std::vector<HostId>{IdOf(8)})
      << "7 was learnt a moment ago and is not sent back";
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
  EXPECT_EQ(IdsOf(records.updates), (std::vector<HostId>{IdOf(8), IdOf(9)}));
  std::vector<uint32_t> wanted = {PrintOf(8), PrintOf(9), PrintOf(42)};
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

}  // namespace
}  // namespace muster::core
