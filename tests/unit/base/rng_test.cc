#include "src/base/rng.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace muster {
namespace {

// From an independent implementation of xoshiro256** seeded through SplitMix64. A change here
// changes every recorded run.
TEST(Rng, SequenceIsPinned) {
  Rng rng(1);
  const uint64_t expected[] = {0xc5883e370b0926c3, 0x021b74b80f71f81c, 0x268df06749e5c8ce,
                               0xe052757d667afef2, 0xa8e830354035114a, 0xaf461a38b67a3827};
  for (const uint64_t value : expected) EXPECT_EQ(rng.Next(), value);
}

TEST(Rng, BelowStaysBelowAndReachesAll) {
  Rng rng(7);
  for (const uint64_t bound : {1u, 2u, 3u, 10u}) {
    std::vector<int> seen(bound);
    for (int i = 0; i < 1000; ++i) {
      const uint64_t value = rng.Below(bound);
      ASSERT_LT(value, bound);
      ++seen[value];
    }
    // A fair draw of 1,000 leaves no value below half of its share.
    for (const int count : seen) EXPECT_GT(count, 500 / static_cast<int>(bound));
  }
  EXPECT_LT(rng.Below(UINT64_MAX), UINT64_MAX);
}

TEST(Rng, BetweenIncludesBothEnds) {
  Rng rng(7);
  bool low = false;
  bool high = false;
  for (int i = 0; i < 1000; ++i) {
    const int64_t value = rng.Between(-2, 2);
    ASSERT_GE(value, -2);
    ASSERT_LE(value, 2);
    low |= value == -2;
    high |= value == 2;
  }
  EXPECT_TRUE(low && high);
  EXPECT_EQ(rng.Between(5, 5), 5);
}

TEST(Rng, ChanceFollowsTheRatio) {
  Rng rng(7);
  int hits = 0;
  for (int i = 0; i < 10'000; ++i) {
    EXPECT_FALSE(rng.Chance(0, 3));
    EXPECT_TRUE(rng.Chance(3, 3));
    hits += rng.Chance(1, 4) ? 1 : 0;
  }
  EXPECT_NEAR(hits, 2500, 200);  // 4.6 standard deviations
}

TEST(Rng, ShuffleKeepsTheItemsAndVaries) {
  Rng rng(7);
  const std::vector<int> sorted = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  std::vector<int> items = sorted;
  rng.Shuffle(&items);
  EXPECT_NE(items, sorted);
  EXPECT_TRUE(std::is_permutation(items.begin(), items.end(), sorted.begin()));
  std::vector<int> none;
  rng.Shuffle(&none);
  EXPECT_TRUE(none.empty());
}

TEST(Rng, ForksAreIndependent) {
  Rng a(7);
  Rng b(7);
  Rng fork_a = a.Fork(1);
  Rng fork_b = b.Fork(1);
  fork_a.Next();
  EXPECT_EQ(a.Next(), b.Next()) << "drawing from a fork disturbed its parent";
  fork_b.Next();
  EXPECT_EQ(fork_a.Next(), fork_b.Next());
  Rng c(7);
  EXPECT_NE(c.Fork(2).Next(), Rng(7).Fork(1).Next());
}

}  // namespace
}  // namespace muster
