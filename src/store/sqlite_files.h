#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// What is done to a SQLite file from outside: it is created, and moved aside when it is damaged.
// All processes that use the file do either only under its lock, so that one of them does it and
// the others find it done. Everything here blocks on the disk.
namespace muster::store {

// Held while it lives; of the kernel, so it ends with the process however that ends. Its file,
// PATH.lock, stays.
class SqliteFileLock {
 public:
  static constexpr int kWaitMillis = 2000;

  // kUnavailable when another process does not let go of it.
  static absl::StatusOr<SqliteFileLock> Take(const std::string& path);
  SqliteFileLock(SqliteFileLock&& other) noexcept;
  SqliteFileLock& operator=(SqliteFileLock&& other) = delete;
  ~SqliteFileLock();

 private:
  explicit SqliteFileLock(int fd) : fd_(fd) {}
  int fd_;
};

// kFailedPrecondition for a file that was never ours and that nobody calls a database: it has no
// PATH.lock beside it, neither the name nor the first bytes of one, and something in it. A mistyped
// path must not have somebody's file moved aside for damage.
absl::Status CheckSqlitePath(const std::string& path);

// Makes an empty file of mode 0600 where there is none, in a folder that exists; logs that a
// deleted database left behind go. kFailedPrecondition when something other than a file is there.
absl::Status CreateSqliteFile(const std::string& path);

inline constexpr int kDamagedKept = 3;

// Renames the file and its logs to PATH.damaged-1; earlier ones move on to -2 and -3, and the last
// goes. Returns the new name.
absl::StatusOr<std::string> MoveAsideSqliteFile(const std::string& path);

}  // namespace muster::store
