#pragma once

#include <uv.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "src/base/time.h"

namespace muster::store {

// The operations of one store: what presence_store.h promises about callbacks, for every back end.
// They wait in the order of the calls and run one at a time, the front one. Each has
// PresenceStore::kOperationBudget from its call, the wait included. Callbacks run on the loop from
// a turn of the queue's own, never within Push, End, Close or a callback of a library, so they may
// call the store again, Close too.
//
// How a store uses it:
//   void Upsert(record, ttl, done) {
//     queue_.Push([this, record, ttl, done](uint64_t ticket) { ...begin the work... },
//                 [done](const absl::Status& error) { done(error); });
//   }
//   when the work has ended:  queue_.End(ticket, [done, count] { done(count); });
//   or has failed:            queue_.Fail(ticket, status);
//
// Lives on the loop's thread. At rest it has no active handle: it neither wakes the loop nor keeps
// it from ending. While an operation is under way it does keep it.
class OperationQueue {
 public:
  // Begins the work of the operation `ticket`; on the loop. It may End or Fail it at once.
  using Begin = std::function<void(uint64_t ticket)>;
  // Hands an error to the caller of the operation.
  using OnError = std::function<void(const absl::Status& error)>;
  // The running operation's budget is used up: the store lets go of what it was doing (drops its
  // connection) and says how the operation failed; kDeadlineExceeded as a rule. Ending or failing
  // `ticket` later does nothing.
  using OnExpired = std::function<absl::Status(uint64_t ticket)>;

  // `subject` names the store in errors, without secrets: "redis://10.0.0.1:6379/0".
  OperationQueue(uv_loop_t* loop, std::string subject, OnExpired on_expired);
  OperationQueue(const OperationQueue&) = delete;
  OperationQueue& operator=(const OperationQueue&) = delete;
  ~OperationQueue();  // only after `closed` of Close has been called

  // The store is another one now.
  void Rename(std::string subject) { subject_ = std::move(subject); }

  // Queues an operation. Above PresenceStore::kQueueMax waiting ones it fails with
  // kResourceExhausted, after Close with kCancelled, in its turn either way.
  void Push(Begin begin, OnError on_error);

  // Ends the running operation: `deliver` hands the result to its caller, on a later turn, before
  // the next operation begins. Nothing happens unless `ticket` is the one that runs.
  void End(uint64_t ticket, std::function<void()> deliver);
  void Fail(uint64_t ticket, absl::Status error);

  bool IsRunning(uint64_t ticket) const { return running_ == ticket && ticket != 0; }
  // The ticket of the running operation; 0: none.
  uint64_t running() const { return running_; }
  // What the running operation has left of its budget; never negative. Zero when none runs.
  Duration budget_left() const;
  bool closing() const { return closing_; }

  // Fails with kCancelled what has not ended yet, the running one too, whose work the store itself
  // has to stop. `closed` runs on the loop after all callbacks, once the handles are gone.
  void Close(std::function<void()> closed);

 private:
  struct Operation {
    uint64_t ticket = 0;
    uint64_t deadline_ms = 0;  // by uv_now()
    Begin begin;               // null once begun or ended
    OnError on_error;
    std::function<void()> deliver;  // not null: ended
  };
  static void OnTurn(uv_idle_t* idle);
  static void OnDeadline(uv_timer_t* timer);
  static void OnHandleClosed(uv_handle_t* handle);
  void Turn();
  void BeginFront();
  void EndFront(std::function<void()> deliver);
  void DeliverFront();
  void ScheduleTurn();
  void FailLater(Operation* operation, absl::Status error);

  uv_loop_t* loop_;
  std::string subject_;
  OnExpired on_expired_;
  uv_idle_t turn_;       // active while something can be begun or delivered at once
  uv_timer_t deadline_;  // active while an operation runs
  std::deque<Operation> operations_;
  size_t waiting_ = 0;  // operations that have neither begun nor ended
  uint64_t running_ = 0;
  uint64_t last_ticket_ = 0;
  bool closing_ = false;
  int handles_ = 0;
  std::function<void()> closed_;
};

}  // namespace muster::store
