#include "src/core/pacer.h"

#include <set>
#include <vector>

#include "gtest/gtest.h"
#include "tests/unit/core/claims.h"

namespace muster::core {
namespace {

constexpr Duration kPeriod = Duration::Seconds(1);

TEST(PacerTest, ALoneObserverIsHeldToOnePeriod) {
  Pacer pacer(kPeriod);
  TimePoint now = At(123);
  now += pacer.NextProbe(now, IdOf(1));
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(pacer.NextProbe(now, IdOf(1)), kPeriod);
    now += kPeriod;
  }
  EXPECT_EQ(pacer.observers(), 1u);
}

TEST(PacerTest, AnObserverThatComesLateOrEarlyKeepsItsSlots) {
  for (const int64_t off_ms : {-400, -10, 10, 400}) {
    SCOPED_TRACE(off_ms);
    Pacer pacer(kPeriod);
    TimePoint slot = At(0) + pacer.NextProbe(At(0), IdOf(1));
    for (int i = 0; i < 5; ++i) {
      const TimePoint arrival = slot + Duration::Millis(off_ms);
      const TimePoint next = arrival + pacer.NextProbe(arrival, IdOf(1));
      EXPECT_EQ(next, slot + kPeriod);
      slot = next;
    }
  }
}

TEST(PacerTest, ObserversGetDifferentSlotsWithinHalfAndOneAndAHalfRounds) {
  for (uint64_t observers = 1; observers <= 16; ++observers) {
    SCOPED_TRACE(observers);
    Pacer pacer(kPeriod);
    std::vector<TimePoint> next(observers);
    // All at once, again and again: the hardest phase to take apart.
    for (uint64_t n = 0; n < observers; ++n) next[n] = At(0) + pacer.NextProbe(At(0), IdOf(n));
    EXPECT_EQ(pacer.observers(), observers);
    std::set<TimePoint> slots;
    const Duration round = kPeriod * static_cast<int64_t>(observers);
    for (uint64_t n = 0; n < observers; ++n) {
      const TimePoint again = At(10);
      const Duration wait = pacer.NextProbe(again, IdOf(n));
      EXPECT_GE(wait, round / 2);
      EXPECT_LE(wait, round + round / 2);
      EXPECT_TRUE(slots.insert(again + wait).second) << "observer " << n << " shares a slot";
    }
  }
}

TEST(PacerTest, AnObserverNotHeardForTwoRoundsIsForgotten) {
  Pacer pacer(kPeriod);
  for (uint64_t n = 0; n < 4; ++n) pacer.NextProbe(At(0), IdOf(n));
  pacer.NextProbe(At(8000), IdOf(0));
  EXPECT_EQ(pacer.observers(), 4u) << "2 x 4 periods, not more";
  pacer.NextProbe(At(8001), IdOf(0));
  EXPECT_EQ(pacer.observers(), 1u);
}

TEST(PacerTest, ForgedObserversAreBounded) {
  Pacer pacer(kPeriod);
  for (uint64_t n = 0; n < 1000; ++n) {
    EXPECT_LE(pacer.NextProbe(At(0), IdOf(n)), kPeriod * 3 * Pacer::kSlotsMax / 2);
    EXPECT_LE(pacer.observers(), Pacer::kSlotsMax);
  }
}

TEST(PacerDeathTest, NeedsAPeriod) { EXPECT_DEATH(Pacer{Duration::Zero()}, "check failed"); }

}  // namespace
}  // namespace muster::core
