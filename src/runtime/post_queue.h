#pragma once

#include <uv.h>

#include <functional>
#include <vector>

namespace muster::runtime {

// Calls that must not happen within the present one: they run in the loop's next turn, in order.
class PostQueue {
 public:
  void Start(uv_loop_t* loop);
  void Post(std::function<void()> call);
  // Forgets what waits. `closed` runs on the loop when the handle is gone.
  void Close(std::function<void()> closed);

 private:
  static void OnIdle(uv_idle_t* idle);
  uv_idle_t idle_;  // active while calls wait, so that the loop does not block
  bool closing_ = false;
  std::vector<std::function<void()>> calls_;
  std::function<void()> closed_;
};

}  // namespace muster::runtime
