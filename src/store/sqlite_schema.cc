#include "src/store/sqlite_schema.h"

#include <bit>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "src/base/status_macros.h"

namespace muster::store {
namespace {

// Marks a file as ours: "Mstr". A file with another mark, or with tables and no mark, is somebody
// else's. Some flipped bits make no other mark: else a file damaged just there would be neither
// used nor replaced. A program that draws its mark at random comes as near once in 100,000 times.
constexpr uint32_t kApplicationId = 0x4d737472;
constexpr int kFlippedBitsMax = 4;
bool IsOurMark(uint32_t mark) { return std::popcount(mark ^ kApplicationId) <= kFlippedBitsMax; }
// In each of the four bytes of SQLite's user_version, so that a flipped bit is not taken for a
// newer version.
constexpr uint32_t kVersion = 1;
constexpr uint32_t kVersionBytes = 0x01010101;

// As SQLite keeps it, so that a change of a single letter is seen. `stamp_us` is the writer's wall
// clock; `seal` covers all columns but the record, which has a checksum of its own.
constexpr char kCreateTable[] =
    "CREATE TABLE muster_presence("
    "cluster TEXT NOT NULL, "
    "id BLOB NOT NULL, "
    "incarnation BLOB NOT NULL, "
    "stamp_us INTEGER NOT NULL, "
    "ttl_us INTEGER NOT NULL, "
    "seal INTEGER NOT NULL, "
    "record BLOB NOT NULL, "
    "PRIMARY KEY(cluster, id)) WITHOUT ROWID";
constexpr char kFindTable[] = "SELECT sql FROM sqlite_master WHERE name = 'muster_presence'";

absl::Status Damaged(const std::string& path, absl::string_view why) {
  return absl::DataLossError(absl::StrCat(path, " is damaged: ", why));
}

enum class Owner { kNobody, kUs, kAnother };

absl::StatusOr<Owner> FindOwner(SqliteConnection* connection) {
  const absl::StatusOr<int64_t> mark = connection->QueryInteger("PRAGMA application_id");
  if (!mark.ok()) return mark.status();
  if (IsOurMark(static_cast<uint32_t>(*mark))) return Owner::kUs;
  const absl::StatusOr<int64_t> tables =
      connection->QueryInteger("SELECT count(*) FROM sqlite_master");
  if (!tables.ok()) return tables.status();
  return *mark == 0 && *tables == 0 ? Owner::kNobody : Owner::kAnother;
}

absl::Status CheckVersion(SqliteConnection* connection) {
  const absl::StatusOr<int64_t> stored = connection->QueryInteger("PRAGMA user_version");
  if (!stored.ok()) return stored.status();
  const auto bytes = static_cast<uint32_t>(*stored);
  if (bytes == kVersionBytes) return absl::OkStatus();
  const uint32_t version = bytes & 0xff;
  if (version <= kVersion || bytes != version * 0x01010101u) {
    return Damaged(connection->path(), "it names no version");
  }
  return absl::FailedPreconditionError(absl::StrCat(
      connection->path(), " was written by a newer agent (version ", version,
      ", and this one knows ", kVersion, "); upgrade this agent or name another file"));
}

// The whole file when it is ours, which is small; our table alone when it is not.
absl::Status CheckIntegrity(SqliteConnection* connection, Owner owner) {
  const absl::StatusOr<std::string> result =
      connection->QueryText(owner == Owner::kAnother ? "PRAGMA quick_check('muster_presence')"
                                                     : "PRAGMA integrity_check(1)");
  if (!result.ok()) return result.status();
  return *result == "ok" ? absl::OkStatus() : Damaged(connection->path(), *result);
}

absl::Status CreateTable(SqliteConnection* connection, Owner owner) {
  MUSTER_RETURN_IF_ERROR(connection->Execute("BEGIN IMMEDIATE"));
  absl::Status status = connection->Execute(kCreateTable);
  if (status.ok() && owner == Owner::kNobody) {
    // Before the first write in WAL mode: they must be in the file itself, not only in its log.
    const std::string marks = absl::StrCat("PRAGMA application_id=", kApplicationId,
                                           ";PRAGMA user_version=", kVersionBytes);
    status = connection->Execute(marks.c_str());
  }
  if (status.ok()) status = connection->Execute("COMMIT");
  if (!status.ok()) connection->Execute("ROLLBACK").IgnoreError();
  return status;
}

// Creates it when it is missing, then compares it letter by letter.
absl::Status EnsureTable(SqliteConnection* connection, Owner owner) {
  absl::StatusOr<std::string> sql = connection->QueryText(kFindTable);
  if (absl::IsNotFound(sql.status())) {
    const absl::Status created = CreateTable(connection, owner);
    // "Already exists" for a table that cannot be found: its entry is damaged.
    if (absl::IsAborted(created)) return Damaged(connection->path(), "its schema is not sound");
    MUSTER_RETURN_IF_ERROR(created);
    sql = connection->QueryText(kFindTable);
  }
  if (!sql.ok()) return sql.status();
  if (*sql == kCreateTable) return absl::OkStatus();
  if (owner == Owner::kUs) return Damaged(connection->path(), "its schema is not ours");
  return absl::FailedPreconditionError(
      absl::StrCat(connection->path(),
                   " holds a table muster_presence of another program; name "
                   "another file"));
}

absl::StatusOr<Owner> Prepare(SqliteConnection* connection) {
  const SqliteConnection::Header header = connection->ReadHeader();
  if (header.file_bytes > 0 && !header.is_sound) {
    return Damaged(connection->path(), "it does not begin as a database does");
  }
  MUSTER_RETURN_IF_ERROR(connection->Configure());
  const absl::StatusOr<Owner> owner = FindOwner(connection);
  if (!owner.ok()) return owner.status();
  if (*owner == Owner::kUs) MUSTER_RETURN_IF_ERROR(CheckVersion(connection));
  if (*owner == Owner::kUs) MUSTER_RETURN_IF_ERROR(CheckIntegrity(connection, *owner));
  MUSTER_RETURN_IF_ERROR(EnsureTable(connection, *owner));
  if (*owner == Owner::kAnother) MUSTER_RETURN_IF_ERROR(CheckIntegrity(connection, *owner));
  if (*owner != Owner::kAnother) {
    MUSTER_RETURN_IF_ERROR(connection->QueryText("PRAGMA journal_mode=WAL").status());
  }
  return owner;
}

}  // namespace

absl::StatusOr<SqliteDatabase> OpenSqliteDatabase(const std::string& path) {
  absl::StatusOr<SqliteConnection> connection = SqliteConnection::Open(path);
  if (!connection.ok()) return connection.status();
  absl::StatusOr<Owner> owner = Prepare(&*connection);
  if (owner.ok()) {
    connection->CheckpointOnClose();
    return SqliteDatabase{*std::move(connection), *owner == Owner::kAnother};
  }
  // SQL that always fits does not fit: a format or a schema out of all rules.
  if (absl::IsAborted(owner.status())) owner = Damaged(path, owner.status().message());
  const SqliteConnection::Header header = connection->ReadHeader();
  if (absl::IsDataLoss(owner.status()) && header.is_sound && !IsOurMark(header.application_id)) {
    return absl::FailedPreconditionError(
        absl::StrCat(owner.status().message(),
                     "; it is another program's database: repair it, or name another file"));
  }
  return owner.status();
}

}  // namespace muster::store
