#include "src/core/probe_schedule.h"

#include <set>
#include <vector>

#include "gtest/gtest.h"
#include "tests/unit/core/claims.h"

namespace muster::core {
namespace {

constexpr Duration kSpread = Duration::Seconds(2);

class ProbeScheduleTest : public ::testing::Test {
 protected:
  // Members 1 to `last`, each in the ring of its number.
  void SetTargets(uint64_t last, TimePoint now = At(0)) {
    std::vector<Rings::Target> targets;
    for (uint64_t n = 1; n <= last; ++n) targets.push_back({IdOf(n), static_cast<uint8_t>(n)});
    schedule_.SetTargets(targets, now, kSpread, &rng_);
  }
  // The next target, which is due again only in a year.
  HostId Pop(TimePoint now) {
    HostId id;
    return schedule_.PopDue(now, At(31'536'000'000), &id) ? id : HostId();
  }

  Rng rng_{1};
  ProbeSchedule schedule_;
};

TEST_F(ProbeScheduleTest, WithoutTargetsNothingIsEverDue) {
  SetTargets(0);
  EXPECT_EQ(schedule_.next(), TimePoint::Never());
  EXPECT_EQ(Pop(At(1'000'000)), HostId());
  EXPECT_EQ(schedule_.RingToAsk(IdOf(1)), 0);
  EXPECT_FALSE(schedule_.SetPace(IdOf(1), At(1)));
  schedule_.Hasten(IdOf(1), At(1));
  EXPECT_EQ(schedule_.next(), TimePoint::Never());
}

TEST_F(ProbeScheduleTest, NewTargetsAreDueWithinTheSpreadAndApart) {
  SetTargets(9);
  std::set<TimePoint> due;
  for (int i = 0; i < 9; ++i) {
    const TimePoint at = schedule_.next();
    EXPECT_GE(at, At(0));
    EXPECT_LT(at, At(0) + kSpread);
    due.insert(at);
    EXPECT_EQ(Pop(at - Duration::Micros(1)), HostId()) << "too early";
    EXPECT_NE(Pop(at), HostId());
  }
  EXPECT_GE(due.size(), 8u);
}

TEST_F(ProbeScheduleTest, AProbedTargetIsAskedUntilItSaysWhenToComeBack) {
  SetTargets(2);
  EXPECT_EQ(schedule_.RingToAsk(IdOf(1)), 0) << "not probed yet";
  EXPECT_FALSE(schedule_.SetPace(IdOf(1), At(5))) << "nobody asked";
  while (Pop(At(2000)) != HostId()) continue;
  EXPECT_EQ(schedule_.RingToAsk(IdOf(1)), 1);
  EXPECT_EQ(schedule_.RingToAsk(IdOf(2)), 2);
  EXPECT_EQ(schedule_.RingToAsk(IdOf(3)), 0);

  EXPECT_TRUE(schedule_.SetPace(IdOf(2), At(9000)));
  EXPECT_EQ(schedule_.next(), At(9000));
  EXPECT_EQ(schedule_.RingToAsk(IdOf(2)), 0);
  EXPECT_FALSE(schedule_.SetPace(IdOf(2), At(3000))) << "an ack that comes twice";
  EXPECT_EQ(schedule_.next(), At(9000));
  EXPECT_EQ(schedule_.RingToAsk(IdOf(1)), 1) << "the other one still owes its word";
}

TEST_F(ProbeScheduleTest, WhoSaysNothingIsProbedAgainAsUsual) {
  SetTargets(1);
  HostId id;
  ASSERT_TRUE(schedule_.PopDue(At(2000), At(11'000), &id));
  EXPECT_EQ(schedule_.next(), At(11'000));
}

TEST_F(ProbeScheduleTest, HasteningNeverDelays) {
  SetTargets(1);
  Pop(At(2000));
  schedule_.Hasten(IdOf(1), At(5000));
  EXPECT_EQ(schedule_.next(), At(5000));
  schedule_.Hasten(IdOf(1), At(6000));
  EXPECT_EQ(schedule_.next(), At(5000));
}

TEST_F(ProbeScheduleTest, NewTargetsLeaveTheOthersAlone) {
  SetTargets(3);
  while (Pop(At(2000)) != HostId()) continue;
  ASSERT_TRUE(schedule_.SetPace(IdOf(1), At(4000)));
  ASSERT_TRUE(schedule_.SetPace(IdOf(2), At(5000)));
  ASSERT_TRUE(schedule_.SetPace(IdOf(3), At(3000)));
  HostId id;
  ASSERT_TRUE(schedule_.PopDue(At(4000), At(8000), &id));
  ASSERT_EQ(id, IdOf(3));

  SetTargets(2, At(4000));
  EXPECT_FALSE(schedule_.contains(IdOf(3)));
  EXPECT_EQ(schedule_.RingToAsk(IdOf(3)), 0) << "observed no longer";
  EXPECT_EQ(schedule_.next(), At(4000)) << "the first one keeps its time";

  SetTargets(4, At(4000));
  EXPECT_EQ(schedule_.RingToAsk(IdOf(3)), 0) << "new once more";
  EXPECT_TRUE(schedule_.contains(IdOf(4)));
  EXPECT_EQ(Pop(At(4000)), IdOf(1));
}

}  // namespace
}  // namespace muster::core
