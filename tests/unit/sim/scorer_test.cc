#include "src/sim/scorer.h"

#include <cmath>

#include "gtest/gtest.h"
#include "src/base/time.h"
#include "src/sim/process.h"

namespace muster::sim {
namespace {

TimePoint At(int64_t ms) { return TimePoint::FromMicros(ms * 1000); }

Sighting Seen(int64_t ms, int observer, Sight sight, int subject) {
  return {At(ms), observer, sight, subject, false};
}

TEST(SamplesTest, QuantilesAndMeans) {
  const Samples samples({4, 1, 3, 2});
  EXPECT_EQ(samples.Quantile(0.5), 3);
  EXPECT_EQ(samples.Max(), 4);
  EXPECT_EQ(samples.Mean(), 2.5);
  EXPECT_NEAR(samples.MeanError(), 1.96 * std::sqrt(5.0 / 3 / 4), 1e-9);
  EXPECT_TRUE(std::isnan(Samples().Quantile(0.5)));
}

TEST(ScorerTest, DetectionIsFirstAtAnyAndFullAtTheLastHealthyMember) {
  Scorer scorer(4, {true, false, false, true});
  scorer.Add(Seen(500, 3, Sight::kFailed, 0));  // before the crash
  scorer.Add(Seen(2000, 3, Sight::kFailed, 0));
  scorer.Add(Seen(2500, 1, Sight::kFailed, 0));
  Scorer::Detection detection;
  ASSERT_TRUE(scorer.DetectionOf(0, At(1000), &detection));
  EXPECT_DOUBLE_EQ(detection.first, 1.0);
  EXPECT_LT(detection.full, 0);  // member 2 does not know
  scorer.Add(Seen(4000, 2, Sight::kFailed, 0));
  ASSERT_TRUE(scorer.DetectionOf(0, At(1000), &detection));
  EXPECT_DOUBLE_EQ(detection.full, 3.0);
  EXPECT_FALSE(scorer.DetectionOf(1, At(1000), &detection));
}

TEST(ScorerTest, OtherNewsSpreadsLikewise) {
  Scorer scorer(3, {true, false, false});
  scorer.Add(Seen(2000, 1, Sight::kLeft, 0));
  scorer.Add(Seen(2100, 2, Sight::kFailed, 0));
  Scorer::Detection spread;
  ASSERT_TRUE(scorer.SpreadOf(Sight::kLeft, 0, At(1000), &spread));
  EXPECT_DOUBLE_EQ(spread.first, 1.0);
  EXPECT_LT(spread.full, 0);
  EXPECT_FALSE(scorer.SpreadOf(Sight::kJoined, 0, At(1000), &spread));
}

TEST(ScorerTest, FalsePositivesAreAboutHealthyMembers) {
  Scorer scorer(3, {true, false, false});
  scorer.Add(Seen(1, 1, Sight::kFailed, 0));
  scorer.Add(Seen(2, 0, Sight::kFailed, 1));
  scorer.Add(Seen(3, 2, Sight::kFailed, 1));
  scorer.Add(Seen(4, 2, Sight::kReturned, 1));
  EXPECT_EQ(scorer.FalsePositives(), 2u);
  EXPECT_EQ(scorer.FalsePositivesHealthy(), 1u);
}

TEST(ScorerTest, FlapsAndBatches) {
  Scorer scorer(3, {true, false, false});
  scorer.Add(Seen(1000, 1, Sight::kFailed, 0));
  scorer.Add(Seen(1050, 1, Sight::kFailed, 2));
  scorer.Add(Seen(2000, 1, Sight::kReturned, 0));
  scorer.Add(Seen(3000, 1, Sight::kFailed, 0));
  EXPECT_EQ(scorer.Batches(1, At(0), Duration::Millis(100)), 2);
  EXPECT_EQ(scorer.Batches(2, At(0), Duration::Millis(100)), 0);
  EXPECT_DOUBLE_EQ(scorer.EventsPerMember(0, At(0)), 1.5);
  EXPECT_EQ(scorer.LastEvent(At(0)), At(3000));
  EXPECT_DOUBLE_EQ(scorer.ReturnsPerMember(0, At(0)), 0.5);
  EXPECT_DOUBLE_EQ(scorer.ReturnsPerMember(0, At(2001)), 0);
  scorer.Add(Seen(4000, 1, Sight::kReturned, 2));
  EXPECT_EQ(scorer.LastEvent(At(0)), At(4000));
  EXPECT_EQ(scorer.LastEventOfFaulty(At(0)), At(3000));
  EXPECT_EQ(scorer.LastEventOfFaulty(At(5000)), At(5000));
  EXPECT_EQ(scorer.Changes(), 5u);
  scorer.Add(Seen(4500, 1, Sight::kJoined, 2));
  EXPECT_EQ(scorer.Changes(), 5u);
}

}  // namespace
}  // namespace muster::sim
