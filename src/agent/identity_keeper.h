#pragma once

#include <uv.h>

#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "src/base/address.h"
#include "src/store/identity_file.h"

namespace muster::agent {

// Keeps the identity file up to date while the agent runs, without ever making the loop wait for
// the disk: each save runs in a thread of its own that ends with it, so that an agent at rest has
// one thread. Epochs are saved at once, peers at most every kSaveEvery.
//
// Lives on the loop's thread. `file` must outlive it and not be used elsewhere meanwhile.
class IdentityKeeper {
 public:
  // Changes come in bursts (a cluster that starts): the first save waits for their end.
  static constexpr uint64_t kSaveAfterMs = 1000;
  // With no peer on disk a crash would lose the cluster: the first ones hardly wait.
  static constexpr uint64_t kFirstSaveAfterMs = 20;
  static constexpr uint64_t kSaveEveryMs = 5000;

  IdentityKeeper(uv_loop_t* loop, store::IdentityFile* file, store::IdentityRecord saved);
  IdentityKeeper(const IdentityKeeper&) = delete;
  IdentityKeeper& operator=(const IdentityKeeper&) = delete;

  // The peers to find again after a restart; an empty list leaves the last ones.
  void SetPeers(std::vector<Address> peers);
  // Lower ones than the present are ignored.
  void RaiseEpoch(uint64_t epoch);
  const store::IdentityRecord& record() const { return wanted_; }

  // Saves what is unsaved, waits for it, and closes. `closed` runs on the loop, never within.
  void Close(std::function<void()> closed);

 private:
  static void OnTimer(uv_timer_t* timer);
  static void RunSave(void* self);
  static void OnSaved(uv_async_t* async);
  static void OnClosed(uv_handle_t* handle);
  bool is_dirty() const { return !(wanted_ == saved_); }
  void Schedule();
  void BeginSave();
  void EndSave();
  void CloseHandles();

  store::IdentityFile* file_;
  store::IdentityRecord wanted_;
  store::IdentityRecord saved_;
  uv_timer_t timer_;  // active only while something waits to be saved
  uv_async_t done_;
  uint64_t last_save_ms_ = 0;  // uv_now() of the last save's begin; 0: none
  bool saving_ = false;
  uv_thread_t thread_{};
  store::IdentityRecord being_saved_;  // the thread's own until it ends
  absl::Status save_status_;           // likewise
  std::function<void()> closed_;
  bool closing_ = false;
  int handles_ = 0;
};

}  // namespace muster::agent
