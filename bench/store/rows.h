#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "src/base/address.h"
#include "src/base/time.h"
#include "src/store/presence_store.h"
#include "tests/store/contract/session.h"

namespace muster::bench {

// What this program itself reads and writes in a store, by the stores' own code: as many handles as
// agents would have, each with a connection of its own. For the main thread.
class Rows {
 public:
  Rows(const std::string& url, const std::string& cluster, size_t handles = 1);

  // Writes the row of host `number`, which is at `address`.
  absl::Status Plant(size_t number, const Address& address, size_t handle = 0);
  absl::StatusOr<store::PresenceScan> Look() { return session_.Scan(stores_[0]); }
  // Removes the row of the host of that name, if there is one.
  absl::Status Remove(const std::string& name);
  // Lets connections live for a while.
  void RunFor(Duration span) { session_.loop().RunFor(span); }
  size_t handles() const { return stores_.size(); }

 private:
  const std::string cluster_;
  store::contract::Session session_;
  std::vector<store::PresenceStore*> stores_;
};

// The i-th address of a block of 65,536 addresses, "127.20.0.0" say.
Address AddressIn(const std::string& block, size_t i, uint16_t port);

}  // namespace muster::bench
