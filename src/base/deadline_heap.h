#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "src/base/check.h"
#include "src/base/lookup_map.h"
#include "src/base/time.h"

namespace muster {

// One deadline per key, earliest first; equal deadlines in the order in which they were set.
// Set, Clear and PopDue cost O(log n), next() costs one load. Keys must be hashable by abseil.
template <typename Key>
class DeadlineHeap {
 public:
  size_t size() const { return heap_.size(); }
  bool empty() const { return heap_.empty(); }
  bool contains(const Key& key) const { return position_.contains(key); }
  TimePoint next() const { return heap_.empty() ? TimePoint::Never() : heap_.front().at; }
  TimePoint at(const Key& key) const {
    const size_t* position = position_.Find(key);
    return position == nullptr ? TimePoint::Never() : heap_[*position].at;
  }

  // Sets or moves the deadline of `key`.
  void Set(const Key& key, TimePoint at) {
    if (const size_t* position = position_.Find(key)) {
      const size_t i = *position;
      heap_[i].at = at;
      heap_[i].sequence = next_sequence_++;
      SiftDown(SiftUp(i));
      return;
    }
    heap_.push_back({at, next_sequence_++, key});
    position_.Insert(key, heap_.size() - 1);
    SiftUp(heap_.size() - 1);
  }

  // Forgets the deadline of `key`; false when it had none.
  bool Clear(const Key& key) {
    const size_t* position = position_.Find(key);
    if (position == nullptr) return false;
    RemoveAt(*position);
    return true;
  }

  // Takes the earliest key whose deadline is at or before `now`.
  bool PopDue(TimePoint now, Key* key) {
    if (heap_.empty() || heap_.front().at > now) return false;
    *key = heap_.front().key;
    RemoveAt(0);
    return true;
  }

 private:
  struct Entry {
    TimePoint at;
    uint64_t sequence;
    Key key;
  };

  bool Before(size_t a, size_t b) const {
    if (heap_[a].at != heap_[b].at) return heap_[a].at < heap_[b].at;
    return heap_[a].sequence < heap_[b].sequence;
  }
  void Swap(size_t a, size_t b) {
    std::swap(heap_[a], heap_[b]);
    position_[heap_[a].key] = a;
    position_[heap_[b].key] = b;
  }
  size_t SiftUp(size_t i) {
    while (i > 0 && Before(i, (i - 1) / 2)) {
      Swap(i, (i - 1) / 2);
      i = (i - 1) / 2;
    }
    return i;
  }
  void SiftDown(size_t i) {
    while (true) {
      size_t least = i;
      for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < heap_.size(); ++child) {
        if (Before(child, least)) least = child;
      }
      if (least == i) return;
      Swap(i, least);
      i = least;
    }
  }
  void RemoveAt(size_t i) {
    const size_t last = heap_.size() - 1;
    if (i != last) Swap(i, last);
    position_.Erase(heap_.back().key);
    heap_.pop_back();
    if (i != last) SiftDown(SiftUp(i));
  }

  std::vector<Entry> heap_;
  LookupMap<Key, size_t> position_;
  uint64_t next_sequence_ = 0;
};

}  // namespace muster
