#include "src/core/member_index.h"

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "src/base/rng.h"
#include "src/core/member_table.h"
#include "tests/unit/core/claims.h"

namespace muster::core {
namespace {

class MemberIndexTest : public ::testing::Test {
 protected:
  void Add(uint64_t n) {
    MemberView view;
    view.record = pool_.Intern(IdOf(n), wire::Attributes());
    members_.push_back(std::move(view));
    index_.Insert(members_.size() - 1, members_);
  }
  // As the table removes: the last member moves into the gap.
  void RemoveAt(size_t position) {
    index_.Erase(position, members_);
    const size_t last = members_.size() - 1;
    if (position != last) {
      index_.Move(last, position, members_);
      members_[position] = std::move(members_[last]);
    }
    members_.pop_back();
  }

  RecordPool pool_;
  std::vector<MemberView> members_;
  MemberIndex index_;
};

TEST_F(MemberIndexTest, AnEmptyIndexFindsNothing) {
  EXPECT_EQ(index_.Find(IdOf(1), members_), -1);
  index_.Rebuild(0, members_);
  EXPECT_EQ(index_.Find(IdOf(1), members_), -1);
}

TEST_F(MemberIndexTest, FindsWhatWasInsertedUpToItsCapacity) {
  for (const size_t capacity : {1u, 2u, 3u, 8u, 100u}) {
    SCOPED_TRACE(capacity);
    members_.clear();
    index_.Rebuild(capacity, members_);
    for (uint64_t n = 0; n < capacity; ++n) Add(n);
    for (uint64_t n = 0; n < capacity; ++n) {
      EXPECT_EQ(index_.Find(IdOf(n), members_), static_cast<int64_t>(n));
    }
    EXPECT_EQ(index_.Find(IdOf(capacity), members_), -1);
  }
}

TEST_F(MemberIndexTest, TheFirstHalfOfAnIdFindsItsMember) {
  index_.Rebuild(20, members_);
  for (uint64_t n = 0; n < 20; ++n) Add(n);
  for (uint64_t n = 0; n < 20; ++n) {
    EXPECT_EQ(index_.Find(IdOf(n).Half(), members_), static_cast<int64_t>(n));
    EXPECT_EQ(index_.Find({IdOf(n).hi, IdOf(n).lo + 1}, members_), -1) << "another's whole id";
  }
  EXPECT_EQ(index_.Find(IdOf(20).Half(), members_), -1);
}

TEST_F(MemberIndexTest, TwoMembersChangePlaces) {
  index_.Rebuild(20, members_);
  for (uint64_t n = 0; n < 20; ++n) Add(n);
  index_.Swap(0, 13, members_);
  std::swap(members_[0], members_[13]);
  for (uint64_t n = 0; n < 20; ++n) {
    const int64_t expected = n == 0 ? 13 : n == 13 ? 0 : static_cast<int64_t>(n);
    EXPECT_EQ(index_.Find(IdOf(n), members_), expected);
  }
}

TEST_F(MemberIndexTest, RebuildingKeepsEveryone) {
  index_.Rebuild(50, members_);
  for (uint64_t n = 0; n < 50; ++n) Add(n);
  index_.Rebuild(51, members_);
  Add(50);
  for (uint64_t n = 0; n <= 50; ++n) {
    EXPECT_EQ(index_.Find(IdOf(n), members_), static_cast<int64_t>(n));
  }
}

// A small full table makes long runs of neighbours that wrap round its end.
TEST_F(MemberIndexTest, AgreesWithAMapThroughRandomChangesWhileNearlyFull) {
  constexpr uint64_t kSeed = 20'261'120;
  SCOPED_TRACE(kSeed);
  Rng rng(kSeed);
  constexpr uint64_t kIds = 60;
  constexpr size_t kCapacity = 40;
  index_.Rebuild(kCapacity, members_);
  for (int step = 0; step < 20'000; ++step) {
    const uint64_t n = rng.Below(kIds);
    const int64_t position = index_.Find(IdOf(n), members_);
    if (position >= 0) {
      ASSERT_EQ(members_[static_cast<size_t>(position)].id(), IdOf(n));
      if (rng.Chance(1, 3)) RemoveAt(static_cast<size_t>(position));
    } else if (members_.size() < kCapacity) {
      Add(n);
    }
    std::map<HostId, size_t> expected;
    for (size_t i = 0; i < members_.size(); ++i) expected[members_[i].id()] = i;
    const HostId asked = IdOf(rng.Below(kIds));
    const auto found = expected.find(asked);
    ASSERT_EQ(index_.Find(asked, members_),
              found == expected.end() ? -1 : static_cast<int64_t>(found->second));
  }
}

TEST_F(MemberIndexTest, CostsAtMostSevenBytesAMember) {
  index_.Rebuild(10'000, members_);
  EXPECT_LE(index_.BytesUsed(), 70'000u);
}

}  // namespace
}  // namespace muster::core
