#include <algorithm>
#include <set>
#include <tuple>

#include "tests/store/contract/contract.h"

namespace muster::store::contract {
namespace {

// Everything as long as the rules of members allow. Text is what people type: any bytes but control
// characters, quotes and wildcards of query languages among them.
PresenceRecord LongestRecord(const std::string& cluster) {
  PresenceRecord record = MakeRecord(1, cluster);
  record.id = {0xffffffffffffffff, 0x00000000000000ff};
  record.name = std::string(128, 'n');
  record.address = *Address::Parse("[2001:db8:ffff:ffff:ffff:ffff:ffff:fffe]:65535");
  record.incarnation = Incarnation::FromRaw(0xffffffffffffffff);
  record.agent = std::string(32, 'v');
  record.tags.clear();
  for (int i = 0; i < 32; ++i) {
    record.tags.emplace_back(
        std::string("k") + static_cast<char>('A' + i / 26) + static_cast<char>('a' + i % 26),
        std::string(13, static_cast<char>('a' + i % 26)));
  }
  return record;
}

TEST_P(PresenceContract, AStoreIsEmptyAtFirst) {
  PresenceStore* store = Open();
  const auto scan = session_->Scan(store);
  ASSERT_TRUE(scan.ok()) << scan.status();
  EXPECT_TRUE(scan->rows.empty());
  EXPECT_EQ(scan->damaged, 0u);
}

TEST_P(PresenceContract, EveryFieldComesBack) {
  const PresenceRecord record = MakeRecord(42);
  const auto live = session_->Upsert(Open(), record);
  ASSERT_TRUE(live.ok()) << live.status();
  EXPECT_EQ(*live, 1u);
  // Through another handle, so that nothing is answered from memory.
  const auto scan = session_->Scan(Open());
  ASSERT_TRUE(scan.ok()) << scan.status();
  ASSERT_EQ(scan->rows.size(), 1u);
  EXPECT_EQ(scan->rows[0].record, record);
  EXPECT_EQ(scan->damaged, 0u);
}

TEST_P(PresenceContract, TheLongestRecordComesBack) {
  const std::string cluster(128, 'c');
  const PresenceRecord record = LongestRecord(cluster);
  PresenceStore* store = Open(cluster);
  ASSERT_TRUE(session_->Upsert(store, record).ok());
  const auto scan = session_->Scan(store);
  ASSERT_TRUE(scan.ok()) << scan.status();
  ASSERT_EQ(scan->rows.size(), 1u);
  EXPECT_EQ(scan->rows[0].record, record);
}

TEST_P(PresenceContract, TheShortestRecordComesBack) {
  PresenceRecord record;
  record.cluster = "c";
  record.id = {0, 1};
  record.name = "n";
  record.address = *Address::Parse("127.0.0.1:1");
  PresenceStore* store = Open("c");
  ASSERT_TRUE(session_->Upsert(store, record, Duration::Seconds(3600)).ok());
  const auto scan = session_->Scan(store);
  ASSERT_TRUE(scan.ok()) << scan.status();
  ASSERT_EQ(scan->rows.size(), 1u);
  EXPECT_EQ(scan->rows[0].record, record);
}

TEST_P(PresenceContract, TextThatLanguagesOfDatastoresGiveAMeaningComesBack) {
  // Quotes, escapes, wildcards and hash tags in the name of a cluster, which is printable ASCII; in
  // a tag bytes that are no UTF-8 as well.
  const std::string clusters[] = {"it's; DROP TABLE x; --",
                                  "a%_*?[a-z]",
                                  "{}",
                                  "a}b{c",
                                  "\\",
                                  "$1",
                                  "\"quoted\"",
                                  "[^a]",
                                  " spaces ",
                                  "muster:presence"};
  for (const std::string& cluster : clusters) {
    PresenceRecord record = MakeRecord(7, cluster);
    record.tags = {{"bytes", "gr\xc3\xbc\xc3\x9f \xff\xfe\x80 \xc3\x28"},
                   {"query", "' OR '1'='1\" \\ %s {0} $2 *"}};
    PresenceStore* store = Open(cluster);
    const auto live = session_->Upsert(store, record);
    ASSERT_TRUE(live.ok()) << cluster << ": " << live.status();
    EXPECT_EQ(*live, 1u) << cluster;
    const auto scan = session_->Scan(store);
    ASSERT_TRUE(scan.ok()) << cluster << ": " << scan.status();
    ASSERT_EQ(scan->rows.size(), 1u) << cluster;
    EXPECT_EQ(scan->rows[0].record, record) << cluster;
  }
}

TEST_P(PresenceContract, AnUpsertReplacesTheRowOfTheSameHost) {
  PresenceStore* store = Open();
  ASSERT_TRUE(session_->Upsert(store, MakeRecord(1)).ok());
  PresenceRecord moved = MakeRecord(1);
  moved.name = "another-name";
  moved.address = *Address::Parse("[2001:db8::5]:8000");
  moved.incarnation = Incarnation::Of(8, 0);
  moved.tags.clear();
  const auto live = session_->Upsert(store, moved);
  ASSERT_TRUE(live.ok()) << live.status();
  EXPECT_EQ(*live, 1u);
  const auto scan = session_->Scan(store);
  ASSERT_TRUE(scan.ok()) << scan.status();
  ASSERT_EQ(scan->rows.size(), 1u);
  EXPECT_EQ(scan->rows[0].record, moved);
}

// A data folder that was restored from a copy writes lower incarnations: the row still has to say
// what the agent that runs now says.
TEST_P(PresenceContract, AnUpsertReplacesAHigherIncarnationToo) {
  PresenceStore* store = Open();
  ASSERT_TRUE(session_->Upsert(store, MakeRecord(1)).ok());
  PresenceRecord older = MakeRecord(1);
  older.incarnation = Incarnation::Of(2, 0);
  ASSERT_TRUE(session_->Upsert(store, older).ok());
  const auto scan = session_->Scan(store);
  ASSERT_TRUE(scan.ok()) << scan.status();
  ASSERT_EQ(scan->rows.size(), 1u);
  EXPECT_EQ(scan->rows[0].record.incarnation, older.incarnation);
}

TEST_P(PresenceContract, AnUpsertReturnsTheNumberOfLiveRows) {
  PresenceStore* store = Open();
  for (size_t n = 1; n <= 5; ++n) {
    const auto live = session_->Upsert(store, MakeRecord(n));
    ASSERT_TRUE(live.ok()) << live.status();
    EXPECT_EQ(*live, n);
  }
  ASSERT_EQ(session_->Erase(store, MakeId(3), MakeRecord(3).incarnation).value(), true);
  EXPECT_EQ(session_->Upsert(store, MakeRecord(1)).value(), 4u);
  EXPECT_EQ(session_->Upsert(Open(), MakeRecord(2)).value(), 4u);
}

TEST_P(PresenceContract, RowsOfOtherClustersAreInvisible) {
  // Some contain the other's name, or what a careless key would be made of.
  const std::string clusters[] = {
      "prod", "prod2", "PROD", "prod}", "prod:", "pro", "%", "*", "pro?"};
  size_t n = 0;
  for (const std::string& cluster : clusters) {
    PresenceStore* store = Open(cluster);
    EXPECT_EQ(session_->Upsert(store, MakeRecord(++n, cluster)).value(), 1u) << cluster;
    // The same host may be in many clusters.
    EXPECT_EQ(session_->Upsert(store, MakeRecord(100, cluster)).value(), 2u) << cluster;
  }
  EXPECT_TRUE(session_->Erase(Open("PROD"), MakeId(100), MakeRecord(100).incarnation).value());
  n = 0;
  for (const std::string& cluster : clusters) {
    const auto scan = session_->Scan(Open(cluster));
    ASSERT_TRUE(scan.ok()) << cluster << ": " << scan.status();
    std::set<HostId> seen;
    for (const PresenceRow& row : scan->rows) {
      EXPECT_EQ(row.record.cluster, cluster);
      seen.insert(row.record.id);
    }
    std::set<HostId> expected = {MakeId(++n), MakeId(100)};
    if (cluster == "PROD") expected.erase(MakeId(100));
    EXPECT_EQ(seen, expected) << cluster;
    EXPECT_EQ(scan->damaged, 0u) << cluster;
  }
}

TEST_P(PresenceContract, AnEraseSparesAHostThatHasStartedAgain) {
  PresenceStore* store = Open();
  // Where numbers of 53 bits, signed ones and compared texts go wrong, besides the plain case.
  const uint64_t raws[] = {Incarnation::Of(7, 3).raw(),
                           1,
                           9,
                           uint64_t{1} << 31,
                           0xffffffff,
                           uint64_t{1} << 32,
                           (uint64_t{1} << 53) + 1,
                           0x7fffffffffffffff,
                           uint64_t{1} << 63,
                           0xfffffffffffffffe};
  for (const uint64_t raw : raws) {
    PresenceRecord record = MakeRecord(1);
    record.incarnation = Incarnation::FromRaw(raw);
    ASSERT_TRUE(session_->Upsert(store, record).ok());
    EXPECT_EQ(session_->Erase(store, record.id, Incarnation::FromRaw(raw - 1)).value(), false)
        << raw;
    EXPECT_EQ(session_->Scan(store)->rows.size(), 1u) << raw;
    EXPECT_EQ(session_->Erase(store, record.id, Incarnation::FromRaw(raw)).value(), true) << raw;
    EXPECT_EQ(session_->Scan(store)->rows.size(), 0u) << raw;
    ASSERT_TRUE(session_->Upsert(store, record).ok());
    EXPECT_EQ(session_->Erase(store, record.id, Incarnation::FromRaw(raw + 1)).value(), true)
        << raw;
    EXPECT_EQ(place_->StoredRows("prod"), 0u) << raw;
  }
}

TEST_P(PresenceContract, AnEraseOfARowThatIsNotThereRemovesNothing) {
  PresenceStore* store = Open();
  const Incarnation top = Incarnation::FromRaw(~uint64_t{0});
  EXPECT_EQ(session_->Erase(store, MakeId(1), top).value(), false);
  ASSERT_TRUE(session_->Upsert(store, MakeRecord(1)).ok());
  EXPECT_EQ(session_->Erase(store, MakeId(2), top).value(), false);
  EXPECT_EQ(session_->Erase(store, MakeId(1), top).value(), true);
  EXPECT_EQ(session_->Erase(store, MakeId(1), top).value(), false);
}

TEST_P(PresenceContract, TheFreshestRowComesFirst) {
  PresenceStore* store = Open();
  for (const uint64_t n : {5, 1, 4, 2, 3}) {
    ASSERT_TRUE(session_->Upsert(store, MakeRecord(n)).ok());
    Pass(Duration::Millis(20));
  }
  ASSERT_TRUE(session_->Upsert(store, MakeRecord(1)).ok());  // a refresh
  Pass(Duration::Millis(20));
  // A long life does not make a row fresh, nor does a short one make it old.
  ASSERT_TRUE(session_->Upsert(store, MakeRecord(6), Duration::Seconds(60)).ok());
  Pass(Duration::Millis(20));
  ASSERT_TRUE(session_->Upsert(store, MakeRecord(7), Duration::Seconds(86'400)).ok());
  const auto scan = session_->Scan(store);
  ASSERT_TRUE(scan.ok()) << scan.status();
  EXPECT_EQ(Numbers(*scan), "7,6,1,3,2,4,5");
}

TEST_P(PresenceContract, AThousandRows) {
  constexpr size_t kRows = 1'000;
  PresenceStore* store = Open();
  size_t done = 0;
  size_t failed = 0;
  // Always a few on their way, never more than may wait.
  for (size_t n = 0; n < kRows; ++n) {
    const bool room = session_->loop().RunUntil([&] { return n - done < PresenceStore::kQueueMax; },
                                                PresenceStore::kOperationBudget);
    ASSERT_TRUE(room);
    store->Upsert(MakeRecord(n), Duration::Seconds(3600), [&](const absl::StatusOr<size_t>& live) {
      failed += !live.ok();
      ++done;
    });
  }
  ASSERT_TRUE(session_->loop().RunUntil([&] { return done == kRows; }, Duration::Seconds(10)));
  EXPECT_EQ(failed, 0u);
  EXPECT_EQ(session_->Upsert(store, MakeRecord(0)).value(), kRows);

  const auto scan = session_->Scan(Open());
  ASSERT_TRUE(scan.ok()) << scan.status();
  ASSERT_EQ(scan->rows.size(), kRows);
  EXPECT_EQ(scan->damaged, 0u);
  std::set<HostId> seen;
  for (const PresenceRow& row : scan->rows) seen.insert(row.record.id);
  EXPECT_EQ(seen.size(), kRows);
  EXPECT_TRUE(std::is_sorted(scan->rows.begin(), scan->rows.end(),
                             [](const PresenceRow& a, const PresenceRow& b) {
                               return std::tie(a.age, a.record.id) < std::tie(b.age, b.record.id);
                             }));
}

}  // namespace
}  // namespace muster::store::contract
