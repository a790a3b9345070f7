// Comparisons of ranges that are refused, put off, out of their order, or meant to hurt.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"
#include "src/core/sync.h"
#include "tests/unit/core/sync_peer.h"

namespace muster::core {
namespace {

using wire::Reject;
using wire::State;
using wire::StreamMessage;
using wire::StreamType;

constexpr uint64_t kFirst = NodeHarness::kFirst;

class NodeComparingTest : public SyncPeerTest {};

TEST_F(NodeComparingTest, EqualTablesNeedTwoMessages) {
  Their(Full(7, kFirst + 1, State::kAlive));
  const StreamId stream = BeganSync();
  ASSERT_NE(stream, 0u);
  h_.Open(stream, h_.AddressOf(asked_));
  ASSERT_EQ(h_.Frames(stream).size(), 1u);
  h_.Stream(stream, asked_, Of(StreamType::kSyncSplit));  // it has lost the difference meanwhile
  EXPECT_TRUE(h_.Closes(stream));
  EXPECT_TRUE(h_.Frames(stream).empty());
  EXPECT_EQ(BeganSync(Duration::Seconds(10)), 0u) << "futile while both cells stay";
}

TEST_F(NodeComparingTest, AReleaseThatCannotCompareGetsWholeTables) {
  Their(Full(7, kFirst + 1, State::kAlive));
  for (const StreamEnd end : {StreamEnd::kClosed, StreamEnd::kBroken}) {
    const StreamId stream = BeganSync();
    ASSERT_NE(stream, 0u);
    h_.Open(stream, h_.AddressOf(asked_));
    ASSERT_EQ(h_.Frames(stream)[0].type, StreamType::kSyncCells);
    h_.EndStream(stream, end);
  }
  EXPECT_EQ(h_.node().stats().syncs_refused, 2u);
  const StreamId stream = BeganSync();
  ASSERT_NE(stream, 0u);
  h_.Open(stream, h_.AddressOf(asked_));
  EXPECT_EQ(h_.Frames(stream)[0].type, StreamType::kSyncSummary);
}

TEST_F(NodeComparingTest, WhoCannotNowIsAskedAgain) {
  Their(Full(7, kFirst + 1, State::kAlive));
  for (int i = 0; i < 3; ++i) {
    const StreamId stream = BeganSync();
    ASSERT_NE(stream, 0u);
    h_.Open(stream, h_.AddressOf(asked_));
    ASSERT_EQ(h_.Frames(stream)[0].type, StreamType::kSyncCells);
    StreamMessage put_off = Of(StreamType::kSyncSplit);
    put_off.last = false;
    h_.Stream(stream, asked_, put_off);
    EXPECT_FALSE(h_.Closes(stream));
    h_.EndStream(stream, StreamEnd::kClosed);
  }
  EXPECT_EQ(h_.node().stats().syncs_refused, 0u);
}

TEST_F(NodeComparingTest, MessagesOutOfTheirOrderEndTheStream) {
  const StreamMessage cells = Cells();
  StreamMessage prints = Of(StreamType::kSyncPrints);
  StreamMessage beyond = prints;
  beyond.ranges = {static_cast<uint32_t>(ranges_.leaves())};
  beyond.range_sizes = {0};
  const StreamMessage split = Of(StreamType::kSyncSplit);
  const StreamMessage summary = Of(StreamType::kSyncSummary);
  const StreamMessage records = Of(StreamType::kSyncRecords);
  StreamMessage more_prints = prints;
  more_prints.last = false;
  const std::vector<std::vector<StreamMessage>> scripts = {{prints},
                                                           {split},
                                                           {cells, cells},
                                                           {cells, summary},
                                                           {cells, records},
                                                           {cells, beyond},
                                                           {cells, split},
                                                           {cells, more_prints, cells},
                                                           {cells, prints, prints},
                                                           {cells, prints, cells}};
  const Snapshot before(h_.node());
  StreamId stream = 2;
  uint64_t rejected = 0;
  for (const std::vector<StreamMessage>& script : scripts) {
    h_.Open(stream, h_.AddressOf(kPeer));
    for (const StreamMessage& message : script) {
      EXPECT_FALSE(h_.Closes(stream));
      h_.Stream(stream, kPeer, message);
    }
    EXPECT_TRUE(h_.Closes(stream)) << stream;
    EXPECT_EQ(h_.Rejected(Reject::kStreamProtocol), ++rejected);
    stream += 2;
  }
  EXPECT_EQ(Snapshot(h_.node()), before);
}

TEST_F(NodeComparingTest, AnAnswerOutOfOrderEndsTheExchange) {
  Their(Full(7, kFirst + 1, State::kAlive));
  const auto answer_with = [&](const std::vector<StreamMessage>& answers) {
    const StreamId stream = BeganSync();
    if (stream == 0) return false;
    h_.Open(stream, h_.AddressOf(asked_));
    for (const StreamMessage& message : answers) h_.Stream(stream, asked_, message);
    return h_.Closes(stream);
  };
  StreamMessage half = Of(StreamType::kSyncSplit);
  half.last = false;
  half.ranges = {0};
  half.hashes.assign(wire::limits::kLeavesPerRange, 1);
  StreamMessage beyond = half;
  beyond.ranges = {4095};
  const StreamMessage prints = Of(StreamType::kSyncPrints);
  EXPECT_TRUE(answer_with({half, half})) << "one range twice";
  EXPECT_TRUE(answer_with({beyond}));
  EXPECT_TRUE(answer_with({prints}));
  EXPECT_TRUE(answer_with({Of(StreamType::kSyncRecords)})) << "before any print";
  EXPECT_EQ(h_.Rejected(Reject::kStreamProtocol), 4u);
}

TEST_F(NodeComparingTest, AnotherSenderOnTheStreamEndsIt) {
  h_.Open(2, h_.AddressOf(kPeer));
  h_.Stream(2, kPeer, Cells());
  h_.Stream(2, kPeer + 1, Of(StreamType::kSyncPrints));
  EXPECT_TRUE(h_.Closes(2));
  Their(Full(7, kFirst + 1, State::kAlive));
  const StreamId stream = BeganSync();
  ASSERT_NE(stream, 0u);
  h_.Open(stream, h_.AddressOf(asked_));
  h_.Stream(stream, asked_ + 1, Of(StreamType::kSyncSplit));
  EXPECT_TRUE(h_.Closes(stream));
  EXPECT_EQ(h_.Rejected(Reject::kNotForUs), 2u);
}

TEST_F(NodeComparingTest, ComparisonsBeyondTheLimitArePutOff) {
  for (StreamId stream = 2; stream <= 2 * Syncs::kMax; stream += 2) {
    h_.Open(stream, h_.AddressOf(kPeer));
    h_.Stream(stream, kPeer, Cells());
    ASSERT_FALSE(h_.Closes(stream));
  }
  const StreamId stream = 2 * Syncs::kMax + 2;
  h_.Open(stream, h_.AddressOf(kPeer));
  h_.Stream(stream, kPeer, Cells());
  EXPECT_TRUE(h_.Closes(stream));
  const std::vector<StreamMessage> frames = h_.Frames(stream);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].type, StreamType::kSyncSplit);
  EXPECT_FALSE(frames[0].last);
  EXPECT_TRUE(frames[0].ranges.empty());
  EXPECT_EQ(AllRejected(h_), 0u);
}

