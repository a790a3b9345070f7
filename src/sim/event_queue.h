#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "src/base/check.h"
#include "src/base/time.h"

namespace muster::sim {

// What will happen, earliest first; at one instant in the order of the Push calls. The entries live
// in slots that are used again with whatever memory they had grown, so that a warm queue allocates
// nothing. `Entry` must be default-constructible; a reused one holds what its last use left in it.
template <typename Entry>
class EventQueue {
 public:
  using Slot = uint32_t;

  bool empty() const { return heap_.empty(); }
  size_t size() const { return heap_.size(); }
  // Instant of the earliest entry; Never() when there is none.
  TimePoint next() const { return heap_.empty() ? TimePoint::Never() : heap_.front().at; }

  // Queues an entry for `at` and returns it to be filled in. The reference stays valid until the
  // entry is released.
  Entry& Push(TimePoint at) {
    Slot slot;
    if (free_.empty()) {
      slot = static_cast<Slot>(entries_.size());
      entries_.emplace_back();
    } else {
      slot = free_.back();
      free_.pop_back();
    }
    heap_.push_back({at, next_sequence_++, slot});
    std::push_heap(heap_.begin(), heap_.end(), Later);
    return entries_[slot];
  }

  // Takes the earliest entry out of the order. The queue must not be empty. The entry keeps its
  // slot until Release.
  Slot Pop(TimePoint* at) {
    MUSTER_CHECK(!heap_.empty());
    std::pop_heap(heap_.begin(), heap_.end(), Later);
    const Node top = heap_.back();
    heap_.pop_back();
    *at = top.at;
    return top.slot;
  }
  Entry& operator[](Slot slot) { return entries_[slot]; }
  void Release(Slot slot) { free_.push_back(slot); }

  // Slots ever made: how far the pool has grown.
  size_t slots() const { return entries_.size(); }

 private:
  struct Node {
    TimePoint at;
    uint64_t sequence;
    Slot slot;
  };
  static bool Later(const Node& a, const Node& b) {
    return a.at != b.at ? a.at > b.at : a.sequence > b.sequence;
  }

  std::vector<Node> heap_;
  std::deque<Entry> entries_;  // a deque: growing it moves nothing
  std::vector<Slot> free_;
  uint64_t next_sequence_ = 0;
};

}  // namespace muster::sim
