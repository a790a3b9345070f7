#pragma once

#include <uv.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "src/base/ids.h"
#include "src/base/time.h"
#include "src/store/presence_record.h"

namespace muster::store {

// One live row as a store shows it. The spans are by the store's own clock, whatever the writer's
// or the reader's wall clock says.
struct PresenceRow {
  PresenceRecord record;
  Duration age;         // since its last refresh; never negative
  Duration expires_in;  // until nobody sees it any more; above zero
};

struct PresenceScan {
  std::vector<PresenceRow> rows;  // freshest first (smallest age; ties by id), one a host
  size_t damaged = 0;             // rows passed over because they could not be read
  bool is_cut = false;            // more rows are live than a store hands over: the stalest miss
};

// Where the agents of one cluster leave their presence records: one row a host, kept for a TTL
// after its last refresh. Rows of other clusters are invisible.
//
// Watching for change is polling: each Upsert tells how many rows are live, so that whoever
// refreshes its own row learns for nothing whether a Scan is worth while
// (src/agent/presence_plan.h).
//
// Asynchronous, on one libuv loop and its thread. Every operation ends with exactly one call of its
// callback: on the loop, never within the call itself, in the order of the calls, and at most
// kOperationBudget after the call, also where the server is frozen, gone or never was there. A
// store never gives up: each operation tries anew (connects, opens, creates what is missing), and
// the caller decides how often. Callbacks may call every method except Close's own reuse.
//
// Errors say what failed, with the server or file named and no secret in the text:
//   kUnavailable        cannot be reached, connection lost, disk error
//   kDeadlineExceeded   no answer within the budget
//   kUnauthenticated    wrong user or password; kPermissionDenied: not allowed to do that
//   kResourceExhausted  disk or memory of the store full, or more than kQueueMax operations wait
//   kFailedPrecondition read-only, or not what it should be (a foreign table, no such database)
//   kDataLoss           what is stored is damaged
//   kCancelled          the store was closed first
class PresenceStore {
 public:
  static constexpr Duration kOperationBudget = Duration::Seconds(5);
  static constexpr Duration kConnectBudget = Duration::Seconds(2);
  static constexpr size_t kQueueMax = 64;

  // The number of live rows of the cluster, the written one included.
  using UpsertDone = std::function<void(const absl::StatusOr<size_t>& live)>;
  using ScanDone = std::function<void(absl::StatusOr<PresenceScan> scan)>;
  // Whether a row was there to be removed.
  using EraseDone = std::function<void(const absl::StatusOr<bool>& removed)>;

  virtual ~PresenceStore() = default;

  // Writes the row of record.id, new or in place of the one that is there, and lets it live for
  // `ttl` (at least 1 s) from now. `record.cluster` must be the store's.
  virtual void Upsert(const PresenceRecord& record, Duration ttl, UpsertDone done) = 0;
  // The live rows. Sweeps what has expired, as far as the store does not do that by itself.
  virtual void Scan(ScanDone done) = 0;
  // Removes the row of a host unless its incarnation is above `upto`: a host that has started again
  // meanwhile keeps its row.
  virtual void Erase(const HostId& id, Incarnation upto, EraseDone done) = 0;

  // Where the store is, without secrets: as of the last attempt to reach it.
  virtual std::string shown() const = 0;

  // Ends what waits with kCancelled and closes connections and handles; `closed` runs on the loop,
  // never within the call. Only then may the store be destroyed. A file operation that the disk
  // holds up delays it for as long.
  virtual void Close(std::function<void()> closed) = 0;
};

// What every store is opened with.
struct PresenceOptions {
  uv_loop_t* loop = nullptr;  // must outlive the store
  std::string cluster;
  // Wall clock in microseconds since the Unix epoch, and a monotonic clock: what stores without a
  // clock of their own judge rows by. Called from the loop's thread and from libuv's pool.
  std::function<int64_t()> wall_us;
  std::function<TimePoint()> monotonic;
  // Tells of what the operator should know and no operation's status says ("presence.db was damaged
  // and has been moved aside to ..."). Called on the loop, not within a call of the store.
  std::function<void(const std::string& text)> on_notice;
};

}  // namespace muster::store
