#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "src/base/time.h"
#include "src/store/presence_record.h"
#include "src/store/presence_store.h"
#include "tests/store/contract/session.h"

namespace muster::e2e {

// The rows of one cluster as a process beside the agents reads and writes them: by the stores' own
// code, on a connection of its own. For the main thread.
class PresenceRows {
 public:
  // `url` as for --datastore.
  PresenceRows(const std::string& url, const std::string& cluster);

  // The live rows, freshest first; empty, and error() says why, if they cannot be read.
  std::vector<store::PresenceRow> All();
  std::set<std::string> Names();
  std::optional<store::PresenceRow> Of(const std::string& name);
  // Writes a row as its agent would.
  absl::Status Plant(const store::PresenceRecord& record, Duration ttl = Duration::Seconds(3600));
  const absl::Status& error() const { return error_; }

  // Whether exactly these hosts have a row within `budget`.
  bool Become(const std::set<std::string>& names, Duration budget);

 private:
  store::contract::Session session_;
  store::PresenceStore* store_ = nullptr;
  absl::Status error_;
};

// The record of a host that never was, at `ip`, port 7946.
store::PresenceRecord StrayRecord(size_t number, const std::string& ip, const std::string& cluster);

}  // namespace muster::e2e
