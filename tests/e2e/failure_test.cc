// Crashes, pauses, leaves and restarts, and what every other agent shows of them.

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>

#include "absl/strings/str_cat.h"
#include "tests/e2e/cluster_test.h"
#include "tests/e2e/harness/clock.h"

namespace muster::e2e {
namespace {

// The harness notices a moment after the agent; an agent's clock and ours are the same.
constexpr Duration kSlack = Duration::Millis(20);

struct Timing {
  const char* profile;
  Duration tolerance;
};

void PrintTo(const Timing& timing, std::ostream* out) { *out << timing.profile; }

class Failure : public testing::TestWithParam<Timing> {
 protected:
  Failure() : cluster_(GetParam().profile) {}
  Duration tolerance() const { return GetParam().tolerance; }
  Duration detection() const { return tolerance() + Duration::Seconds(2); }

  // When agent `at` streamed that `member` failed, after `since_us`; 0 if it did not.
  // The list of members may show it before the event's line has come through.
  int64_t FailedAt(size_t at, const std::string& member, int64_t since_us) {
    int64_t failed_us = 0;
    const auto is_seen = [&] {
      for (const SeenEvent& event : cluster_.Events(at)) {
        if (event.type != "member.failed" || event.member != member) continue;
        if (event.arrived_us < since_us) continue;
        failed_us = event.arrived_us;
        return true;
      }
      return false;
    };
    EXPECT_TRUE(WaitUntil(Duration::Seconds(5), is_seen)) << member << " at n" << at + 1;
    return failed_us;
  }

