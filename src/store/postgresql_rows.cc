#include "src/store/postgresql_rows.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace muster::store {
namespace {

// An incarnation is an unsigned number of 64 bits, for which PostgreSQL has no smaller type than
// numeric. Rows are rewritten all the time: the fill factor leaves room for that in their pages,
// without which each rewrite would also touch the index.
constexpr const char* kCreate =
    "CREATE TABLE IF NOT EXISTS muster_presence ("
    " cluster text NOT NULL,"
    " host_id uuid NOT NULL,"
    " incarnation numeric(20) NOT NULL,"
    " refreshed timestamptz NOT NULL,"
    " expires timestamptz NOT NULL,"
    " record bytea NOT NULL,"
    " PRIMARY KEY (cluster, host_id)) WITH (fillfactor = 50)";

// The count sees the table as it was before the insertion: the others, and one.
constexpr const char* kUpsert =
    "WITH written AS ("
    " INSERT INTO muster_presence AS old"
    " (cluster, host_id, incarnation, refreshed, expires, record)"
    " SELECT $1::text, $2::uuid, $3::numeric, t, t + $4::bigint * interval '1 microsecond',"
    " $5::bytea FROM clock_timestamp() AS clock(t)"
    " ON CONFLICT (cluster, host_id) DO UPDATE SET incarnation = excluded.incarnation,"
    " refreshed = excluded.refreshed, expires = excluded.expires, record = excluded.record)"
    "SELECT 1 + count(*) FROM muster_presence"
    " WHERE cluster = $1::text AND host_id <> $2::uuid AND expires > clock_timestamp()";

// Always at least one row, the first column of which says whether there is something to sweep. A
// record that is too long does not leave the server, and a date beyond all microseconds is no
// error.
constexpr const char* kScan =
    "SELECT swept.due, live.host_id, live.age, live.rest, live.record FROM"
    " (SELECT EXISTS (SELECT FROM muster_presence WHERE expires <= clock_timestamp()) AS due)"
    " AS swept LEFT JOIN LATERAL"
    " (SELECT host_id::uuid,"
    " greatest(0, extract(epoch FROM t - refreshed) * 1000000)::bigint AS age,"
    " least(9e18, extract(epoch FROM expires - t) * 1000000)::bigint AS rest,"
    " CASE WHEN octet_length(record) <= $2::int THEN record::bytea END AS record"
    " FROM muster_presence, clock_timestamp() AS clock(t)"
    " WHERE cluster = $1::text AND expires > t AND isfinite(expires) AND isfinite(refreshed)"
    " ORDER BY refreshed DESC, host_id LIMIT $3::int) AS live ON true"
    " ORDER BY live.age, live.host_id";

// Passes over rows that somebody else is about to remove or to refresh.
constexpr const char* kSweep =
    "DELETE FROM muster_presence WHERE expires <= clock_timestamp() AND (cluster, host_id) IN"
    " (SELECT cluster, host_id FROM muster_presence WHERE expires <= clock_timestamp()"
    " LIMIT 1000 FOR UPDATE SKIP LOCKED)";

constexpr const char* kErase =
    "DELETE FROM muster_presence"
    " WHERE cluster = $1::text AND host_id = $2::uuid AND incarnation <= $3::numeric"
    " RETURNING expires > clock_timestamp()";

// Rows above this number, the least fresh ones, are not looked at.
constexpr int kRowsMax = 4096;
// Of a row, beside its record: the other columns, and what the protocol and TLS put around them.
constexpr size_t kRowBytes = 256;
static_assert(size_t{kRowsMax} * (kPresenceBytesMax + kRowBytes) <
              PostgresqlConnection::kAnswerBytesMax);

enum ScanColumn { kDue, kHostId, kAge, kRest, kRecord, kScanColumns };

PostgresqlStatement::Parameter Text(std::string value) { return {.value = std::move(value)}; }

std::string_view Field(const PGresult* result, int row, int column) {
  if (PQgetisnull(result, row, column) != 0) return {};
  return {PQgetvalue(result, row, column), static_cast<size_t>(PQgetlength(result, row, column))};
}

std::optional<uint64_t> BigEndian(std::string_view bytes) {
  if (bytes.size() != sizeof(uint64_t)) return std::nullopt;
  uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<uint8_t>(byte);
  return value;
}

bool IsTrue(std::string_view bytes) { return bytes.size() == 1 && bytes[0] != 0; }

absl::Status Unexpected() {
  return absl::FailedPreconditionError(
      "the server's answer has not the expected columns; is that PostgreSQL, and muster_presence "
      "a table of Muster's?");
}

}  // namespace

