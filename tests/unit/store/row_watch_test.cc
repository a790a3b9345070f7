#include "src/store/row_watch.h"

#include <gtest/gtest.h>

#include <string>

namespace muster::store {
namespace {

constexpr Duration kHour = Duration::Seconds(3600);
constexpr Duration kMinute = Duration::Seconds(60);
constexpr Duration kTtl = kHour;

// A host whose two clocks the test moves, and the stamps of the rows in its file.
class RowWatchTest : public ::testing::Test {
 protected:
  void Pass(Duration span) {
    wall_us_ += span.micros();
    now_ += span;
  }
  void Step(Duration by) { wall_us_ += by.micros(); }
  // One look at a file of one row.
  RowWatch::Verdict Look(RowWatch* watch, int64_t stamp_us) {
    watch->BeginLook(wall_us_, now_);
    const RowWatch::Verdict verdict = watch->See("row", stamp_us, kTtl);
    watch->EndLook();
    return verdict;
  }
  void LookAtNothing(RowWatch* watch) {
    watch->BeginLook(wall_us_, now_);
    watch->EndLook();
  }

  int64_t wall_us_ = 1'700'000'000'000'000;
  TimePoint now_ = TimePoint::FromMicros(5'000'000);
};

TEST_F(RowWatchTest, ARowAgesAndExpires) {
  RowWatch watch;
  const int64_t stamp = wall_us_;
  Pass(kMinute);
  EXPECT_EQ(Look(&watch, stamp).age, kMinute);
  Pass(kTtl - kMinute - Duration::Micros(1));
  EXPECT_TRUE(Look(&watch, stamp).live);
  Pass(Duration::Micros(1));
  EXPECT_FALSE(Look(&watch, stamp).live);
  EXPECT_FALSE(Look(&watch, stamp).sweep) << "watched for less than its TTL";
  Pass(kMinute);
  EXPECT_TRUE(Look(&watch, stamp).sweep);
}

TEST_F(RowWatchTest, AStepLosesNoRowThatIsWatched) {
  for (const Duration step : {kHour, -kHour, kHour * 24, -kHour * 24}) {
    RowWatch watch;
    int64_t stamp = wall_us_;
    LookAtNothing(&watch);
    for (int minute = 0; minute < 300; ++minute) {
      Pass(kMinute);
      // Just before the look, as if between write and read.
      if (minute % 20 == 0) stamp = wall_us_;
      if (minute % 60 == 40 || minute == 100) Step(step);
      const RowWatch::Verdict verdict = Look(&watch, stamp);
      EXPECT_TRUE(verdict.live) << minute;
      EXPECT_FALSE(verdict.sweep) << minute;
      EXPECT_LE(verdict.age, kMinute * 21);
    }
  }
}

TEST_F(RowWatchTest, ANewcomerSeesARowAtTheLatestAfterItsNextRefresh) {
  int64_t stamp = wall_us_;
  Step(kHour);
  RowWatch newcomer;
  EXPECT_FALSE(Look(&newcomer, stamp).live) << "its stamp says an hour";
  EXPECT_FALSE(Look(&newcomer, stamp).sweep) << "but that alone removes nothing";
  Pass(kMinute * 20);
  stamp = wall_us_;
  EXPECT_TRUE(Look(&newcomer, stamp).live);

  Step(-kHour);
  RowWatch another;
  EXPECT_TRUE(Look(&another, stamp).live);
  EXPECT_EQ(Look(&another, stamp).age, Duration::Zero());
}

TEST_F(RowWatchTest, ADeadRowIsShownForItsTtlAndTheStepAtMost) {
  for (const Duration step : {Duration::Zero(), kHour, -kHour}) {
    const int64_t stamp = wall_us_;
    const TimePoint died = now_;
    RowWatch watch_all_along;
    Look(&watch_all_along, stamp);
    Pass(kMinute * 30);
    Step(step);
    RowWatch newcomer;
    for (RowWatch* watch : {&watch_all_along, &newcomer}) {
      const int64_t wall_us = wall_us_;
      const TimePoint now = now_;
      TimePoint last_seen = now_;
      for (int minute = 0; minute < 400; ++minute) {
        if (Look(watch, stamp).live) last_seen = now_;
        Pass(kMinute);
      }
      const Duration size = step < Duration::Zero() ? -step : step;
      EXPECT_LE(last_seen - died, watch == &watch_all_along ? kTtl : kTtl + size);
      EXPECT_TRUE(Look(watch, stamp).sweep) << "it goes in the end";
      wall_us_ = wall_us;
      now_ = now;
    }
  }
}

TEST_F(RowWatchTest, AStampYearsAheadDoesNotKeepARow) {
  const int64_t stamp = wall_us_ + (kHour * 24 * 3650).micros();
  RowWatch watch;
  EXPECT_TRUE(Look(&watch, stamp).live);
  Pass(kTtl);
  EXPECT_FALSE(Look(&watch, stamp).live);
  EXPECT_TRUE(Look(&watch, stamp).sweep);
}

TEST_F(RowWatchTest, AnotherFileMakesTheLastLookMeanNothing) {
  RowWatch watch;
  LookAtNothing(&watch);
  const int64_t old_stamp = wall_us_ - kHour.micros() * 3;
  RowWatch same = watch;
  EXPECT_TRUE(Look(&same, old_stamp).live) << "new since the last look, so it cannot be old";
  watch.ForgetLook();
  EXPECT_FALSE(Look(&watch, old_stamp).live) << "a backup put in place";
}

TEST_F(RowWatchTest, JudgesAsItWouldSee) {
  RowWatch watch;
  const int64_t stamp = wall_us_;
  Pass(kMinute);
  EXPECT_EQ(watch.Judge("row", stamp, kTtl, wall_us_, now_).age, kMinute);
  Look(&watch, stamp);
  Step(kHour * 5);
  Pass(kMinute);
  EXPECT_EQ(watch.Judge("row", stamp, kTtl, wall_us_, now_).age, kMinute * 2);
  EXPECT_EQ(watch.Judge("row", stamp + 1, kTtl, wall_us_, now_).age, kMinute);
  EXPECT_EQ(watch.Judge("other", stamp, kTtl, wall_us_, now_).age, kMinute);
  EXPECT_EQ(watch.size(), 1u);
}

TEST_F(RowWatchTest, ForgetsRowsThatAreGone) {
  RowWatch watch;
  watch.BeginLook(wall_us_, now_);
  for (int i = 0; i < 100; ++i) watch.See(std::to_string(i), wall_us_, kTtl);
  watch.EndLook();
  EXPECT_EQ(watch.size(), 100u);
  LookAtNothing(&watch);
  EXPECT_EQ(watch.size(), 0u);
}

TEST_F(RowWatchTest, AbsurdStampsOverflowNothing) {
  for (const int64_t stamp : {INT64_MIN, INT64_MAX, int64_t{0}, int64_t{-1}}) {
    RowWatch watch;
    EXPECT_GE(Look(&watch, stamp).age, Duration::Zero());
    Pass(kTtl);
    Look(&watch, stamp);
    Pass(kTtl);
    EXPECT_FALSE(Look(&watch, stamp).live);
    EXPECT_TRUE(Look(&watch, stamp).sweep);
  }
}

}  // namespace
}  // namespace muster::store
