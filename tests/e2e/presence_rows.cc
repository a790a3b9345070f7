#include "tests/e2e/presence_rows.h"

#include <utility>

#include "src/store/datastore_url.h"
#include "src/store/presence_factory.h"
#include "tests/e2e/harness/clock.h"

namespace muster::e2e {

PresenceRows::PresenceRows(const std::string& url, const std::string& cluster) {
  const absl::StatusOr<store::DatastoreUrl> parsed = store::ParseDatastoreUrl(url);
  error_ = parsed.status();
  if (!parsed.ok()) return;
  store_ = session_.Adopt(store::OpenPresenceStore(*parsed, nullptr, session_.Options(cluster)));
}

std::vector<store::PresenceRow> PresenceRows::All() {
  if (store_ == nullptr) return {};
  session_.loop().RunPending();  // its clock stood still since it was last turned
  absl::StatusOr<store::PresenceScan> scan = session_.Scan(store_);
  error_ = scan.status();
  return scan.ok() ? std::move(scan->rows) : std::vector<store::PresenceRow>();
}

std::set<std::string> PresenceRows::Names() {
  std::set<std::string> names;
  for (const store::PresenceRow& row : All()) names.insert(row.record.name);
  return names;
}

std::optional<store::PresenceRow> PresenceRows::Of(const std::string& name) {
  for (store::PresenceRow& row : All()) {
    if (row.record.name == name) return std::move(row);
  }
  return std::nullopt;
}

absl::Status PresenceRows::Plant(const store::PresenceRecord& record, Duration ttl) {
  if (store_ == nullptr) return error_;
  session_.loop().RunPending();
  error_ = session_.Upsert(store_, record, ttl).status();
  return error_;
}

bool PresenceRows::Become(const std::set<std::string>& names, Duration budget) {
  return WaitUntil(
      budget, [&] { return Names() == names && error_.ok(); }, Duration::Millis(20));
}

store::PresenceRecord StrayRecord(size_t number, const std::string& ip,
                                  const std::string& cluster) {
  store::PresenceRecord record = store::contract::MakeRecord(number, cluster);
  record.address = Address::Parse(ip).value();
  return record;
}

}  // namespace muster::e2e
