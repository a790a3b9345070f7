// The SQLite store when its disk is frozen, full, read-only, or holds a damaged file. The test has
// a mount namespace of its own, in which it fills and locks small file systems.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "src/store/sqlite_store.h"
#include "tests/store/contract/session.h"

namespace muster::store {
namespace {

using contract::MakeRecord;
using contract::Session;

class SqliteFaultTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    // Before libuv starts its threads, which then see the same mounts.
    ASSERT_EQ(unshare(CLONE_NEWNS), 0) << "this test has to run as root";
    ASSERT_EQ(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
  }
  void SetUp() override {
    char name[] = "/tmp/muster-sqlite-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    folder_ = name;
    ASSERT_EQ(mount("tmpfs", folder_.c_str(), "tmpfs", 0, "size=256k"), 0);
    path_ = folder_ + "/presence.db";
  }
  void TearDown() override {
    session_.reset();
    EXPECT_EQ(umount2(folder_.c_str(), MNT_DETACH), 0);
    std::filesystem::remove(folder_);
  }

  PresenceStore* Open(PresenceOptions options) {
    return session_->Adopt(OpenSqliteStore(path_, std::move(options)));
  }
  PresenceStore* Open() { return Open(session_->Options()); }
  // Takes all the room there is.
  void FillDisk() {
    const int fd = open((folder_ + "/filler").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ASSERT_GE(fd, 0);
    const std::string block(4096, 'x');
    while (write(fd, block.data(), block.size()) > 0) {
    }
    EXPECT_EQ(errno, ENOSPC);
    close(fd);
  }
  void EmptyDisk() { std::filesystem::remove(folder_ + "/filler"); }
  void Remount(unsigned long flags) {
    ASSERT_EQ(mount("none", folder_.c_str(), nullptr, MS_REMOUNT | flags, nullptr), 0)
        << strerror(errno);
  }

  std::string folder_;
  std::string path_;
  std::unique_ptr<Session> session_ = std::make_unique<Session>();
};

// A clock that stands for the disk: it is read in the middle of each write, on the pool.
class Gate {
 public:
  std::function<int64_t()> Guard(std::function<int64_t()> clock) {
    return [this, clock = std::move(clock)] {
      if (shut_) opened_.get_future().wait();
      return clock();
    };
  }
  void Shut() {
    opened_ = std::promise<void>();
    shut_ = true;
  }
  void Open() {
    shut_ = false;
    opened_.set_value();
  }

