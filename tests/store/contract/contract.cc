#include "tests/store/contract/contract.h"

#include <map>
#include <utility>

#include "absl/strings/str_join.h"

namespace muster::store::contract {
namespace {

constexpr int kNumbered = 10'000;

const std::map<HostId, int>& NumbersOfIds() {
  static const auto* numbers = [] {
    auto* map = new std::map<HostId, int>;
    for (int n = 0; n < kNumbered; ++n) map->emplace(MakeId(static_cast<uint64_t>(n)), n);
    return map;
  }();
  return *numbers;
}

}  // namespace

void PresenceContract::SetUp() {
  session_ = std::make_unique<Session>();
  place_ = GetParam().make();
  ASSERT_NE(place_, nullptr);
}

// The stores close first: some places look whether anything still holds them.
void PresenceContract::TearDown() {
  session_.reset();
  place_.reset();
}

PresenceStore* PresenceContract::Open(const std::string& cluster) {
  return session_->Adopt(place_->Open(session_->Options(cluster)));
}

void PresenceContract::Pass(Duration span) {
  if (place_->UsesInjectedClocks()) {
    session_->AdvanceClocks(span);
  } else {
    session_->loop().RunFor(span);
  }
}

bool PresenceContract::BecomesLive(PresenceStore* store, size_t count, Duration budget) {
  const Duration step = Duration::Millis(50);
  for (Duration gone; gone <= budget; gone += step) {
    const absl::StatusOr<PresenceScan> scan = session_->Scan(store);
    if (scan.ok() && scan->rows.size() == count) return true;
    Pass(step);
  }
  return false;
}

std::string PresenceContract::Numbers(const PresenceScan& scan) const {
  std::vector<int> numbers;
  for (const PresenceRow& row : scan.rows) {
    const auto found = NumbersOfIds().find(row.record.id);
    numbers.push_back(found == NumbersOfIds().end() ? -1 : found->second);
  }
  return absl::StrJoin(numbers, ",");
}

}  // namespace muster::store::contract
