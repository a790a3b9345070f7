#include "src/core/name_watch.h"

#include <gtest/gtest.h>

#include "src/wire/codec.h"

namespace muster::core {
namespace {

TimePoint At(int64_t ms) { return TimePoint::FromMicros(10'000'000 + ms * 1000); }

class NameWatchTest : public testing::Test {
 protected:
  void Add(uint64_t id, const std::string& name, wire::State state = wire::State::kAlive) {
    wire::Update update;
    update.id = HostId{id, 1};
    update.incarnation = Incarnation::Of(1, 0);
    update.state = state;
    update.attributes = wire::Attributes();
    update.attributes->name = name;
    update.attributes->address = Address::V4(0x0a000000 + static_cast<uint32_t>(id), 7946);
    update.attributes_hash = wire::AttributesHash(*update.attributes);
    ASSERT_TRUE(table_.Apply(At(0), update).is_news());
  }
  RecordPool pool_;
  MemberTable table_{&pool_, 100, 100};
  NameWatch watch_;
};

TEST_F(NameWatchTest, ArrivalsAreLookedAtTogetherASecondAfterTheFirst) {
  Add(1, "a");
  Add(2, "b");
  Add(3, "a");
  EXPECT_TRUE(watch_.next().is_never());
  watch_.Arrived(At(0), HostId{2, 1});
  watch_.Arrived(At(900), HostId{3, 1});
  watch_.Arrived(At(950), HostId{3, 1});
  EXPECT_EQ(watch_.next(), At(1000));
  EXPECT_TRUE(watch_.TakeShared(At(999), table_).empty());
  EXPECT_EQ(watch_.TakeShared(At(1000), table_), std::vector<uint32_t>{2});
  EXPECT_TRUE(watch_.next().is_never());
  EXPECT_TRUE(watch_.TakeShared(At(5000), table_).empty()) << "told once";
}

TEST_F(NameWatchTest, TheDeadAndTheUnknownShareNoName) {
  Add(1, "a");
  Add(2, "a", wire::State::kFailed);
  watch_.Arrived(At(0), HostId{1, 1});
  watch_.Arrived(At(0), HostId{2, 1});
  watch_.Arrived(At(0), HostId{9, 1});
  EXPECT_TRUE(watch_.TakeShared(At(1000), table_).empty());
}

TEST_F(NameWatchTest, WhatItGathersIsBounded) {
  for (uint64_t i = 1; i <= NameWatch::kMax; ++i) watch_.Arrived(At(0), HostId{i + 100, 1});
  Add(1, "a");
  Add(2, "a");
  watch_.Arrived(At(0), HostId{2, 1});
  EXPECT_TRUE(watch_.TakeShared(At(1000), table_).empty());
  watch_.Arrived(At(1000), HostId{2, 1});
  EXPECT_EQ(watch_.TakeShared(At(2000), table_).size(), 1u);
}

}  // namespace
}  // namespace muster::core
