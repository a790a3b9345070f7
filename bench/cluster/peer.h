#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/e2e/harness/cluster.h"
#include "tests/e2e/harness/process.h"

namespace muster::bench {

// Agents of HashiCorp's Serf (Debian package `serf`), lan profile, on addresses of their own and on
// port 7947, so that our packet counters do not see them.
class SerfFleet {
 public:
  // Starts `count` agents and waits until each sees all.
  absl::Status Start(const std::string& binary, size_t count);
  std::vector<pid_t> pids() const;

 private:
  bool AllSeeAll(const std::string& binary);

  e2e::ScratchFolder folder_;
  std::vector<e2e::Process> processes_;
};

}  // namespace muster::bench
