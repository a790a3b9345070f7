#include <gtest/gtest.h>

#include <set>
#include <string>

#include "proto/gossip.pb.h"
#include "src/wire/convert.h"
#include "tests/unit/wire/samples.h"

namespace muster::wire {
namespace {

using testing::Describe;
using testing::kAllStreamTypes;
using testing::SampleStreamMessage;

// A message with a value in every field that some type has.
StreamMessage WithEverything(StreamType type) {
  StreamMessage message = SampleStreamMessage(StreamType::kJoinAnswer);
  const StreamMessage sync = SampleStreamMessage(StreamType::kSyncRecords);
  message.type = type;
  message.cluster = testing::kCluster;
  message.target = SampleStreamMessage(StreamType::kPing).target;
  const StreamMessage own = SampleStreamMessage(type);
  const bool has_flags = own.tombstones || own.last;
  message.tombstones = has_flags ? own.tombstones : sync.tombstones;
  message.last = has_flags ? own.last : sync.last;
  message.wanted = sync.wanted;
  // What a comparison of ranges consists of must fit together.
  const StreamMessage prints = SampleStreamMessage(StreamType::kSyncPrints);
  message.salt = SampleStreamMessage(StreamType::kSyncCells).salt;
  message.range_bits = SampleStreamMessage(StreamType::kSyncCells).range_bits;
  message.ranges = own.ranges.empty() ? prints.ranges : own.ranges;
  message.range_sizes = prints.range_sizes;
  message.hashes = own.hashes.empty() ? prints.hashes : own.hashes;
  message.incarnations = prints.incarnations;
  message.reads_common = true;
  message.common = sync.common;
  message.updates = SampleStreamMessage(StreamType::kJoin).updates;
  return message;
}

// Views and updates go with any type; of the rest only what the type has.
TEST(ConvertStream, OnlyTheFieldsOfATypeTravel) {
  std::set<std::string> texts;
  for (const StreamType type : kAllStreamTypes) {
    const StreamMessage everything = WithEverything(type);
    StreamMessage expected = SampleStreamMessage(type);
    expected.view = everything.view;
    expected.updates = everything.updates;
    proto::StreamMessage message;
    ToProto(everything, &message);
    StreamMessage back;
    ASSERT_EQ(FromProto(message, &back), Reject::kNone) << static_cast<int>(type);
    EXPECT_EQ(Describe(back), Describe(expected));
    texts.insert(Describe(back));
  }
  EXPECT_EQ(texts.size(), std::size(kAllStreamTypes));
}

// A sender that fills fields of other types is not read there either.
TEST(ConvertStream, FieldsOfOtherTypesAreNotRead) {
  proto::StreamMessage message;
  ToProto(WithEverything(StreamType::kJoinAnswer), &message);
  message.set_cluster("staging");
  message.set_last(true);
  message.add_wanted(1);
  message.set_salt(1);
  message.set_range_bits(1);
  message.add_ranges(1);
  message.add_range_sizes(1);
  message.add_hashes(1);
  message.add_epochs(1);
  message.add_counters(1);
  message.set_reads_common(true);
  message.mutable_common()->set_port(1);
  message.set_target_hi(1);
  message.set_type(static_cast<uint32_t>(StreamType::kReceipt));
  StreamMessage back = WithEverything(StreamType::kJoin);
  ASSERT_EQ(FromProto(message, &back), Reject::kNone);
  StreamMessage expected = SampleStreamMessage(StreamType::kReceipt);
  expected.view = WithEverything(StreamType::kReceipt).view;
  expected.updates = WithEverything(StreamType::kReceipt).updates;
  EXPECT_EQ(Describe(back), Describe(expected));
}

TEST(ConvertStream, WrongClusterMayComeFromNobody) {
  StreamMessage message = SampleStreamMessage(StreamType::kWrongCluster);
  message.sender = {};
  proto::StreamMessage filled;
  ToProto(message, &filled);
  StreamMessage back;
  EXPECT_EQ(FromProto(filled, &back), Reject::kNone);
  EXPECT_EQ(back.cluster, testing::kCluster);
}

TEST(ConvertStream, AcceptedAnswerNeedsNoOther) {
  for (const JoinVerdict verdict :
       {JoinVerdict::kAccepted, JoinVerdict::kRetry, JoinVerdict::kCloned, JoinVerdict::kFull}) {
    StreamMessage message;
    message.type = StreamType::kJoinAnswer;
    message.sender = testing::SampleId(1);
    message.verdict = verdict;
    proto::StreamMessage filled;
    ToProto(message, &filled);
    StreamMessage back;
    EXPECT_EQ(FromProto(filled, &back), Reject::kNone) << static_cast<int>(verdict);
    EXPECT_EQ(Describe(back), Describe(message));
  }
}

}  // namespace
}  // namespace muster::wire
