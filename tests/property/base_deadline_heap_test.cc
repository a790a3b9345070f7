// The deadline heap against a list that is searched from end to end.

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "src/base/deadline_heap.h"

namespace muster {
namespace {

// The dumbest thing that does the same.
class Model {
 public:
  void Set(int key, TimePoint at) {
    Clear(key);
    entries_.push_back({at, next_sequence_++, key});
  }
  bool Clear(int key) {
    return std::erase_if(entries_, [key](const Entry& entry) { return entry.key == key; }) != 0;
  }
  TimePoint next() const {
    const auto first = First();
    return first == entries_.end() ? TimePoint::Never() : first->at;
  }
  TimePoint at(int key) const {
    for (const Entry& entry : entries_) {
      if (entry.key == key) return entry.at;
    }
    return TimePoint::Never();
  }
  bool PopDue(TimePoint now, int* key) {
    const auto first = First();
    if (first == entries_.end() || first->at > now) return false;
    *key = first->key;
    entries_.erase(first);
    return true;
  }
  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    TimePoint at;
    uint64_t sequence;
    int key;
  };
  std::vector<Entry>::const_iterator First() const {
    return std::min_element(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
      return a.at != b.at ? a.at < b.at : a.sequence < b.sequence;
    });
  }

  std::vector<Entry> entries_;
  uint64_t next_sequence_ = 0;
};

struct Step {
  int kind;  // 0-3 set, 4 clear, 5 pop
  int key;
  int64_t at_us;
};

// Few keys and few instants, so that moves and ties are common.
rc::Gen<Step> AnyStep() {
  return rc::gen::build<Step>(rc::gen::set(&Step::kind, rc::gen::inRange(0, 6)),
                              rc::gen::set(&Step::key, rc::gen::inRange(0, 40)),
                              rc::gen::set(&Step::at_us, rc::gen::inRange<int64_t>(0, 30)));
}

RC_GTEST_PROP(DeadlineHeap, BehavesLikeAnExhaustiveSearch, ()) {
  const auto steps = *rc::gen::container<std::vector<Step>>(200, AnyStep());
  DeadlineHeap<int> heap;
  Model model;
  for (const Step& step : steps) {
    const TimePoint at = TimePoint::FromMicros(step.at_us);
    if (step.kind < 4) {
      heap.Set(step.key, at);
      model.Set(step.key, at);
    } else if (step.kind == 4) {
      RC_ASSERT(heap.Clear(step.key) == model.Clear(step.key));
    } else {
      int popped = -1;
      int expected = -1;
      RC_ASSERT(heap.PopDue(at, &popped) == model.PopDue(at, &expected));
      RC_ASSERT(popped == expected);
    }
    RC_ASSERT(heap.size() == model.size());
    RC_ASSERT(heap.next().micros() == model.next().micros());
    RC_ASSERT(heap.at(step.key).micros() == model.at(step.key).micros());
    RC_ASSERT(heap.contains(step.key) == !model.at(step.key).is_never());
  }
  int popped = -1;
  int expected = -1;
  while (heap.PopDue(TimePoint::Never(), &popped)) {
    RC_ASSERT(model.PopDue(TimePoint::Never(), &expected));
    RC_ASSERT(popped == expected);
  }
  RC_ASSERT(model.size() == 0u);
}

}  // namespace
}  // namespace muster
