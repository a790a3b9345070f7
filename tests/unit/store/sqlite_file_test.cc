#include "src/store/sqlite_file.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "src/store/sqlite_rows.h"
#include "src/store/sqlite_schema.h"
#include "tests/unit/store/sqlite_place.h"

namespace muster::store {
namespace {

using testing::SampleRecord;

class SqliteFileTest : public testing::SqlitePlaceTest {
 protected:
  size_t CountRows() { return std::stoul(Sql("SELECT count(*) FROM muster_presence")); }
};

mode_t ModeOf(const std::string& path) {
  struct stat info {};
  EXPECT_EQ(stat(path.c_str(), &info), 0) << path;
  return info.st_mode & 07777;
}

TEST_F(SqliteFileTest, TheFileIsForItsOwnerAlone) {
  const mode_t before = umask(0);
  const auto file = Open();
  EXPECT_EQ(*file->Upsert(SampleRecord(1), kTtl), 1u);
  umask(before);
  EXPECT_EQ(ModeOf(path_), 0600u);
  EXPECT_EQ(ModeOf(path_ + "-wal"), 0600u);
  EXPECT_EQ(ModeOf(path_ + ".lock"), 0600u);
  EXPECT_EQ(Sql("PRAGMA journal_mode"), "wal");
}

TEST_F(SqliteFileTest, AScanHasABoundAndTheFreshestRowsComeFirst) {
  const auto file = Open();
  ASSERT_EQ(*file->Upsert(SampleRecord(1), kTtl), 1u);
  absl::StatusOr<SqliteDatabase> database = OpenSqliteDatabase(path_);
  ASSERT_TRUE(database.ok()) << database.status();
  constexpr uint64_t kHosts = SqliteFile::kRowsMax + 10;
  for (uint64_t host = 2; host <= kHosts; ++host) {
    const int64_t stamp_us = wall_us_ + static_cast<int64_t>(host);
    ASSERT_TRUE(WriteSqliteRow(&database->connection, SampleRecord(host), stamp_us, kTtl).ok());
  }
  Pass(Duration::Seconds(1));
  const absl::StatusOr<PresenceScan> scan = file->Scan();
  ASSERT_TRUE(scan.ok()) << scan.status();
  ASSERT_EQ(scan->rows.size(), SqliteFile::kRowsMax);
  EXPECT_TRUE(scan->is_cut);
  EXPECT_EQ(scan->rows.front().record.id.lo, kHosts);
  EXPECT_EQ(scan->rows.back().record.id.lo, 11u);
  EXPECT_EQ(*file->Upsert(SampleRecord(1), kTtl), kHosts) << "all of them count";
}

TEST_F(SqliteFileTest, FoldersAreNotCreated) {
  path_ = folder_ + "/none/presence.db";
  const absl::Status status = Open()->Scan().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(status.message().find(path_), absl::string_view::npos) << status;
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/none"));
}

TEST_F(SqliteFileTest, WhatIsNoFileIsRefused) {
  std::filesystem::create_directory(path_);
  EXPECT_EQ(Open()->Scan().status().code(), absl::StatusCode::kFailedPrecondition);
  std::filesystem::remove(path_);
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(Open()->Scan().status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(SqliteFileTest, AnEmptyFileAndAnEmptyDatabaseAreTaken) {
  Overwrite("");
  EXPECT_EQ(*Open()->Upsert(SampleRecord(1), kTtl), 1u);
  RemoveAll();
  Sql("PRAGMA user_version=0; VACUUM");
  EXPECT_EQ(*Open()->Upsert(SampleRecord(1), kTtl), 1u);
  EXPECT_FALSE(Exists(".damaged-1"));
}

TEST_F(SqliteFileTest, ADeletedFileIsBegunAnew) {
  const auto a = Open();
  const auto b = Open();
  EXPECT_EQ(*a->Upsert(SampleRecord(1), kTtl), 1u);
  EXPECT_EQ(*b->Upsert(SampleRecord(2), kTtl), 2u);
  for (int round = 0; round < 3; ++round) {
    // The log may be left behind.
    std::filesystem::remove(path_);
    if (round == 1) RemoveAll();
    EXPECT_EQ(*b->Upsert(SampleRecord(2), kTtl), 1u);
    EXPECT_EQ(*a->Upsert(SampleRecord(1), kTtl), 2u);
    EXPECT_EQ(b->Scan()->rows.size(), 2u);
  }
  EXPECT_EQ(Sql("PRAGMA integrity_check"), "ok");
  EXPECT_TRUE(a->TakeNotices().empty());
}

TEST_F(SqliteFileTest, AReplacedFileIsOpenedAnew) {
  {
    const auto other = Open();
    ASSERT_TRUE(other->Upsert(SampleRecord(9), kTtl).ok());
  }
  std::filesystem::rename(path_, path_ + ".backup");
  const auto file = Open();
  ASSERT_TRUE(file->Upsert(SampleRecord(1), kTtl).ok());
  ASSERT_TRUE(file->Upsert(SampleRecord(2), kTtl).ok());
  ASSERT_TRUE(Exists("-wal"));
  std::filesystem::rename(path_ + ".backup", path_);
  const absl::StatusOr<PresenceScan> scan = file->Scan();
  ASSERT_TRUE(scan.ok()) << scan.status();
  ASSERT_EQ(scan->rows.size(), 1u) << "the log of the old file is not taken for the new one's";
  EXPECT_EQ(scan->rows[0].record, SampleRecord(9));
  EXPECT_EQ(*file->Upsert(SampleRecord(1), kTtl), 2u);
  EXPECT_TRUE(file->TakeNotices().empty());
}

TEST_F(SqliteFileTest, ADroppedTableIsMadeAnew) {
  const auto file = Open();
  ASSERT_TRUE(file->Upsert(SampleRecord(1), kTtl).ok());
  Sql("DROP TABLE muster_presence");
  EXPECT_EQ(file->Scan()->rows.size(), 0u);
  Sql("DROP TABLE muster_presence");
  EXPECT_EQ(*file->Upsert(SampleRecord(1), kTtl), 1u);
  EXPECT_TRUE(file->TakeNotices().empty());
}

TEST_F(SqliteFileTest, ANewerVersionIsNeverTouched) {
  { ASSERT_TRUE(Open()->Upsert(SampleRecord(1), kTtl).ok()); }
  Sql("PRAGMA user_version=" + std::to_string(0x02020202));
  const std::string before = Read();
  const auto file = Open();
  const absl::Status status = file->Upsert(SampleRecord(2), kTtl).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(status.message().find("newer"), absl::string_view::npos) << status;
  EXPECT_EQ(file->Scan().status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Read(), before);
  EXPECT_FALSE(Exists(".damaged-1"));
}

TEST_F(SqliteFileTest, AnotherProgramsDatabaseGetsATableAndNoMore) {
  Sql("PRAGMA application_id=77; PRAGMA user_version=42; CREATE TABLE t(x); INSERT INTO t "
      "VALUES('theirs')");
  {
    const auto file = Open();
    EXPECT_EQ(*file->Upsert(SampleRecord(1), kTtl), 1u);
    EXPECT_EQ(file->Scan()->rows.size(), 1u);
  }
  EXPECT_EQ(Sql("SELECT x FROM t"), "theirs");
  EXPECT_EQ(Sql("PRAGMA application_id"), "77");
  EXPECT_EQ(Sql("PRAGMA user_version"), "42");
  EXPECT_EQ(Sql("PRAGMA journal_mode"), "delete");
  EXPECT_EQ(Open()->Scan()->rows.size(), 1u);
}

TEST_F(SqliteFileTest, AnotherProgramsTableOfOurNameIsRefused) {
  Sql("CREATE TABLE muster_presence(x); INSERT INTO muster_presence VALUES('theirs')");
  const absl::Status status = Open()->Upsert(SampleRecord(1), kTtl).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Sql("SELECT x FROM muster_presence"), "theirs");
  EXPECT_FALSE(Exists(".damaged-1"));
}

TEST_F(SqliteFileTest, AnotherProgramsDamagedDatabaseIsLeftToItsOwner) {
  Sql("CREATE TABLE t(x); INSERT INTO t SELECT randomblob(20000)");
  const std::string whole = Read();
  Overwrite(whole.substr(0, 4096));
  const absl::Status status = Open()->Upsert(SampleRecord(1), kTtl).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  EXPECT_EQ(Read(), whole.substr(0, 4096));
  EXPECT_FALSE(Exists(".damaged-1"));
}

// What marks a file as ours is no safer from damage than the rest of it.
TEST_F(SqliteFileTest, ADamagedFileIsReplacedAlsoIfItsMarkIsDamaged) {
  { ASSERT_TRUE(Open()->Upsert(SampleRecord(1), kTtl).ok()); }
  std::string bytes = Read();
  constexpr size_t kMark = 68;  // of the application id in the file's header
  bytes[kMark] ^= 0x01;
  bytes[kMark + 3] ^= 0x44;
  Overwrite(bytes.substr(0, bytes.size() - 4000));
  const auto file = Open();
  EXPECT_EQ(*file->Upsert(SampleRecord(2), kTtl), 1u);
  EXPECT_EQ(file->TakeNotices().size(), 1u);
  EXPECT_TRUE(Exists(".damaged-1"));
}

TEST_F(SqliteFileTest, ARowThatWasChangedIsNotShown) {
  const auto file = Open();
  for (uint64_t n = 1; n <= 4; ++n) ASSERT_TRUE(file->Upsert(SampleRecord(n), kTtl).ok());
  // Of whatever column: time and life are not the record's, and a row may not live longer.
  Sql("UPDATE muster_presence SET ttl_us = ttl_us * 1000 WHERE id = "
      "x'0123456789abcdef0000000000000001'");
  Sql("UPDATE muster_presence SET stamp_us = stamp_us + 1 WHERE id = "
      "x'0123456789abcdef0000000000000002'");
  Sql("UPDATE muster_presence SET record = (SELECT record FROM muster_presence WHERE id = "
      "x'0123456789abcdef0000000000000004') WHERE id = x'0123456789abcdef0000000000000003'");
  const absl::StatusOr<PresenceScan> scan = file->Scan();
  ASSERT_TRUE(scan.ok()) << scan.status();
  EXPECT_EQ(scan->damaged, 3u);
  ASSERT_EQ(scan->rows.size(), 1u);
  EXPECT_EQ(scan->rows[0].record, SampleRecord(4));
  EXPECT_EQ(CountRows(), 2u) << "rows that nothing can judge are removed";
  EXPECT_EQ(*file->Upsert(SampleRecord(3), kTtl), 2u);
  EXPECT_EQ(file->Scan()->damaged, 0u);
}

// Whoever may write the file must not be able to use up the memory of those that read it.
TEST_F(SqliteFileTest, ARecordOfMegabytesIsDamagedAndNotRead) {
  constexpr sqlite3_int64 kMemoryMax = 4 << 20;
  const auto file = Open();
  for (uint64_t n = 1; n <= 3; ++n) ASSERT_TRUE(file->Upsert(SampleRecord(n), kTtl).ok());
  Sql("UPDATE muster_presence SET record = zeroblob(16777216) WHERE id = "
      "x'0123456789abcdef0000000000000001'");
  Sql("UPDATE muster_presence SET record = hex(zeroblob(8388608)) WHERE id = "
      "x'0123456789abcdef0000000000000002'");
  sqlite3_memory_highwater(1);
  const absl::StatusOr<PresenceScan> scan = file->Scan();
  EXPECT_LT(sqlite3_memory_highwater(0), kMemoryMax);
  ASSERT_TRUE(scan.ok()) << scan.status();
  EXPECT_EQ(scan->damaged, 2u);
  ASSERT_EQ(scan->rows.size(), 1u);
  EXPECT_EQ(scan->rows[0].record, SampleRecord(3));
  // Their hosts' next refresh mends them.
  for (uint64_t n = 1; n <= 2; ++n) EXPECT_EQ(*file->Upsert(SampleRecord(n), kTtl), 3u);
  EXPECT_EQ(file->Scan()->rows.size(), 3u);
}

TEST_F(SqliteFileTest, AClockStepLosesNoRowAndKeepsNoDeadOne) {
  for (const Duration step : {Duration::Seconds(3600), -Duration::Seconds(3600)}) {
    RemoveAll();
    const auto live = Open();
    const auto watcher = Open();
    const auto dead = Open();
    ASSERT_TRUE(dead->Upsert(SampleRecord(1), kTtl).ok());
    const TimePoint died = now_;
    TimePoint last_seen = died;
    for (int turn = 0; turn < 24; ++turn) {
      EXPECT_GE(*live->Upsert(SampleRecord(2), kTtl), 1u);
      if (turn == 1) wall_us_ += step.micros();
      const auto newcomer = Open();
      for (SqliteFile* file : {watcher.get(), newcomer.get()}) {
        const absl::StatusOr<PresenceScan> scan = file->Scan();
        ASSERT_TRUE(scan.ok()) << scan.status();
        bool sees_live = false;
        for (const PresenceRow& row : scan->rows) {
          if (row.record == SampleRecord(1)) last_seen = now_;
          sees_live |= row.record == SampleRecord(2);
        }
        // Who begins to look between a step and the next refresh has only the stamp.
        EXPECT_TRUE(sees_live || (file == newcomer.get() && turn == 1)) << turn;
      }
      Pass(kTtl / 3);
    }
    EXPECT_LE(last_seen - died, kTtl + Duration::Seconds(3600));
    EXPECT_EQ(CountRows(), 1u) << "the dead row is gone";
  }
}

TEST_F(SqliteFileTest, RowsOfDeadClustersAreSweptToo) {
  ASSERT_TRUE(Open("old")->Upsert(SampleRecord(1, "old"), kTtl).ok());
  const auto file = Open();
  EXPECT_EQ(file->Scan()->rows.size(), 0u);
  EXPECT_EQ(CountRows(), 1u);
  Pass(kTtl);
  EXPECT_EQ(file->Scan()->rows.size(), 0u);
  EXPECT_EQ(CountRows(), 0u);
}

TEST_F(SqliteFileTest, ARefreshWithinOneMicrosecondCounts) {
  const auto file = Open();
  const auto reader = Open();
  ASSERT_TRUE(file->Upsert(SampleRecord(1), kTtl).ok());
  ASSERT_EQ(reader->Scan()->rows.size(), 1u);
  now_ += kTtl - Duration::Seconds(1);  // the wall clock stands still
  ASSERT_TRUE(file->Upsert(SampleRecord(1), kTtl).ok());
  now_ += Duration::Seconds(2);
  EXPECT_EQ(reader->Scan()->rows.size(), 1u);
}

TEST_F(SqliteFileTest, AnErasedRowCountsWhileItLived) {
  const auto file = Open();
  ASSERT_TRUE(file->Upsert(SampleRecord(5), kTtl).ok());
  EXPECT_FALSE(*file->Erase(SampleRecord(5).id, Incarnation::Of(3, 4)));
  EXPECT_TRUE(*file->Erase(SampleRecord(5).id, Incarnation::FromRaw(~uint64_t{0})));
  ASSERT_TRUE(file->Upsert(SampleRecord(5), kTtl).ok());
  Pass(kTtl);
  EXPECT_FALSE(*file->Erase(SampleRecord(5).id, SampleRecord(5).incarnation));
  EXPECT_EQ(CountRows(), 0u);
}

TEST_F(SqliteFileTest, ALockedFileIsAnErrorWithinTheBudget) {
  const auto file = Open();
  ASSERT_TRUE(file->Upsert(SampleRecord(1), kTtl).ok());
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  const absl::Status status = file->Upsert(SampleRecord(1), kTtl).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(status.message().find("locked"), absl::string_view::npos) << status;
  EXPECT_EQ(file->Scan()->rows.size(), 1u) << "a writer does not hold up readers";
  sqlite3_close(other);
  EXPECT_EQ(*file->Upsert(SampleRecord(1), kTtl), 1u);
}

// Each process writes, reads and erases as fast as it can, from the first opening on.
TEST_F(SqliteFileTest, ProcessesShareAFile) {
  constexpr uint64_t kProcesses = 4;
  std::vector<pid_t> children;
  for (uint64_t process = 0; process < kProcesses; ++process) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      int failures = 0;
      for (int run = 0; run < 3; ++run) {
        const auto file = Open();
        for (uint64_t i = 0; i < 30; ++i) {
          const PresenceRecord record = SampleRecord(1 + process * 100 + i);
          failures += !file->Upsert(record, kTtl).ok();
          const absl::StatusOr<PresenceScan> scan = file->Scan();
          failures += !scan.ok() || scan->damaged != 0;
          if (i % 3 == 0) failures += !file->Erase(record.id, record.incarnation).ok();
        }
      }
      _exit(failures == 0 ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  }
  EXPECT_EQ(Open()->Scan()->rows.size(), kProcesses * 20);
  EXPECT_EQ(Sql("PRAGMA integrity_check"), "ok");
  EXPECT_FALSE(Exists(".damaged-1"));
}

}  // namespace
}  // namespace muster::store
