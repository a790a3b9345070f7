#pragma once

#include <functional>

namespace muster::store {

// Says when the last of a store's handles and requests has left the loop: each holds a shared
// pointer to the guard, from its opening to its close callback, and the store holds one until it
// closes. `gone` runs when nobody does any more.
struct LoopGuard {
  LoopGuard() = default;
  LoopGuard(const LoopGuard&) = delete;
  LoopGuard& operator=(const LoopGuard&) = delete;
  ~LoopGuard() {
    if (gone) gone();
  }

  std::function<void()> gone;
};

}  // namespace muster::store
