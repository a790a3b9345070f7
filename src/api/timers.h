#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

#include "src/base/deadline_heap.h"
#include "src/base/lookup_map.h"
#include "src/base/time.h"

namespace muster::api {

// One-shot alarms without a clock of their own: the host asks for next() and calls Run().
class Timers {
 public:
  using Id = uint64_t;  // never 0

  Id Set(TimePoint at, std::function<void()> action);
  // `on_earlier` runs inside Set whenever next() has become earlier: the host must look again.
  void set_on_earlier(std::function<void()> on_earlier) { on_earlier_ = std::move(on_earlier); }
  // Nothing happens for an alarm that has gone off, and for 0.
  void Cancel(Id id);
  size_t size() const { return deadlines_.size(); }
  TimePoint next() const { return deadlines_.next(); }  // Never() when there is none
  // Runs what is due at `now`, each alarm already forgotten when its action runs; actions may set
  // and cancel alarms. What they set for `now` or earlier runs in the next call.
  void Run(TimePoint now);

 private:
  DeadlineHeap<Id> deadlines_;
  LookupMap<Id, std::function<void()>> actions_;
  std::function<void()> on_earlier_;
  Id last_id_ = 0;
};

}  // namespace muster::api
