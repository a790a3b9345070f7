#include "src/agent/presence_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace muster::agent {
namespace {

using Known = PresencePlan::Known;

TimePoint At(int64_t ms) { return TimePoint::FromMicros(100'000'000 + ms * 1000); }

constexpr Duration kHour = Duration::Seconds(3600);

// Everybody whose row is there is a member.
Known Whole(size_t n) { return {n, n, n, n}; }

// Runs a plan whose operations end at once: `known` is what each finds.
class PlanRunner {
 public:
  explicit PlanRunner(Duration ttl = kHour, uint64_t seed = 1) : plan(At(0), ttl, seed) {}

  void RunUntil(TimePoint end) {
    for (int i = 0; i < 10'000 && plan.next() <= end; ++i) {
      now = std::max(now, plan.next());
      if (plan.IsLookDue(now)) {
        plan.LookStarted();
        EXPECT_FALSE(plan.IsLookDue(now));
        looks.push_back(now);
        if (store_works) {
          plan.LookDone(now, known, strangers);
        } else {
          plan.LookFailed(now);
        }
      }
      if (plan.IsRefreshDue(now)) {
        plan.RefreshStarted();
        EXPECT_FALSE(plan.IsRefreshDue(now));
        refreshes.push_back(now);
        if (store_works) {
          plan.RefreshDone(now, known);
        } else {
          plan.RefreshFailed(now);
        }
      }
    }
    now = end;
  }

