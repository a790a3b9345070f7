#include "src/store/sqlite_connection.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/base/status_macros.h"
#include "src/base/strings.h"

namespace muster::store {
namespace {

constexpr std::string_view kMagic("SQLite format 3\0", 16);

// How this connection behaves; nothing of it is written to the file. Memory stays small, and a
// schema that somebody else wrote may not run functions.
constexpr char kSettings[] =
    "PRAGMA cache_size=-256;"  // KiB; kCacheKib
    "PRAGMA mmap_size=0;"
    "PRAGMA synchronous=NORMAL;"
    "PRAGMA wal_autocheckpoint=100;"
    "PRAGMA journal_size_limit=524288;"
    "PRAGMA temp_store=MEMORY;"
    "PRAGMA trusted_schema=OFF;"
    "PRAGMA cell_size_check=ON";
static_assert(SqliteConnection::kCacheKib == 256);

uint32_t BigEndian(const uint8_t* bytes) {
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | bytes[3];
}

bool IsSound(const std::array<uint8_t, 100>& header) {
  const uint32_t page = uint32_t{header[16]} << 8 | header[17];
  const bool page_ok = page == 1 || (page >= 512 && (page & (page - 1)) == 0);
  const auto is_version = [](uint8_t version) { return version == 1 || version == 2; };
  return std::memcmp(header.data(), kMagic.data(), kMagic.size()) == 0 && page_ok &&
         is_version(header[18]) && is_version(header[19]) && header[21] == 64 && header[22] == 32 &&
         header[23] == 32 && BigEndian(&header[44]) <= 4 && BigEndian(&header[56]) <= 3;
}

absl::StatusCode CodeOfErrno(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return absl::StatusCode::kResourceExhausted;
    case EROFS:
    case EISDIR:
      return absl::StatusCode::kFailedPrecondition;
    case EACCES:
    case EPERM:
      return absl::StatusCode::kPermissionDenied;
    default:
      return absl::StatusCode::kUnavailable;
  }
}

absl::StatusCode CodeOf(int result, int error) {
  switch (result & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
      return absl::StatusCode::kDataLoss;
    case SQLITE_ERROR:
    case SQLITE_SCHEMA:
      return absl::StatusCode::kAborted;
    case SQLITE_FULL:
    case SQLITE_NOMEM:
      return absl::StatusCode::kResourceExhausted;
    case SQLITE_READONLY:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
      return absl::StatusCode::kFailedPrecondition;
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return absl::StatusCode::kPermissionDenied;
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
      return CodeOfErrno(error);
    default:
      return absl::StatusCode::kUnavailable;
  }
}

}  // namespace

SqliteConnection::SqliteConnection(sqlite3* database, std::string path)
    : database_(database), path_(std::move(path)) {}

SqliteConnection::SqliteConnection(SqliteConnection&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)), path_(std::move(other.path_)) {}

SqliteConnection& SqliteConnection::operator=(SqliteConnection&& other) noexcept {
  std::swap(database_, other.database_);
  std::swap(path_, other.path_);
  return *this;
}

SqliteConnection::~SqliteConnection() { sqlite3_close_v2(database_); }