  Cluster cluster_;
};

TEST_P(Failure, KilledAgentIsFailedAtAllOthersInTimeAndNotBefore) {
  ASSERT_OK(cluster_.StartChain(5));
  ASSERT_OK(cluster_.WatchAll());
  const int64_t killed_us = WallMicros();
  cluster_[2].Kill();
  ASSERT_TRUE(cluster_.WaitAllSee({"n3"}, "failed", detection() + Duration::Seconds(5)))
      << cluster_.Describe();
  for (const size_t other : {0, 1, 3, 4}) {
    const int64_t failed_us = FailedAt(other, "n3", killed_us);
    const Duration took = Duration::Micros(failed_us - killed_us);
    EXPECT_GE((took + kSlack).micros(), tolerance().micros()) << "too early at n" << other + 1;
    EXPECT_LE(took.micros(), detection().micros()) << "too late at n" << other + 1;
    EXPECT_EQ(cluster_.watcher(other).CountType("member.failed"), 1) << "a false failure";
    EXPECT_EQ(cluster_.watcher(other).CountType("member.suspected", "n3"), 1);
  }
}

TEST_P(Failure, PauseBelowToleranceIsForgiven) {
  ASSERT_OK(cluster_.StartChain(5));
  ASSERT_OK(cluster_.WatchAll());
  const auto no_failure = [&] { return cluster_.CountEvents("member.failed") == 0; };
  for (int round = 0; round < 3; ++round) {
    cluster_[1].Pause();
    EXPECT_TRUE(HoldsFor(tolerance() * 6 / 10, no_failure)) << cluster_.Describe();
    cluster_[1].Resume();
    EXPECT_TRUE(HoldsFor(tolerance() / 2, no_failure)) << cluster_.Describe();
  }
  EXPECT_TRUE(HoldsFor(tolerance() + Duration::Seconds(1), no_failure)) << cluster_.Describe();
  EXPECT_TRUE(cluster_.WaitWhole(Duration::Seconds(5))) << cluster_.Describe();
}

TEST_P(Failure, PauseAboveToleranceFailsReturnsAndAccusesNobody) {
  ASSERT_OK(cluster_.StartChain(5));
  ASSERT_OK(cluster_.WatchAll());
  cluster_[3].Pause();
  ASSERT_TRUE(cluster_.WaitAllSee({"n4"}, "failed", detection() + Duration::Seconds(5)))
      << cluster_.Describe();
  cluster_[3].Resume();
  ASSERT_TRUE(cluster_.WaitWhole(Duration::Seconds(10))) << cluster_.Describe();
  const auto nobody_else_accused = [&] {
    for (size_t i = 0; i < cluster_.size(); ++i) {
      const int accused = cluster_.watcher(i).Count([](const SeenEvent& event) {
        return (event.type == "member.suspected" || event.type == "member.failed") &&
               event.member != "n4";
      });
      if (accused > 0) return false;
    }
    return true;
  };
  EXPECT_TRUE(HoldsFor(tolerance() + Duration::Seconds(1), nobody_else_accused))
      << cluster_.Describe();
  EXPECT_TRUE(cluster_.WaitWhole(Duration::Seconds(5))) << cluster_.Describe();
  for (const size_t other : {0, 1, 2, 4}) {
    EXPECT_EQ(cluster_.watcher(other).CountType("member.returned", "n4"), 1) << "at n" << other + 1;
  }
}

// The kernel of a dead process refuses connections, which proves that the path is whole: the
// survivor need not wait longer than in company.
TEST_P(Failure, OfTwoAgentsTheSurvivorSeesTheOtherDie) {
  ASSERT_OK(cluster_.StartChain(2));
  ASSERT_OK(cluster_.Watch(0));
  const int64_t killed_us = WallMicros();
  cluster_[1].Kill();
  ASSERT_TRUE(cluster_.WaitAllSee({"n2"}, "failed", tolerance() * 2 + Duration::Seconds(3)))
      << cluster_.Describe();
  const Duration took = Duration::Micros(FailedAt(0, "n2", killed_us) - killed_us);
  EXPECT_GE((took + kSlack).micros(), tolerance().micros());
  EXPECT_TRUE(cluster_[0].running());
}

// Nothing at all comes back from a frozen process: alone with it, an agent cannot tell whose path
// is broken, and waits twice the tolerance.
TEST_P(Failure, OfTwoAgentsTheSurvivorWaitsTwiceForASilentOne) {
  ASSERT_OK(cluster_.StartChain(2));
  ASSERT_OK(cluster_.Watch(0));
  const int64_t paused_us = WallMicros();
  cluster_[1].Pause();
  ASSERT_TRUE(cluster_.WaitAllSee({"n2"}, "failed", tolerance() * 2 + Duration::Seconds(4)))
      << cluster_.Describe();
  const Duration took = Duration::Micros(FailedAt(0, "n2", paused_us) - paused_us);
  EXPECT_GE((took + kSlack).micros(), (tolerance() * 2).micros());
  cluster_[1].Resume();
  EXPECT_TRUE(cluster_.WaitWhole(Duration::Seconds(10))) << cluster_.Describe();
}

INSTANTIATE_TEST_SUITE_P(Profiles, Failure,
                         testing::Values(Timing{"local", Duration::Seconds(1)},
                                         Timing{"lan", Duration::Seconds(4)}),
                         [](const auto& parameter) { return parameter.param.profile; });

TEST(Leave, BySignalIsShownLeftAndNeverFailed) {
  Cluster cluster("local");
  ASSERT_OK(cluster.StartChain(4));
  ASSERT_OK(cluster.WatchAll());
  cluster[1].Terminate();
  const std::optional<int> code = cluster[1].WaitExit(Duration::Seconds(8));
  ASSERT_TRUE(code.has_value()) << cluster.Describe();
  EXPECT_EQ(*code, 0) << cluster[1].Log();
  EXPECT_TRUE(cluster.WaitAllSee({"n2"}, "left", Duration::Seconds(2))) << cluster.Describe();
  // Long enough for a detector that still probed it to give its verdict.
  EXPECT_TRUE(HoldsFor(Duration::Seconds(4), [&] {
    return cluster.CountEvents("member.failed") == 0 &&
           cluster.CountEvents("member.suspected") == 0;
  })) << cluster.Describe();
  EXPECT_TRUE(cluster.AllSee({"n2"}, "left")) << cluster.Describe();
}

TEST(Leave, ByCommandReportsTheReceiptsAndEndsTheAgent) {
  Cluster cluster("local");
  ASSERT_OK(cluster.StartChain(4));
  ASSERT_OK(cluster.WatchAll());
  const CommandResult left = cluster[2].Run({"leave", "-o", "json"});
  EXPECT_EQ(left.exit_code, 0) << left.err;
  const nlohmann::json answer = nlohmann::json::parse(left.out, nullptr, false);
  ASSERT_TRUE(answer.is_object()) << left.out;
  EXPECT_EQ(answer.value("asked", 0), 3);
  EXPECT_EQ(answer.value("confirmed", 0), 3);
  const std::optional<int> code = cluster[2].WaitExit(Duration::Seconds(8));
  ASSERT_TRUE(code.has_value()) << cluster.Describe();
  EXPECT_EQ(*code, 0) << cluster[2].Log();
  EXPECT_TRUE(cluster.WaitAllSee({"n3"}, "left", Duration::Seconds(2))) << cluster.Describe();
  EXPECT_EQ(cluster.CountEvents("member.failed"), 0);
}

TEST(Leave, AndComeBackAlive) {
  Cluster cluster("local");
  ASSERT_OK(cluster.StartChain(3));
  const MemberRow before = cluster[0].Members()["n2"];
  cluster[1].Terminate();
  ASSERT_TRUE(cluster[1].WaitExit(Duration::Seconds(8)).has_value());
  ASSERT_TRUE(cluster.WaitAllSee({"n2"}, "left", Duration::Seconds(2))) << cluster.Describe();
  ASSERT_OK(cluster.StartAgent(1, /*with_join=*/false));
  ASSERT_TRUE(cluster.WaitWhole(Duration::Seconds(10))) << cluster.Describe();
  EXPECT_EQ(cluster[0].Members()["n2"].id, before.id);
  EXPECT_GT(cluster[0].Members()["n2"].incarnation, before.incarnation);
}

class Restart : public testing::TestWithParam<bool> {};

// With and without waiting for the verdict about the crash.
TEST_P(Restart, FromDiskNeedsNoJoinFlagAndKeepsItsIdentity) {
  const bool after_verdict = GetParam();
  Cluster cluster("local");
  ASSERT_OK(cluster.StartChain(5));
  ASSERT_OK(cluster.WatchAll());
  const MemberRow before = cluster[0].Members()["n4"];
  ASSERT_TRUE(cluster[3].WaitRemembers(Duration::Seconds(5)));
  cluster[3].Kill();
  if (after_verdict) {
    ASSERT_TRUE(cluster.WaitAllSee({"n4"}, "failed", Duration::Seconds(8))) << cluster.Describe();
  }
  ASSERT_OK(cluster.StartAgent(3, /*with_join=*/false));
  const auto renewed_everywhere = [&] {
    for (size_t i = 0; i < cluster.size(); ++i) {
      const MemberRow row = cluster[i].Members()["n4"];
      if (row.status != "alive" || row.incarnation <= before.incarnation) return false;
    }
    return true;
  };
  EXPECT_TRUE(WaitUntil(Duration::Seconds(10), renewed_everywhere)) << cluster.Describe();
  EXPECT_TRUE(cluster.WaitWhole(Duration::Seconds(5))) << cluster.Describe();
  EXPECT_EQ(cluster[0].Members()["n4"].id, before.id);
  EXPECT_EQ(cluster[0].Members().size(), 5u) << "a second entry\n" << cluster.Describe();
  const int failures = cluster.CountEvents("member.failed");
  EXPECT_EQ(failures, after_verdict ? 4 : 0) << cluster.Describe();
}

INSTANTIATE_TEST_SUITE_P(Verdict, Restart, testing::Bool(), [](const auto& parameter) {
  return parameter.param ? "AfterTheVerdict" : "AtOnce";
});

TEST(Outage, AfterAWholeOutageAllMeetAgain) {
  Cluster cluster("local");
  ASSERT_OK(cluster.StartChain(4));
  for (size_t i = 0; i < cluster.size(); ++i) {
    ASSERT_TRUE(cluster[i].WaitRemembers(Duration::Seconds(5)));
  }
  for (size_t i = 0; i < cluster.size(); ++i) cluster[i].Kill();
  for (size_t i = 0; i < cluster.size(); ++i) ASSERT_OK(cluster[i].Start(/*with_join=*/false));
  for (size_t i = 0; i < cluster.size(); ++i) ASSERT_TRUE(cluster[i].WaitReady());
  EXPECT_TRUE(cluster.WaitWhole(Duration::Seconds(15))) << cluster.Describe();
}

TEST(ForceLeave, TurnsAFailedMemberIntoLeftAndPruneDropsIt) {
  Cluster cluster("local");
  ASSERT_OK(cluster.StartChain(4));
  ASSERT_TRUE(cluster[3].WaitRemembers(Duration::Seconds(5)));
  cluster[3].Kill();
  ASSERT_TRUE(cluster.WaitAllSee({"n4"}, "failed", Duration::Seconds(8))) << cluster.Describe();
  const CommandResult forced = cluster[1].Run({"force-leave", "n4"});
  EXPECT_EQ(forced.exit_code, 0) << forced.err;
  EXPECT_TRUE(cluster.WaitAllSee({"n4"}, "left", Duration::Seconds(5))) << cluster.Describe();
  const CommandResult pruned = cluster[2].Run({"force-leave", "n4", "--prune"});
  EXPECT_EQ(pruned.exit_code, 0) << pruned.err;
  const auto gone = [&] {
    return cluster[0].StatusOf("n4").empty() && cluster[1].StatusOf("n4").empty() &&
           cluster[2].StatusOf("n4").empty() && cluster[0].Members().size() == 3;
  };
  EXPECT_TRUE(WaitUntil(Duration::Seconds(5), gone)) << cluster.Describe();
  // It was only dead: it may come back.
  ASSERT_OK(cluster.StartAgent(3, /*with_join=*/false));
  EXPECT_TRUE(cluster.WaitWhole(Duration::Seconds(10))) << cluster.Describe();
}

}  // namespace
}  // namespace muster::e2e
