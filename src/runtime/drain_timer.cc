#include "src/runtime/drain_timer.h"

#include <utility>

namespace muster::runtime {

void DrainTimer::Start(uv_loop_t* loop, HasInput has_input, OnDue on_due) {
  has_input_ = std::move(has_input);
  on_due_ = std::move(on_due);
  uv_timer_init(loop, &timer_);
  uv_idle_init(loop, &idle_);
  uv_check_init(loop, &check_);
  timer_.data = idle_.data = check_.data = this;
  handles_ = 3;
}

void DrainTimer::SetDeadline(TimePoint deadline) {
  if (deadline == deadline_ || closing_) return;
  deadline_ = deadline;
  if (!draining_) Arm();
}

void DrainTimer::Arm() {
  if (deadline_.is_never()) {
    uv_timer_stop(&timer_);
    return;
  }
  // uv_now() is the same clock in whole milliseconds, possibly a little old; both sides absolute
  // means that its age does not matter.
  armed_ms_ = (deadline_ - TimePoint()).millis_ceil();
  const int64_t delay_ms = armed_ms_ - static_cast<int64_t>(uv_now(timer_.loop));
  uv_timer_start(&timer_, OnTimer, delay_ms < 0 ? 0 : static_cast<uint64_t>(delay_ms), 0);
}

void DrainTimer::OnTimer(uv_timer_t* timer) {
  auto* self = static_cast<DrainTimer*>(timer->data);
  self->draining_ = true;
  self->turns_ = 0;
  uv_idle_start(&self->idle_, OnIdle);
  uv_check_start(&self->check_, OnCheck);
}

void DrainTimer::OnIdle(uv_idle_t*) {}

void DrainTimer::OnCheck(uv_check_t* check) {
  auto* self = static_cast<DrainTimer*>(check->data);
  const bool drained = !self->has_input_();
  if (!drained && self->turns_ < kExtraTurns) {
    ++self->turns_;
    return;
  }
  self->draining_ = false;
  uv_idle_stop(&self->idle_);
  uv_check_stop(&self->check_);
  const TimePoint scheduled = TimePoint::FromMicros(self->armed_ms_ * 1000);
  self->deadline_ = TimePoint::Never();
  self->on_due_(scheduled, drained);
}

void DrainTimer::Close(std::function<void()> closed) {
  closing_ = true;
  closed_ = std::move(closed);
  for (auto* handle :
       {reinterpret_cast<uv_handle_t*>(&timer_), reinterpret_cast<uv_handle_t*>(&idle_),
        reinterpret_cast<uv_handle_t*>(&check_)}) {
    uv_close(handle, OnClosed);
  }
}

void DrainTimer::OnClosed(uv_handle_t* handle) {
  auto* self = static_cast<DrainTimer*>(handle->data);
  if (--self->handles_ > 0) return;
  const std::function<void()> closed = std::move(self->closed_);
  closed();
}

}  // namespace muster::runtime
