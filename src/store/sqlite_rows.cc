#include "src/store/sqlite_rows.h"

#include <xxhash.h>

#include "src/base/status_macros.h"

namespace muster::store {
namespace {

constexpr size_t kIdBytes = 16;
constexpr size_t kIncarnationBytes = 8;

// Big endian, so that SQLite orders the bytes as we order the numbers.
void AppendNumber(uint64_t value, std::string* out) {
  for (int shift = 56; shift >= 0; shift -= 8) out->push_back(static_cast<char>(value >> shift));
}
uint64_t ReadNumber(std::string_view bytes) {
  uint64_t value = 0;
  for (const char byte : bytes.substr(0, 8)) value = value << 8 | static_cast<uint8_t>(byte);
  return value;
}

std::string IdBytes(const HostId& id) {
  std::string bytes;
  AppendNumber(id.hi, &bytes);
  AppendNumber(id.lo, &bytes);
  return bytes;
}
std::string IncarnationBytes(Incarnation incarnation) {
  std::string bytes;
  AppendNumber(incarnation.raw(), &bytes);
  return bytes;
}

int64_t Seal(std::string_view cluster, std::string_view id, std::string_view incarnation,
             int64_t stamp_us, int64_t ttl_us) {
  std::string bytes(id);
  bytes.append(incarnation);
  AppendNumber(static_cast<uint64_t>(stamp_us), &bytes);
  AppendNumber(static_cast<uint64_t>(ttl_us), &bytes);
  bytes.append(cluster);
  return static_cast<int64_t>(XXH3_64bits(bytes.data(), bytes.size()));
}

// The columns are cluster, id, stamp_us, incarnation, ttl_us, seal and perhaps record. A record
// that is too long is not even read; for the length of a text SQLite would have to.
constexpr char kSelectRows[] =
    "SELECT cluster, id, stamp_us, incarnation, ttl_us, seal FROM muster_presence";
constexpr char kSelectRecords[] =
    "SELECT cluster, id, stamp_us, incarnation, ttl_us, seal,"
    " CASE WHEN typeof(record) = 'blob' AND length(record) <= ?1 THEN record END"
    " FROM muster_presence";
constexpr char kSelectRow[] =
    "SELECT cluster, id, stamp_us, incarnation, ttl_us, seal FROM muster_presence"
    " WHERE cluster = ?1 AND id = ?2";

SqliteRow ReadRow(const SqliteStatement& columns) {
  SqliteRow row;
  row.columns = &columns;
  row.cluster = columns.Text(0);
  const std::string_view id = columns.Blob(1);
  row.stamp_us = columns.Integer(2);
  const std::string_view incarnation = columns.Blob(3);
  const int64_t ttl_us = columns.Integer(4);
  if (id.size() != kIdBytes || incarnation.size() != kIncarnationBytes || ttl_us <= 0) return row;
  row.is_sealed = columns.Integer(5) == Seal(row.cluster, id, incarnation, row.stamp_us, ttl_us);
  row.id = {ReadNumber(id), ReadNumber(id.substr(8))};
  row.incarnation = Incarnation::FromRaw(ReadNumber(incarnation));
  row.ttl = Duration::Micros(ttl_us);
  return row;
}

// Runs `work` between BEGIN IMMEDIATE and COMMIT, so that nobody writes in between.
absl::Status InTransaction(SqliteConnection* connection,
                           const std::function<absl::Status()>& work) {
  MUSTER_RETURN_IF_ERROR(connection->Execute("BEGIN IMMEDIATE"));
  absl::Status status = work();
  if (status.ok()) status = connection->Execute("COMMIT");
  // It has nothing to do where the error has rolled back already.
  if (!status.ok()) connection->Execute("ROLLBACK").IgnoreError();
  return status;
}

absl::Status ReplaceRow(SqliteConnection* connection, const PresenceRecord& record, int64_t wall_us,
                        Duration ttl) {
  const std::string id = IdBytes(record.id);
  const std::string incarnation = IncarnationBytes(record.incarnation);
  int64_t stamp_us = wall_us;
  {
    SqliteStatement present(connection, kSelectRow);
    present.BindText(1, record.cluster);
    present.BindBlob(2, id);
    const absl::StatusOr<bool> found = present.Step();
    if (!found.ok()) return found.status();
    if (*found && present.Integer(2) == stamp_us) ++stamp_us;
  }
  const std::string bytes = EncodePresence(record);
  SqliteStatement write(connection,
                        "INSERT OR REPLACE INTO muster_presence"
                        "(cluster, id, incarnation, stamp_us, ttl_us, seal, record)"
                        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)");
  write.BindText(1, record.cluster);
  write.BindBlob(2, id);
  write.BindBlob(3, incarnation);
  write.BindInteger(4, stamp_us);
  write.BindInteger(5, ttl.micros());
  write.BindInteger(6, Seal(record.cluster, id, incarnation, stamp_us, ttl.micros()));
  write.BindBlob(7, bytes);
  return write.Run();
}

}  // namespace

SqliteRowKey::SqliteRowKey(const SqliteStatement& row) {
  for (size_t part = 0; part < kParts; ++part) {
    parts_.emplace_back(sqlite3_value_dup(row.Value(static_cast<int>(part))));
  }
}

std::string SqliteWatchKey(std::string_view cluster, const HostId& id) {
  return IdBytes(id).append(cluster);
}

std::string SqliteRow::WatchKey() const { return SqliteWatchKey(cluster, id); }

absl::Status WriteSqliteRow(SqliteConnection* connection, const PresenceRecord& record,
                            int64_t wall_us, Duration ttl,
                            const std::function<absl::Status()>& then) {
  return InTransaction(connection, [&]() -> absl::Status {
    MUSTER_RETURN_IF_ERROR(ReplaceRow(connection, record, wall_us, ttl));
    return then ? then() : absl::OkStatus();
  });
}

absl::Status VisitSqliteRows(SqliteConnection* connection, bool with_records,
                             const std::function<void(const SqliteRow&)>& visit) {
  SqliteStatement rows(connection, with_records ? kSelectRecords : kSelectRows);
  if (with_records) rows.BindInteger(1, static_cast<int64_t>(kPresenceBytesMax));
  while (true) {
    const absl::StatusOr<bool> more = rows.Step();
    if (!more.ok()) return more.status();
    if (!*more) return absl::OkStatus();
    SqliteRow row = ReadRow(rows);
    if (with_records) row.record = rows.Blob(6);
    visit(row);
  }
}

absl::StatusOr<ErasedSqliteRow> EraseSqliteRow(SqliteConnection* connection,
                                               std::string_view cluster, const HostId& id,
                                               Incarnation upto) {
  ErasedSqliteRow erased;
  const std::string id_bytes = IdBytes(id);
  const absl::Status status = InTransaction(connection, [&]() -> absl::Status {
    SqliteStatement present(connection, kSelectRow);
    present.BindText(1, cluster);
    present.BindBlob(2, id_bytes);
    const absl::StatusOr<bool> found = present.Step();
    if (!found.ok()) return found.status();
    if (!*found) return absl::OkStatus();
    const SqliteRow row = ReadRow(present);
    if (row.is_sealed && row.incarnation > upto) return absl::OkStatus();
    erased = {true, row.stamp_us, row.ttl};
    SqliteStatement remove(connection,
                           "DELETE FROM muster_presence WHERE cluster = ?1 AND id = ?2");
    remove.BindText(1, cluster);
    remove.BindBlob(2, id_bytes);
    return remove.Run();
  });
  if (!status.ok()) return status;
  return erased;
}

absl::Status SweepSqliteRows(SqliteConnection* connection, const std::vector<SqliteRowKey>& keys) {
  if (keys.empty()) return absl::OkStatus();
  return InTransaction(connection, [&]() -> absl::Status {
    for (const SqliteRowKey& key : keys) {
      SqliteStatement remove(connection,
                             "DELETE FROM muster_presence"
                             " WHERE cluster IS ?1 AND id IS ?2 AND stamp_us IS ?3");
      for (size_t part = 0; part < SqliteRowKey::kParts; ++part) {
        remove.BindValue(static_cast<int>(part) + 1, key.part(part));
      }
      MUSTER_RETURN_IF_ERROR(remove.Run());
    }
    return absl::OkStatus();
  });
}

}  // namespace muster::store
