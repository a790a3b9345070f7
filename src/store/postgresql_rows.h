#pragma once

#include <postgresql/libpq-fe.h>

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "src/base/ids.h"
#include "src/base/time.h"
#include "src/store/postgresql_connection.h"
#include "src/store/presence_record.h"
#include "src/store/presence_store.h"

namespace muster::store {

// The statements of a PostgreSQL store, and what their binary results mean. kFailedPrecondition for
// a result of another shape, which only a table or server that is not ours gives.

PostgresqlStatement CreatePresenceTable();

PostgresqlStatement UpsertPresence(const PresenceRecord& record, Duration ttl);
absl::StatusOr<size_t> ReadLiveCount(const PGresult* result);

PostgresqlStatement ScanPresence(const std::string& cluster);
struct PostgresqlScan {
  PresenceScan scan;
  bool has_expired_rows = false;  // of any cluster
};
absl::StatusOr<PostgresqlScan> ReadScan(const PGresult* result, const std::string& cluster);

PostgresqlStatement SweepPresence();

PostgresqlStatement ErasePresence(const std::string& cluster, const HostId& id, Incarnation upto);
absl::StatusOr<bool> ReadRemoved(const PGresult* result);

}  // namespace muster::store
