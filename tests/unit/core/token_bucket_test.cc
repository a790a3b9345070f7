#include "src/core/token_bucket.h"

#include "gtest/gtest.h"
#include "tests/unit/core/claims.h"

namespace muster::core {
namespace {

TEST(TokenBucketTest, StartsFullAndGivesItsBurstAndNoByteMore) {
  TokenBucket bucket(1000, 500, At(0));
  EXPECT_FALSE(bucket.Take(At(0), 501)) << "more than the burst";
  EXPECT_TRUE(bucket.Take(At(0), 500));
  EXPECT_FALSE(bucket.Take(At(0), 1));
  EXPECT_TRUE(bucket.Take(At(0), 0));
}

TEST(TokenBucketTest, RefillsAtItsRateUpToTheBurst) {
  TokenBucket bucket(1000, 500, At(0));
  ASSERT_TRUE(bucket.Take(At(0), 500));
  EXPECT_FALSE(bucket.Take(At(9), 10)) << "9 bytes are there";
  EXPECT_TRUE(bucket.Take(At(10), 10)) << "a refused Take costs nothing";
  EXPECT_FALSE(bucket.Take(At(10), 1));
  EXPECT_FALSE(bucket.Take(At(100'000), 501));
  EXPECT_TRUE(bucket.Take(At(100'000), 500));
}

// At 3 bytes a second a call every 100 ms gains no whole byte, and must still count.
TEST(TokenBucketTest, LosesNoFractionOfAByte) {
  TokenBucket bucket(3, 10, At(0));
  ASSERT_TRUE(bucket.Take(At(0), 10));
  for (int64_t ms = 100; ms < 1000; ms += 100) EXPECT_FALSE(bucket.Take(At(ms), 3));
  EXPECT_TRUE(bucket.Take(At(1000), 3));
}

TEST(TokenBucketTest, ForceGoesIntoDebtThatTheNextTakesWaitOut) {
  TokenBucket bucket(1000, 500, At(0));
  bucket.Force(At(0), 1500);
  EXPECT_EQ(bucket.AvailableAt(At(0), 1), At(1001));
  EXPECT_FALSE(bucket.Take(At(1000), 1));
  EXPECT_TRUE(bucket.Take(At(1001), 1));
}

TEST(TokenBucketTest, AvailableAtIsTheFirstInstantAtWhichTakeSucceeds) {
  for (const int64_t rate : {1, 3, 7, 1000, 1'000'000, 999'999'937}) {
    for (const int64_t bytes : {1, 2, 100, 500}) {
      SCOPED_TRACE(rate * 1000 + bytes);
      TokenBucket bucket(rate, 500, At(0));
      ASSERT_TRUE(bucket.Take(At(0), 500));
      const TimePoint when = bucket.AvailableAt(At(0), bytes);
      ASSERT_GT(when, At(0));
      EXPECT_FALSE(bucket.Take(when - Duration::Micros(1), bytes));
      EXPECT_TRUE(bucket.Take(when, bytes));
    }
  }
}

TEST(TokenBucketTest, AvailableAtIsNowOrNeverAtTheEnds) {
  TokenBucket bucket(1000, 500, At(0));
  EXPECT_EQ(bucket.AvailableAt(At(5), 500), At(5));
  EXPECT_EQ(bucket.AvailableAt(At(5), 501), TimePoint::Never());
}

TEST(TokenBucketTest, ATimeInThePastCountsAsTheLatestSeen) {
  TokenBucket bucket(1000, 500, At(0));
  ASSERT_TRUE(bucket.Take(At(100), 500));
  EXPECT_FALSE(bucket.Take(At(50), 1));
  EXPECT_FALSE(bucket.Take(At(100), 1));
  EXPECT_TRUE(bucket.Take(At(101), 1));

  TokenBucket full(1000, 500, At(100));
  EXPECT_TRUE(full.Take(At(50), 500));
}

TEST(TokenBucketTest, ExtremesSaturate) {
  TokenBucket bucket(1'000'000'000, 1'000'000'000, At(0));
  bucket.Force(At(0), Duration::Max().micros());
  bucket.Force(At(0), Duration::Max().micros());
  EXPECT_FALSE(bucket.Take(At(1), 1));
  EXPECT_GT(bucket.AvailableAt(At(1), 1), At(1));
  EXPECT_TRUE(bucket.Take(TimePoint::Never(), 1));
}

TEST(TokenBucketDeathTest, NeedsARateAndABurst) {
  EXPECT_DEATH(TokenBucket(0, 1, At(0)), "check failed");
  EXPECT_DEATH(TokenBucket(1, 0, At(0)), "check failed");
}

}  // namespace
}  // namespace muster::core
