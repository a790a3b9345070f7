#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "src/base/ids.h"
#include "src/base/time.h"
#include "src/store/presence_store.h"
#include "src/store/row_watch.h"
#include "src/store/sqlite_connection.h"

namespace muster::store {

// The presence records of one cluster in a SQLite file that all agents of a host share: the
// operations of a PresenceStore, blocking. Each brings the file into order first: creates it,
// opens it anew when the path names another file, and moves it aside when it is damaged. For one
// thread at a time, never the loop's.
class SqliteFile {
 public:
  // A scan returns so many rows at most, the freshest: what goes to the loop has a bound.
  static constexpr size_t kRowsMax = 4096;

  // Of `options` the cluster and the clocks.
  SqliteFile(std::string path, const PresenceOptions& options);
  SqliteFile(const SqliteFile&) = delete;
  SqliteFile& operator=(const SqliteFile&) = delete;

  absl::StatusOr<size_t> Upsert(const PresenceRecord& record, Duration ttl);
  absl::StatusOr<PresenceScan> Scan();
  absl::StatusOr<bool> Erase(const HostId& id, Incarnation upto);
  void Close() { connection_.reset(); }

  // What the operator should know of since the last call.
  std::vector<std::string> TakeNotices();

 private:
  template <typename Result>
  absl::StatusOr<Result> Perform(const std::function<absl::StatusOr<Result>()>& work);
  absl::Status Reach();
  absl::Status OpenLocked();
  absl::Status SetAside(const absl::Status& damage);
  absl::Status MoveAside(const absl::Status& damage);
  void NoteFile();
  void RemoveStaleLog();
  absl::StatusOr<size_t> CountLive();
  absl::StatusOr<PresenceScan> ReadRows();

  std::string path_;
  std::string cluster_;
  std::function<int64_t()> wall_us_;
  std::function<TimePoint()> monotonic_;
  std::optional<SqliteConnection> connection_;
  bool is_foreign_ = false;
  RowWatch watch_;
  // Which file and log were open last, by device and inode; zero: none.
  uint64_t device_ = 0;
  uint64_t inode_ = 0;
  uint64_t log_inode_ = 0;
  std::vector<std::string> notices_;
};

}  // namespace muster::store
