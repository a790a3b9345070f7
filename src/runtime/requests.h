#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "src/base/address.h"
#include "src/base/lookup_map.h"
#include "src/base/time.h"
#include "src/core/event.h"

namespace muster::runtime {

// One Join command: the attempts it fell into, and whom to tell. Shared by those attempts; the last
// one to end tells that all are done.
class JoinBatch {
 public:
  using OnResult =
      std::function<void(const std::string& target, const Address&, const std::string& error)>;
  JoinBatch(OnResult on_result, std::function<void()> on_done)
      : on_result_(std::move(on_result)), on_done_(std::move(on_done)) {}
  void Begin(size_t attempts) { open_ += attempts; }
  void Result(const std::string& target, const Address& address, const std::string& error) const {
    if (on_result_) on_result_(target, address, error);
  }
  void End() {
    if (--open_ == 0 && on_done_) on_done_();
  }

 private:
  OnResult on_result_;
  std::function<void()> on_done_;
  size_t open_ = 0;
};

// Commands that the core answers by an event later.
class Requests {
 public:
  using OnPing = std::function<void(bool answered, Duration rtt)>;

  void AddJoin(uint64_t request, std::string target, size_t attempts,
               std::shared_ptr<JoinBatch> batch) {
    joins_.Insert(request, {std::move(target), attempts, std::move(batch)});
  }
  void AddPing(uint64_t request, OnPing on_result) { pings_.Insert(request, std::move(on_result)); }

  // The call that answers the command behind `event`; empty when it is about none of ours.
  std::function<void()> Take(const core::Event& event) {
    if (event.type == core::EventType::kPingDone) return TakePing(event);
    if (event.type == core::EventType::kJoinTried) return TakeJoin(event);
    return nullptr;
  }

 private:
  struct PendingJoin {
    std::string target;
    size_t attempts;
    std::shared_ptr<JoinBatch> batch;
  };

  std::function<void()> TakePing(const core::Event& event) {
    OnPing* found = pings_.Find(event.request);
    if (found == nullptr) return nullptr;
    OnPing on_result = std::move(*found);
    pings_.Erase(event.request);
    return [on_result = std::move(on_result), answered = event.value != 0, rtt = event.elapsed] {
      if (on_result) on_result(answered, rtt);
    };
  }

  std::function<void()> TakeJoin(const core::Event& event) {
    PendingJoin* join = joins_.Find(event.request);
    if (join == nullptr) return nullptr;
    std::function<void()> call = [batch = join->batch, target = join->target,
                                  address = event.address,
                                  error = event.value != 0       ? std::string()
                                          : event.detail.empty() ? "no answer"
                                                                 : event.detail] {
      batch->Result(target, address, error);
      batch->End();
    };
    if (--join->attempts == 0) joins_.Erase(event.request);
    return call;
  }

  LookupMap<uint64_t, PendingJoin> joins_;
  LookupMap<uint64_t, OnPing> pings_;
};

}  // namespace muster::runtime
