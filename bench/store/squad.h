#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/e2e/harness/agent.h"
#include "tests/e2e/harness/cluster.h"

namespace muster::bench {

// Agents of one cluster that share a store and nothing else; or, with the store "none", that join
// through the first of them.
class Squad {
 public:
  // `url` as for --datastore. Addresses from AddressOf(first_address) on.
  Squad(const std::string& kind, const std::string& url, size_t agents, size_t first_address);
  ~Squad();

  // Starts them, and waits until each sees all and has written its row.
  absl::Status Start();
  // OK while all run, none was ever taken for failed, and the store of each is in this state.
  absl::Status Check(const std::string& store_state);

  const std::string& kind() const { return kind_; }
  std::vector<pid_t> pids() const;
  e2e::Agent& operator[](size_t index) { return *agents_[index]; }
  size_t size() const { return agents_.size(); }

 private:
  bool IsWhole();

  const std::string kind_;
  e2e::ScratchFolder folder_;
  std::vector<std::unique_ptr<e2e::Agent>> agents_;
};

}  // namespace muster::bench
