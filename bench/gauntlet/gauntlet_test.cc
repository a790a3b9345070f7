// The scorer on made-up sightings, the report's arithmetic, and small clusters of every mode.

#include <cmath>
#include <string>
#include <vector>

#include "bench/gauntlet/arena.h"
#include "bench/gauntlet/report.h"
#include "bench/gauntlet/scenario.h"
#include "bench/gauntlet/scorer.h"
#include "gtest/gtest.h"

namespace muster::gauntlet {
namespace {

using sim::Sight;

TimePoint At(int64_t ms) { return TimePoint::FromMicros(ms * 1000); }

sim::Sighting Seen(int64_t ms, int observer, Sight sight, int subject) {
  return {At(ms), observer, sight, subject, false};
}

TEST(Samples, QuantilesAndMeans) {
  const Samples samples({4, 1, 3, 2});
  EXPECT_EQ(samples.Quantile(0.5), 3);
  EXPECT_EQ(samples.Max(), 4);
  EXPECT_EQ(samples.Mean(), 2.5);
  EXPECT_NEAR(samples.MeanError(), 1.96 * std::sqrt(5.0 / 3 / 4), 1e-9);
  EXPECT_TRUE(std::isnan(Samples().Quantile(0.5)));
}

TEST(Scorer, DetectionIsFirstAtAnyAndFullAtTheLastHealthyMember) {
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

TEST(Scorer, FalsePositivesAreAboutHealthyMembers) {
  Scorer scorer(3, {true, false, false});
  scorer.Add(Seen(1, 1, Sight::kFailed, 0));
  scorer.Add(Seen(2, 0, Sight::kFailed, 1));
  scorer.Add(Seen(3, 2, Sight::kFailed, 1));
  scorer.Add(Seen(4, 2, Sight::kReturned, 1));
  EXPECT_EQ(scorer.FalsePositives(), 2u);
  EXPECT_EQ(scorer.FalsePositivesHealthy(), 1u);
}

TEST(Scorer, FlapsAndBatches) {
  Scorer scorer(3, {true, false, false});
  scorer.Add(Seen(1000, 1, Sight::kFailed, 0));
  scorer.Add(Seen(1050, 1, Sight::kFailed, 2));
  scorer.Add(Seen(2000, 1, Sight::kReturned, 0));
  scorer.Add(Seen(3000, 1, Sight::kFailed, 0));
  EXPECT_EQ(scorer.Batches(1, At(0), Duration::Millis(100)), 2);
  EXPECT_EQ(scorer.Batches(2, At(0), Duration::Millis(100)), 0);
  EXPECT_DOUBLE_EQ(scorer.EventsPerMember(0, At(0)), 1.5);
  EXPECT_EQ(scorer.LastEvent(At(0)), At(3000));
}

TEST(Report, TrialsCrossProcessesWhole) {
  const TrialResult result = {{1, 2}, {}, {3}};
  EXPECT_EQ(Unflatten(Flatten(result)), result);
}

TEST(Report, LimitsFollowTheProfile) {
  Figure figure;
  figure.target = {kNone, 2.7, kNone, 1.5};
  EXPECT_DOUBLE_EQ(Limit(figure, Mode::kMusterE, 9, Duration::Seconds(8)), 9.5);
  EXPECT_DOUBLE_EQ(Limit(figure, Mode::kMusterF, 9, Duration::Seconds(2)), 2.7);
  EXPECT_TRUE(std::isnan(Limit(figure, Mode::kLifeguard, 9, Duration::Seconds(2))));
  figure.target = {kNone, kNone, 0.5, kNone};
  EXPECT_DOUBLE_EQ(Limit(figure, Mode::kMusterE, 9, Duration::Seconds(8)), 4.5);
}

TEST(Report, AMissedTargetIsSaid) {
  Scenario scenario = OneCrash();
  Figure figure;
  figure.what = "first";
  figure.target = {kNone, 2.0, kNone, kNone};
  scenario.figures = {figure};
  const std::vector<Mode> modes = {Mode::kMusterF};
  std::vector<ModeResult> results(1);
  results[0].Add(0, {{3.5}});
  const std::vector<Trial> trials = {{0, 128, 1, 0, 0, 0}};
  const ScenarioReport report(scenario, modes, results, trials);
  EXPECT_EQ(report.missed(), 1);
  EXPECT_NE(report.Table().find("| 3.50 | F <= 2 NOT MET |"), std::string::npos);
}

TEST(Modes, EveryNameIsItsOwn) {
  for (const Mode mode : kAllModes) {
    Mode parsed;
    ASSERT_TRUE(ParseMode(ModeName(mode), &parsed));
    EXPECT_EQ(parsed, mode);
  }
  Mode parsed;
  EXPECT_FALSE(ParseMode("muster", &parsed));
}

TEST(Arena, EveryModeSeesOneCrashAndNothingElse) {
  for (const Mode mode : kAllModes) {
    ArenaConfig config;
    config.mode = mode;
    config.members = 16;
    config.faulty = {5};
    Arena arena(config);
    ASSERT_TRUE(arena.StartTogether(Duration::Seconds(10))) << ModeName(mode);
    const TimePoint crash = arena.now();
    arena.cluster().Crash(5);
    ASSERT_TRUE(arena.RunUntil([&] { return arena.AllHoldFailed(5); }, Duration::Seconds(60)))
        << ModeName(mode);
    EXPECT_EQ(arena.scorer().FalsePositives(), 0u) << ModeName(mode);
    EXPECT_GT(arena.now() - crash, arena.tolerance() - Duration::Seconds(1)) << ModeName(mode);
    EXPECT_TRUE(arena.ViewsAreEqual(true)) << ModeName(mode);
  }
}

TEST(Arena, TheSameSeedGivesTheSameFigures) {
  const Scenario scenario = SteadyState();
  for (const Mode mode : kAllModes) {
    const Trial trial{0, 16, 3, 20, 0, 0};
    EXPECT_EQ(scenario.run(trial, mode), scenario.run(trial, mode)) << ModeName(mode);
  }
}

TEST(Arena, WhoIsBlockedIsSilentAndComesBack) {
  for (const Mode mode : {Mode::kMemberlist, Mode::kMusterF}) {
    ArenaConfig config;
    config.mode = mode;
    config.members = 12;
    config.faulty = {4};
    config.is_loopback = true;
    Arena arena(config);
    ASSERT_TRUE(arena.StartTogether(Duration::Seconds(10)));
    arena.cluster().Block(4);
    EXPECT_TRUE(arena.RunUntil([&] { return arena.AllHoldFailed(4); }, Duration::Seconds(40)))
        << ModeName(mode);
    arena.cluster().Unblock(4);
    EXPECT_TRUE(arena.RunUntil([&] { return arena.ViewsAreEqual(false); }, Duration::Seconds(60)))
        << ModeName(mode);
  }
}

}  // namespace
}  // namespace muster::gauntlet
