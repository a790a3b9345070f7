#include "src/core/probation.h"

#include "gtest/gtest.h"
#include "tests/unit/core/claims.h"

namespace muster::core {
namespace {

constexpr Duration kShortest = Duration::Seconds(30);
constexpr Duration kLongest = Duration::Seconds(600);

TEST(ProbationTest, LastsUntilWeHaveBeenWellForLongEnough) {
  Probation probation(kShortest, kLongest);
  EXPECT_TRUE(probation.EndsAt(At(0)).is_never());
  EXPECT_TRUE(probation.Begin(At(1000)));
  EXPECT_FALSE(probation.Begin(At(2000))) << "it goes on";
  EXPECT_EQ(probation.EndsAt(At(5000)), At(5000) + kShortest);
  probation.End(At(35'000));
  EXPECT_FALSE(probation.on());
}

TEST(ProbationTest, DoublesEachTimeUpToItsLongest) {
  Probation probation(kShortest, kLongest);
  Duration expected = kShortest;
  for (int i = 0; i < 7; ++i) {
    ASSERT_TRUE(probation.Begin(At(0)));
    EXPECT_EQ(probation.EndsAt(At(0)), At(0) + expected);
    probation.End(At(0));
    expected = std::min(expected * 2, kLongest);
  }
  ASSERT_TRUE(probation.Begin(At(0) + kLongest));
  EXPECT_EQ(probation.EndsAt(At(0)), At(0) + kShortest) << "long ago";
}

}  // namespace
}  // namespace muster::core
