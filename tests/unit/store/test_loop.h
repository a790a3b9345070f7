#pragma once

#include <gtest/gtest.h>
#include <uv.h>

#include <functional>

namespace muster::store::testing {

// A libuv loop that a test runs until something is so. Everything opened on it must have been
// closed when it goes.
class TestLoop {
 public:
  TestLoop() { uv_loop_init(&loop_); }
  ~TestLoop() { EXPECT_EQ(uv_loop_close(&loop_), 0) << "a handle was left open"; }
  TestLoop(const TestLoop&) = delete;
  TestLoop& operator=(const TestLoop&) = delete;

  uv_loop_t* get() { return &loop_; }

  // Whether `condition` came to hold within `limit_ms`. The loop turns while it waits.
  bool RunUntil(const std::function<bool()>& condition, uint64_t limit_ms = 20'000) {
    uv_timer_t limit;
    bool late = false;
    uv_timer_init(&loop_, &limit);
    limit.data = &late;
    uv_update_time(&loop_);
    uv_timer_start(
        &limit, [](uv_timer_t* timer) { *static_cast<bool*>(timer->data) = true; }, limit_ms, 0);
    while (!condition() && !late) uv_run(&loop_, UV_RUN_ONCE);
    bool closed = false;
    limit.data = &closed;
    uv_close(reinterpret_cast<uv_handle_t*>(&limit),
             [](uv_handle_t* handle) { *static_cast<bool*>(handle->data) = true; });
    while (!closed) uv_run(&loop_, UV_RUN_NOWAIT);
    return condition();
  }
  // One turn that does not wait.
  void Turn() { uv_run(&loop_, UV_RUN_NOWAIT); }
  // Whether the loop would go on by itself: something active is on it.
  bool is_alive() const { return uv_loop_alive(&loop_) != 0; }

 private:
  uv_loop_t loop_;
};

}  // namespace muster::store::testing
