#pragma once

#include <uv.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "src/agent/presence_plan.h"
#include "src/api/presence.h"
#include "src/base/ids.h"
#include "src/base/time.h"
#include "src/core/event.h"
#include "src/runtime/driver.h"
#include "src/store/presence_status.h"
#include "src/store/presence_store.h"

namespace muster::agent {

// Keeps this agent's record in the datastore, hands the driver what others left there, and removes
// the records of hosts that left. The store is a hint: whatever it does, the driver is never made
// to wait, and no error changes a member.
//
// Lives on the loop's thread.
class PresenceKeeper : public api::Presence {
 public:
  struct Options {
    runtime::Driver* driver = nullptr;  // must outlive the keeper
    std::string kind;                   // for the status
    std::string url;                    // for the status, without secrets
    Duration ttl = Duration::Seconds(3600);
    uint64_t seed = 0;
    // Makes the store, with what the keeper wants of it. Null: no datastore is kept.
    std::function<std::unique_ptr<store::PresenceStore>(store::PresenceOptions)> open;
    std::function<void(api::StoreEvent event, const std::string& detail)> on_event;
  };
  // How long a stop waits for the store: to remove the record, and to close.
  static constexpr uint64_t kCloseMs = 1000;

  explicit PresenceKeeper(Options options);
  ~PresenceKeeper() override;
  PresenceKeeper(const PresenceKeeper&) = delete;
  PresenceKeeper& operator=(const PresenceKeeper&) = delete;

  // Every event of the driver.
  void OnEvent(const core::Event& event);
  // Removes the record if `goodbye`, and closes the store. `closed` runs on the loop, never within,
  // at most twice kCloseMs later; with false, a file operation still hangs in the disk: then
  // neither the keeper nor its loop can be destroyed.
  void Close(bool goodbye, std::function<void(bool clean)> closed);

  // ---- For the control plane ----
  const store::PresenceStatus& status() const override;
  void List(Listed listed) override;
  void Purge(const HostId& id, Incarnation upto, Purged purged) override;
  void Forget(const HostId& id) override;

 private:
  static void OnTimer(uv_timer_t* timer);
  void RunDue();
  void Arm();
  void Look();
  void Looked(absl::StatusOr<store::PresenceScan> scan);
  // Whether the row leads to somebody whom the view lacks; counts it as matched otherwise.
  bool IsStranger(const store::PresenceRow& row);
  void Refresh();
  void Refreshed(const absl::StatusOr<size_t>& live);
  void Erase(const HostId& id, Incarnation upto);
  void Erased(const absl::StatusOr<bool>& removed);
  // A store that is full or read-only is still read: what goes well of one kind says nothing of the
  // others.
  enum Part : uint8_t { kRefresh, kLook, kErase, kParts };
  void NoteOutcome(Part part, const absl::Status& status);
  void Announce(api::StoreEvent event, const std::string& detail);
  store::PresenceRecord OwnRecord();
  PresencePlan::Known Count() const;

  void CloseStore();
  static void OnCloseTimer(uv_timer_t* timer);
  void PartClosed();

  Options options_;
  std::unique_ptr<store::PresenceStore> store_;  // null: none
  PresencePlan plan_;
  uv_timer_t timer_;        // due operations
  uv_timer_t close_timer_;  // limit of a stop
  // Kept with a datum of the view's: api asks for it by reference.
  mutable store::PresenceStatus status_;
  std::array<absl::Status, kParts> outcomes_;  // of the last operation of each kind
  Incarnation written_;                        // of one's own record, as last written
  int64_t created_us_ = 0;
  size_t matched_ = 0;   // rows of the last look whose hosts are in the view
  bool is_cut_ = false;  // the last look did not see all rows
  bool has_hints_ = false;
  bool stopped_ = false;  // refused, evicted: nothing is looked for or written any more
  bool closing_ = false;
  bool store_closed_ = false;
  int parts_open_ = 0;
  std::function<void(bool clean)> closed_;
};

}  // namespace muster::agent
