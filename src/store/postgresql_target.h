#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace muster::store {

// A place where a PostgreSQL server may be. All empty: where libpq looks by itself (PGHOST, a
// service file, the local socket).
struct PostgresqlHost {
  std::string host;      // a name, an IP, or the folder of a unix socket
  std::string hostaddr;  // an IP: no look-up of the name
  std::string port;

  // Whether the name server has to be asked for an address.
  bool NeedsLookup() const;
  std::string Shown() const;
};

// A postgresql:// URL taken apart, so that each host can be given its own time and its name be
// looked up without blocking.
struct PostgresqlTarget {
  std::vector<PostgresqlHost> hosts;  // at least one
  // Everything else the URL says, in libpq's words, and what we add to it.
  std::vector<std::pair<std::string, std::string>> settings;

  // Hosts above this number are not looked at.
  static constexpr size_t kHostsMax = 8;

  // kFailedPrecondition without libpq, and for what libpq cannot read; no part of the URL is in the
  // text. Reads libpq from the disk at its first call: not for a loop.
  static absl::StatusOr<PostgresqlTarget> Parse(const std::string& url);

  // Keywords and values of a connection to `host`, as PQconnectStartParams takes them.
  std::vector<std::pair<std::string, std::string>> Parameters(const PostgresqlHost& host) const;
};

}  // namespace muster::store
