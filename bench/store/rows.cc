#include "bench/store/rows.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "src/base/check.h"
#include "src/store/datastore_url.h"
#include "src/store/presence_factory.h"

namespace muster::bench {

Rows::Rows(const std::string& url, const std::string& cluster, size_t handles) : cluster_(cluster) {
  const absl::StatusOr<store::DatastoreUrl> parsed = store::ParseDatastoreUrl(url);
  MUSTER_CHECK(parsed.ok());
  for (size_t i = 0; i < handles; ++i) {
    stores_.push_back(
        session_.Adopt(store::OpenPresenceStore(*parsed, nullptr, session_.Options(cluster))));
  }
}

absl::Status Rows::Plant(size_t number, const Address& address, size_t handle) {
  store::PresenceRecord record = store::contract::MakeRecord(number, cluster_);
  record.address = address;
  return session_.Upsert(stores_[handle], record).status();
}

absl::Status Rows::Remove(const std::string& name) {
  const absl::StatusOr<store::PresenceScan> scan = Look();
  if (!scan.ok()) return scan.status();
  for (const store::PresenceRow& row : scan->rows) {
    if (row.record.name != name) continue;
    return session_.Erase(stores_[0], row.record.id, row.record.incarnation).status();
  }
  return absl::OkStatus();
}

Address AddressIn(const std::string& block, size_t i, uint16_t port) {
  const std::string prefix = block.substr(0, block.find(".0.0"));
  return Address::Parse(absl::StrCat(prefix, ".", i / 250, ".", 1 + i % 250, ":", port)).value();
}

}  // namespace muster::bench
