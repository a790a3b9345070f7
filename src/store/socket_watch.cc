#include "src/store/socket_watch.h"

#include <utility>

namespace muster::store {

struct SocketWatch::Handle {
  uv_poll_t poll;
  OnReady on_ready;
};

int SocketWatch::Start(uv_loop_t* loop, int socket, int events, OnReady on_ready) {
  Stop();
  auto* handle = new Handle{.poll = {}, .on_ready = std::move(on_ready)};
  const int failed = uv_poll_init(loop, &handle->poll, socket);
  if (failed != 0) {
    // An unsuccessful uv_poll_init leaves nothing on the loop.
    delete handle;
    return failed;
  }
  handle->poll.data = handle;
  handle_ = handle;
  return Change(events);
}

int SocketWatch::Change(int events) { return uv_poll_start(&handle_->poll, events, OnPoll); }

void SocketWatch::Stop() {
  if (handle_ == nullptr) return;
  uv_poll_stop(&handle_->poll);
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_->poll),
           [](uv_handle_t* poll) { delete static_cast<Handle*>(poll->data); });
  handle_ = nullptr;
}

void SocketWatch::OnPoll(uv_poll_t* poll, int status, int events) {
  // What is called may stop this watch; the handle itself outlives this turn of the loop.
  auto* handle = static_cast<Handle*>(poll->data);
  handle->on_ready(status < 0 || (events & UV_READABLE) != 0,
                   status < 0 || (events & UV_WRITABLE) != 0);
}

}  // namespace muster::store