absl::StatusOr<SqliteConnection> SqliteConnection::Open(const std::string& path) {
  sqlite3* database = nullptr;
  // One thread of the pool at a time uses it.
  const int result = sqlite3_open_v2(path.c_str(), &database,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  SqliteConnection connection(database, path);
  if (database == nullptr) return absl::ResourceExhaustedError("no memory for SQLite");
  if (result != SQLITE_OK) return connection.ErrorOf(result);
  sqlite3_extended_result_codes(database, 1);
  sqlite3_busy_timeout(database, kBusyMillis);
  sqlite3_db_config(database, SQLITE_DBCONFIG_LOOKASIDE, nullptr, 0, 0);
  sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  if (sqlite3_db_readonly(database, "main") == 1) {
    return absl::FailedPreconditionError(absl::StrCat("cannot write ", path, ": read-only"));
  }
  return connection;
}

absl::Status SqliteConnection::Configure() { return Execute(kSettings); }

absl::Status SqliteConnection::Execute(const char* sql) {
  const int result = sqlite3_exec(database_, sql, nullptr, nullptr, nullptr);
  return result == SQLITE_OK ? absl::OkStatus() : ErrorOf(result);
}

absl::StatusOr<int64_t> SqliteConnection::QueryInteger(const char* sql) {
  SqliteStatement statement(this, sql);
  const absl::StatusOr<bool> row = statement.Step();
  if (!row.ok()) return row.status();
  if (!*row) return absl::NotFoundError("no row");
  return statement.Integer(0);
}

absl::StatusOr<std::string> SqliteConnection::QueryText(const char* sql) {
  SqliteStatement statement(this, sql);
  const absl::StatusOr<bool> row = statement.Step();
  if (!row.ok()) return row.status();
  if (!*row) return absl::NotFoundError("no row");
  return std::string(statement.Text(0));
}

SqliteConnection::Header SqliteConnection::ReadHeader() {
  Header header;
  sqlite3_file* file = nullptr;
  if (sqlite3_file_control(database_, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK ||
      file == nullptr || file->pMethods == nullptr) {
    return header;
  }
  sqlite3_int64 size = 0;
  if (file->pMethods->xFileSize(file, &size) == SQLITE_OK) header.file_bytes = size;
  std::array<uint8_t, 100> bytes{};
  if (file->pMethods->xRead(file, bytes.data(), bytes.size(), 0) != SQLITE_OK) return header;
  header.is_sound = IsSound(bytes);
  header.application_id = BigEndian(&bytes[68]);
  return header;
}

bool SqliteConnection::HasMoved() {
  int moved = 0;
  sqlite3_file_control(database_, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  return moved != 0;
}

void SqliteConnection::CheckpointOnClose() {
  sqlite3_db_config(database_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
}

void SqliteConnection::ReleaseMemory() { sqlite3_db_release_memory(database_); }

absl::Status SqliteConnection::ErrorOf(int result) const {
  const int error = sqlite3_system_errno(database_);
  const int primary = result & 0xff;
  std::string text = absl::StrCat("cannot use ", path_, ": ");
  if (primary == SQLITE_BUSY || primary == SQLITE_LOCKED || primary == SQLITE_PROTOCOL) {
    absl::StrAppend(&text, "another process keeps it locked");
  } else if (error != 0 && (primary == SQLITE_CANTOPEN || primary == SQLITE_IOERR)) {
    absl::StrAppend(&text, std::strerror(error));
  } else {
    absl::StrAppend(&text, sqlite3_errmsg(database_));
  }
  return absl::Status(CodeOf(result, error), text);
}

SqliteStatement::SqliteStatement(SqliteConnection* connection, const char* sql)
    : connection_(connection),
      result_(sqlite3_prepare_v2(connection->get(), sql, -1, &statement_, nullptr)) {}

SqliteStatement::~SqliteStatement() { sqlite3_finalize(statement_); }

void SqliteStatement::BindText(int parameter, std::string_view text) {
  if (result_ != SQLITE_OK) return;
  result_ = sqlite3_bind_text(statement_, parameter, text.data(), static_cast<int>(text.size()),
                              SQLITE_STATIC);
}

void SqliteStatement::BindBlob(int parameter, std::string_view bytes) {
  if (result_ != SQLITE_OK) return;
  result_ = sqlite3_bind_blob(statement_, parameter, bytes.data(), static_cast<int>(bytes.size()),
                              SQLITE_STATIC);
}

void SqliteStatement::BindInteger(int parameter, int64_t value) {
  if (result_ == SQLITE_OK) result_ = sqlite3_bind_int64(statement_, parameter, value);
}

void SqliteStatement::BindValue(int parameter, const sqlite3_value* value) {
  if (result_ == SQLITE_OK) result_ = sqlite3_bind_value(statement_, parameter, value);
}

absl::StatusOr<bool> SqliteStatement::Step() {
  if (result_ != SQLITE_OK) return connection_->ErrorOf(result_);
  const int result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  return connection_->ErrorOf(result);
}

std::string_view SqliteStatement::Text(int column) const {
  if (sqlite3_column_type(statement_, column) != SQLITE_TEXT) return {};
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  const auto bytes = static_cast<size_t>(sqlite3_column_bytes(statement_, column));
  return text == nullptr ? std::string_view() : std::string_view(text, bytes);
}

std::string_view SqliteStatement::Blob(int column) const {
  if (sqlite3_column_type(statement_, column) != SQLITE_BLOB) return {};
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  const auto size = static_cast<size_t>(sqlite3_column_bytes(statement_, column));
  return bytes == nullptr ? std::string_view() : std::string_view(bytes, size);
}

int64_t SqliteStatement::Integer(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_INTEGER
             ? sqlite3_column_int64(statement_, column)
             : 0;
}

sqlite3_value* SqliteStatement::Value(int column) const {
  return sqlite3_column_value(statement_, column);
}

}  // namespace muster::store
