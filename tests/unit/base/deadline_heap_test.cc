#include "src/base/deadline_heap.h"

#include <gtest/gtest.h>

#include <vector>

namespace muster {
namespace {

TimePoint At(int64_t us) { return TimePoint::FromMicros(us); }

std::vector<int> PopAll(DeadlineHeap<int>* heap, TimePoint now) {
  std::vector<int> keys;
  int key = 0;
  while (heap->PopDue(now, &key)) keys.push_back(key);
  return keys;
}

TEST(DeadlineHeap, EmptyHasNoDeadline) {
  DeadlineHeap<int> heap;
  int key = 42;
  EXPECT_TRUE(heap.empty());
  EXPECT_TRUE(heap.next().is_never());
  EXPECT_TRUE(heap.at(1).is_never());
  EXPECT_FALSE(heap.PopDue(TimePoint::Never(), &key));
  EXPECT_FALSE(heap.Clear(1));
  EXPECT_EQ(key, 42);
}

TEST(DeadlineHeap, PopsWhatIsDueEarliestFirst) {
  DeadlineHeap<int> heap;
  heap.Set(1, At(30));
  heap.Set(2, At(10));
  heap.Set(3, At(20));
  EXPECT_EQ(heap.next(), At(10));
  EXPECT_EQ(PopAll(&heap, At(9)), (std::vector<int>{}));
  EXPECT_EQ(PopAll(&heap, At(20)), (std::vector<int>{2, 3})) << "a deadline is due at its instant";
  EXPECT_EQ(heap.size(), 1u);
  EXPECT_TRUE(heap.contains(1));
  EXPECT_FALSE(heap.contains(2));
}

TEST(DeadlineHeap, EqualDeadlinesKeepTheOrderOfSetting) {
  DeadlineHeap<int> heap;
  for (const int key : {5, 1, 4, 2, 3}) heap.Set(key, At(7));
  heap.Set(5, At(7));  // set anew: goes to the end
  EXPECT_EQ(PopAll(&heap, At(7)), (std::vector<int>{1, 4, 2, 3, 5}));
}

TEST(DeadlineHeap, SetMovesADeadlineBothWays) {
  DeadlineHeap<int> heap;
  for (int key = 0; key < 10; ++key) heap.Set(key, At(10 * key));
  heap.Set(9, At(-1));
  heap.Set(0, At(1000));
  EXPECT_EQ(heap.size(), 10u);
  EXPECT_EQ(heap.at(9), At(-1));
  EXPECT_EQ(PopAll(&heap, At(1000)), (std::vector<int>{9, 1, 2, 3, 4, 5, 6, 7, 8, 0}));
}

TEST(DeadlineHeap, ClearForgets) {
  DeadlineHeap<int> heap;
  for (int key = 0; key < 10; ++key) heap.Set(key, At(key));
  EXPECT_TRUE(heap.Clear(0));
  EXPECT_TRUE(heap.Clear(9));
  EXPECT_TRUE(heap.Clear(4));
  EXPECT_FALSE(heap.Clear(4));
  EXPECT_EQ(heap.next(), At(1));
  EXPECT_EQ(PopAll(&heap, At(9)), (std::vector<int>{1, 2, 3, 5, 6, 7, 8}));
}

TEST(DeadlineHeap, NeverIsNotDueBeforeNever) {
  DeadlineHeap<int> heap;
  heap.Set(1, TimePoint::Never());
  EXPECT_EQ(PopAll(&heap, At(INT64_MAX - 1)), (std::vector<int>{}));
  EXPECT_TRUE(heap.contains(1));
}

}  // namespace
}  // namespace muster
