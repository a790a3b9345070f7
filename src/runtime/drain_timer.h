#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>

#include "src/base/time.h"

namespace muster::runtime {

// One deadline on the loop that never overtakes input. When it passes, the loop first makes one
// turn without blocking, which hands in whatever had arrived, and only then is it due: an answer
// that waits in the socket must be seen before its time-out. If input is left after that turn (a
// read stops after some packets), up to kExtraTurns more follow; then it is due all the same,
// `drained` false, so that a flood cannot hold deadlines up for ever.
//
// While the deadline does not pass it costs nothing: no periodic wake-up.
class DrainTimer {
 public:
  static constexpr int kExtraTurns = 8;

  using HasInput = std::function<bool()>;
  // `scheduled` is the instant the timer was armed for: the deadline rounded up to a millisecond.
  using OnDue = std::function<void(TimePoint scheduled, bool drained)>;

  void Start(uv_loop_t* loop, HasInput has_input, OnDue on_due);
  // Replaces the deadline; Never() stops. Nothing happens if it is the one already set. A deadline
  // set during the draining turns is looked at after them.
  void SetDeadline(TimePoint deadline);
  // `closed` runs on the loop, once, when all handles are gone.
  void Close(std::function<void()> closed);

 private:
  static void OnTimer(uv_timer_t* timer);
  static void OnIdle(uv_idle_t* idle);
  static void OnCheck(uv_check_t* check);
  static void OnClosed(uv_handle_t* handle);
  void Arm();

  uv_timer_t timer_;
  uv_idle_t idle_;    // active while draining: makes the poll phase return at once
  uv_check_t check_;  // active while draining: runs right after the poll phase
  HasInput has_input_;
  OnDue on_due_;
  std::function<void()> closed_;
  TimePoint deadline_ = TimePoint::Never();
  int64_t armed_ms_ = 0;
  bool draining_ = false;
  bool closing_ = false;
  int turns_ = 0;
  int handles_ = 0;
};

}  // namespace muster::runtime
