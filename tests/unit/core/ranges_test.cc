#include "src/core/ranges.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "src/base/rng.h"
#include "tests/unit/core/claims.h"

namespace muster::core {
namespace {

using wire::State;
using wire::limits::kLeavesPerRange;

constexpr uint64_t kFirst = uint64_t{1} << Incarnation::kCounterBits;
constexpr size_t kTableMax = 4000;

Ranges RangesOf(uint64_t salt, uint8_t bits, bool tombstones = false) {
  return {salt, bits, tombstones, Duration::Seconds(3600)};
}

std::vector<LeafPrint> AllPrints(const Ranges& ranges, const MemberTable& table,
                                 const std::vector<bool>& leaves) {
  return PrintsIn(ranges, At(0), table, leaves);
}

// The leaves whose sums differ, as the initiator finds them.
std::vector<bool> LeavesApart(const Ranges& ranges, const MemberTable& a, const MemberTable& b) {
  const std::vector<uint32_t> of_a = LeafSums(ranges, At(0), a);
  const std::vector<uint32_t> of_b = LeafSums(ranges, At(0), b);
  const std::vector<uint32_t> ranges_of_a = RangeSums(of_a);
  const std::vector<uint32_t> ranges_of_b = RangeSums(of_b);
  std::vector<bool> apart(ranges.leaves(), false);
  for (size_t leaf = 0; leaf < apart.size(); ++leaf) {
    const size_t range = leaf / kLeavesPerRange;
    apart[leaf] = ranges_of_a[range] != ranges_of_b[range] && of_a[leaf] != of_b[leaf];
  }
  return apart;
}

class RangesTest : public ::testing::Test {
 protected:
  RangesTest() : a_(&pool_, kTableMax, kTableMax), b_(&pool_, kTableMax, kTableMax) {}

  void Both(const wire::Update& update) {
    (void)a_.Apply(At(0), update);
    (void)b_.Apply(At(0), update);
  }

