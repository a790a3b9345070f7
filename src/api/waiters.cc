#include "src/api/waiters.h"

#include <algorithm>
#include <utility>

namespace muster::api {

bool Waiters::Add(uint64_t index, TimePoint deadline, std::shared_ptr<Exchange> exchange,
                  std::function<void()> answer) {
  if (waiting_.size() >= waiters_max_) return false;
  const Timers::Id timer = timers_->Set(deadline, [this, key = exchange.get()] { Expire(key); });
  waiting_.push_back({index, timer, std::move(exchange), std::move(answer)});
  return true;
}

void Waiters::Wake(uint64_t version) {
  const auto due = std::stable_partition(waiting_.begin(), waiting_.end(),
                                         [&](const Waiter& w) { return w.index >= version; });
  std::vector<Waiter> woken(std::make_move_iterator(due), std::make_move_iterator(waiting_.end()));
  waiting_.erase(due, waiting_.end());
  for (Waiter& waiter : woken) {
    timers_->Cancel(waiter.timer);
    waiter.answer();
  }
}

void Waiters::Expire(const Exchange* exchange) {
  const auto at = std::find_if(waiting_.begin(), waiting_.end(),
                               [&](const Waiter& w) { return w.exchange.get() == exchange; });
  if (at == waiting_.end()) return;
  const Waiter waiter = std::move(*at);
  waiting_.erase(at);
  waiter.answer();
}

void Waiters::DropVanished() {
  std::erase_if(waiting_, [this](const Waiter& waiter) {
    if (!waiter.exchange->HasVanished()) return false;
    timers_->Cancel(waiter.timer);
    return true;
  });
}

void Waiters::Clear() {
  for (const Waiter& waiter : waiting_) timers_->Cancel(waiter.timer);
  waiting_.clear();
}

}  // namespace muster::api