PostgresqlStatement CreatePresenceTable() { return {.text = kCreate, .parameters = {}}; }

PostgresqlStatement UpsertPresence(const PresenceRecord& record, Duration ttl) {
  return {.text = kUpsert,
          .parameters = {Text(record.cluster),
                         Text(record.id.ToHex()),
                         Text(absl::StrCat(record.incarnation.raw())),
                         Text(absl::StrCat(ttl.micros())),
                         {.value = EncodePresence(record), .is_binary = true}}};
}

absl::StatusOr<size_t> ReadLiveCount(const PGresult* result) {
  if (PQntuples(result) != 1 || PQnfields(result) != 1) return Unexpected();
  const std::optional<uint64_t> count = BigEndian(Field(result, 0, 0));
  if (!count.has_value()) return Unexpected();
  return static_cast<size_t>(*count);
}

PostgresqlStatement ScanPresence(const std::string& cluster) {
  return {.text = kScan,
          .parameters = {Text(cluster), Text(absl::StrCat(kPresenceBytesMax)),
                         Text(absl::StrCat(kRowsMax))}};
}

absl::StatusOr<PostgresqlScan> ReadScan(const PGresult* result, const std::string& cluster) {
  if (PQntuples(result) < 1 || PQntuples(result) > kRowsMax || PQnfields(result) != kScanColumns) {
    return Unexpected();
  }
  PostgresqlScan read;
  read.scan.is_cut = PQntuples(result) >= kRowsMax;
  read.has_expired_rows = IsTrue(Field(result, 0, kDue));
  for (int row = 0; row < PQntuples(result); ++row) {
    const std::string_view id = Field(result, row, kHostId);
    if (id.empty()) continue;  // no live row at all
    const std::optional<uint64_t> age = BigEndian(Field(result, row, kAge));
    const std::optional<uint64_t> rest = BigEndian(Field(result, row, kRest));
    const std::optional<uint64_t> id_hi = BigEndian(id.substr(0, sizeof(uint64_t)));
    const std::optional<uint64_t> id_lo =
        id.size() == 2 * sizeof(uint64_t) ? BigEndian(id.substr(sizeof(uint64_t))) : std::nullopt;
    if (!age || !rest || !id_hi || !id_lo) return Unexpected();
    absl::StatusOr<PresenceRecord> record = DecodePresence(Field(result, row, kRecord));
    if (!record.ok() || record->cluster != cluster || record->id != HostId{*id_hi, *id_lo}) {
      ++read.scan.damaged;
      continue;
    }
    // The server's clock is as fine as ours: a rest of zero is one of less than a microsecond.
    read.scan.rows.push_back(
        {.record = *std::move(record),
         .age = Duration::Micros(std::max<int64_t>(static_cast<int64_t>(*age), 0)),
         .expires_in = Duration::Micros(std::max<int64_t>(static_cast<int64_t>(*rest), 1))});
  }
  return read;
}

PostgresqlStatement SweepPresence() { return {.text = kSweep, .parameters = {}}; }

PostgresqlStatement ErasePresence(const std::string& cluster, const HostId& id, Incarnation upto) {
  return {.text = kErase,
          .parameters = {Text(cluster), Text(id.ToHex()), Text(absl::StrCat(upto.raw()))}};
}

absl::StatusOr<bool> ReadRemoved(const PGresult* result) {
  if (PQnfields(result) != 1) return Unexpected();
  return PQntuples(result) > 0 && IsTrue(Field(result, 0, 0));
}

}  // namespace muster::store
