#pragma once

#include <uv.h>

#include <functional>

#include "src/base/time.h"

namespace muster::store::contract {

// A libuv loop for tests, turned only as long as something is waited for.
class Loop {
 public:
  Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  // Every handle must be closed by then, or the test fails: a store that says it is closed has let
  // go of all.
  ~Loop();

  uv_loop_t* get() { return &loop_; }
  // The loop's own clock.
  TimePoint Now();

  // Turns the loop until `condition` holds, asking after each turn; false when `budget` ends first.
  // Looks again every 10 ms at the latest, for conditions that are not the loop's.
  bool RunUntil(const std::function<bool()>& condition, Duration budget);
  // Turns the loop for the whole of `span`: for what only real time can show.
  void RunFor(Duration span);
  // Turns the loop until nothing is left to do now, without waiting for anything.
  void RunPending();

 private:
  uv_loop_t loop_;
  uv_timer_t tick_;
};

}  // namespace muster::store::contract
