#include "src/sim/event_queue.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "src/base/rng.h"
#include "src/base/time.h"

namespace muster::sim {
namespace {

constexpr TimePoint At(int64_t us) { return TimePoint::FromMicros(us); }

template <typename T>
T Take(EventQueue<T>* queue, TimePoint* at) {
  const auto slot = queue->Pop(at);
  T entry = (*queue)[slot];
  queue->Release(slot);
  return entry;
}

TEST(EventQueueTest, EarliestFirstAndAtOneInstantInTheOrderOfPush) {
  EventQueue<int> queue;
  EXPECT_TRUE(queue.empty());
  EXPECT_TRUE(queue.next().is_never());
  queue.Push(At(30)) = 1;
  queue.Push(At(10)) = 2;
  queue.Push(At(30)) = 3;
  queue.Push(At(10)) = 4;
  queue.Push(At(20)) = 5;
  EXPECT_EQ(queue.size(), 5u);
  EXPECT_EQ(queue.next(), At(10));
  std::vector<std::pair<int64_t, int>> order;
  while (!queue.empty()) {
    TimePoint at;
    const int entry = Take(&queue, &at);
    order.emplace_back(at.micros(), entry);
  }
  EXPECT_EQ(order,
            (std::vector<std::pair<int64_t, int>>{{10, 2}, {10, 4}, {20, 5}, {30, 1}, {30, 3}}));
}

TEST(EventQueueTest, AgreesWithAStableSort) {
  Rng rng(7);
  EventQueue<int> queue;
  std::vector<std::pair<int64_t, int>> expected;
  for (int i = 0; i < 2000; ++i) {
    const int64_t at = static_cast<int64_t>(rng.Below(50));
    queue.Push(At(at)) = i;
    expected.emplace_back(at, i);
  }
  std::stable_sort(expected.begin(), expected.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [us, entry] : expected) {
    TimePoint at;
    ASSERT_EQ(Take(&queue, &at), entry);
    ASSERT_EQ(at, At(us));
  }
}

TEST(EventQueueTest, SlotsAndTheirMemoryAreUsedAgain) {
  EventQueue<std::string> queue;
  queue.Push(At(1)).assign(10'000, 'x');
  TimePoint at;
  queue.Release(queue.Pop(&at));
  const std::string& again = queue.Push(At(2));
  EXPECT_GE(again.capacity(), 10'000u);
  for (int round = 0; round < 1000; ++round) {
    queue.Push(At(3 + round)).assign("entry");
    queue.Release(queue.Pop(&at));
  }
  EXPECT_EQ(queue.slots(), 2u);
}

TEST(EventQueueTest, AnEntryStaysWhileOthersArePushed) {
  EventQueue<std::string> queue;
  queue.Push(At(1)) = "first";
  TimePoint at;
  const auto slot = queue.Pop(&at);
  const std::string& entry = queue[slot];
  for (int i = 0; i < 1000; ++i) queue.Push(At(2)) = "other";
  EXPECT_EQ(entry, "first");
  queue.Release(slot);
}

}  // namespace
}  // namespace muster::sim
