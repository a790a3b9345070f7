#include "tests/store/contract/session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <optional>
#include <utility>

#include "src/base/hash.h"

namespace muster::store::contract {
namespace {

// Well above what presence_store.h promises, so that a miss is not a matter of a slow machine.
constexpr Duration kPatience = PresenceStore::kOperationBudget + Duration::Seconds(5);

int64_t RealWallMicros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

int64_t RealMonotonicMicros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

HostId MakeId(uint64_t n) { return {Mix64(n), Mix64(~n)}; }

PresenceRecord MakeRecord(uint64_t n, const std::string& cluster) {
  PresenceRecord record;
  record.cluster = cluster;
  record.id = MakeId(n);
  record.name = "host-" + std::to_string(n);
  record.address = Address::V4(0x0a000000 + static_cast<uint32_t>(n), kDefaultPort);
  record.incarnation = Incarnation::Of(7, 3);
  record.tags = {{"rack", "r" + std::to_string(n % 10)}, {"zone", "eu-1a"}};
  record.agent = "muster/1.2.3";
  record.created_us = RealWallMicros() - Duration::Seconds(60).micros();
  record.refreshed_us = RealWallMicros();
  record.expires_us = record.refreshed_us + Duration::Seconds(3600).micros();
  return record;
}

Session::Session() { std::signal(SIGPIPE, SIG_IGN); }

Session::~Session() {
  while (!stores_.empty()) {
    if (!Close(stores_.back().get())) break;
  }
}

PresenceOptions Session::Options(const std::string& cluster) {
  PresenceOptions options;
  options.loop = loop_.get();
  options.cluster = cluster;
  options.wall_us = [this] { return RealWallMicros() + step_us_ + wall_step_us_; };
  options.monotonic = [this] { return TimePoint::FromMicros(RealMonotonicMicros() + step_us_); };
  options.on_notice = [this](const std::string& text) { notices_.push_back(text); };
  return options;
}

void Session::AdvanceClocks(Duration span) { step_us_ += span.micros(); }

PresenceStore* Session::Adopt(std::unique_ptr<PresenceStore> store) {
  stores_.push_back(std::move(store));
  return stores_.back().get();
}

bool Session::Close(PresenceStore* store, Duration budget) {
  const auto found = std::find_if(stores_.begin(), stores_.end(),
                                  [store](const auto& each) { return each.get() == store; });
  if (found == stores_.end()) return false;
  auto closed = std::make_shared<bool>(false);
  store->Close([closed] { *closed = true; });
  EXPECT_FALSE(*closed) << "closed was called within Close";
  const bool done = loop_.RunUntil([closed] { return *closed; }, budget);
  EXPECT_TRUE(done) << "the store did not close within " << FormatDuration(budget);
  if (!done) found->release();
  stores_.erase(found);
  return done;
}

absl::StatusOr<size_t> Session::Upsert(PresenceStore* store, const PresenceRecord& record,
                                       Duration ttl) {
  auto answer = std::make_shared<std::optional<absl::StatusOr<size_t>>>();
  store->Upsert(record, ttl, [answer](const absl::StatusOr<size_t>& live) { *answer = live; });
  if (!loop_.RunUntil([&] { return answer->has_value(); }, kPatience)) {
    return absl::InternalError("Upsert never called back");
  }
  return **answer;
}

absl::StatusOr<PresenceScan> Session::Scan(PresenceStore* store) {
  auto answer = std::make_shared<std::optional<absl::StatusOr<PresenceScan>>>();
  store->Scan([answer](absl::StatusOr<PresenceScan> scan) { *answer = std::move(scan); });
  if (!loop_.RunUntil([&] { return answer->has_value(); }, kPatience)) {
    return absl::InternalError("Scan never called back");
  }
  return std::move(**answer);
}

absl::StatusOr<bool> Session::Erase(PresenceStore* store, const HostId& id, Incarnation upto) {
  auto answer = std::make_shared<std::optional<absl::StatusOr<bool>>>();
  store->Erase(id, upto, [answer](const absl::StatusOr<bool>& removed) { *answer = removed; });
  if (!loop_.RunUntil([&] { return answer->has_value(); }, kPatience)) {
    return absl::InternalError("Erase never called back");
  }
  return **answer;
}

}  // namespace muster::store::contract
