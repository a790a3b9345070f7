#include "src/core/sync.h"

#include <gtest/gtest.h>

#include "src/wire/codec.h"

namespace muster::core {
namespace {

TimePoint At(int64_t s) { return TimePoint::FromMicros(s * 1'000'000); }

wire::Update MakeUpdate(uint64_t id, wire::State state) {
  wire::Update update;
  update.id = HostId{id, 1};
  update.incarnation = Incarnation::Of(1, 0);
  update.state = state;
  update.attributes = wire::Attributes();
  update.attributes->name = "n" + std::to_string(id);
  update.attributes->address = Address::V4(0x0a000000 + static_cast<uint32_t>(id), 7946);
  update.attributes_hash = wire::AttributesHash(*update.attributes);
  return update;
}

TEST(SyncTest, OneOfOurOwnAndABoundedNumberOfOthers) {
  Syncs syncs;
  EXPECT_FALSE(syncs.has_own());
  syncs.Begin(1, HostId{9, 1}, false, 5);
  EXPECT_TRUE(syncs.has_own());
  EXPECT_EQ(syncs.FindOrAccept(1, HostId{9, 1}, 6)->version_before, 5u);
  for (StreamId stream = 2; syncs.size() < Syncs::kMax; stream += 2) {
    ASSERT_NE(syncs.FindOrAccept(stream, HostId{8, 1}, 5), nullptr);
  }
  EXPECT_EQ(syncs.FindOrAccept(1000, HostId{8, 1}, 5), nullptr);
  EXPECT_FALSE(syncs.Find(2)->initiator);
  syncs.End(1);
  EXPECT_FALSE(syncs.has_own());
  EXPECT_EQ(syncs.Find(1), nullptr);
}

TEST(SyncTest, WhatTheInitiatorDidNotMentionIsOwedInItsOwnExchange) {
  RecordPool pool;
  MemberTable table(&pool, 100, 100);
  table.Apply(At(10), MakeUpdate(1, wire::State::kAlive));
  table.Apply(At(10), MakeUpdate(2, wire::State::kSuspect));
  table.Apply(At(10), MakeUpdate(3, wire::State::kLeaving));
  table.Apply(At(10), MakeUpdate(4, wire::State::kFailed));
  table.Apply(At(20), MakeUpdate(5, wire::State::kLeft));
  SyncSession view;
  view.seen.Insert(HostId{2, 1});
  view.ranges.max_age = Duration::Seconds(15);
  Syncs::AddUnmentioned(table, At(30), &view);
  EXPECT_EQ(view.owed, (std::vector<Owed>{{{1, 1}, true}, {{3, 1}, true}}));
  SyncSession tombstones;
  tombstones.ranges.tombstones = true;
  tombstones.ranges.max_age = Duration::Seconds(15);
  Syncs::AddUnmentioned(table, At(30), &tombstones);
  EXPECT_EQ(tombstones.owed, (std::vector<Owed>{{{5, 1}, true}})) << "4 is in its last hour";
}

TEST(SyncTest, PrintsThatAreWantedBecomeRecordsOwedOnce) {
  RecordPool pool;
  MemberTable table(&pool, 100, 100);
  for (uint64_t id = 1; id <= 4; ++id) table.Apply(At(10), MakeUpdate(id, wire::State::kAlive));
  table.Apply(At(10), MakeUpdate(5, wire::State::kFailed));
  SyncSession session;
  session.ranges.salt = 77;
  session.ranges.max_age = Duration::Seconds(15);
  session.owed = {{{2, 1}, false}};
  const auto print_of = [&](size_t index) { return session.ranges.PrintOf(table[index]); };
  session.wanted_prints = {print_of(3), print_of(1), 12345, print_of(3), print_of(4)};
  Syncs::AddWanted(table, At(11), &session);
  EXPECT_EQ(session.owed, (std::vector<Owed>{{{2, 1}, false}, {{4, 1}, true}}))
      << "2 is owed already, 5 is of the other exchange";
  EXPECT_TRUE(session.wanted_prints.empty());
}

TEST(SyncTest, LargeTablesThatHoldMuchAreCompared) {
  EXPECT_FALSE(Syncs::ByRanges(32, 32));
  EXPECT_TRUE(Syncs::ByRanges(33, 33));
  EXPECT_TRUE(Syncs::ByRanges(33, 0));
  EXPECT_FALSE(Syncs::ByRanges(0, 0));
  EXPECT_FALSE(Syncs::ByRanges(100, 800));
  EXPECT_TRUE(Syncs::ByRanges(101, 800));
}

}  // namespace
}  // namespace muster::core