 private:
  std::atomic<bool> shut_{false};
  std::promise<void> opened_;
};

TEST_F(SqliteFaultTest, AFrozenDiskHoldsNobodyUp) {
  Gate gate;
  PresenceOptions options = session_->Options();
  options.wall_us = gate.Guard(options.wall_us);
  PresenceStore* store = Open(options);
  ASSERT_TRUE(session_->Upsert(store, MakeRecord(1)).ok());
  gate.Shut();
  const TimePoint begun = options.monotonic();
  const absl::Status first = session_->Upsert(store, MakeRecord(1)).status();
  EXPECT_EQ(first.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(absl::StrContains(first.message(), path_)) << first;
  EXPECT_LE(options.monotonic() - begun, PresenceStore::kOperationBudget + Duration::Seconds(1));

  const TimePoint again = options.monotonic();
  for (int i = 0; i < 3; ++i) {
    const absl::Status later = session_->Scan(store).status();
    EXPECT_EQ(later.code(), absl::StatusCode::kUnavailable);
    EXPECT_TRUE(absl::StrContains(later.message(), "holds up")) << later;
  }
  EXPECT_LE(options.monotonic() - again, Duration::Seconds(1)) << "at once";

  gate.Open();
  EXPECT_TRUE(session_->loop().RunUntil(
      [&, result = std::optional<absl::Status>(), asked = false]() mutable {
        if (!asked) store->Scan([&](const auto& scan) { result = scan.status(); });
        asked = !result.has_value();
        return std::exchange(result, std::nullopt).value_or(absl::UnknownError("")).ok();
      },
      Duration::Seconds(10)));
}

TEST_F(SqliteFaultTest, CloseWaitsForTheDisk) {
  Gate gate;
  PresenceOptions options = session_->Options();
  options.wall_us = gate.Guard(options.wall_us);
  std::unique_ptr<PresenceStore> store = OpenSqliteStore(path_, options);
  gate.Shut();
  std::vector<absl::StatusCode> codes;
  bool closed = false;
  store->Upsert(MakeRecord(1), Duration::Seconds(60),
                [&](const auto& live) { codes.push_back(live.status().code()); });
  store->Scan([&](const auto& scan) { codes.push_back(scan.status().code()); });
  EXPECT_FALSE(session_->loop().RunUntil([] { return false; }, Duration::Millis(200)));
  store->Close([&] { closed = true; });
  // The callers are told at once; the store ends when the disk has let go.
  EXPECT_TRUE(session_->loop().RunUntil([&] { return codes.size() == 2; }, Duration::Seconds(2)));
  EXPECT_EQ(codes, std::vector<absl::StatusCode>(2, absl::StatusCode::kCancelled));
  EXPECT_FALSE(session_->loop().RunUntil([&] { return closed; }, Duration::Millis(300)));
  gate.Open();
  EXPECT_TRUE(session_->loop().RunUntil([&] { return closed; }, Duration::Seconds(5)));
  EXPECT_FALSE(std::filesystem::exists(path_ + "-wal")) << "closed for good";
}

TEST_F(SqliteFaultTest, AFullDiskPasses) {
  PresenceStore* store = Open();
  ASSERT_TRUE(session_->Upsert(store, MakeRecord(1)).ok());
  FillDisk();
  // Some more rows go into pages that are there already.
  absl::Status status;
  for (uint64_t n = 2; n < 200 && status.ok(); ++n) {
    status = session_->Upsert(store, MakeRecord(n)).status();
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), path_)) << status;
  EXPECT_TRUE(session_->Scan(store).ok()) << "what is there can be read";
  EmptyDisk();
  EXPECT_TRUE(session_->Upsert(store, MakeRecord(500)).ok());
  EXPECT_TRUE(session_->notices().empty());
}

TEST_F(SqliteFaultTest, ADiskThatIsFullFromTheStart) {
  FillDisk();
  PresenceStore* store = Open();
  for (int i = 0; i < 3; ++i) {
    const absl::Status status = session_->Upsert(store, MakeRecord(1)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
    EXPECT_EQ(session_->Scan(store).status().code(), absl::StatusCode::kResourceExhausted);
  }
  EmptyDisk();
  EXPECT_EQ(session_->Upsert(store, MakeRecord(1)).value(), 1u);
  EXPECT_TRUE(session_->notices().empty());
  EXPECT_FALSE(std::filesystem::exists(path_ + ".damaged-1"));
}

TEST_F(SqliteFaultTest, AReadOnlyDiskPasses) {
  PresenceStore* writer = Open();
  ASSERT_TRUE(session_->Upsert(writer, MakeRecord(1)).ok());
  ASSERT_TRUE(session_->Close(writer));
  Remount(MS_RDONLY);
  PresenceStore* store = Open();
  const absl::Status status = session_->Upsert(store, MakeRecord(2)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "ead-only")) << status;
  EXPECT_EQ(session_->Scan(store).status().code(), absl::StatusCode::kFailedPrecondition);
  Remount(0);
  EXPECT_EQ(session_->Upsert(store, MakeRecord(2)).value(), 2u);
  EXPECT_TRUE(session_->notices().empty());
}

TEST_F(SqliteFaultTest, AFolderThatComesLater) {
  path_ = folder_ + "/later/presence.db";
  PresenceStore* store = Open();
  EXPECT_EQ(session_->Upsert(store, MakeRecord(1)).status().code(), absl::StatusCode::kUnavailable);
  std::filesystem::create_directory(folder_ + "/later");
  EXPECT_EQ(session_->Upsert(store, MakeRecord(1)).value(), 1u);
}

TEST_F(SqliteFaultTest, TheOperatorIsToldOfADamagedFile) {
  std::ofstream(path_) << std::string(5000, '?');
  PresenceStore* store = Open();
  EXPECT_EQ(session_->Upsert(store, MakeRecord(1)).value(), 1u);
  ASSERT_EQ(session_->notices().size(), 1u);
  EXPECT_TRUE(absl::StrContains(session_->notices()[0], path_ + ".damaged-1"));
  EXPECT_EQ(session_->Upsert(store, MakeRecord(2)).value(), 2u);
  EXPECT_EQ(session_->notices().size(), 1u);
}

TEST_F(SqliteFaultTest, ADamagedFileOnAFullDiskIsStillMovedAside) {
  std::ofstream(path_) << std::string(5000, '?');
  FillDisk();
  PresenceStore* store = Open();
  EXPECT_EQ(session_->Upsert(store, MakeRecord(1)).status().code(),
            absl::StatusCode::kResourceExhausted);
  EmptyDisk();
  EXPECT_EQ(session_->Upsert(store, MakeRecord(1)).value(), 1u);
  EXPECT_EQ(session_->notices().size(), 1u);
  EXPECT_FALSE(std::filesystem::exists(path_ + ".damaged-2"));
}

}  // namespace
}  // namespace muster::store
