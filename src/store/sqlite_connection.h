#pragma once

#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace muster::store {

// One connection to a SQLite file that exists, and what SQLite's results mean to us. Blocks on the
// disk. Errors, in terms of presence_store.h:
//   kDataLoss     the file is damaged, or no database
//   kAborted      the schema is not what the statement expects (a table was dropped)
//   others        as there
class SqliteConnection {
 public:
  static constexpr int kBusyMillis = 1500;  // at most, for another process that writes
  static constexpr int kCacheKib = 256;

  // What the first 100 bytes say; they are read past all locks.
  struct Header {
    int64_t file_bytes = 0;
    bool is_sound = false;  // it begins as a database does, and no field is out of its range
    uint32_t application_id = 0;
  };

  static absl::StatusOr<SqliteConnection> Open(const std::string& path);
  SqliteConnection(SqliteConnection&& other) noexcept;
  SqliteConnection& operator=(SqliteConnection&& other) noexcept;
  ~SqliteConnection();

  // How this connection behaves; may read the file.
  absl::Status Configure();
  absl::Status Execute(const char* sql);
  // The first column of the first row; kNotFound without a row.
  absl::StatusOr<int64_t> QueryInteger(const char* sql);
  absl::StatusOr<std::string> QueryText(const char* sql);

  Header ReadHeader();
  // Whether the path names another file by now, or none.
  bool HasMoved();
  // Until now the close leaves the file as it is: a damaged one is to be kept as evidence. From now
  // on it moves the log of the last closer into the file.
  void CheckpointOnClose();
  // Gives the page cache back.
  void ReleaseMemory();

  absl::Status ErrorOf(int result) const;
  sqlite3* get() const { return database_; }
  const std::string& path() const { return path_; }

 private:
  SqliteConnection(sqlite3* database, std::string path);
  sqlite3* database_;
  std::string path_;
};

// One statement of a connection, which must outlive it. Parameters and columns count from 1 and 0,
// as SQLite has it.
class SqliteStatement {
 public:
  SqliteStatement(SqliteConnection* connection, const char* sql);
  SqliteStatement(const SqliteStatement&) = delete;
  SqliteStatement& operator=(const SqliteStatement&) = delete;
  ~SqliteStatement();

  // Texts and blobs must stay until the last Step().
  void BindText(int parameter, std::string_view text);
  void BindBlob(int parameter, std::string_view bytes);
  void BindInteger(int parameter, int64_t value);
  void BindValue(int parameter, const sqlite3_value* value);

  // True: there is a row. Binding errors show here too.
  absl::StatusOr<bool> Step();
  // For a statement that gives no rows.
  absl::Status Run() { return Step().status(); }

  // Valid until the next Step(). Empty for a value of another type.
  std::string_view Text(int column) const;
  std::string_view Blob(int column) const;
  // 0 for a value of another type.
  int64_t Integer(int column) const;
  sqlite3_value* Value(int column) const;

 private:
  SqliteConnection* connection_;
  sqlite3_stmt* statement_ = nullptr;
  int result_;
};

}  // namespace muster::store
