#include "src/agent/identity_keeper.h"

#include <glog/logging.h>

#include <algorithm>
#include <utility>

#include "src/base/strings.h"
#include "src/runtime/event_log.h"

namespace muster::agent {
namespace {

constexpr size_t kStackBytes = 256 * 1024;

}  // namespace

IdentityKeeper::IdentityKeeper(uv_loop_t* loop, store::IdentityFile* file,
                               store::IdentityRecord saved)
    : file_(file), wanted_(saved), saved_(std::move(saved)) {
  uv_timer_init(loop, &timer_);
  timer_.data = this;
  uv_async_init(loop, &done_, OnSaved);
  done_.data = this;
  // Alone it is no reason for the loop to go on.
  uv_unref(reinterpret_cast<uv_handle_t*>(&done_));
  handles_ = 2;
}

void IdentityKeeper::SetPeers(std::vector<Address> peers) {
  if (closing_ || peers.empty()) return;
  if (peers.size() > store::IdentityRecord::kPeersMax) {
    peers.resize(store::IdentityRecord::kPeersMax);
  }
  if (peers == wanted_.peers) return;
  wanted_.peers = std::move(peers);
  Schedule();
}

void IdentityKeeper::RaiseEpoch(uint64_t epoch) {
  if (closing_ || epoch <= wanted_.epoch) return;
  wanted_.epoch = epoch;
  if (!saving_) BeginSave();
}

void IdentityKeeper::Schedule() {
  auto* handle = reinterpret_cast<uv_handle_t*>(&timer_);
  if (saving_ || uv_is_active(handle)) return;
  const uint64_t now_ms = uv_now(timer_.loop);
  const bool first = saved_.peers.empty();
  uint64_t delay_ms = first ? kFirstSaveAfterMs : kSaveAfterMs;
  if (!first && last_save_ms_ != 0 && last_save_ms_ + kSaveEveryMs > now_ms + delay_ms) {
    delay_ms = last_save_ms_ + kSaveEveryMs - now_ms;
  }
  uv_timer_start(&timer_, OnTimer, delay_ms, 0);
}

void IdentityKeeper::OnTimer(uv_timer_t* timer) {
  auto* self = static_cast<IdentityKeeper*>(timer->data);
  if (!self->saving_ && self->is_dirty()) self->BeginSave();
}

void IdentityKeeper::BeginSave() {
  uv_timer_stop(&timer_);
  saving_ = true;
  last_save_ms_ = std::max<uint64_t>(uv_now(timer_.loop), 1);
  being_saved_ = wanted_;
  uv_ref(reinterpret_cast<uv_handle_t*>(&done_));
  uv_thread_options_t options{};
  options.flags = UV_THREAD_HAS_STACK_SIZE;
  options.stack_size = kStackBytes;
  if (const int error = uv_thread_create_ex(&thread_, &options, RunSave, this); error != 0) {
    save_status_ = absl::ResourceExhaustedError(uv_strerror(error));
    EndSave();
  }
}

void IdentityKeeper::RunSave(void* arg) {
  auto* self = static_cast<IdentityKeeper*>(arg);
  self->save_status_ = self->file_->Save(self->being_saved_);
  uv_async_send(&self->done_);
}

void IdentityKeeper::OnSaved(uv_async_t* async) {
  auto* self = static_cast<IdentityKeeper*>(async->data);
  if (!self->saving_) return;
  uv_thread_join(&self->thread_);
  self->EndSave();
}

void IdentityKeeper::EndSave() {
  saving_ = false;
  uv_unref(reinterpret_cast<uv_handle_t*>(&done_));
  if (save_status_.ok()) {
    saved_ = being_saved_;
  } else {
    LOG(WARNING) << runtime::LogLine()
                        .Add("event", "identity.unsaved")
                        .Add("error", ToStd(save_status_.message()))
                        .text();
  }
  // A disk that refuses is asked again at the next change, and once at the stop.
  const bool again = is_dirty() && save_status_.ok();
  if (closing_) {
    if (again) {
      BeginSave();
    } else {
      CloseHandles();
    }
  } else if (again) {
    Schedule();
  }
}

void IdentityKeeper::Close(std::function<void()> closed) {
  closing_ = true;
  closed_ = std::move(closed);
  if (saving_) return;
  if (is_dirty()) {
    BeginSave();
  } else {
    CloseHandles();
  }
}

void IdentityKeeper::CloseHandles() {
  uv_close(reinterpret_cast<uv_handle_t*>(&timer_), OnClosed);
  uv_close(reinterpret_cast<uv_handle_t*>(&done_), OnClosed);
}

void IdentityKeeper::OnClosed(uv_handle_t* handle) {
  auto* self = static_cast<IdentityKeeper*>(handle->data);
  if (--self->handles_ > 0) return;
  const std::function<void()> closed = std::move(self->closed_);
  closed();
}

}  // namespace muster::agent
