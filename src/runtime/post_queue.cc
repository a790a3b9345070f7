#include "src/runtime/post_queue.h"

#include <utility>

namespace muster::runtime {

void PostQueue::Start(uv_loop_t* loop) {
  uv_idle_init(loop, &idle_);
  idle_.data = this;
}

void PostQueue::Post(std::function<void()> call) {
  if (closing_) return;
  calls_.push_back(std::move(call));
  uv_idle_start(&idle_, OnIdle);
}

void PostQueue::OnIdle(uv_idle_t* idle) {
  auto* self = static_cast<PostQueue*>(idle->data);
  uv_idle_stop(idle);
  const std::vector<std::function<void()>> calls = std::exchange(self->calls_, {});
  for (const std::function<void()>& call : calls) {
    if (self->closing_) return;
    call();
  }
}

void PostQueue::Close(std::function<void()> closed) {
  closing_ = true;
  closed_ = std::move(closed);
  calls_.clear();
  uv_close(reinterpret_cast<uv_handle_t*>(&idle_), [](uv_handle_t* handle) {
    const std::function<void()> done = std::move(static_cast<PostQueue*>(handle->data)->closed_);
    done();
  });
}

}  // namespace muster::runtime
