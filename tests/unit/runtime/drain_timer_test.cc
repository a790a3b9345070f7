#include "src/runtime/drain_timer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "src/runtime/clock.h"
#include "src/runtime/udp_socket.h"
#include "tests/unit/runtime/loop.h"

namespace muster::runtime {
namespace {

class DrainTimerTest : public testing::Test {
 protected:
  void TearDown() override { loop_.Close(timer_); }
  // A timer that writes down each run.
  void Start(DrainTimer::HasInput has_input) {
    timer_.Start(loop_.get(), std::move(has_input), [this](TimePoint scheduled, bool drained) {
      scheduled_.push_back(scheduled);
      drained_.push_back(drained);
      EXPECT_GE(MonotonicNow(), scheduled);
    });
  }
  bool Ran(size_t times) {
    return loop_.RunUntil([this, times] { return drained_.size() >= times; });
  }

  Loop loop_;
  DrainTimer timer_;
  std::vector<TimePoint> scheduled_;
  std::vector<bool> drained_;
};

TEST_F(DrainTimerTest, RunsOnceNotBeforeItsDeadline) {
  Start([] { return false; });
  const TimePoint deadline = MonotonicNow() + Duration::Micros(3100);
  timer_.SetDeadline(deadline);
  ASSERT_TRUE(Ran(1));
  EXPECT_GE(scheduled_[0], deadline);
  EXPECT_LT(scheduled_[0] - deadline, Duration::Millis(1)) << "rounded up to a millisecond";
  EXPECT_TRUE(drained_[0]);
  EXPECT_FALSE(loop_.RunUntil([this] { return drained_.size() > 1; }, 20));
}

TEST_F(DrainTimerTest, APassedDeadlineRunsInTheNextTurn) {
  Start([] { return false; });
  timer_.SetDeadline(TimePoint::FromMicros(1));
  EXPECT_TRUE(drained_.empty()) << "never within the call";
  EXPECT_TRUE(Ran(1));
}

TEST_F(DrainTimerTest, TheSameDeadlineAgainRunsAgain) {
  Start([] { return false; });
  const TimePoint deadline = MonotonicNow();
  timer_.SetDeadline(deadline);
  ASSERT_TRUE(Ran(1));
  timer_.SetDeadline(deadline);
  EXPECT_TRUE(Ran(2));
}

TEST_F(DrainTimerTest, NeverStopsIt) {
  Start([] { return false; });
  timer_.SetDeadline(MonotonicNow() + Duration::Millis(5));
  timer_.SetDeadline(TimePoint::Never());
  EXPECT_FALSE(loop_.RunUntil([this] { return !drained_.empty(); }, 30));
}

TEST_F(DrainTimerTest, AnEarlierDeadlineTakesOver) {
  Start([] { return false; });
  timer_.SetDeadline(MonotonicNow() + Duration::Seconds(60));
  timer_.SetDeadline(MonotonicNow() + Duration::Millis(2));
  EXPECT_TRUE(Ran(1));
}

TEST_F(DrainTimerTest, EndlessInputHoldsItUpForSoManyTurnsOnly) {
  int asked = 0;
  Start([&asked] {
    ++asked;
    return true;
  });
  timer_.SetDeadline(MonotonicNow());
  ASSERT_TRUE(Ran(1));
  EXPECT_FALSE(drained_[0]);
  EXPECT_EQ(asked, DrainTimer::kExtraTurns + 1);
}

TEST_F(DrainTimerTest, InputThatEndsWithinTheTurnsCountsAsDrained) {
  int left = DrainTimer::kExtraTurns;
  Start([&left] { return left-- > 0; });
  timer_.SetDeadline(MonotonicNow());
  ASSERT_TRUE(Ran(1));
  EXPECT_TRUE(drained_[0]);
}

// The promise itself: what had arrived is handed in first, though libuv runs timers before it
// polls.
TEST_F(DrainTimerTest, PacketsThatWaitAreHandedInBeforeTheDeadlineRuns) {
  constexpr size_t kPackets = 100;  // more than libuv reads in one go
  UdpSocket sender;
  UdpSocket receiver;
  const Address any = Address::V4(0x7f000001, 0);
  ASSERT_TRUE(sender.Open(loop_.get(), any).ok());
  ASSERT_TRUE(receiver.Open(loop_.get(), any).ok());
  size_t received = 0;
  size_t received_when_due = 0;
  ASSERT_TRUE(
      receiver.StartReading([&](const Address&, std::string_view) { ++received; }, nullptr).ok());
  timer_.Start(
      loop_.get(), [&receiver] { return receiver.HasInput(); },
      [&](TimePoint, bool drained) {
        received_when_due = received;
        drained_.push_back(drained);
      });
  for (size_t i = 0; i < kPackets; ++i) sender.Send(receiver.bound(), "x", 0);
  timer_.SetDeadline(TimePoint::FromMicros(1));
  ASSERT_TRUE(Ran(1));
  EXPECT_EQ(received_when_due, kPackets);
  EXPECT_TRUE(drained_[0]);
  loop_.Close(sender);
  loop_.Close(receiver);
}

}  // namespace
}  // namespace muster::runtime
