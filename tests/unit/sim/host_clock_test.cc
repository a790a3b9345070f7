#include "src/sim/host_clock.h"

#include "gtest/gtest.h"
#include "src/base/time.h"

namespace muster::sim {
namespace {

constexpr TimePoint At(int64_t us) { return TimePoint::FromMicros(1'000'000'000 + us); }

TEST(HostClockTest, AFreshOneIsTrue) {
  const HostClock clock;
  EXPECT_EQ(clock.ToLocal(At(5)), At(5));
  EXPECT_EQ(clock.ToTrue(At(5)), At(5));
  EXPECT_TRUE(clock.ToTrue(TimePoint::Never()).is_never());
  EXPECT_EQ(clock.wall_offset(), Duration::Zero());
}

TEST(HostClockTest, SkewGainsOrLosesFromThenOn) {
  HostClock fast;
  fast.SetSkew(At(0), 100);
  EXPECT_EQ(fast.ToLocal(At(10'000'000)), At(10'001'000));
  HostClock slow;
  slow.SetSkew(At(0), -100);
  EXPECT_EQ(slow.ToLocal(At(10'000'000)), At(9'999'000));
  // What was gained stays when the skew ends.
  fast.SetSkew(At(10'000'000), 0);
  EXPECT_EQ(fast.ToLocal(At(20'000'000)), At(20'001'000));
}

TEST(HostClockTest, AJumpSkipsInstantsAndNeverGoesBack) {
  HostClock clock;
  clock.Jump(At(1000), Duration::Micros(500));
  EXPECT_EQ(clock.ToLocal(At(1000)), At(1500));
  EXPECT_EQ(clock.ToTrue(At(900)), At(900));
  EXPECT_EQ(clock.ToTrue(At(1200)), At(1000));  // never shown: it jumped past it
  EXPECT_EQ(clock.ToTrue(At(1700)), At(1200));
}

TEST(HostClockTest, ToTrueIsTheFirstInstantThatShowsIt) {
  for (const int64_t ppm : {-500'000, -99'999, -100, -1, 1, 100, 99'999, 500'000}) {
    HostClock clock;
    clock.SetSkew(At(0), ppm);
    clock.Jump(At(70'000), Duration::Micros(333));
    for (int64_t us = 0; us < 200'000; us += 37) {
      const TimePoint local = clock.ToLocal(At(70'000)) + Duration::Micros(us);
      const TimePoint at = clock.ToTrue(local);
      ASSERT_GE(clock.ToLocal(at), local) << ppm << " " << us;
      if (at > At(70'000)) {
        ASSERT_LT(clock.ToLocal(at - Duration::Micros(1)), local) << ppm << " " << us;
      }
    }
  }
}

TEST(HostClockTest, TheWallClockStepsBothWaysAndTheMonotonicOneDoesNot) {
  HostClock clock;
  clock.StepWall(Duration::Seconds(5));
  clock.StepWall(Duration::Seconds(-7));
  EXPECT_EQ(clock.wall_offset(), Duration::Seconds(-2));
  EXPECT_EQ(clock.ToLocal(At(1)), At(1));
}

}  // namespace
}  // namespace muster::sim