TEST(NodeComparingFloodTest, PrintsBeyondAnyTableEndTheirStream) {
  Options options;
  options.members_max = 10;
  options.tombstones_max = 10;
  NodeHarness h(options);
  h.Open(2, h.AddressOf(77));
  StreamMessage cells = Of(StreamType::kSyncCells);
  cells.hashes = {1};
  h.Stream(2, 77, cells);
  StreamMessage prints = Of(StreamType::kSyncPrints);
  prints.last = false;
  prints.ranges = {0};
  prints.range_sizes = {20};
  prints.hashes.assign(20, 1);
  prints.incarnations.assign(20, Incarnation::Of(1, 0));
  h.Stream(2, 77, prints);
  h.Stream(2, 77, prints);
  EXPECT_FALSE(h.Closes(2));
  h.Stream(2, 77, prints);
  EXPECT_TRUE(h.Closes(2));
  EXPECT_EQ(h.Rejected(Reject::kLimit), 1u);
}

TEST(NodeComparingFloodTest, ComparisonsOnDemandStayWithinTheBudget) {
  Options options;
  options.bulk_bytes_per_second = 1200;
  options.bulk_burst_bytes = 64 * 1024 + 4;
  NodeHarness h(options);
  h.Meet(60);
  // The finest cells there are, and all leaves of them named: as much as can be asked for.
  StreamMessage cells = Of(StreamType::kSyncCells);
  cells.range_bits = 4;
  cells.hashes.assign(16, 1);
  StreamMessage prints = Of(StreamType::kSyncPrints);
  for (uint32_t leaf = 0; leaf < 256; ++leaf) prints.ranges.push_back(leaf);
  prints.range_sizes.assign(256, 0);
  size_t put_off = 0;
  size_t bytes = 0;
  for (StreamId stream = 2; stream <= 128; stream += 2) {
    h.Open(stream, h.AddressOf(77));
    for (const StreamMessage* message : {&cells, &prints}) {
      h.Stream(stream, 77, *message);
      put_off += h.Closes(stream) ? 1 : 0;
      for (const Effects::StreamAction& action : h.effects().stream_actions()) bytes += action.size;
      if (h.Closes(stream)) break;
    }
  }
  EXPECT_GT(put_off, 10u);
  EXPECT_LT(bytes, 90'000u);
}

}  // namespace
}  // namespace muster::core
