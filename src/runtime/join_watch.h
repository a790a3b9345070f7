#pragma once

#include <uv.h>

#include <functional>
#include <string>

namespace muster::runtime {

// Says in the log that a join does not succeed: once when it first fails, then every 10 s until it
// has. Costs no wake-up at any other time.
class JoinWatch {
 public:
  static constexpr uint64_t kEveryMs = 10'000;

  // `failure` tells the line to log; empty: not joining, or nothing has failed yet.
  void Start(uv_loop_t* loop, std::function<std::string()> failure);
  // To be called when a join round starts or a name did not resolve.
  void Check();
  void Close(std::function<void()> closed);

 private:
  static void OnTimer(uv_timer_t* timer);
  uv_timer_t timer_;
  std::function<std::string()> failure_;
  std::function<void()> closed_;
};

}  // namespace muster::runtime
