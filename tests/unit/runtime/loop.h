#pragma once

#include <gtest/gtest.h>
#include <uv.h>

#include <functional>

namespace muster::runtime {

// A loop of the test's own that turns until a condition holds. Destroying it checks that every
// handle was closed.
class Loop {
 public:
  Loop() { uv_loop_init(&loop_); }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop() {
    uv_run(&loop_, UV_RUN_DEFAULT);
    EXPECT_EQ(uv_loop_close(&loop_), 0);
  }

  uv_loop_t* get() { return &loop_; }

  // False when `condition` does not hold within the time; it is asked after each turn.
  bool RunUntil(const std::function<bool()>& condition, uint64_t limit_ms = 10'000) {
    bool expired = false;
    uv_timer_t limit;
    uv_timer_init(&loop_, &limit);
    limit.data = &expired;
    uv_timer_start(
        &limit, [](uv_timer_t* timer) { *static_cast<bool*>(timer->data) = true; }, limit_ms, 0);
    while (!condition() && !expired) uv_run(&loop_, UV_RUN_ONCE);
    bool closed = false;
    limit.data = &closed;
    uv_close(reinterpret_cast<uv_handle_t*>(&limit),
             [](uv_handle_t* handle) { *static_cast<bool*>(handle->data) = true; });
    while (!closed) uv_run(&loop_, UV_RUN_NOWAIT);
    return condition();
  }

  // Closes a part of the runtime and waits for it.
  template <typename Part>
  void Close(Part& part) {
    bool closed = false;
    part.Close([&closed] { closed = true; });
    EXPECT_TRUE(RunUntil([&closed] { return closed; }));
  }

 private:
  uv_loop_t loop_;
};

}  // namespace muster::runtime
