// A presence file that a bad disk or a careless hand has changed: no crash, no row that nobody
// wrote, and a working store afterwards.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "src/base/rng.h"
#include "src/store/sqlite_file.h"
#include "src/store/sqlite_files.h"
#include "tests/unit/store/sqlite_place.h"

namespace muster::store {
namespace {

using testing::SampleRecord;

constexpr uint64_t kRows = 30;

class SqliteDamageTest : public testing::SqlitePlaceTest {
 protected:
  // A closed file of kRows rows with some free pages, as bytes.
  std::string MakeFile() {
    {
      const auto file = Open();
      for (uint64_t n = 1; n <= 3 * kRows; ++n) {
        EXPECT_TRUE(file->Upsert(SampleRecord(n), kTtl).ok());
      }
      for (uint64_t n = kRows + 1; n <= 3 * kRows; ++n) {
        EXPECT_TRUE(*file->Erase(SampleRecord(n).id, SampleRecord(n).incarnation));
      }
    }
    EXPECT_FALSE(Exists("-wal")) << "the last one to close writes the log back";
    EXPECT_NE(Sql("PRAGMA freelist_count"), "0");
    return Read();
  }
  // Only rows that were written, each as it was.
  void ExpectNothingInvented(const PresenceScan& scan) {
    for (const PresenceRow& row : scan.rows) {
      EXPECT_LE(row.record.id.lo, 3 * kRows);
      EXPECT_EQ(row.record, SampleRecord(row.record.id.lo));
    }
  }
  // What a host does with a file that it finds.
  void ExpectWorks(SqliteFile* file, const std::string& what) {
    const absl::StatusOr<PresenceScan> first = file->Scan();
    ASSERT_TRUE(first.ok()) << what << ": " << first.status();
    ExpectNothingInvented(*first);
    for (const uint64_t n : {uint64_t{1}, kRows / 2, 4 * kRows}) {
      const absl::StatusOr<size_t> live = file->Upsert(SampleRecord(n), kTtl);
      ASSERT_TRUE(live.ok()) << what << ": " << live.status();
    }
    ASSERT_TRUE(*file->Erase(SampleRecord(4 * kRows).id, SampleRecord(4 * kRows).incarnation))
        << what;
    const absl::StatusOr<PresenceScan> scan = file->Scan();
    ASSERT_TRUE(scan.ok()) << what << ": " << scan.status();
    ExpectNothingInvented(*scan);
    for (const uint64_t n : {uint64_t{1}, kRows / 2}) {
      EXPECT_EQ(std::count_if(scan->rows.begin(), scan->rows.end(),
                              [n](const PresenceRow& row) { return row.record.id.lo == n; }),
                1)
          << what << ", row " << n;
    }
  }
};

TEST_F(SqliteDamageTest, MovedAsideWithANoticeAndBegunAnew) {
  const std::string sound = MakeFile();
  Overwrite(std::string(8192, 'x'));
  const auto file = Open();
  EXPECT_EQ(*file->Upsert(SampleRecord(1), kTtl), 1u);
  const std::vector<std::string> notices = file->TakeNotices();
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_TRUE(absl::StrContains(notices[0], path_ + ".damaged-1")) << notices[0];
  EXPECT_EQ(std::filesystem::file_size(path_ + ".damaged-1"), 8192u);
  EXPECT_EQ(file->Scan()->rows.size(), 1u);
  EXPECT_TRUE(file->TakeNotices().empty());
}

TEST_F(SqliteDamageTest, ThreeAreKept) {
  for (char c = 'a'; c <= 'e'; ++c) {
    Overwrite(std::string(1000, c));
    const auto file = Open();
    EXPECT_EQ(*file->Upsert(SampleRecord(1), kTtl), 1u) << c;
    EXPECT_EQ(file->TakeNotices().size(), 1u) << c;
  }
  const auto first_byte = [this](int number) {
    std::ifstream kept(path_ + ".damaged-" + std::to_string(number), std::ios::binary);
    return static_cast<char>(kept.get());
  };
  EXPECT_EQ(first_byte(1), 'e');
  EXPECT_EQ(first_byte(2), 'd');
  EXPECT_EQ(first_byte(3), 'c');
  EXPECT_FALSE(Exists(".damaged-4"));
}

TEST_F(SqliteDamageTest, LogsGoWithTheirFile) {
  for (const char* log : {"", "-wal", "-shm"}) std::ofstream(path_ + log) << "1" << log;
  std::ofstream(path_ + ".damaged-3-wal") << "old";
  ASSERT_EQ(*MoveAsideSqliteFile(path_), path_ + ".damaged-1");
  for (const char* log : {"", "-wal", "-shm"}) {
    EXPECT_FALSE(Exists(log)) << log;
    EXPECT_TRUE(Exists(std::string(".damaged-1") + log)) << log;
  }
  EXPECT_FALSE(Exists(".damaged-3-wal"));
}

TEST_F(SqliteDamageTest, CutAtAHundredPlaces) {
  const std::string sound = MakeFile();
  Rng rng(1);
  size_t moved = 0;
  for (int i = 0; i < 100; ++i) {
    RemoveAll();
    const size_t size = i < 10 ? static_cast<size_t>(i) * 30 : rng.Below(sound.size());
    Overwrite(sound.substr(0, size));
    const auto file = Open();
    ExpectWorks(file.get(), "cut at " + std::to_string(size));
    // Nothing has to be done for an empty file, nor for one that ends within a free page.
    const size_t notices = file->TakeNotices().size();
    EXPECT_LE(notices, size == 0 ? 0u : 1u) << size;
    moved += notices;
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(moved, 50u);
}

TEST_F(SqliteDamageTest, AThousandFlippedBits) {
  const std::string sound = MakeFile();
  Rng rng(2);
  size_t moved = 0;
  for (size_t i = 0; i < 1000; ++i) {
    RemoveAll();
    // The header and the schema's page first: each bit of the header, then every place alike.
    const size_t bit = i < 800 ? i : rng.Below(8 * sound.size());
    std::string flipped = sound;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    Overwrite(flipped);
    const auto file = Open();
    ExpectWorks(file.get(), "bit " + std::to_string(bit));
    moved += file->TakeNotices().size();
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(moved, 100u);
}

TEST_F(SqliteDamageTest, ManyFlippedBitsInRowsAndFreePages) {
  const std::string sound = MakeFile();
  Rng rng(3);
  for (int i = 0; i < 300; ++i) {
    RemoveAll();
    std::string flipped = sound;
    for (uint64_t flips = 1 + rng.Below(8); flips > 0; --flips) {
      const size_t bit = 8 * 4096 + rng.Below(8 * (sound.size() - 4096));
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    }
    Overwrite(flipped);
    const auto file = Open();
    ExpectWorks(file.get(), "round " + std::to_string(i));
    if (HasFatalFailure()) return;
  }
}

// The same to a file and its log that are in use, as after a crash of the host.
TEST_F(SqliteDamageTest, FlippedBitsInTheLog) {
  std::string main_bytes, log_bytes;
  {
    const auto file = Open();
    for (uint64_t n = 1; n <= 20; ++n) ASSERT_TRUE(file->Upsert(SampleRecord(n), kTtl).ok());
    main_bytes = Read();
    std::ifstream log(path_ + "-wal", std::ios::binary);
    log_bytes.assign(std::istreambuf_iterator<char>(log), {});
  }
  ASSERT_GT(log_bytes.size(), 10'000u);
  Rng rng(4);
  for (int i = 0; i < 200; ++i) {
    RemoveAll();
    std::string flipped = log_bytes;
    const size_t bit = i < 64 ? 4 * static_cast<size_t>(i) : rng.Below(8 * flipped.size());
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    Overwrite(main_bytes);
    std::ofstream(path_ + "-wal", std::ios::binary) << flipped;
    const auto file = Open();
    ExpectWorks(file.get(), "log bit " + std::to_string(bit));
    if (HasFatalFailure()) return;
  }
}

TEST_F(SqliteDamageTest, DamageUnderAnOpenConnection) {
  const std::string sound = MakeFile();
  Rng rng(5);
  for (int i = 0; i < 60; ++i) {
    RemoveAll();
    Overwrite(sound);
    const auto file = Open();
    ASSERT_TRUE(file->Upsert(SampleRecord(2), kTtl).ok());
    // Over the same file, below SQLite's feet, a page or two of noise.
    std::fstream bytes(path_, std::ios::in | std::ios::out | std::ios::binary);
    std::string noise(512 + rng.Below(8192), '\0');
    for (char& byte : noise) byte = static_cast<char>(rng.Below(256));
    bytes.seekp(static_cast<std::streamoff>(rng.Below(sound.size())));
    bytes << noise;
    bytes.close();
    const absl::StatusOr<PresenceScan> scan = file->Scan();
    ASSERT_TRUE(scan.ok()) << scan.status();
    ExpectNothingInvented(*scan);
    ASSERT_TRUE(file->Upsert(SampleRecord(1), kTtl).ok());
    file->Close();
    ExpectWorks(Open().get(), "round " + std::to_string(i));
    if (HasFatalFailure()) return;
  }
}

// Two processes find the same damage at the same time: one moves the file aside, and both end up
// on the same new one.
TEST_F(SqliteDamageTest, OneOfSeveralProcessesMovesItAside) {
  const std::string sound = MakeFile();
  constexpr uint64_t kProcesses = 3;
  for (int round = 0; round < 10; ++round) {
    RemoveAll();
    Overwrite(sound.substr(0, 4096 + 100 * static_cast<size_t>(round)));
    std::vector<pid_t> children;
    for (uint64_t process = 1; process <= kProcesses; ++process) {
      const pid_t child = fork();
      ASSERT_GE(child, 0);
      if (child == 0) {
        const auto file = Open();
        const bool ok = file->Upsert(SampleRecord(process), kTtl).ok();
        _exit(ok ? static_cast<int>(file->TakeNotices().size()) : 100);
      }
      children.push_back(child);
    }
    int notices = 0;
    for (const pid_t child : children) {
      int status = 0;
      ASSERT_EQ(waitpid(child, &status, 0), child);
      ASSERT_TRUE(WIFEXITED(status));
      notices += WEXITSTATUS(status);
    }
    EXPECT_EQ(notices, 1);
    EXPECT_EQ(Open()->Scan()->rows.size(), kProcesses);
    EXPECT_FALSE(Exists(".damaged-2"));
  }
}

}  // namespace
}  // namespace muster::store
