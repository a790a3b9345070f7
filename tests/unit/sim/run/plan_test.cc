#include "src/sim/run/plan.h"

#include <algorithm>
#include <set>

#include "gtest/gtest.h"

namespace muster::sim {
namespace {

TEST(PlanTest, DeedsHaveNamesOfTheirOwn) {
  std::set<std::string> names;
  for (int i = 0; i <= static_cast<int>(Deed::kJoin); ++i) {
    const Deed deed = static_cast<Deed>(i);
    Deed parsed{};
    ASSERT_TRUE(ParseDeed(DeedName(deed), &parsed));
    EXPECT_EQ(parsed, deed);
    names.insert(DeedName(deed));
  }
  EXPECT_EQ(names.size(), 14u);
  Deed deed{};
  EXPECT_FALSE(ParseDeed("explode", &deed));
}

TEST(PlanTest, RandomFaultsHitDifferentMembersButNotTheFirstThree) {
  Plan plan;
  plan.members = 10;
  Action crash;
  crash.members = {4};
  plan.actions = {crash};
  ASSERT_TRUE(AddRandomFaults(3, 3, &plan));
  std::set<int> crashed;
  std::set<int> slow;
  Duration before;
  for (const Action& action : plan.actions) {
    EXPECT_GE(action.at, before);
    before = action.at;
    ASSERT_EQ(action.members.size(), 1u);
    (action.deed == Deed::kCrash ? crashed : slow).insert(action.members[0]);
    EXPECT_GE(action.members[0], 3);
    EXPECT_LE(action.at, plan.duration / 10 * 8);
  }
  EXPECT_EQ(crashed.size(), 4u);  // with the one of the plan
  EXPECT_EQ(slow.size(), 3u);
  for (const int member : slow) EXPECT_FALSE(crashed.contains(member));
}

TEST(PlanTest, EveryBlockEnds) {
  Plan plan;
  ASSERT_TRUE(AddRandomFaults(5, 0, &plan));
  const auto count = [&plan](Deed deed) {
    return std::count_if(plan.actions.begin(), plan.actions.end(),
                         [deed](const Action& action) { return action.deed == deed; });
  };
  EXPECT_GT(count(Deed::kBlock), 5);
  EXPECT_EQ(count(Deed::kBlock), count(Deed::kUnblock));
}

TEST(PlanTest, MoreFaultsThanMembersAreRefused) {
  Plan plan;
  plan.members = 10;
  EXPECT_FALSE(AddRandomFaults(4, 4, &plan));
  EXPECT_TRUE(plan.actions.empty());
  EXPECT_TRUE(AddRandomFaults(4, 3, &plan));
}

TEST(PlanTest, LeaversAndTheSimplyLossyNetworkAreNoDisturbance) {
  Plan plan;
  plan.members = 6;
  Action leave;
  leave.deed = Deed::kLeave;
  leave.members = {1};
  Action loss;
  loss.deed = Deed::kLoss;
  Action cut;
  cut.deed = Deed::kCut;
  cut.groups = {{2}, {3}};
  Action join;
  join.deed = Deed::kJoin;
  join.count = 2;
  plan.actions = {leave, loss, cut, join};
  EXPECT_EQ(plan.joiners(), 2);
  EXPECT_EQ(DisturbedOf(plan),
            (std::vector<bool>{false, false, true, true, false, false, false, false}));
}

}  // namespace
}  // namespace muster::sim
