#include "src/runtime/join_watch.h"

#include <glog/logging.h>

#include <utility>

namespace muster::runtime {

void JoinWatch::Start(uv_loop_t* loop, std::function<std::string()> failure) {
  uv_timer_init(loop, &timer_);
  timer_.data = this;
  failure_ = std::move(failure);
}

void JoinWatch::Check() {
  auto* handle = reinterpret_cast<uv_handle_t*>(&timer_);
  if (uv_is_closing(handle) || uv_is_active(handle)) return;
  const std::string line = failure_();
  if (line.empty()) return;
  LOG(WARNING) << line;
  uv_timer_start(&timer_, OnTimer, kEveryMs, kEveryMs);
}

void JoinWatch::OnTimer(uv_timer_t* timer) {
  auto* self = static_cast<JoinWatch*>(timer->data);
  const std::string line = self->failure_();
  if (line.empty()) {
    uv_timer_stop(timer);
  } else {
    LOG(WARNING) << line;
  }
}

void JoinWatch::Close(std::function<void()> closed) {
  closed_ = std::move(closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&timer_), [](uv_handle_t* handle) {
    const std::function<void()> done = std::move(static_cast<JoinWatch*>(handle->data)->closed_);
    done();
  });
}

}  // namespace muster::runtime
