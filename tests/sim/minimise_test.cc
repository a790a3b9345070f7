#include "tests/sim/minimise.h"

#include <algorithm>
#include <vector>

#include "gtest/gtest.h"

namespace muster::sim {
namespace {

SwarmPlan PlanOf(int members, int faults) {
  SwarmPlan plan;
  plan.seed = 7;
  plan.members = members;
  plan.all_faults = false;
  for (int number = 0; number < faults; ++number) plan.faults.push_back(number);
  return plan;
}

bool Has(const SwarmPlan& plan, int number) {
  return std::count(plan.faults.begin(), plan.faults.end(), number) > 0;
}

TEST(MinimiseTest, KeepsWhatTheFailureNeedsAndNothingElse) {
  const SwarmPlan least = Minimise(PlanOf(30, 60), [](const SwarmPlan& plan) {
    return plan.members >= 9 && Has(plan, 13) && Has(plan, 14) && Has(plan, 51);
  });
  EXPECT_EQ(least.members, 9);
  EXPECT_EQ(least.faults, (std::vector<int>{13, 14, 51}));
  EXPECT_EQ(PlanArguments(least), "--seed=7 --members=9 --faults=13,14,51");
}

TEST(MinimiseTest, AFailureWithoutFaultsEndsWithNone) {
  const SwarmPlan least = Minimise(PlanOf(30, 60), [](const SwarmPlan&) { return true; });
  EXPECT_EQ(least.members, 3);
  EXPECT_TRUE(least.faults.empty());
}

TEST(MinimiseTest, WhereAllIsNeededAllStays) {
  const SwarmPlan all = PlanOf(20, 10);
  const SwarmPlan least = Minimise(
      all, [](const SwarmPlan& plan) { return plan.members == 20 && plan.faults.size() == 10; });
  EXPECT_EQ(least.members, 20);
  EXPECT_EQ(least.faults, all.faults);
}

TEST(MinimiseTest, AsksNoMoreOftenThanItMay) {
  int asked = 0;
  const SwarmPlan least = Minimise(
      PlanOf(30, 60),
      [&asked](const SwarmPlan&) {
        ++asked;
        return false;
      },
      25);
  EXPECT_EQ(asked, 25);
  EXPECT_EQ(least.faults.size(), 60u);
}

TEST(MinimiseTest, APartOfARunIsARunOfItsOwn) {
  const SwarmReport whole = Swarm(3).Run();
  ASSERT_GT(whole.faults.size(), 5u);
  SwarmPlan part;
  part.seed = 3;
  part.all_faults = false;
  part.faults = {whole.faults[1], whole.faults[4]};
  const SwarmReport report = Swarm(part).Run();
  for (const int number : report.faults) EXPECT_TRUE(Has(part, number));
  EXPECT_FALSE(report.failed());
  part.faults = whole.faults;
  EXPECT_EQ(Swarm(part).Run().digest, whole.digest);
  part.members = 5;
  EXPECT_EQ(Swarm(part).Run().members, 5);
}

}  // namespace
}  // namespace muster::sim
