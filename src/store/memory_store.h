#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "src/base/ids.h"
#include "src/base/time.h"
#include "src/store/back_end.h"
#include "src/store/presence_store.h"

namespace muster::store {

class MemoryStore;

// What the stores on it share: presence rows as bytes, judged by the monotonic clock. All stores on
// one table belong to one process, one loop and one clock.
class MemoryTable {
 public:
  MemoryTable() = default;
  MemoryTable(const MemoryTable&) = delete;
  MemoryTable& operator=(const MemoryTable&) = delete;

  // For tests of what uses stores. Every operation from now on fails with `error`; OkStatus: none.
  void FailWith(absl::Status error) { failure_ = write_failure_ = std::move(error); }
  // Every Upsert and Erase; what is there can be read.
  void FailWritesWith(absl::Status error) { write_failure_ = std::move(error); }
  // While hung no operation ends, except by its budget; they go on when it ends.
  void Hang(bool hangs);
  // Changes a byte of a row, so that it can no longer be read; false when there is none.
  bool DamageRow(const std::string& cluster, const HostId& id);
  // What a store that lost everything looks like.
  void Clear() { rows_.clear(); }
  // Rows that are kept for a cluster, expired ones included.
  size_t CountRows(const std::string& cluster) const;

 private:
  friend class MemoryStore;
  struct Row {
    std::string bytes;
    Incarnation incarnation;
    TimePoint refreshed;
    Duration ttl;
  };
  std::map<std::pair<std::string, HostId>, Row> rows_;  // by cluster and host
  std::vector<MemoryStore*> stores_;                    // those that are open
  absl::Status failure_;
  absl::Status write_failure_;
  bool hangs_ = false;
};

// `--datastore none`: a store that nobody else sees.
extern const BackEnd kNoBackEnd;

// Such a store.
std::unique_ptr<PresenceStore> OpenMemoryStore(PresenceOptions options);
// One of several on the same table.
std::unique_ptr<PresenceStore> OpenMemoryStore(PresenceOptions options,
                                               std::shared_ptr<MemoryTable> table);

}  // namespace muster::store
