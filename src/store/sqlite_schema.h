#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "src/store/sqlite_connection.h"

namespace muster::store {

// A connection to a file that has been checked and holds our table.
struct SqliteDatabase {
  SqliteConnection connection;
  // Another program's database, to which our table was added: its settings are left as they are,
  // and it is never moved aside.
  bool is_foreign = false;
};

// Opens `path`, which must exist (it may be empty) and whose SqliteFileLock must be held. Checks
// the header, the version and the integrity, and creates the table where it is missing.
//   kDataLoss            damaged, and ours: to be moved aside
//   kFailedPrecondition  of a newer version, damaged and another program's, or with a table of
//                        our name that looks different
absl::StatusOr<SqliteDatabase> OpenSqliteDatabase(const std::string& path);

}  // namespace muster::store
