// The report's arithmetic, and small clusters of every mode.

#include <cmath>
#include <string>
#include <vector>

#include "bench/gauntlet/arena.h"
#include "bench/gauntlet/report.h"
#include "bench/gauntlet/scenario.h"
#include "gtest/gtest.h"

namespace muster::gauntlet {
namespace {

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
