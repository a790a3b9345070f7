#include "tests/store/contract/contract.h"

namespace muster::store::contract {
namespace {

constexpr Duration kSecond = Duration::Seconds(1);

TEST_P(PresenceContract, ARowThatIsNotRefreshedExpires) {
  PresenceStore* store = Open();
  ASSERT_TRUE(session_->Upsert(store, MakeRecord(1), kSecond).ok());
  ASSERT_TRUE(session_->Upsert(store, MakeRecord(2)).ok());
  EXPECT_EQ(session_->Scan(store)->rows.size(), 2u);
  Pass(kSecond + Duration::Millis(100));
  const auto scan = session_->Scan(store);
  ASSERT_TRUE(scan.ok()) << scan.status();
  EXPECT_EQ(Numbers(*scan), "2");
  EXPECT_EQ(scan->damaged, 0u);
}

TEST_P(PresenceContract, AnExpiredRowDoesNotCount) {
  PresenceStore* store = Open();
  ASSERT_TRUE(session_->Upsert(store, MakeRecord(1), kSecond).ok());
  ASSERT_TRUE(session_->Upsert(store, MakeRecord(2), kSecond).ok());
  Pass(kSecond + Duration::Millis(100));
  // With no scan between.
  EXPECT_EQ(session_->Upsert(store, MakeRecord(3)).value(), 1u);
}

TEST_P(PresenceContract, ARefreshProlongsARow) {
  PresenceStore* store = Open();
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(session_->Upsert(store, MakeRecord(1), kSecond).ok());
    Pass(Duration::Millis(400));
  }
  // Sixteen tenths after the first, four after the last.
  const auto scan = session_->Scan(store);
  ASSERT_TRUE(scan.ok()) << scan.status();
  EXPECT_EQ(Numbers(*scan), "1");
  EXPECT_TRUE(BecomesLive(store, 0, Duration::Seconds(2)));
}

TEST_P(PresenceContract, ARefreshWithAShorterLifeShortensIt) {
  PresenceStore* store = Open();
  ASSERT_TRUE(session_->Upsert(store, MakeRecord(1)).ok());
  ASSERT_TRUE(session_->Upsert(store, MakeRecord(1), kSecond).ok());
  EXPECT_TRUE(BecomesLive(store, 0, Duration::Seconds(2)));
}

TEST_P(PresenceContract, AgeAndRestAreByTheClockOfTheStore) {
  PresenceStore* store = Open();
  // The writer's clock is far off; what it wrote is shown and means nothing.
  PresenceRecord record = MakeRecord(1);
  record.created_us = 1;
  record.refreshed_us = 2;
  record.expires_us = 3;
  ASSERT_TRUE(session_->Upsert(store, record, Duration::Seconds(100)).ok());
  Pass(Duration::Millis(300));
  const auto scan = session_->Scan(store);
  ASSERT_TRUE(scan.ok()) << scan.status();
  ASSERT_EQ(scan->rows.size(), 1u);
  const PresenceRow& row = scan->rows[0];
  EXPECT_EQ(row.record, record);
  EXPECT_GE(row.age, Duration::Millis(250));
  EXPECT_LE(row.age, Duration::Seconds(5));
  EXPECT_GE(row.expires_in, Duration::Seconds(95));
  EXPECT_LE(row.expires_in, Duration::Millis(99'750));
}

TEST_P(PresenceContract, ALongLifeIsKept) {
  PresenceStore* store = Open();
  const Duration month = Duration::Seconds(30 * 86'400);
  ASSERT_TRUE(session_->Upsert(store, MakeRecord(1), month).ok());
  const auto scan = session_->Scan(store);
  ASSERT_TRUE(scan.ok()) << scan.status();
  ASSERT_EQ(scan->rows.size(), 1u);
  EXPECT_GT(scan->rows[0].expires_in, month - Duration::Seconds(10));
  EXPECT_LE(scan->rows[0].expires_in, month);
}

TEST_P(PresenceContract, ReadersSweepWhatHasExpired) {
  PresenceStore* store = Open();
  for (uint64_t n = 1; n <= 20; ++n) {
    ASSERT_TRUE(session_->Upsert(store, MakeRecord(n), kSecond).ok());
  }
  ASSERT_TRUE(session_->Upsert(store, MakeRecord(100)).ok());
  // Another process reads; the writers never come back. It may want to see for the length of a life
  // that nobody refreshes a row before it removes it.
  PresenceStore* reader = Open();
  size_t stored = 0;
  for (int i = 0; i < 8; ++i) {
    ASSERT_TRUE(session_->Scan(reader).ok());
    stored = place_->StoredRows("prod");
    if (stored == 1) break;
    Pass(Duration::Millis(500));
  }
  EXPECT_EQ(stored, 1u);
  EXPECT_EQ(Numbers(*session_->Scan(reader)), "100");
}

TEST_P(PresenceContract, AnExpiredRowIsNotThereToBeErased) {
  PresenceStore* store = Open();
  ASSERT_TRUE(session_->Upsert(store, MakeRecord(1), kSecond).ok());
  Pass(kSecond + Duration::Millis(100));
  ASSERT_TRUE(session_->Erase(store, MakeId(1), MakeRecord(1).incarnation).ok());
  EXPECT_EQ(session_->Scan(store)->rows.size(), 0u);
  // The host comes back.
  EXPECT_EQ(session_->Upsert(store, MakeRecord(1)).value(), 1u);
  EXPECT_EQ(Numbers(*session_->Scan(store)), "1");
}

}  // namespace
}  // namespace muster::store::contract
