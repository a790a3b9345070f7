#include "src/core/relays.h"

#include <gtest/gtest.h>

namespace muster::core {
namespace {

TimePoint At(int64_t ms) { return TimePoint::FromMicros(10'000'000 + ms * 1000); }

constexpr HostId kSubject{1, 1};  // of duty 1

Relays::Duty MakeDuty(uint32_t sequence, int64_t nack_ms) {
  Relays::Duty duty;
  duty.sequence = sequence;
  duty.subject = HostId{sequence, 1};
  duty.asker_sequence = sequence + 100;
  duty.nack_at = At(nack_ms);
  duty.forget_at = At(nack_ms + 1000);
  return duty;
}

TEST(RelaysTest, AnAnswerTakesTheDutyOnce) {
  Relays relays;
  relays.Add(MakeDuty(1, 400));
  relays.Add(MakeDuty(2, 300));
  Relays::Duty duty;
  EXPECT_FALSE(relays.Take(1, HostId{2, 1}, &duty)) << "another's answer";
  EXPECT_TRUE(relays.Take(1, kSubject, &duty));
  EXPECT_EQ(duty.asker_sequence, 101u);
  EXPECT_FALSE(relays.Take(1, kSubject, &duty));
  EXPECT_EQ(relays.next(), At(300));
}

TEST(RelaysTest, OneNackEachAndALateAnswerIsStillPassedOn) {
  Relays relays;
  relays.Add(MakeDuty(1, 400));
  Relays::Duty duty;
  EXPECT_FALSE(relays.PopNackDue(At(399), &duty));
  ASSERT_TRUE(relays.PopNackDue(At(400), &duty));
  EXPECT_EQ(duty.sequence, 1u);
  EXPECT_FALSE(relays.PopNackDue(At(500), &duty)) << "a second nack";
  EXPECT_TRUE(relays.next().is_never());
  EXPECT_TRUE(relays.Take(1, kSubject, &duty)) << "a late ack";
}

TEST(RelaysTest, DutiesAreForgottenAndBounded) {
  Relays relays;
  for (uint32_t i = 1; i <= Relays::kMax; ++i) {
    EXPECT_FALSE(relays.full());
    relays.Add(MakeDuty(i, 400));
  }
  EXPECT_TRUE(relays.full());
  Relays::Duty duty;
  while (relays.PopNackDue(At(1400), &duty)) {
  }
  EXPECT_FALSE(relays.full());
  EXPECT_FALSE(relays.Take(1, kSubject, &duty));
}

}  // namespace
}  // namespace muster::core
