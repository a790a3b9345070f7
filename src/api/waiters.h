#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "src/api/exchange.h"
#include "src/api/timers.h"
#include "src/base/time.h"

namespace muster::api {

// Reads that block until the version of the member table passes theirs, or until their time is up.
class Waiters {
 public:
  // Both must outlive it.
  Waiters(Timers* timers, size_t waiters_max) : timers_(timers), waiters_max_(waiters_max) {}

  size_t size() const { return waiting_.size(); }
  // `answer` runs once: after Wake(version > index), or at `deadline`. False when the limit is
  // reached: nothing is kept then.
  bool Add(uint64_t index, TimePoint deadline, std::shared_ptr<Exchange> exchange,
           std::function<void()> answer);
  void Wake(uint64_t version);
  // Forgets those whose client has hung up.
  void DropVanished();
  // Forgets all; none is answered.
  void Clear();

 private:
  struct Waiter {
    uint64_t index;
    Timers::Id timer;
    std::shared_ptr<Exchange> exchange;
    std::function<void()> answer;
  };
  void Expire(const Exchange* exchange);

  Timers* timers_;
  size_t waiters_max_;
  std::vector<Waiter> waiting_;
};

}  // namespace muster::api
