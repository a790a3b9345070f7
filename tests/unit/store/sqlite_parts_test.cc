#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "src/store/sqlite_connection.h"
#include "src/store/sqlite_files.h"
#include "src/store/sqlite_rows.h"
#include "src/store/sqlite_schema.h"
#include "tests/unit/store/sqlite_place.h"

namespace muster::store {
namespace {

using testing::SampleRecord;

class SqlitePartsTest : public testing::SqlitePlaceTest {
 protected:
  SqliteConnection Prepared() {
    EXPECT_TRUE(CreateSqliteFile(path_).ok());
    absl::StatusOr<SqliteDatabase> database = OpenSqliteDatabase(path_);
    EXPECT_TRUE(database.ok()) << database.status();
    return std::move(database->connection);
  }
  // The rows as "host@stamp", in the order of the table.
  static std::vector<std::string> List(SqliteConnection* connection) {
    std::vector<std::string> rows;
    const absl::Status status = VisitSqliteRows(connection, false, [&](const SqliteRow& row) {
      EXPECT_TRUE(row.is_sealed);
      EXPECT_TRUE(row.record.empty());
      rows.push_back(std::to_string(row.id.lo) + "@" + std::to_string(row.stamp_us));
    });
    EXPECT_TRUE(status.ok()) << status;
    return rows;
  }
};

using Lines = std::vector<std::string>;

TEST_F(SqlitePartsTest, AConnectionNeedsAFile) {
  EXPECT_EQ(SqliteConnection::Open(path_).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(Exists(""));
}

TEST_F(SqlitePartsTest, WhatCannotBeCreatedIsNamedWithItsRemedy) {
  EXPECT_EQ(SqliteFileLock::Take(path_ + "/x/presence.db").status().message(),
            "cannot create " + path_ +
                "/x/presence.db.lock: No such file or directory; make its folder, or name another "
                "file");
  ASSERT_EQ(symlink("/nowhere", (path_ + ".lock").c_str()), 0);
  EXPECT_EQ(SqliteFileLock::Take(path_).status().message(),
            "cannot create " + path_ +
                ".lock: Too many levels of symbolic links; remove that symbolic link, which no "
                "agent has made");
  ASSERT_EQ(mkdir(path_.c_str(), 0700), 0);
  EXPECT_EQ(CreateSqliteFile(path_).message(),
            "cannot use " + path_ + ": it is a folder or a device; name a file");
}

TEST_F(SqlitePartsTest, AFileThatNobodyCallsADatabaseIsLeftAlone) {
  const std::string path = path_ += ".conf";
  const auto write = [&path](const std::string& text) { std::ofstream(path) << text; };
  EXPECT_TRUE(CheckSqlitePath(path).ok()) << "there is none yet";
  for (const char* text : {"", "SQLite format 3", "SQLite and then damage"}) {
    write(text);
    EXPECT_TRUE(CheckSqlitePath(path).ok()) << text;
  }
  for (const char* text : {"root:x:0:0:root:/root:/bin/bash\n", "SQLit",
                           "\x7f"
                           "ELF"}) {
    write(text);
    const absl::Status refused = CheckSqlitePath(path);
    EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition) << text;
    EXPECT_NE(refused.ToString().find(path), std::string::npos);
    EXPECT_EQ(Open()->Scan().status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_NE(access((path + ".damaged-1").c_str(), F_OK), 0);
    EXPECT_NE(access((path + ".lock").c_str(), F_OK), 0);
  }
  // One that was ours, and one that says by its name what it is.
  std::ofstream(path + ".lock") << "";
  EXPECT_TRUE(CheckSqlitePath(path).ok());
  std::ofstream(path + ".db") << "root:x:0:0";
  EXPECT_TRUE(CheckSqlitePath(path + ".db").ok());
}

TEST_F(SqlitePartsTest, ResultsMeanWhatTheCallersActOn) {
  SqliteConnection connection = Prepared();
  EXPECT_EQ(*connection.QueryInteger("SELECT 7"), 7);
  EXPECT_EQ(*connection.QueryText("SELECT 'seven'"), "seven");
  EXPECT_TRUE(absl::IsNotFound(connection.QueryInteger("SELECT 1 WHERE 0").status()));
  EXPECT_TRUE(absl::IsAborted(connection.Execute("SELECT * FROM nowhere")));
  EXPECT_EQ(connection.ErrorOf(SQLITE_CORRUPT).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(connection.ErrorOf(SQLITE_NOTADB).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(connection.ErrorOf(SQLITE_FULL).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(connection.ErrorOf(SQLITE_READONLY).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(connection.ErrorOf(SQLITE_PERM).code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(connection.ErrorOf(SQLITE_BUSY).code(), absl::StatusCode::kUnavailable);
}

TEST_F(SqlitePartsTest, AColumnOfAnotherTypeIsEmpty) {
  SqliteConnection connection = Prepared();
  SqliteStatement statement(&connection, "SELECT 1, 'a', x'00ff', NULL");
  ASSERT_TRUE(*statement.Step());
  EXPECT_EQ(statement.Integer(0), 1);
  EXPECT_EQ(statement.Text(1), "a");
  EXPECT_EQ(statement.Blob(2), std::string_view("\0\xff", 2));
  for (int column : {1, 2, 3}) EXPECT_EQ(statement.Integer(column), 0);
  for (int column : {0, 2, 3}) EXPECT_EQ(statement.Text(column), "");
  for (int column : {0, 1, 3}) EXPECT_EQ(statement.Blob(column), "");
  EXPECT_FALSE(*statement.Step());
}

TEST_F(SqlitePartsTest, TheHeaderSaysWhoseFileItIs) {
  EXPECT_EQ(Prepared().ReadHeader().application_id, 0x4d737472u);
  SqliteConnection connection = *SqliteConnection::Open(path_);
  EXPECT_TRUE(connection.ReadHeader().is_sound);
  EXPECT_FALSE(connection.HasMoved());
  const std::string whole = Read();
  for (const size_t place : {0u, 16u, 18u, 21u}) {
    std::string changed = whole;
    changed[place] = '\x55';
    Overwrite(changed);
    EXPECT_FALSE(connection.ReadHeader().is_sound) << place;
  }
  std::filesystem::remove(path_);
  EXPECT_TRUE(connection.HasMoved());
}

TEST_F(SqlitePartsTest, TheSchemaIsMadeOnceAndKept) {
  { Prepared(); }
  const std::string before = Read();
  { Prepared(); }
  EXPECT_EQ(Read(), before);
  EXPECT_EQ(Sql("PRAGMA user_version"), std::to_string(0x01010101));
}

TEST_F(SqlitePartsTest, AVersionWithAFlippedBitIsDamageNotNews) {
  { Prepared(); }
  for (int bit = 0; bit < 31; ++bit) {
    Sql("PRAGMA user_version=" + std::to_string(0x01010101 ^ (1 << bit)));
    EXPECT_EQ(OpenSqliteDatabase(path_).status().code(), absl::StatusCode::kDataLoss) << bit;
  }
}

TEST_F(SqlitePartsTest, RowsAreWrittenReadAndErased) {
  SqliteConnection connection = Prepared();
  ASSERT_TRUE(WriteSqliteRow(&connection, SampleRecord(1), 1000, kTtl).ok());
  ASSERT_TRUE(WriteSqliteRow(&connection, SampleRecord(2), 1000, kTtl).ok());
  ASSERT_TRUE(WriteSqliteRow(&connection, SampleRecord(2), 1000, kTtl).ok());
  EXPECT_EQ(List(&connection), (Lines{"1@1000", "2@1001"})) << "each write has its own stamp";
  const std::vector<PresenceRecord> wanted = {SampleRecord(1), SampleRecord(2)};
  size_t next = 0;
  ASSERT_TRUE(VisitSqliteRows(&connection, true, [&](const SqliteRow& row) {
                EXPECT_EQ(row.record, EncodePresence(wanted[next]));
                EXPECT_EQ(row.incarnation, wanted[next++].incarnation);
                EXPECT_EQ(row.ttl, kTtl);
              }).ok());
  EXPECT_FALSE(EraseSqliteRow(&connection, "prod", {1, 1}, Incarnation::Of(9, 9))->erased);
  EXPECT_FALSE(
      EraseSqliteRow(&connection, "prod", SampleRecord(1).id, Incarnation::Of(3, 0))->erased);
  const ErasedSqliteRow erased =
      *EraseSqliteRow(&connection, "prod", SampleRecord(1).id, SampleRecord(1).incarnation);
  EXPECT_TRUE(erased.erased);
  EXPECT_EQ(erased.stamp_us, 1000);
  EXPECT_EQ(List(&connection), Lines{"2@1001"});
}

TEST_F(SqlitePartsTest, ASweepSparesWhatWasWrittenMeanwhile) {
  SqliteConnection connection = Prepared();
  for (uint64_t n = 1; n <= 3; ++n) {
    ASSERT_TRUE(WriteSqliteRow(&connection, SampleRecord(n), 1000, kTtl).ok());
  }
  std::vector<SqliteRowKey> keys;
  ASSERT_TRUE(VisitSqliteRows(&connection, false, [&](const SqliteRow& row) {
                keys.emplace_back(*row.columns);
              }).ok());
  ASSERT_TRUE(WriteSqliteRow(&connection, SampleRecord(2), 2000, kTtl).ok());
  ASSERT_TRUE(SweepSqliteRows(&connection, keys).ok());
  EXPECT_EQ(List(&connection), Lines{"2@2000"});
}

TEST_F(SqlitePartsTest, TheLockIsForOneAtATime) {
  {
    const absl::StatusOr<SqliteFileLock> lock = SqliteFileLock::Take(path_);
    ASSERT_TRUE(lock.ok());
    const absl::Status second = SqliteFileLock::Take(path_).status();
    EXPECT_EQ(second.code(), absl::StatusCode::kUnavailable) << second;
  }
  EXPECT_TRUE(SqliteFileLock::Take(path_).ok());
}

}  // namespace
}  // namespace muster::store
