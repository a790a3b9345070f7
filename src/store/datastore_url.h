#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace muster::store {

// The kinds of store that --datastore can name.
enum class DatastoreKind : uint8_t { kNone, kSqlite, kRedis, kPostgresql };

// A --datastore value, taken apart. Holds secrets: only shown() may be logged or answered.
struct DatastoreUrl {
  DatastoreKind kind = DatastoreKind::kNone;
  std::string path;      // sqlite: as given
  std::string host;      // redis: name or IP, without brackets
  uint16_t port = 6379;  // redis
  std::string user;      // redis, percent-decoded; empty: none
  std::string password;  // redis, percent-decoded; empty: none
  int database = 0;      // redis
  std::string conninfo;  // postgresql: the whole URL, for libpq

  // "none", "sqlite:PATH", "redis://[user[:password]@]host[:port][/db]" or
  // "postgresql://..." ("postgres://..." too). kInvalidArgument with the fault and the remedy,
  // split by "; ", and no secret in the text.
  static absl::StatusOr<DatastoreUrl> Parse(std::string_view text);

  // The URL with every secret replaced by "***": the password, and PostgreSQL's password and
  // sslpassword parameters.
  std::string Shown() const;

  friend bool operator==(const DatastoreUrl&, const DatastoreUrl&) = default;
};

// "none", "sqlite", "redis", "postgresql".
const char* DatastoreKindName(DatastoreKind kind);

}  // namespace muster::store
