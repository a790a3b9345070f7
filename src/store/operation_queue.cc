#include "src/store/operation_queue.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/base/check.h"
#include "src/store/presence_store.h"

namespace muster::store {
namespace {

constexpr uint64_t kBudgetMs = static_cast<uint64_t>(PresenceStore::kOperationBudget.millis());

}  // namespace

OperationQueue::OperationQueue(uv_loop_t* loop, std::string subject, OnExpired on_expired)
    : loop_(loop), subject_(std::move(subject)), on_expired_(std::move(on_expired)) {
  uv_idle_init(loop, &turn_);
  uv_timer_init(loop, &deadline_);
  turn_.data = deadline_.data = this;
  handles_ = 2;
}

OperationQueue::~OperationQueue() { MUSTER_CHECK(handles_ == 0); }

void OperationQueue::Push(Begin begin, OnError on_error) {
  Operation operation;
  operation.ticket = ++last_ticket_;
  // The loop's time is as old as its turn, which may have been a long one.
  uv_update_time(loop_);
  operation.deadline_ms = uv_now(loop_) + kBudgetMs;
  operation.on_error = std::move(on_error);
  if (closing_) {
    FailLater(&operation, absl::CancelledError(absl::StrCat(subject_, ": closed")));
  } else if (waiting_ >= PresenceStore::kQueueMax) {
    FailLater(&operation, absl::ResourceExhaustedError(absl::StrCat(
                              subject_, ": ", waiting_, " operations are waiting already")));
  } else {
    operation.begin = std::move(begin);
    ++waiting_;
  }
  operations_.push_back(std::move(operation));
  if (operations_.size() == 1) ScheduleTurn();
}

void OperationQueue::End(uint64_t ticket, std::function<void()> deliver) {
  if (IsRunning(ticket)) EndFront(std::move(deliver));
}

void OperationQueue::Fail(uint64_t ticket, absl::Status error) {
  if (!IsRunning(ticket)) return;
  FailLater(&operations_.front(), std::move(error));
  EndFront(std::move(operations_.front().deliver));
}

Duration OperationQueue::budget_left() const {
  if (running_ == 0) return Duration::Zero();
  const uint64_t deadline_ms = operations_.front().deadline_ms;
  const uint64_t now_ms = uv_now(loop_);
  return now_ms >= deadline_ms ? Duration::Zero()
                               : Duration::Millis(static_cast<int64_t>(deadline_ms - now_ms));
}

void OperationQueue::FailLater(Operation* operation, absl::Status error) {
  MUSTER_CHECK(!error.ok());
  operation->deliver = [on_error = std::move(operation->on_error), error = std::move(error)] {
    on_error(error);
  };
}

void OperationQueue::EndFront(std::function<void()> deliver) {
  MUSTER_CHECK(deliver != nullptr);
  running_ = 0;
  uv_timer_stop(&deadline_);
  operations_.front().deliver = std::move(deliver);
  ScheduleTurn();
}

void OperationQueue::ScheduleTurn() {
  if (!uv_is_closing(reinterpret_cast<uv_handle_t*>(&turn_))) uv_idle_start(&turn_, OnTurn);
}

void OperationQueue::OnTurn(uv_idle_t* idle) { static_cast<OperationQueue*>(idle->data)->Turn(); }

// Looks only at what was there when it began, so that a caller who tries again at every error makes
// the loop turn but never holds it up.
void OperationQueue::Turn() {
  const uint64_t last = last_ticket_;
  while (!operations_.empty() && operations_.front().ticket <= last && running_ == 0) {
    if (operations_.front().deliver == nullptr) BeginFront();
    if (running_ == 0) DeliverFront();
  }
  if (operations_.empty() || running_ != 0) uv_idle_stop(&turn_);
  if (!closing_ || !operations_.empty() || handles_ == 0) return;
  auto* turn = reinterpret_cast<uv_handle_t*>(&turn_);
  if (uv_is_closing(turn)) return;
  uv_close(turn, OnHandleClosed);
  uv_close(reinterpret_cast<uv_handle_t*>(&deadline_), OnHandleClosed);
}

// Afterwards the front operation either runs or has ended.
void OperationQueue::BeginFront() {
  Operation& front = operations_.front();
  const Begin begin = std::move(front.begin);
  front.begin = nullptr;
  --waiting_;
  const uint64_t now_ms = uv_now(loop_);
  if (now_ms >= front.deadline_ms) {
    FailLater(&front, absl::DeadlineExceededError(
                          absl::StrCat(subject_, ": earlier operations took the whole ",
                                       FormatDuration(PresenceStore::kOperationBudget))));
    return;
  }
  running_ = front.ticket;
  uv_timer_start(&deadline_, OnDeadline, front.deadline_ms - now_ms, 0);
  begin(running_);
}

void OperationQueue::DeliverFront() {
  const std::function<void()> deliver = std::move(operations_.front().deliver);
  operations_.pop_front();
  deliver();
}

void OperationQueue::OnDeadline(uv_timer_t* timer) {
  auto* self = static_cast<OperationQueue*>(timer->data);
  const uint64_t ticket = self->running_;
  if (ticket == 0) return;
  absl::Status error;
  if (self->on_expired_) error = self->on_expired_(ticket);
  if (error.ok()) {
    error = absl::DeadlineExceededError(absl::StrCat(
        self->subject_, ": no answer within ", FormatDuration(PresenceStore::kOperationBudget)));
  }
  self->Fail(ticket, std::move(error));
}

void OperationQueue::Close(std::function<void()> closed) {
  MUSTER_CHECK(!closing_);
  closing_ = true;
  closed_ = std::move(closed);
  for (Operation& operation : operations_) {
    if (operation.deliver != nullptr) continue;
    operation.begin = nullptr;
    FailLater(&operation,
              absl::CancelledError(absl::StrCat(subject_, ": closed before it had ended")));
  }
  waiting_ = 0;
  running_ = 0;
  uv_timer_stop(&deadline_);
  ScheduleTurn();
}

void OperationQueue::OnHandleClosed(uv_handle_t* handle) {
  auto* self = static_cast<OperationQueue*>(handle->data);
  if (--self->handles_ > 0) return;
  // Called after the last turn: ended with kCancelled when they were pushed.
  while (!self->operations_.empty()) self->DeliverFront();
  const std::function<void()> closed = std::move(self->closed_);
  if (closed) closed();
}

}  // namespace muster::store
