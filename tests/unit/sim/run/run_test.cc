#include "src/sim/run/run.h"

#include <algorithm>

#include "gtest/gtest.h"
#include "src/core/options.h"

namespace muster::sim {
namespace {

Plan Small() {
  Plan plan;
  plan.members = 12;
  plan.duration = Duration::Seconds(60);
  return plan;
}

Action Of(int64_t seconds, Deed deed, std::vector<int> members) {
  Action action;
  action.at = Duration::Seconds(seconds);
  action.deed = deed;
  action.members = std::move(members);
  return action;
}

double Seconds(Duration span) { return static_cast<double>(span.micros()) / 1e6; }

TEST(RunTest, InAQuietClusterNothingIsSaidAndIdleCostIsThatOfProbes) {
  const Plan plan = Small();
  const RunResult result = sim::Run(plan);
  EXPECT_TRUE(result.met);
  EXPECT_EQ(result.false_failures, 0u);
  EXPECT_EQ(result.broken_rules, 0u) << result.first_broken_rule;
  EXPECT_EQ(result.converged, 0);
  EXPECT_EQ(result.sizes, std::vector<size_t>{12});
  EXPECT_EQ(result.up_at_end, 12u);
  EXPECT_EQ(result.bytes_by_second.size(), 60u);
  EXPECT_GT(result.packets_mean, 1.9);
  EXPECT_GE(result.bytes_p99, result.bytes_mean);
}

TEST(RunTest, ACrashIsDetectedBetweenTheToleranceAndItsBound) {
  Plan plan = Small();
  plan.actions = {Of(5, Deed::kCrash, {7}), Of(20, Deed::kPowerOff, {8})};
  const RunResult result = sim::Run(plan);
  ASSERT_EQ(result.spreads.size(), 2u);
  const double tolerance = Seconds(plan.options.tolerance);
  for (const Spread& spread : result.spreads) {
    EXPECT_GE(spread.first, tolerance * 0.99) << spread.member;
    EXPECT_GE(spread.all, spread.first);
    EXPECT_LE(spread.all, tolerance + Seconds(plan.options.period) + 2) << spread.member;
  }
  EXPECT_EQ(result.false_failures, 0u);
  EXPECT_EQ(result.disturbed_failures, 0u);
  EXPECT_EQ(result.sizes.front(), 10u);
  EXPECT_GT(result.converged, 0);
  EXPECT_EQ(result.running_at_end, 10u);
  EXPECT_EQ(result.up_at_end, 10u);
}

TEST(RunTest, LeavesAndJoinsGoRound) {
  Plan plan = Small();
  Action join = Of(20, Deed::kJoin, {});
  join.count = 2;
  plan.actions = {Of(5, Deed::kLeave, {6}), join};
  const RunResult result = sim::Run(plan);
  ASSERT_EQ(result.spreads.size(), 3u);
  for (const Spread& spread : result.spreads) {
    EXPECT_GT(spread.all, 0) << spread.member;
    EXPECT_LT(spread.all, 3) << spread.member;
  }
  EXPECT_EQ(result.spreads[1].member, 12);
  EXPECT_EQ(result.spreads[2].member, 13);
  EXPECT_EQ(result.false_failures, 0u);
  EXPECT_EQ(result.up_at_end, 13u);
}

TEST(RunTest, APauseBeyondTheToleranceIsADisturbedFailureAndNoFalseOne) {
  Plan plan = Small();
  plan.actions = {Of(5, Deed::kPause, {4}), Of(25, Deed::kResume, {4})};
  const RunResult result = sim::Run(plan);
  EXPECT_GE(result.disturbed_failures, 11u);
  EXPECT_EQ(result.false_failures, 0u);
  EXPECT_GE(result.converged, 0);
  EXPECT_EQ(result.up_at_end, 12u);
}

TEST(RunTest, APartitionIsSeenAndHeals) {
  Plan plan = Small();
  plan.duration = Duration::Seconds(90);
  Action cut = Of(5, Deed::kPartition, {});
  cut.groups = {{0, 1, 2, 3, 4, 5}, {6, 7, 8, 9, 10, 11}};
  plan.actions = {cut, Of(30, Deed::kHeal, {})};
  const RunResult result = sim::Run(plan);
  EXPECT_EQ(result.sizes.front(), 6u);
  EXPECT_GE(result.converged, 0);
  EXPECT_EQ(result.up_at_end, 12u);
}

TEST(RunTest, EveryDeedCanBeDone) {
  Plan plan = Small();
  Action cpu = Of(1, Deed::kCpu, {3});
  cpu.share_ppm = 200'000;
  Action loss = Of(2, Deed::kLoss, {4});
  loss.loss_ppm = 100'000;
  Action all_loss = Of(3, Deed::kLoss, {});
  all_loss.loss_ppm = 10'000;
  Action cut = Of(4, Deed::kCut, {});
  cut.groups = {{5}, {6}};
  Action restart = Of(30, Deed::kRestart, {7});
  restart.lost_disk = true;
  plan.actions = {cpu,
                  loss,
                  all_loss,
                  cut,
                  Of(5, Deed::kBlock, {8}),
                  Of(6, Deed::kUnblock, {8}),
                  Of(7, Deed::kHeal, {}),
                  Of(8, Deed::kCrash, {7}),
                  restart};
  const RunResult result = sim::Run(plan);
  EXPECT_TRUE(result.void_actions.empty()) << result.void_actions.front();
  EXPECT_EQ(result.running_at_end, 12u);
}

TEST(RunTest, WhatFindsItsMemberInNoStateForItIsSaid) {
  Plan plan = Small();
  plan.actions = {Of(1, Deed::kCrash, {3}), Of(2, Deed::kPause, {3}), Of(3, Deed::kResume, {4}),
                  Of(4, Deed::kUnblock, {5}), Of(5, Deed::kLeave, {3})};
  const RunResult result = sim::Run(plan);
  EXPECT_EQ(result.void_actions.size(), 4u);
  EXPECT_NE(result.void_actions[0].find("n3"), std::string::npos);
}

TEST(RunTest, EqualPlansGiveEqualResultsAndAnotherSeedAnother) {
  Plan plan = Small();
  plan.loss_ppm = 50'000;
  ASSERT_TRUE(AddRandomFaults(2, 2, &plan));
  const RunResult a = sim::Run(plan);
  const RunResult b = sim::Run(plan);
  EXPECT_EQ(a.digest, b.digest);
  EXPECT_EQ(a.bytes_mean, b.bytes_mean);
  EXPECT_EQ(a.suspicions, b.suspicions);
  plan.seed = 2;
  EXPECT_NE(sim::Run(plan).digest, a.digest);
}

TEST(RunTest, ProgressGoesUpToTheWhole) {
  Duration last = Duration::Min();
  const Plan plan = Small();
  sim::Run(plan, [&](Duration done, Duration duration) {
    EXPECT_EQ(duration, plan.duration);
    EXPECT_GE(done, last);
    last = done;
  });
  EXPECT_EQ(last, plan.duration);
}

TEST(RunTest, WhereNothingArrivesNobodyMeets) {
  Plan plan = Small();
  plan.loss_ppm = 1'000'000;
  const RunResult result = sim::Run(plan);
  EXPECT_FALSE(result.met);
  EXPECT_LT(result.converged, 0);
  EXPECT_EQ(result.up_at_end, 1u);
}

}  // namespace
}  // namespace muster::sim
