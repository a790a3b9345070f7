#include <algorithm>

#include "src/base/rng.h"
#include "tests/store/contract/contract.h"

namespace muster::store::contract {
namespace {

constexpr Duration kLife = Duration::Seconds(3600);

TEST_P(PresenceContract, DamagedRowsHideNoOthers) {
  PresenceStore* store = Open();
  for (uint64_t n = 1; n <= 5; ++n) {
    ASSERT_TRUE(session_->Upsert(store, MakeRecord(n)).ok());
    Pass(Duration::Millis(5));
  }
  place_->Damage("prod", MakeId(2));
  place_->Damage("prod", MakeId(5));
  for (PresenceStore* reader : {store, Open()}) {
    const auto scan = session_->Scan(reader);
    ASSERT_TRUE(scan.ok()) << scan.status();
    EXPECT_EQ(Numbers(*scan), "4,3,1");
    EXPECT_EQ(scan->damaged, 2u);
  }
}

TEST_P(PresenceContract, ADamagedRowIsMendedByItsHost) {
  PresenceStore* store = Open();
  ASSERT_TRUE(session_->Upsert(store, MakeRecord(1)).ok());
  place_->Damage("prod", MakeId(1));
  ASSERT_TRUE(session_->Upsert(store, MakeRecord(1)).ok());
  const auto scan = session_->Scan(store);
  ASSERT_TRUE(scan.ok()) << scan.status();
  EXPECT_EQ(Numbers(*scan), "1");
  EXPECT_EQ(scan->damaged, 0u);
}

TEST_P(PresenceContract, ADamagedRowGoesWithItsTime) {
  PresenceStore* store = Open();
  ASSERT_TRUE(session_->Upsert(store, MakeRecord(1), Duration::Seconds(1)).ok());
  place_->Damage("prod", MakeId(1));
  ASSERT_EQ(session_->Scan(store)->damaged, 1u);
  size_t stored = 1;
  for (int i = 0; i < 8 && stored != 0; ++i) {
    Pass(Duration::Millis(500));
    ASSERT_TRUE(session_->Scan(store).ok());
    stored = place_->StoredRows("prod");
  }
  EXPECT_EQ(stored, 0u);
  EXPECT_EQ(session_->Scan(store)->damaged, 0u);
}

TEST_P(PresenceContract, AWipedStoreFillsAgain) {
  PresenceStore* first = Open();
  PresenceStore* second = Open();
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(session_->Upsert(first, MakeRecord(1)).ok());
    ASSERT_TRUE(session_->Upsert(second, MakeRecord(2)).ok());
    const auto scan = session_->Scan(first);
    ASSERT_TRUE(scan.ok()) << scan.status();
    ASSERT_EQ(scan->rows.size(), 2u);
    place_->Wipe();
    const auto empty = session_->Scan(second);
    ASSERT_TRUE(empty.ok()) << empty.status();
    ASSERT_TRUE(empty->rows.empty());
  }
}

TEST_P(PresenceContract, AWipeBetweenAnyTwoCallsIsNoError) {
  PresenceStore* store = Open();
  ASSERT_TRUE(session_->Upsert(store, MakeRecord(1)).ok());
  place_->Wipe();
  EXPECT_EQ(session_->Erase(store, MakeId(1), Incarnation::Of(9, 9)).value(), false);
  place_->Wipe();
  EXPECT_EQ(session_->Upsert(store, MakeRecord(1)).value(), 1u);
  EXPECT_EQ(session_->Scan(store)->rows.size(), 1u);
}

// Two processes write, erase and read the same few rows with nothing between them. Whatever the
// order, each answer is one that some order explains, and in the end the last write of each row
// stands.
TEST_P(PresenceContract, TwoHandlesRace) {
  constexpr uint64_t kHosts = 4;
  constexpr int kCalls = 300;
  Rng rng(20'231);
  PresenceStore* stores[] = {Open(), Open()};
  int called = 0;
  int ended = 0;
  int failed = 0;
  const auto count = [&](const absl::Status& status) {
    ++ended;
    failed += !status.ok();
    EXPECT_TRUE(status.ok()) << status;
  };
  while (called < kCalls) {
    ASSERT_TRUE(session_->loop().RunUntil([&] { return called - ended < 40; },
                                          PresenceStore::kOperationBudget));
    PresenceStore* store = stores[rng.Below(2)];
    PresenceRecord record = MakeRecord(rng.Below(kHosts));
    record.incarnation = Incarnation::Of(1 + rng.Below(3), 0);
    ++called;
    switch (rng.Below(3)) {
      case 0:
        store->Upsert(record, kLife, [&](const absl::StatusOr<size_t>& live) {
          count(live.status());
          EXPECT_TRUE(!live.ok() || (*live >= 1 && *live <= kHosts)) << *live;
        });
        break;
      case 1:
        store->Erase(record.id, record.incarnation,
                     [&](const absl::StatusOr<bool>& removed) { count(removed.status()); });
        break;
      default:
        store->Scan([&](const absl::StatusOr<PresenceScan>& scan) {
          count(scan.status());
          if (!scan.ok()) return;
          EXPECT_LE(scan->rows.size(), kHosts);
          EXPECT_EQ(scan->damaged, 0u);
        });
    }
  }
  ASSERT_TRUE(session_->loop().RunUntil([&] { return ended == called; }, Duration::Seconds(15)));
  EXPECT_EQ(failed, 0);
  for (uint64_t n = 0; n < kHosts; ++n) {
    ASSERT_TRUE(session_->Upsert(stores[n % 2], MakeRecord(n)).ok());
  }
  for (PresenceStore* store : stores) EXPECT_EQ(session_->Scan(store)->rows.size(), kHosts);
}

// An erase with the incarnation that was seen, while the host starts again: whichever comes first,
// the row of the new run stays.
TEST_P(PresenceContract, ARestartedHostWinsAgainstEveryErase) {
  PresenceStore* host = Open();
  PresenceStore* other = Open();
  for (uint64_t epoch = 1; epoch <= 40; ++epoch) {
    PresenceRecord record = MakeRecord(1);
    record.incarnation = Incarnation::Of(epoch, 0);
    int ended = 0;
    const Incarnation seen = Incarnation::Of(epoch - 1, 5);
    const auto write = [&] {
      host->Upsert(record, kLife, [&](const absl::StatusOr<size_t>& live) {
        EXPECT_TRUE(live.ok()) << live.status();
        ++ended;
      });
    };
    if (epoch % 2 == 0) write();
    other->Erase(record.id, seen, [&](const absl::StatusOr<bool>& removed) {
      EXPECT_TRUE(removed.ok()) << removed.status();
      ++ended;
    });
    if (epoch % 2 != 0) write();
    ASSERT_TRUE(
        session_->loop().RunUntil([&] { return ended == 2; }, PresenceStore::kOperationBudget));
    const auto scan = session_->Scan(other);
    ASSERT_TRUE(scan.ok()) << scan.status();
    ASSERT_EQ(scan->rows.size(), 1u) << epoch;
    EXPECT_EQ(scan->rows[0].record.incarnation, record.incarnation);
  }
}

}  // namespace
}  // namespace muster::store::contract
