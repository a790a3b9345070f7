#include "src/store/memory_store.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/unit/store/samples.h"
#include "tests/unit/store/test_loop.h"

namespace muster::store {
namespace {

using testing::SampleRecord;

constexpr Duration kTtl = Duration::Seconds(3600);

// Stores on one table, and a clock that only the test moves.
class MemoryStoreTest : public ::testing::Test {
 protected:
  ~MemoryStoreTest() override {
    size_t closed = 0;
    for (auto& store : stores_) store->Close([&closed] { ++closed; });
    EXPECT_TRUE(loop_.RunUntil([&] { return closed == stores_.size(); }));
  }

  PresenceStore* Open(const std::string& cluster = "prod") {
    PresenceOptions options;
    options.loop = loop_.get();
    options.cluster = cluster;
    options.wall_us = [] { return int64_t{1'700'000'000'000'000}; };
    options.monotonic = [this] { return now_; };
    stores_.push_back(OpenMemoryStore(std::move(options), table_));
    return stores_.back().get();
  }
  absl::StatusOr<size_t> Upsert(PresenceStore* store, const PresenceRecord& record) {
    std::optional<absl::StatusOr<size_t>> result;
    store->Upsert(record, kTtl, [&](const absl::StatusOr<size_t>& live) { result = live; });
    EXPECT_FALSE(result.has_value());
    EXPECT_TRUE(loop_.RunUntil([&] { return result.has_value(); }));
    return *result;
  }
  absl::StatusOr<PresenceScan> Scan(PresenceStore* store) {
    std::optional<absl::StatusOr<PresenceScan>> result;
    store->Scan([&](absl::StatusOr<PresenceScan> scan) { result = std::move(scan); });
    EXPECT_TRUE(loop_.RunUntil([&] { return result.has_value(); }));
    return *result;
  }
  absl::StatusOr<bool> Erase(PresenceStore* store, const HostId& id, Incarnation upto) {
    std::optional<absl::StatusOr<bool>> result;
    store->Erase(id, upto, [&](const absl::StatusOr<bool>& removed) { result = removed; });
    EXPECT_TRUE(loop_.RunUntil([&] { return result.has_value(); }));
    return *result;
  }

  testing::TestLoop loop_;
  TimePoint now_ = TimePoint::FromMicros(1'000'000);
  std::shared_ptr<MemoryTable> table_ = std::make_shared<MemoryTable>();
  std::vector<std::unique_ptr<PresenceStore>> stores_;
};

TEST_F(MemoryStoreTest, StoresOnOneTableSeeEachOther) {
  PresenceStore* a = Open();
  PresenceStore* b = Open();
  PresenceStore* other = Open("test");
  EXPECT_EQ(*Upsert(a, SampleRecord(1)), 1u);
  now_ += Duration::Seconds(1);
  EXPECT_EQ(*Upsert(b, SampleRecord(2)), 2u);
  EXPECT_EQ(*Upsert(other, SampleRecord(3, "test")), 1u);
  now_ += Duration::Seconds(1);
  const absl::StatusOr<PresenceScan> scan = Scan(a);
  ASSERT_TRUE(scan.ok());
  ASSERT_EQ(scan->rows.size(), 2u);
  EXPECT_EQ(scan->rows[0].record, SampleRecord(2));
  EXPECT_EQ(scan->rows[0].age, Duration::Seconds(1));
  EXPECT_EQ(scan->rows[1].record, SampleRecord(1));
  EXPECT_EQ(scan->rows[1].expires_in, kTtl - Duration::Seconds(2));
}

TEST_F(MemoryStoreTest, RowsExpireByTheMonotonicClock) {
  PresenceStore* store = Open();
  ASSERT_TRUE(Upsert(store, SampleRecord(1)).ok());
  now_ += kTtl - Duration::Micros(1);
  ASSERT_EQ(Scan(store)->rows.size(), 1u);
  EXPECT_EQ(Scan(store)->rows[0].expires_in, Duration::Micros(1));
  now_ += Duration::Micros(1);
  EXPECT_EQ(Scan(store)->rows.size(), 0u);
  EXPECT_EQ(table_->CountRows("prod"), 0u) << "swept";
  EXPECT_EQ(*Erase(store, SampleRecord(1).id, SampleRecord(1).incarnation), false);
}

TEST_F(MemoryStoreTest, ErasesUpToAnIncarnation) {
  PresenceStore* store = Open();
  const PresenceRecord record = SampleRecord(5);
  ASSERT_TRUE(Upsert(store, record).ok());
  EXPECT_EQ(*Erase(store, record.id, Incarnation::Of(3, 4)), false);
  EXPECT_EQ(*Erase(store, {1, 2}, Incarnation::Of(9, 0)), false);
  EXPECT_EQ(*Erase(store, record.id, record.incarnation), true);
  EXPECT_EQ(*Erase(store, record.id, record.incarnation), false);
}

TEST_F(MemoryStoreTest, FailsAsTold) {
  PresenceStore* store = Open();
  ASSERT_TRUE(Upsert(store, SampleRecord(1)).ok());
  const absl::Status error = absl::ResourceExhaustedError("full");
  table_->FailWith(error);
  EXPECT_EQ(Upsert(store, SampleRecord(2)).status(), error);
  EXPECT_EQ(Scan(store).status(), error);
  EXPECT_EQ(Erase(store, SampleRecord(1).id, SampleRecord(1).incarnation).status(), error);
  table_->FailWith(absl::OkStatus());
  EXPECT_EQ(Scan(store)->rows.size(), 1u);
}

TEST_F(MemoryStoreTest, HangsAsTold) {
  PresenceStore* store = Open();
  table_->Hang(true);
  std::optional<absl::StatusOr<size_t>> live;
  store->Upsert(SampleRecord(1), kTtl, [&](const absl::StatusOr<size_t>& n) { live = n; });
  for (int i = 0; i < 10; ++i) loop_.Turn();
  EXPECT_FALSE(live.has_value());
  table_->Hang(false);
  ASSERT_TRUE(loop_.RunUntil([&] { return live.has_value(); }));
  EXPECT_EQ(live->value(), 1u);

  table_->Hang(true);
  EXPECT_EQ(Scan(store).status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(MemoryStoreTest, DamagedRowsAreCounted) {
  PresenceStore* store = Open();
  ASSERT_TRUE(Upsert(store, SampleRecord(1)).ok());
  EXPECT_TRUE(table_->DamageRow("prod", SampleRecord(1).id));
  EXPECT_FALSE(table_->DamageRow("test", SampleRecord(1).id));
  ASSERT_TRUE(Upsert(store, SampleRecord(2)).ok());
  const absl::StatusOr<PresenceScan> scan = Scan(store);
  EXPECT_EQ(scan->damaged, 1u);
  ASSERT_EQ(scan->rows.size(), 1u);
  EXPECT_EQ(scan->rows[0].record, SampleRecord(2));
  table_->Clear();
  EXPECT_EQ(Scan(store)->rows.size(), 0u);
}

TEST_F(MemoryStoreTest, NobodyElseSeesAPrivateTable) {
  PresenceOptions options;
  options.loop = loop_.get();
  options.cluster = "prod";
  options.monotonic = [this] { return now_; };
  stores_.push_back(OpenMemoryStore(options));
  stores_.push_back(OpenMemoryStore(options));
  EXPECT_EQ(*Upsert(stores_[0].get(), SampleRecord(1)), 1u);
  EXPECT_EQ(Scan(stores_[1].get())->rows.size(), 0u);
}

}  // namespace
}  // namespace muster::store