  RecordPool pool_;
  MemberTable a_;
  MemberTable b_;
};

TEST_F(RangesTest, EnoughRangesForFiveMembersALeaf) {
  EXPECT_EQ(Ranges::BitsFor(0), 0);
  EXPECT_EQ(Ranges::BitsFor(80), 0);
  EXPECT_EQ(Ranges::BitsFor(81), 1);
  EXPECT_EQ(Ranges::BitsFor(10'000), 7);
  EXPECT_EQ(Ranges::BitsFor(SIZE_MAX / 1000), wire::limits::kRangeBitsMax);
  EXPECT_EQ(RangesOf(0, wire::limits::kRangeBitsMax).leaves(), wire::limits::kLeavesMax);
}

TEST_F(RangesTest, MembersAreSpreadEvenlyOverAllLeaves) {
  for (const uint8_t bits : {uint8_t{0}, uint8_t{3}, wire::limits::kRangeBitsMax}) {
    const Ranges ranges = RangesOf(7, bits);
    std::vector<size_t> members(ranges.leaves(), 0);
    for (uint64_t n = 0; n < 16 * ranges.leaves(); ++n) {
      ASSERT_LT(ranges.LeafOf(IdOf(n)), ranges.leaves());
      ++members[ranges.LeafOf(IdOf(n))];
    }
    EXPECT_GT(*std::min_element(members.begin(), members.end()), 0u);
    EXPECT_LT(*std::max_element(members.begin(), members.end()), 50u);
  }
}

TEST_F(RangesTest, ASaltSpreadsAnew) {
  AddAlive(200, &a_);
  const Ranges one = RangesOf(1, 4);
  const Ranges other = RangesOf(2, 4);
  int moved = 0;
  int reprinted = 0;
  for (const MemberView& member : a_.all()) {
    moved += one.LeafOf(member.id()) != other.LeafOf(member.id());
    reprinted += one.PrintOf(member) != other.PrintOf(member);
  }
  EXPECT_GT(moved, 180);
  EXPECT_EQ(reprinted, 200);
}

TEST_F(RangesTest, ThePrintTellsWhatTheCellTells) {
  const Ranges ranges = RangesOf(1, 0);
  const auto print_of = [&](const wire::Update& update) {
    MemberTable table(&pool_, 10, 10);
    (void)table.Apply(At(0), Full(0, kFirst, State::kAlive));
    (void)table.Apply(At(0), update);
    return ranges.PrintOf(table[1]);
  };
  const uint32_t print = print_of(Full(1, kFirst, State::kAlive));
  EXPECT_EQ(print, print_of(Full(1, kFirst, State::kSuspect))) << "a suspicion is no difference";
  const std::set<uint32_t> others = {print,
                                     print_of(Full(2, kFirst, State::kAlive)),
                                     print_of(Full(1, kFirst + 1, State::kAlive)),
                                     print_of(Full(1, kFirst, State::kAlive, 2)),
                                     print_of(Full(1, kFirst, State::kFailed)),
                                     print_of(Full(1, kFirst, State::kLeft))};
  EXPECT_EQ(others.size(), 6u);
}

TEST_F(RangesTest, SumsAreOfWhatTheExchangeCovers) {
  Both(Full(0, kFirst, State::kAlive));
  (void)a_.Apply(At(0), Full(1, kFirst, State::kLeft));
  (void)a_.Apply(At(0), Aged(Full(2, kFirst, State::kLeft), 3601));
  EXPECT_EQ(LeafSums(RangesOf(1, 2), At(0), a_), LeafSums(RangesOf(1, 2), At(0), b_));
  const Ranges tombstones = RangesOf(1, 2, true);
  std::vector<uint32_t> expected(tombstones.leaves(), 0);
  expected[tombstones.LeafOf(IdOf(1))] = tombstones.SumOf(a_[1]);
  EXPECT_EQ(LeafSums(tombstones, At(0), a_), expected) << "too old a one is not compared";
  EXPECT_EQ(LeafSums(tombstones, At(0), b_), std::vector<uint32_t>(tombstones.leaves(), 0));
}

// Over random tables: what is found is the true difference, neither more nor less.
TEST_F(RangesTest, TheDifferenceFoundIsTheTrueOne) {
  Rng rng(11);
  for (int round = 0; round < 60; ++round) {
    MemberTable a(&pool_, kTableMax, kTableMax);
    MemberTable b(&pool_, kTableMax, kTableMax);
    const uint64_t members = 1 + rng.Below(1200);
    const uint64_t changed_of_100 = rng.Below(8) == 0 ? 60 : rng.Below(6);
    const bool tombstones = rng.Below(3) == 0;
    const State state = tombstones ? State::kLeft : State::kAlive;
    std::set<HostId> b_is_ahead;
    std::set<uint32_t> a_is_ahead;
    const Ranges ranges = RangesOf(rng.Next(), static_cast<uint8_t>(rng.Below(7)), tombstones);
    const auto print_in = [&](const MemberTable& table, uint64_t n) {
      return ranges.PrintOf(*table.Find(IdOf(n)));
    };
    (void)a.Apply(At(0), Full(5000, kFirst, State::kAlive));
    (void)b.Apply(At(0), Full(5000, kFirst, State::kAlive));
    for (uint64_t n = 0; n < members; ++n) {
      // 1, 2: a, b holds it higher; 3, 4: only a, b holds it; 5: as high, with other attributes.
      const uint64_t kind = rng.Below(100) < changed_of_100 ? 1 + rng.Below(5) : 0;
      const uint64_t raised = (1 + rng.Below(2)) * (rng.Below(2) == 0 ? 1 : kFirst);
      if (kind != 4) (void)a.Apply(At(0), Full(n, kFirst + (kind == 1 ? raised : 0), state));
      if (kind != 3) {
        const uint64_t incarnation = kFirst + (kind == 2 ? raised : 0);
        (void)b.Apply(At(0), Full(n, incarnation, state, kind == 5 ? 2 : 1));
      }
      if (kind == 2 || kind == 4 || kind == 5) b_is_ahead.insert(IdOf(n));
      if (kind == 1 || kind == 3 || kind == 5) a_is_ahead.insert(print_in(a, n));
    }
    const std::vector<bool> apart = LeavesApart(ranges, a, b);
    std::vector<LeafPrint> prints = AllPrints(ranges, a, apart);
    std::reverse(prints.begin(), prints.end());  // whatever order they come in
    if (!prints.empty()) prints.push_back(prints.front());
    const Difference found = Compare(ranges, At(0), b, apart, &prints);
    std::set<HostId> owed;
    for (const Owed& record : found.owed) {
      EXPECT_TRUE(record.full);
      EXPECT_TRUE(owed.insert(record.id).second) << "twice";
    }
    EXPECT_EQ(owed, b_is_ahead) << round;
    EXPECT_EQ(std::set<uint32_t>(found.wanted.begin(), found.wanted.end()), a_is_ahead);
    EXPECT_EQ(found.wanted.size(), a_is_ahead.size());
  }
}

TEST_F(RangesTest, EqualTablesHaveNoLeavesApart) {
  for (uint64_t n = 0; n < 500; ++n) Both(Full(n, kFirst, State::kAlive));
  const std::vector<bool> apart = LeavesApart(RangesOf(3, 3), a_, b_);
  EXPECT_EQ(std::count(apart.begin(), apart.end(), true), 0);
}

// The other side holds a member alive that is gone here: it is told so in short, and not asked.
TEST_F(RangesTest, AVerdictAboutTheSameClaimIsOwedShort) {
  Both(Full(0, kFirst, State::kAlive));
  for (uint64_t n = 1; n <= 3; ++n) (void)a_.Apply(At(0), Full(n, kFirst, State::kAlive));
  (void)b_.Apply(At(0), Full(1, kFirst, State::kFailed));
  (void)b_.Apply(At(0), Full(2, kFirst - 1, State::kFailed));
  (void)b_.Apply(At(0), Aged(Full(3, kFirst, State::kLeft), 3601));
  const Ranges ranges = RangesOf(5, 0);
  const std::vector<bool> all(ranges.leaves(), true);
  std::vector<LeafPrint> prints = AllPrints(ranges, a_, all);
  const Difference found = Compare(ranges, At(0), b_, all, &prints);
  EXPECT_EQ(found.owed, (std::vector<Owed>{{IdOf(1), false}}));
  std::vector<uint32_t> wanted = {ranges.PrintOf(a_[2]), ranges.PrintOf(a_[3])};
  std::sort(wanted.begin(), wanted.end());
  EXPECT_EQ(found.wanted, wanted) << "a lower claim, and a tombstone that ends soon";
}

TEST_F(RangesTest, LeavesThatWereNotNamedAreNotCompared) {
  AddAlive(100, &a_);
  const Ranges ranges = RangesOf(5, 0);
  std::vector<bool> named(ranges.leaves(), false);
  named[3] = true;
  std::vector<LeafPrint> none;
  const Difference found = Compare(ranges, At(0), a_, named, &none);
  ASSERT_GT(found.owed.size(), 0u);
  for (const Owed& record : found.owed) EXPECT_EQ(ranges.LeafOf(record.id), 3u);
  EXPECT_EQ(found.owed.size(), AllPrints(ranges, a_, named).size());
}

}  // namespace
}  // namespace muster::core
