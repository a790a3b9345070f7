#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "src/base/ids.h"
#include "src/base/time.h"
#include "src/store/presence_record.h"
#include "src/store/sqlite_connection.h"

// The rows of the table muster_presence. Blocks on the disk; errors as in sqlite_connection.h.
namespace muster::store {

// A row's place in the table and its present version, whatever its columns hold.
class SqliteRowKey {
 public:
  explicit SqliteRowKey(const SqliteStatement& row);
  const sqlite3_value* part(size_t index) const { return parts_[index].get(); }
  static constexpr size_t kParts = 3;  // cluster, id, stamp_us

 private:
  struct Free {
    void operator()(sqlite3_value* value) const { sqlite3_value_free(value); }
  };
  std::vector<std::unique_ptr<sqlite3_value, Free>> parts_;
};

// A row as it is read.
struct SqliteRow {
  bool is_sealed = false;  // its columns are what was written; the rest means nothing otherwise
  std::string_view cluster;
  HostId id;
  Incarnation incarnation;
  int64_t stamp_us = 0;
  Duration ttl;
  std::string_view record;         // empty unless asked for
  const SqliteStatement* columns;  // for a SqliteRowKey

  // Of the RowWatch; the same for every version of the row.
  std::string WatchKey() const;
};

std::string SqliteWatchKey(std::string_view cluster, const HostId& id);

// Writes the row of record.id, new or in place of the one that is there, in one transaction. Its
// stamp is `wall_us`, or one more if the row has that stamp already: readers tell by the stamp that
// it was written again. `then`, if any, runs in the same transaction: nobody writes in between.
absl::Status WriteSqliteRow(SqliteConnection* connection, const PresenceRecord& record,
                            int64_t wall_us, Duration ttl,
                            const std::function<absl::Status()>& then = nullptr);

// Calls `visit` for each row of every cluster. The views in a row hold until it returns.
absl::Status VisitSqliteRows(SqliteConnection* connection, bool with_records,
                             const std::function<void(const SqliteRow&)>& visit);

struct ErasedSqliteRow {
  bool erased = false;
  int64_t stamp_us = 0;
  Duration ttl;
};
// Removes a row unless its incarnation is above `upto`, in one transaction. A row whose seal is
// broken is removed too.
absl::StatusOr<ErasedSqliteRow> EraseSqliteRow(SqliteConnection* connection,
                                               std::string_view cluster, const HostId& id,
                                               Incarnation upto);

// Removes rows that are still as they were when the keys were taken.
absl::Status SweepSqliteRows(SqliteConnection* connection, const std::vector<SqliteRowKey>& keys);

}  // namespace muster::store