  PresencePlan plan;
  TimePoint now = At(0);
  Known known = Whole(1);
  bool strangers = false;
  bool store_works = true;
  std::vector<TimePoint> looks;
  std::vector<TimePoint> refreshes;
};

TEST(PresencePlanTest, LooksFirstAndWritesAtOnceWhereNobodyElseIs) {
  PlanRunner run;
  run.RunUntil(At(0));
  EXPECT_EQ(run.looks, std::vector<TimePoint>{At(0)});
  EXPECT_EQ(run.refreshes, std::vector<TimePoint>{At(0)});
}

TEST(PresencePlanTest, WritesOnceTheFirstAttemptsAreOver) {
  PlanRunner run;
  run.strangers = true;
  run.RunUntil(At(200));
  EXPECT_TRUE(run.refreshes.empty()) << "a copied data folder is found out first";
  run.plan.Settled(At(200));
  run.RunUntil(At(200));
  EXPECT_EQ(run.refreshes, std::vector<TimePoint>{At(200)});
}

TEST(PresencePlanTest, WritesAfterASecondWhateverTheAttemptsDo) {
  PlanRunner run;
  run.strangers = true;
  run.RunUntil(At(2900));
  ASSERT_EQ(run.refreshes.size(), 1u);
  EXPECT_EQ(run.refreshes[0], At(0) + PresencePlan::kFirstRefreshMax);
}

TEST(PresencePlanTest, SettlingBeforeTheFirstLookMeansNothing) {
  PresencePlan plan(At(0), kHour, 1);
  plan.Settled(At(0));
  EXPECT_FALSE(plan.IsRefreshDue(At(0)));
}

TEST(PresencePlanTest, RefreshesEveryThirtySecondsOrTenthOfTheTtl) {
  for (const int64_t ttl_s : {3600, 60}) {
    PlanRunner run(Duration::Seconds(ttl_s));
    run.known = Whole(3);
    run.RunUntil(At(3'600'000));
    const Duration most = std::min(Duration::Seconds(30), Duration::Seconds(ttl_s) / 10);
    ASSERT_GT(run.refreshes.size(), 100u);
    for (size_t i = 1; i < run.refreshes.size(); ++i) {
      EXPECT_LE(run.refreshes[i] - run.refreshes[i - 1], most);
      EXPECT_GE(run.refreshes[i] - run.refreshes[i - 1], most * 9 / 10);
    }
  }
}

TEST(PresencePlanTest, WhoKnowsAllRowsLooksOnce) {
  PlanRunner run;
  run.known = Whole(5);
  run.RunUntil(At(600'000));
  EXPECT_EQ(run.looks.size(), 1u);
}

TEST(PresencePlanTest, MoreRowsThanMembersAreLookedAtForEver) {
  PlanRunner run;
  run.known = {4, 2, 2, 2};  // two pairs
  run.strangers = true;
  run.RunUntil(At(600'000));
  size_t eager = 0;
  for (size_t i = 1; i < run.looks.size(); ++i) {
    const Duration pause = run.looks[i] - run.looks[i - 1];
    if (run.looks[i] <= At(60'000)) {
      ++eager;
      EXPECT_LE(pause, PresencePlan::kLookEvery);
    } else {
      EXPECT_LE(pause, PresencePlan::kLookLater);
    }
  }
  EXPECT_GE(eager, 19u);
  EXPECT_GE(run.looks.back(), At(570'000));
}

TEST(PresencePlanTest, ARowWrittenBetweenLookAndRecordIsSeenAtOnce) {
  PlanRunner run;
  run.known = Whole(1);
  run.plan.LookStarted();
  run.plan.LookDone(At(0), {0, 0, 1, 1}, false);
  ASSERT_TRUE(run.plan.IsRefreshDue(At(0)));
  run.plan.RefreshStarted();
  run.plan.RefreshDone(At(5), {2, 0, 1, 1});
  EXPECT_TRUE(run.plan.IsLookDue(At(5)));
}

TEST(PresencePlanTest, MembersWithoutRowsDoNotHideStrangers) {
  PlanRunner run;
  run.known = Whole(4);
  run.RunUntil(At(100'000));
  const size_t before = run.looks.size();
  run.known = {3, 2, 6, 6};  // six members, two of them with rows, and a row of somebody else
  run.RunUntil(At(140'000));
  EXPECT_GT(run.looks.size(), before);
}

TEST(PresencePlanTest, InALargeClusterAFewLookAtEachOccasion) {
  size_t looks = 0;
  constexpr int kMembers = 1000;
  for (int i = 0; i < kMembers; ++i) {
    PlanRunner run(kHour, static_cast<uint64_t>(i));
    run.known = Whole(kMembers);
    run.RunUntil(At(100'000));
    const size_t before = run.looks.size();
    run.known = {kMembers + 1, kMembers, kMembers, kMembers};
    run.RunUntil(At(130'000));
    looks += run.looks.size() - before;
  }
  EXPECT_GT(looks, 8u);
  EXPECT_LT(looks, 4 * PresencePlan::kLookersOfCluster);
}

TEST(PresencePlanTest, ErrorsAreRetriedWithBackOff) {
  PlanRunner run;
  run.store_works = false;
  run.RunUntil(At(300'000));
  for (const std::vector<TimePoint>* tries : {&run.looks, &run.refreshes}) {
    ASSERT_GT(tries->size(), 10u);
    EXPECT_LE((*tries)[1] - (*tries)[0], PresencePlan::kRetryFirst);
    for (size_t i = 1; i < tries->size(); ++i) {
      EXPECT_LE((*tries)[i] - (*tries)[i - 1], PresencePlan::kRetryMax);
    }
    EXPECT_GE(tries->back() - (*tries)[tries->size() - 2], PresencePlan::kRetryMax * 9 / 10);
    EXPECT_LT(tries->size(), 20u);
  }
  run.store_works = true;
  run.RunUntil(At(331'000));
  EXPECT_FALSE(run.plan.is_first_refresh());
}

TEST(PresencePlanTest, ASignOfLifeBringsForwardWhatFailedAndNothingElse) {
  PlanRunner run;
  run.store_works = false;
  run.RunUntil(At(100'000));
  const size_t looks = run.looks.size();
  const size_t refreshes = run.refreshes.size();
  run.store_works = true;
  run.plan.TryAgain(At(100'000));
  run.RunUntil(At(100'000));
  EXPECT_EQ(run.looks.size(), looks + 1);
  EXPECT_EQ(run.refreshes.size(), refreshes + 1);
  const TimePoint next = run.plan.next();
  EXPECT_GT(next, At(101'000));
  run.plan.TryAgain(At(100'500));
  EXPECT_EQ(run.plan.next(), next);
}

TEST(PresencePlanTest, ALookThatIsWantedComesInTime) {
  PlanRunner run;
  run.known = Whole(3);
  run.RunUntil(At(100'000));
  const size_t looks = run.looks.size();
  run.plan.LookBy(At(103'000));
  run.RunUntil(At(102'900));
  EXPECT_EQ(run.looks.size(), looks);
  run.RunUntil(At(103'000));
  EXPECT_EQ(run.looks.size(), looks + 1);
}

TEST(PresencePlanTest, OwnChangesAreWrittenSoonAndTogether) {
  PlanRunner run;
  run.RunUntil(At(5000));
  const size_t before = run.refreshes.size();
  for (int i = 0; i < 10; ++i) run.plan.Changed(At(5000 + i));
  run.RunUntil(At(6000));
  ASSERT_EQ(run.refreshes.size(), before + 1);
  EXPECT_LE(run.refreshes.back(), At(5000) + PresencePlan::kChangeDelay);
}

TEST(PresencePlanTest, AChangeDuringARefreshIsNotLost) {
  PlanRunner run;
  run.RunUntil(At(5000));
  run.plan.Changed(At(5000));
  ASSERT_TRUE(run.plan.IsRefreshDue(At(5500)));
  run.plan.RefreshStarted();
  run.plan.Changed(At(5600));
  run.plan.RefreshDone(At(5700), Whole(1));
  EXPECT_TRUE(run.plan.IsRefreshDue(At(5700) + PresencePlan::kChangeDelay));
}

TEST(PresencePlanTest, ALonelyAgentIsEagerAgain) {
  PlanRunner run;
  run.known = Whole(3);
  run.RunUntil(At(500'000));
  const size_t before = run.looks.size();
  run.plan.Lonely(At(500'000));
  run.known = {3, 3, 3, 1};
  run.RunUntil(At(560'000));
  EXPECT_GE(run.looks.size() - before, 19u);
}

}  // namespace
}  // namespace muster::agent
