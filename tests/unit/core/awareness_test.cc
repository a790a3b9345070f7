#include "src/core/awareness.h"

#include <functional>
#include <vector>

#include "gtest/gtest.h"

namespace muster::core {
namespace {

TEST(AwarenessTest, EachInputMovesTheScoreByItsWeight) {
  struct Case {
    const char* what;
    int before;
    std::function<bool(Awareness*)> input;
    int after;
  };
  const Case cases[] = {
      {"a good probe heals", 3, [](Awareness* a) { return a->ProbeOk(); }, 2},
      {"not below well", 0, [](Awareness* a) { return a->ProbeOk(); }, 0},
      {"a failure of ours", 0, [](Awareness* a) { return a->ProbeFailedAlone(); }, 1},
      {"no nack missing", 2, [](Awareness* a) { return a->MissingNacks(0); }, 2},
      {"one nack missing", 2, [](Awareness* a) { return a->MissingNacks(1); }, 3},
      {"two", 2, [](Awareness* a) { return a->MissingNacks(2); }, 4},
      {"at most two count", 2, [](Awareness* a) { return a->MissingNacks(3); }, 4},
      {"not above the top", 7, [](Awareness* a) { return a->MissingNacks(2); }, 8},
      {"at the top", 8, [](Awareness* a) { return a->RefutedSelf(); }, 8},
      {"refuting ourselves", 1, [](Awareness* a) { return a->RefutedSelf(); }, 2},
      {"a late loop", 1, [](Awareness* a) { return a->LoopLag(); }, 2},
      {"a void probe", 1, [](Awareness* a) { return a->VoidProbe(); }, 2},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    Awareness awareness;
    for (int i = 0; i < c.before; ++i) awareness.RefutedSelf();
    ASSERT_EQ(awareness.score(), c.before);
    EXPECT_EQ(c.input(&awareness), c.before != c.after);
    EXPECT_EQ(awareness.score(), c.after);
  }
}

// Lifeguard, section IV.A: timeouts grow by the full multiplier.
TEST(AwarenessTest, ScalesTimeoutsFullyAndPeriodsToDoubleAtMost) {
  Awareness awareness;
  const Duration second = Duration::Seconds(1);
  EXPECT_EQ(awareness.ScaleTimeout(second), second);
  EXPECT_EQ(awareness.ScalePeriod(second), second);
  awareness.LoopLag();
  EXPECT_EQ(awareness.ScaleTimeout(second), second * 2);
  EXPECT_EQ(awareness.ScalePeriod(second), Duration::Millis(1125));
  for (int i = 0; i < 20; ++i) awareness.LoopLag();
  EXPECT_EQ(awareness.ScaleTimeout(second), second * 9);
  EXPECT_EQ(awareness.ScalePeriod(second), second * 2);
}

}  // namespace
}  // namespace muster::core
