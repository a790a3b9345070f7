#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "src/base/ids.h"
#include "src/base/time.h"
#include "src/store/presence_record.h"
#include "src/store/presence_store.h"
#include "tests/store/contract/loop.h"

namespace muster::store::contract {

// Record number `n` of a cluster, an ordinary one: its id, name and address follow from `n`. The
// times are by the real wall clock and a TTL of an hour.
PresenceRecord MakeRecord(uint64_t n, const std::string& cluster = "prod");
HostId MakeId(uint64_t n);

// One process's view of some stores: a loop, the clocks that stores are opened with, and the
// operations as plain calls that turn the loop until the answer is there. Closes, when destroyed,
// whatever stores are still open.
class Session {
 public:
  // Ignores SIGPIPE from then on, like the agent.
  Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  Loop& loop() { return loop_; }
  // What to open a store of this session with. The clocks are the real ones plus AdvanceClocks().
  PresenceOptions Options(const std::string& cluster = "prod");
  // Moves both injected clocks, or the wall clock alone as an administrator would.
  void AdvanceClocks(Duration span);
  void StepWallClock(Duration span) { wall_step_us_ += span.micros(); }
  // What the stores told the operator.
  const std::vector<std::string>& notices() const { return notices_; }

  // Takes a store over; the pointer is good until Close() or the session's end.
  PresenceStore* Adopt(std::unique_ptr<PresenceStore> store);
  // False if `closed` did not come within the budget; then the store is leaked.
  bool Close(PresenceStore* store, Duration budget = Duration::Seconds(10));

  absl::StatusOr<size_t> Upsert(PresenceStore* store, const PresenceRecord& record,
                                Duration ttl = Duration::Seconds(3600));
  absl::StatusOr<PresenceScan> Scan(PresenceStore* store);
  absl::StatusOr<bool> Erase(PresenceStore* store, const HostId& id, Incarnation upto);

 private:
  Loop loop_;
  std::atomic<int64_t> step_us_{0};
  std::atomic<int64_t> wall_step_us_{0};
  std::vector<std::unique_ptr<PresenceStore>> stores_;
  std::vector<std::string> notices_;
};

}  // namespace muster::store::contract
