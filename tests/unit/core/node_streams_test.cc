// What anybody can send on a stream without a key: junk, messages out of their place, floods.

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "src/base/rng.h"
#include "tests/unit/core/node_harness.h"

namespace muster::core {
namespace {

using wire::Reject;
using wire::State;
using wire::StreamType;

constexpr uint64_t kFirst = NodeHarness::kFirst;
const Address kStranger = Address::V4(0xc0000207, 7946);

wire::StreamMessage Of(StreamType type) {
  wire::StreamMessage message;
  message.type = type;
  return message;
}

// Member `n` asks to join, under the name of member `name`.
wire::StreamMessage JoinAs(uint64_t n, uint64_t name) {
  wire::StreamMessage message = Of(StreamType::kJoin);
  message.cluster = NodeHarness::kCluster;
  message.updates = {Full(n, kFirst, State::kAlive)};
  message.updates[0].attributes->name = AttributesOf(name).name;
  return message;
}

class NodeStreamsTest : public ::testing::Test {
 protected:
  NodeStreamsTest() {
    h_.Meet(3);
    h_.Run(Duration::Millis(10));
  }
  NodeHarness h_;
};

TEST_F(NodeStreamsTest, MessagesOutOfPlaceEndTheirStream) {
  const Snapshot before(h_.node());
  StreamId stream = 2;
  uint64_t count = 0;
  for (const StreamType type : {StreamType::kJoinAnswer, StreamType::kAck, StreamType::kSyncRecords,
                                StreamType::kReceipt, StreamType::kWrongCluster}) {
    wire::StreamMessage message = Of(type);
    message.cluster = NodeHarness::kCluster;
    message.last = true;
    message.updates = {Full(9, kFirst, State::kAlive)};
    h_.Open(stream, kStranger);
    h_.Stream(stream, 77, message);
    EXPECT_TRUE(h_.Closes(stream)) << static_cast<int>(type);
    EXPECT_EQ(h_.Rejected(Reject::kStreamProtocol), ++count);
    h_.Stream(stream, 77, message);  // nobody listens any more
    EXPECT_TRUE(h_.effects().empty());
    stream += 2;
  }
  EXPECT_EQ(Snapshot(h_.node()), before);
}

TEST_F(NodeStreamsTest, RandomFramesEndTheirStream) {
  const Snapshot before(h_.node());
  Rng rng(9);
  for (StreamId stream = 2; stream < 400; stream += 2) {
    std::string body(1 + rng.Below(300), '\0');
    for (char& byte : body) byte = static_cast<char>(rng.Below(256));
    h_.Open(stream, kStranger);
    Effects effects;
    h_.node().HandleStreamMessage(h_.now(), stream, body, effects);
    ASSERT_EQ(effects.stream_actions().size(), 1u);
    EXPECT_EQ(effects.stream_actions()[0].verb, Effects::StreamVerb::kClose);
  }
  EXPECT_EQ(Snapshot(h_.node()), before);
  EXPECT_EQ(AllRejected(h_), 199u);
}

TEST_F(NodeStreamsTest, WhoWaitsAtTheDoorMaySayNothingElse) {
  wire::StreamMessage summary = Of(StreamType::kSyncSummary);
  summary.last = true;
  wire::StreamMessage records = Of(StreamType::kSyncRecords);
  records.last = true;
  const std::vector<std::vector<wire::StreamMessage>> afterwards = {
      {summary, records}, {JoinAs(9, 2)}, {Of(StreamType::kPing)}};
  StreamId stream = 2;
  for (const std::vector<wire::StreamMessage>& messages : afterwards) {
    h_.Open(stream, h_.AddressOf(9));
    h_.Stream(stream, 9, JoinAs(9, 1));  // m1's name: m1 is asked
    ASSERT_FALSE(h_.Closes(stream));
    ASSERT_TRUE(h_.Frames(stream).empty());
    h_.Stream(stream, 9, messages[0]);
    EXPECT_TRUE(h_.Closes(stream));
    for (const wire::StreamMessage& message : messages) h_.Stream(stream, 9, message);
    EXPECT_TRUE(h_.effects().empty());
    // The probe of m1 ends, and nobody waits for it.
    h_.Run(Duration::Seconds(2), [&] { EXPECT_TRUE(h_.Frames(stream).empty()); });
    EXPECT_NE(h_.StateOf(1), State::kLeft);
    EXPECT_NE(h_.StateOf(2), State::kLeft);
    stream += 2;
  }
}

TEST_F(NodeStreamsTest, ASyncBegunBeforeTheDoorCannotEndTheStreamAtTheDoor) {
  wire::StreamMessage records = Of(StreamType::kSyncRecords);
  records.last = true;
  h_.Open(2, h_.AddressOf(9));
  h_.Stream(2, 9, Of(StreamType::kSyncSummary));  // more to come
  h_.Stream(2, 9, JoinAs(9, 1));
  h_.Stream(2, 9, records);
  h_.Run(Duration::Seconds(2));
  EXPECT_EQ(h_.node().member(IdOf(9)), nullptr);
}

TEST_F(NodeStreamsTest, AJoinThatConnectsAfterALeaveIsNotAsked) {
  Effects effects;
  const std::vector<Address> seeds = {kStranger};
  ASSERT_TRUE(h_.node().Join(h_.now(), seeds, effects).ok());
  ASSERT_EQ(effects.stream_actions().size(), 1u);
  const StreamId stream = effects.stream_actions()[0].stream;
  ASSERT_TRUE(h_.node().Leave(h_.now(), effects).ok());
  h_.Open(stream, kStranger);
  EXPECT_TRUE(h_.Frames(stream).empty());
  EXPECT_TRUE(h_.Closes(stream));
  EXPECT_EQ(h_.Count(EventType::kJoinTried), 1);
}

TEST(NodeFloodTest, StreamsBeyondTheLimitAreRefused) {
  Options options;
  options.streams_max = 4;
  NodeHarness h(options);
  for (StreamId stream = 2; stream <= 20; stream += 2) {
    h.Open(stream, kStranger);
    EXPECT_EQ(h.Closes(stream), stream > 8) << stream;
  }
  EXPECT_EQ(h.node().stats().streams_refused, 6u);
  h.EndStream(4, StreamEnd::kClosed);
  h.Open(22, kStranger);
  EXPECT_FALSE(h.Closes(22));
}

TEST(NodeFloodTest, WhoHasNothingToSayMakesRoom) {
  Options options;
  options.streams_max = 2;
  NodeHarness h(options);
  h.Open(2, kStranger);
  h.SkipTo(h.now() + Duration::Seconds(1));
  h.Open(4, kStranger);
  h.Open(6, kStranger);
  EXPECT_TRUE(h.Closes(6)) << "the others may still speak";
  h.SkipTo(h.now() + Duration::Seconds(1));
  h.Open(8, kStranger);
  EXPECT_TRUE(h.Closes(2));
  EXPECT_FALSE(h.Closes(8));
  h.Open(10, kStranger);
  EXPECT_TRUE(h.Closes(10)) << "4 is a second old";
}

TEST(NodeFloodTest, ARepeatedSubjectIsOwedOnce) {
  NodeHarness h;
  h.Meet(3);
  h.Open(2, kStranger);
  wire::StreamMessage summary = Of(StreamType::kSyncSummary);
  summary.updates.assign(1000, Short(1, kFirst - 1, State::kAlive));
  for (int i = 0; i < 20; ++i) h.Stream(2, 77, summary);
  summary.last = true;
  h.Stream(2, 77, summary);
  size_t records = 0;
  for (const wire::StreamMessage& frame : h.Frames(2)) records += frame.updates.size();
  EXPECT_EQ(records, 4u);
}

TEST(NodeFloodTest, SummariesBeyondAnyTableEndTheirStream) {
  Options options;
  options.members_max = 10;
  options.tombstones_max = 10;
  NodeHarness h(options);
  h.Open(2, kStranger);
  wire::StreamMessage summary = Of(StreamType::kSyncSummary);
  for (uint64_t n = 1; n <= 100; ++n) summary.updates.push_back(Short(n, kFirst, State::kLeft));
  h.Stream(2, 77, summary);
  EXPECT_TRUE(h.Closes(2));
  EXPECT_EQ(h.Rejected(Reject::kLimit), 1u);
  EXPECT_LE(h.node().members().size(), 11u);
}

TEST(NodeFloodTest, TablesOnDemandStayWithinTheirBudget) {
  Options options;
  options.bulk_bytes_per_second = 1200;
  options.bulk_burst_bytes = 64 * 1024 + 4;
  NodeHarness h(options);
  h.Meet(60);
  wire::StreamMessage summary = Of(StreamType::kSyncSummary);
  summary.last = true;
  size_t refused = 0;
  size_t bytes = 0;
  for (StreamId stream = 2; stream <= 128; stream += 2) {
    h.Open(stream, kStranger);
    h.Stream(stream, 77, summary);
    refused += h.Closes(stream) ? 1 : 0;
    for (const Effects::StreamAction& action : h.effects().stream_actions()) bytes += action.size;
  }
  EXPECT_GT(refused, 10u);
  EXPECT_LT(bytes, 90'000u);
}

// One seed of ten thousand that start at once has all of them at its door within a second.
TEST(NodeFloodTest, AMassOfJoinersIsToldOfFewerPeers) {
  Options options;
  options.bulk_burst_bytes = 128 * 1024;
  options.bulk_bytes_per_second = 128 * 1024;
  NodeHarness h(options);
  h.Meet(40);
  std::vector<size_t> told;  // by the joiners in turn, without the seed's own record
  for (uint64_t n = 100; n < 500; ++n) {
    const StreamId stream = 2 * n;
    h.Open(stream, h.AddressOf(n));
    h.Stream(stream, n, JoinAs(n, n));
    ASSERT_EQ(h.Frames(stream).size(), 1u);
    told.push_back(h.Frames(stream)[0].updates.size() - 1);
    h.EndStream(stream, StreamEnd::kClosed);
  }
  EXPECT_EQ(told.front(), 32u);
  EXPECT_EQ(told.back(), 3u);
  EXPECT_NE(std::find(told.begin(), told.end(), 8u), told.end());
  EXPECT_TRUE(std::is_sorted(told.rbegin(), told.rend()));
}

TEST(NodeFloodTest, StrangersCannotFillTheTableBeyondItsLimits) {
  Options options;
  options.members_max = 50;
  options.tombstones_max = 50;
  NodeHarness h(options);
  for (uint64_t n = 1; n <= 400; n += 8) {
    std::vector<wire::Update> updates;
    for (uint64_t i = n; i < n + 4; ++i) updates.push_back(Full(i, kFirst, State::kAlive));
    for (uint64_t i = n + 4; i < n + 8; ++i) updates.push_back(Full(i, kFirst, State::kLeft));
    h.Gossip(77, updates);
  }
  EXPECT_EQ(h.node().members().up_count(), 50u);
  EXPECT_EQ(h.node().members().tombstone_count(), 50u);
  EXPECT_GT(h.Rejected(Reject::kTableFull), 0u);
  EXPECT_LE(h.node().queue_depth(), 100u);
}

TEST(NodeFloodTest, TombstonesPushOutOthersNoFasterThanATableCanBeWalked) {
  Options options;
  options.tombstones_max = 20;
  NodeHarness h(options);
  const auto tell = [&](uint64_t from, uint64_t to) {
    for (uint64_t n = from; n < to; ++n) h.Gossip(77, {Short(n, kFirst, State::kLeft)});
  };
  tell(1, 21);
  EXPECT_EQ(h.Rejected(Reject::kTableFull), 0u);
  tell(21, 1021);
  EXPECT_EQ(h.node().members().tombstone_count(), 20u);
  EXPECT_GE(h.Rejected(Reject::kTableFull), 999u);
  h.SkipTo(h.now() + Duration::Millis(10));
  tell(2000, 2001);
  EXPECT_NE(h.node().member(IdOf(2000)), nullptr);
}

}  // namespace
}  // namespace muster::core
