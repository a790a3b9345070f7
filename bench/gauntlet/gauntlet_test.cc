// The report's arithmetic, and small clusters of every mode.

#include <cmath>
#include <string>
#include <vector>

#include "bench/gauntlet/ablation.h"
#include "bench/gauntlet/arena.h"
#include "bench/gauntlet/expected.h"
#include "bench/gauntlet/report.h"
#include "bench/gauntlet/runner.h"
#include "bench/gauntlet/scenario.h"
#include "bench/gauntlet/synthetic.h"
#include "gtest/gtest.h"
#include "src/core/ablation.h"
#include "src/sim/report/report.h"

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

TEST(Report, APageHoldsTableAndPlots) {
  const Scenario scenario = MassCrash();
  const std::vector<Mode> modes = {Mode::kLifeguard, Mode::kMusterF};
  std::vector<ModeResult> results(2);
  for (ModeResult& result : results) result.Add(0, {{4.5}, {0}, {0}, {0, 128, 1, 127, 1, 128}});
  const std::vector<Trial> trials = {{0, 128, 1, 1, 0, 0}};
  sim::Report page("test");
  ScenarioReport(scenario, modes, results, trials).AddTo(&page);
  const std::string html = page.Html();
  EXPECT_NE(html.find("S6: members crash together"), std::string::npos);
  EXPECT_NE(html.find("Members shown, by every observer, 1 %, N = 128"), std::string::npos);
  EXPECT_NE(html.find("<svg"), std::string::npos);
  EXPECT_NE(html.find("lifeguard"), std::string::npos);
}

Outcome OutcomeOf(const std::string& scenario, double value, double limit) {
  Outcome outcome;
  outcome.scenario = scenario;
  outcome.figure = "first, s";
  outcome.members = 128;
  outcome.mode = Mode::kMusterF;
  outcome.value = value;
  outcome.limit = limit;
  outcome.is_met = value <= limit;
  return outcome;
}

TEST(Expected, TheSameFiguresDifferInNothing) {
  const std::vector<Outcome> outcomes = {OutcomeOf("S2", 2.6, 2.7), OutcomeOf("S6", 9, 5)};
  EXPECT_TRUE(Differences(FormatOutcomes(outcomes), outcomes).empty());
  // What did not run is not missed.
  EXPECT_TRUE(Differences(FormatOutcomes(outcomes), {outcomes[1]}).empty());
}

TEST(Expected, WhatIsNoLongerMetStandsFirstAndAllElseIsSaid) {
  const std::string file = FormatOutcomes({OutcomeOf("S2", 2.6, 2.7), OutcomeOf("S6", 9, 5)});
  const std::vector<std::string> differences = Differences(
      file, {OutcomeOf("S6", 8.999, 5), OutcomeOf("S2", 2.701, 2.7), OutcomeOf("S8", 1, 1)});
  ASSERT_EQ(differences.size(), 3u);
  EXPECT_EQ(differences[0],
            "no longer met: S2 first, s 128 muster-F: was 2.6 2.7 met, is 2.701 2.7 missed");
  EXPECT_EQ(differences[1], "changed: S6 first, s 128 muster-F: was 9 5 missed, is 8.999 5 missed");
  EXPECT_EQ(differences[2], "new: S8 first, s 128 muster-F 1 1 met");
}

TEST(Expected, AFigureThatIsGoneIsSaid) {
  Outcome other = OutcomeOf("S2", 1, 1);
  other.figure = "other";
  const std::string file = FormatOutcomes({OutcomeOf("S2", 2.6, 2.7), other});
  EXPECT_EQ(Differences(file, {other}),
            std::vector<std::string>{"gone: S2 first, s 128 muster-F: was 2.6 2.7 met"});
}

TEST(Runner, ScenariosAreChosenByTheirIds) {
  std::vector<Scenario> chosen;
  std::string unknown;
  ASSERT_TRUE(ChooseScenarios({"S4b", "S2"}, &chosen, &unknown));
  ASSERT_EQ(chosen.size(), 2u);
  EXPECT_EQ(chosen[0].id, "S2");
  EXPECT_EQ(chosen[1].id, "S4b");
  EXPECT_FALSE(ChooseScenarios({"S2", "S99"}, &chosen, &unknown));
  EXPECT_EQ(unknown, "S99");
}

TEST(Ablation, NamesAreBitsAndNeedABuildOfTheirOwn) {
  uint32_t bits = 0;
  std::string unknown;
  ASSERT_TRUE(MechanismBits({"votes", "evidence-gate", "repeats"}, &bits, &unknown));
  EXPECT_EQ(bits, 1u | 2u | 1u << (core::kMechanisms - 1));
  EXPECT_FALSE(MechanismBits({"votes", "magic"}, &bits, &unknown));
  EXPECT_EQ(unknown, "magic");
  EXPECT_TRUE(Ablate(0));
  EXPECT_EQ(Ablate(1), core::kCanAblate);
  EXPECT_EQ(core::Without(core::Mechanism::kVotes), core::kCanAblate);
  Ablate(0);
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

TEST(Arena, ASizeIsShownOnceASecond) {
  ArenaConfig config;
  config.members = 16;
  Arena arena(config);
  ASSERT_TRUE(arena.StartTogether(Duration::Seconds(1)));
  std::vector<double> pairs;
  arena.AddSizes(arena.now() - Duration::Seconds(3), &pairs);
  EXPECT_EQ(pairs, (std::vector<double>{3, 16}));
}

TEST(Synthetic, OneJoinsManyThatAreOnlyAddresses) {
  const TrialResult result = RunSyntheticJoin({0, 3000, 1, 0, 0, 0}, Mode::kMusterF);
  ASSERT_EQ(result.size(), 2u);
  EXPECT_LT(result[0].at(0), 5);
  EXPECT_GT(result[1].at(0), 30 * 3000 / 1e3);  // no table fits into less
  EXPECT_TRUE(RunSyntheticJoin({0, 3000, 1, 0, 0, 0}, Mode::kSwim).empty());
}

TEST(Scenarios, OneRestartInGoodOrderIsTwoChanges) {
  // 2 of 32, one after the other.
  const TrialResult result = Restarts().run({1, 32, 1, -1, 2000, 2}, Mode::kMusterF);
  EXPECT_LT(result.at(0).at(0), 5);
  EXPECT_NEAR(result.at(1).at(0), 2, 0.2);
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
