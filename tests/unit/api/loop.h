#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

// A loop in the test's own thread, and blocking clients in threads beside it.

namespace muster::api {

class TestLoop {
 public:
  TestLoop() {
    uv_loop_init(&loop_);
    uv_async_init(&loop_, &async_, [](uv_async_t*) {});
    uv_timer_init(&loop_, &limit_);
    uv_idle_init(&loop_, &idle_);
    uv_prepare_init(&loop_, &prepare_);
  }
  TestLoop(const TestLoop&) = delete;
  TestLoop& operator=(const TestLoop&) = delete;
  ~TestLoop() {
    uv_close(reinterpret_cast<uv_handle_t*>(&async_), nullptr);
    uv_close(reinterpret_cast<uv_handle_t*>(&limit_), nullptr);
    uv_close(reinterpret_cast<uv_handle_t*>(&idle_), nullptr);
    uv_close(reinterpret_cast<uv_handle_t*>(&prepare_), nullptr);
    uv_run(&loop_, UV_RUN_DEFAULT);
    EXPECT_EQ(uv_loop_close(&loop_), 0) << "a handle was not closed";
  }
  uv_loop_t* get() { return &loop_; }

  // Turns the loop until the condition holds; false when it does not within the time. A turn runs
  // timers before it waits: the condition is asked in between, too.
  bool RunUntil(const std::function<bool()>& condition, uint64_t limit_ms = 20'000) {
    bool expired = false;
    limit_.data = &expired;
    uv_timer_start(
        &limit_, [](uv_timer_t* timer) { *static_cast<bool*>(timer->data) = true; }, limit_ms, 0);
    prepare_.data = const_cast<std::function<bool()>*>(&condition);
    uv_prepare_start(&prepare_, [](uv_prepare_t* prepare) {
      if ((*static_cast<std::function<bool()>*>(prepare->data))()) uv_stop(prepare->loop);
    });
    while (!condition() && !expired) uv_run(&loop_, UV_RUN_ONCE);
    uv_prepare_stop(&prepare_);
    uv_timer_stop(&limit_);
    return condition() && !expired;
  }
  // Turns the loop while `client` runs in a thread of its own. With `each_turn` the loop does not
  // rest, and calls it in every turn.
  void RunClient(const std::function<void()>& client,
                 const std::function<void()>& each_turn = nullptr) {
    idle_.data = const_cast<std::function<void()>*>(&each_turn);
    if (each_turn) {
      uv_idle_start(&idle_,
                    [](uv_idle_t* idle) { (*static_cast<std::function<void()>*>(idle->data))(); });
    }
    std::atomic<bool> done = false;
    std::thread thread([&] {
      client();
      done = true;
      uv_async_send(&async_);
    });
    EXPECT_TRUE(RunUntil([&] { return done.load(); }));
    uv_idle_stop(&idle_);
    thread.join();
  }

 private:
  uv_loop_t loop_;
  uv_async_t async_;
  uv_timer_t limit_;
  uv_idle_t idle_;
  uv_prepare_t prepare_;
};

// A folder whose paths are short enough for sockets; removed with what is directly in it.
class ShortFolder {
 public:
  ShortFolder() { EXPECT_NE(mkdtemp(path_), nullptr); }
  ~ShortFolder() {
    for (const char* name : {"/a.sock", "/file"}) unlink((std::string(path_) + name).c_str());
    rmdir(path_);
  }
  std::string socket() const { return std::string(path_) + "/a.sock"; }
  std::string file() const { return std::string(path_) + "/file"; }

 private:
  char path_[32] = "/tmp/muster-api-XXXXXX";
};

// A client that says exactly what it is told. Reads give up after ten seconds.
class RawClient {
 public:
  explicit RawClient(const std::string& path) : fd_(socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
    const timeval limit{10, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient() { Hangup(); }

  bool connected() const { return connected_; }
  void Hangup() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }
  void Send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      text.remove_prefix(static_cast<size_t>(sent));
    }
  }
  // Reads until the text has come, or the other side closes.
  std::string ReadUntil(std::string_view text) {
    char buffer[4096];
    while (read_.find(text) == std::string::npos) {
      const ssize_t size = recv(fd_, buffer, sizeof(buffer), 0);
      if (size <= 0) break;
      read_.append(buffer, static_cast<size_t>(size));
    }
    return read_;
  }
  std::string ReadAll() { return ReadUntil(std::string_view("\0never", 6)); }

 private:
  int fd_;
  bool connected_ = false;
  std::string read_;
};

}  // namespace muster::api
