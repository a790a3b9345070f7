#pragma once

#include <uv.h>

#include <functional>

namespace muster::store {

// Watches one socket that a library owns. Libraries close sockets and open others, which may get
// the same number: so each watch is made anew, with a handle of its own, and must be stopped before
// the library may touch the socket.
//
// On the loop's thread. Needs no closing of its own: a stopped handle goes with the loop's next
// turn.
class SocketWatch {
 public:
  // `is_writable` and `is_readable` are both set when the socket has failed.
  using OnReady = std::function<void(bool is_readable, bool is_writable)>;

  SocketWatch() = default;
  SocketWatch(const SocketWatch&) = delete;
  SocketWatch& operator=(const SocketWatch&) = delete;
  ~SocketWatch() { Stop(); }

  // Begins, after a Stop; `events` is UV_READABLE, UV_WRITABLE or both. `on_ready` may stop the
  // watch or start another. 0, or libuv's error.
  int Start(uv_loop_t* loop, int socket, int events, OnReady on_ready);
  // Other events on the same socket; only while active.
  int Change(int events);
  void Stop();
  bool is_active() const { return handle_ != nullptr; }

 private:
  struct Handle;
  static void OnPoll(uv_poll_t* poll, int status, int events);
  Handle* handle_ = nullptr;
};

}  // namespace muster::store
