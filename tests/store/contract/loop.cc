#include "tests/store/contract/loop.h"

#include <gtest/gtest.h>

namespace muster::store::contract {
namespace {

constexpr uint64_t kTickMs = 10;

}  // namespace

Loop::Loop() {
  uv_loop_init(&loop_);
  uv_timer_init(&loop_, &tick_);
  uv_unref(reinterpret_cast<uv_handle_t*>(&tick_));
}

Loop::~Loop() {
  uv_close(reinterpret_cast<uv_handle_t*>(&tick_), nullptr);
  uv_run(&loop_, UV_RUN_NOWAIT);
  const int error = uv_loop_close(&loop_);
  EXPECT_EQ(error, 0) << "something was left on the loop: " << uv_strerror(error);
}

TimePoint Loop::Now() {
  uv_update_time(&loop_);
  return TimePoint::FromMicros(static_cast<int64_t>(uv_now(&loop_)) * 1000);
}

bool Loop::RunUntil(const std::function<bool()>& condition, Duration budget) {
  const TimePoint deadline = Now() + budget;
  auto* tick = reinterpret_cast<uv_handle_t*>(&tick_);
  uv_timer_start(
      &tick_, [](uv_timer_t*) {}, kTickMs, kTickMs);
  uv_ref(tick);
  bool holds = condition();
  while (!holds && Now() < deadline) {
    uv_run(&loop_, UV_RUN_ONCE);
    holds = condition();
  }
  uv_timer_stop(&tick_);
  uv_unref(tick);
  return holds;
}

void Loop::RunFor(Duration span) {
  RunUntil([] { return false; }, span);
}

void Loop::RunPending() { uv_run(&loop_, UV_RUN_NOWAIT); }

}  // namespace muster::store::contract
