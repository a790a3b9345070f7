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
    SiftUp(heap_.size() - 1);
    return entries_[slot];
  }

  // Takes the earliest entry out of the order. The queue must not be empty. The entry keeps its
  // slot until Release.
  Slot Pop(TimePoint* at) {
    MUSTER_CHECK(!heap_.empty());
    const Node top = heap_.front();
    const Node last = heap_.back();
    heap_.pop_back();
    if (!heap_.empty()) SiftDown(last);
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
  // Four children a node: half as deep as a binary heap, and those of a node lie side by side.
  static constexpr size_t kChildren = 4;
  static bool Before(const Node& a, const Node& b) {
    return a.at != b.at ? a.at < b.at : a.sequence < b.sequence;
  }
  void SiftUp(size_t i) {
    const Node node = heap_[i];
    for (; i > 0 && Before(node, heap_[(i - 1) / kChildren]); i = (i - 1) / kChildren) {
      heap_[i] = heap_[(i - 1) / kChildren];
    }
    heap_[i] = node;
  }
  // Puts `node` in the place of the root, or as far below as it belongs.
  void SiftDown(const Node& node) {
    const size_t size = heap_.size();
    size_t i = 0;
    for (size_t first = 1; first < size; first = i * kChildren + 1) {
      const size_t end = std::min(first + kChildren, size);
      size_t least = first;
      for (size_t child = first + 1; child < end; ++child) {
        if (Before(heap_[child], heap_[least])) least = child;
      }
      if (!Before(heap_[least], node)) break;
      heap_[i] = heap_[least];
      i = least;
    }
    heap_[i] = node;
  }

  std::vector<Node> heap_;
  std::deque<Entry> entries_;  // a deque: growing it moves nothing
  std::vector<Slot> free_;
  uint64_t next_sequence_ = 0;
};

}  // namespace muster::sim
