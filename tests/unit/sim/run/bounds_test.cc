#include "src/sim/run/bounds.h"

#include <algorithm>
#include <set>

#include "gtest/gtest.h"
#include "src/core/options.h"
#include "src/sim/run/run.h"

namespace muster::sim {
namespace {

double Of(const Circumstances& circumstances, const std::string& key) {
  for (const Bound& bound : BoundsOf(circumstances)) {
    if (bound.key == key) return bound.value;
  }
  ADD_FAILURE() << "no bound " << key;
  return -1;
}

bool Warns(const Circumstances& circumstances, const std::string& part) {
  const std::vector<std::string> warnings = WarningsOf(circumstances);
  return std::any_of(warnings.begin(), warnings.end(), [&](const std::string& warning) {
    return warning.find(part) != std::string::npos;
  });
}

TEST(BoundsTest, EachHasAKeyOfItsOwnATitleAndAReason) {
  std::set<std::string> keys;
  const std::vector<Bound> bounds = BoundsOf(Circumstances());
  for (const Bound& bound : bounds) {
    EXPECT_TRUE(keys.insert(bound.key).second) << bound.key;
    EXPECT_FALSE(bound.title.empty()) << bound.key;
    EXPECT_FALSE(bound.why.empty()) << bound.key;
    EXPECT_GT(bound.value, 0) << bound.key;
  }
}

TEST(BoundsTest, ThePromiseOfTheManualFollowsFromLan) {
  EXPECT_DOUBLE_EQ(Of(Circumstances(), "detection_latest"), 6.0);  // tolerance + 2 s
  Circumstances tight;
  tight.options.tolerance = Duration::Seconds(2);
  tight.options.period = Duration::Millis(500);
  EXPECT_DOUBLE_EQ(Of(tight, "detection_latest"), 3.5);
  EXPECT_DOUBLE_EQ(Of(tight, "detection_earliest"), 2.0);
}

TEST(BoundsTest, WhatGrowsWithTheClusterAndWhatDoesNot) {
  Circumstances small;
  small.members = 100;
  Circumstances large = small;
  large.members = 10'000;
  EXPECT_EQ(Of(small, "detection_latest"), Of(large, "detection_latest"));
  EXPECT_EQ(Of(small, "idle_bytes"), Of(large, "idle_bytes"));
  EXPECT_GT(Of(large, "gossip"), Of(small, "gossip"));
  EXPECT_DOUBLE_EQ(Of(large, "memory"), Of(small, "memory") * 100);
  EXPECT_GT(Of(large, "join_time"), Of(small, "join_time"));
}

TEST(BoundsTest, FewMembersHaveFewObserversAndTwoAreLonely) {
  Circumstances two;
  two.members = 2;
  EXPECT_EQ(Of(two, "observers"), 1);
  EXPECT_EQ(Of(two, "detection_lonely"), 8);
  EXPECT_TRUE(Warns(two, "two members"));
  Circumstances ten;
  ten.members = 10;
  EXPECT_EQ(Of(ten, "observers"), 9);
}

// The bounds beside what the simulator measures.
TEST(BoundsTest, ASimulatedClusterKeepsThem) {
  Circumstances circumstances;
  circumstances.members = 40;
  Plan plan;
  plan.members = 40;
  plan.duration = Duration::Seconds(120);
  const RunResult idle = sim::Run(plan);
  EXPECT_NEAR(idle.packets_mean, Of(circumstances, "idle_packets"), idle.packets_mean * 0.15);
  EXPECT_NEAR(idle.bytes_mean, Of(circumstances, "idle_bytes"), idle.bytes_mean * 0.15);
  plan.options.batching = false;  // what users see may wait for what else happens
  ASSERT_TRUE(AddRandomFaults(0, 5, &plan));
  for (const Spread& spread : sim::Run(plan).spreads) {
    EXPECT_GE(spread.first, Of(circumstances, "detection_earliest") * 0.99);
    EXPECT_LE(spread.all, Of(circumstances, "detection_latest"));
    EXPECT_LE(spread.all - spread.first, Of(circumstances, "gossip"));
  }
}

TEST(WarningsTest, SensibleSettingsHaveNone) {
  EXPECT_TRUE(WarningsOf(Circumstances()).empty());
  Circumstances wan;
  wan.options = core::Options::For(core::Profile::kWan);
  wan.latency = Duration::Millis(20);
  EXPECT_TRUE(WarningsOf(wan).empty());
}

TEST(WarningsTest, EachContradictionIsSaid) {
  Circumstances slow;
  slow.latency = Duration::Millis(100);
  EXPECT_TRUE(Warns(slow, "raise --tolerance to"));
  EXPECT_TRUE(Warns(slow, "longer than the longest ack timeout"));
  Circumstances rare;
  rare.options.period = rare.options.tolerance / 2;
  EXPECT_TRUE(Warns(rare, "only 2 probes"));
  Circumstances lossy;
  lossy.loss_ppm = 390'000;
  lossy.members = 1000;
  lossy.options.tolerance = Duration::Millis(250);
  EXPECT_TRUE(Warns(lossy, "false failures a day"));
  lossy.loss_ppm = 400'000;
  EXPECT_TRUE(Warns(lossy, "nothing is promised"));
  Circumstances many;
  many.members = many.options.members_max + 1;
  EXPECT_TRUE(Warns(many, "raise --max-members to 20001"));
}

}  // namespace
}  // namespace muster::sim
