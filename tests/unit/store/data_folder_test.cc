#include "src/store/data_folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace muster::store {
namespace {

class DataFolderTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/muster-folder-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    base_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(base_); }
  static mode_t ModeOf(const std::string& path) {
    struct stat info {};
    EXPECT_EQ(stat(path.c_str(), &info), 0);
    return info.st_mode & 0777;
  }

  std::string base_;
};

TEST_F(DataFolderTest, IsMadeWithItsParentsAndClosedToOthers) {
  const std::string path = base_ + "/a/b/data";
  const absl::StatusOr<DataFolder> folder = DataFolder::Open(path);
  ASSERT_TRUE(folder.ok()) << folder.status();
  EXPECT_EQ(folder->path(), path);
  EXPECT_EQ(ModeOf(path), 0700u);
}

TEST_F(DataFolderTest, AnEmptyFolderIsClosedToOthers) {
  std::filesystem::create_directory(base_ + "/open");
  chmod((base_ + "/open").c_str(), 0755);
  ASSERT_TRUE(DataFolder::Open(base_ + "/open").ok());
  EXPECT_EQ(ModeOf(base_ + "/open"), 0700u);
}

TEST_F(DataFolderTest, AFolderThatOthersUseKeepsItsMode) {
  std::ofstream(base_ + "/theirs") << "x";
  chmod(base_.c_str(), 01777);
  ASSERT_TRUE(DataFolder::Open(base_).ok());
  EXPECT_EQ(ModeOf(base_), 0777u);
}

TEST_F(DataFolderTest, ASecondHolderIsRefusedWithThePid) {
  const absl::StatusOr<DataFolder> first = DataFolder::Open(base_ + "/d");
  ASSERT_TRUE(first.ok());
  const absl::StatusOr<DataFolder> second = DataFolder::Open(base_ + "/d");
  EXPECT_EQ(second.status().code(), absl::StatusCode::kAlreadyExists);
  const std::string text(second.status().message());
  EXPECT_NE(text.find("process " + std::to_string(getpid())), std::string::npos) << text;
  EXPECT_NE(text.find("--data-dir"), std::string::npos) << text;
}

TEST_F(DataFolderTest, TheLockEndsWithItsHolder) {
  {
    const absl::StatusOr<DataFolder> first = DataFolder::Open(base_ + "/d");
    ASSERT_TRUE(first.ok());
  }
  EXPECT_TRUE(std::filesystem::exists(base_ + "/d/lock"));
  EXPECT_TRUE(DataFolder::Open(base_ + "/d").ok());
}

TEST_F(DataFolderTest, TheLockMovesWithTheObject) {
  absl::StatusOr<DataFolder> first = DataFolder::Open(base_ + "/d");
  ASSERT_TRUE(first.ok());
  const DataFolder moved = *std::move(first);
  EXPECT_FALSE(DataFolder::Open(base_ + "/d").ok());
}

TEST_F(DataFolderTest, ANonsensicalLockFileIsNoObstacle) {
  std::filesystem::create_directory(base_ + "/d");
  std::ofstream(base_ + "/d/lock")
      << "not a pid, and far longer than any pid could ever be, really";
  EXPECT_TRUE(DataFolder::Open(base_ + "/d").ok());
}

TEST_F(DataFolderTest, AFileInTheWayIsNamed) {
  std::ofstream(base_ + "/file") << "x";
  for (const std::string& path : {base_ + "/file", base_ + "/file/below"}) {
    const absl::Status status = DataFolder::Open(path).status();
    EXPECT_FALSE(status.ok());
    EXPECT_NE(std::string(status.message()).find(path), std::string::npos) << status;
  }
}

TEST_F(DataFolderTest, RelativePathsAreRefused) {
  EXPECT_EQ(DataFolder::Open("data").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(DataFolder::Open("").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(DataFolderTest, AGroupMayPassThroughAndNoMore) {
  const absl::StatusOr<DataFolder> folder = DataFolder::Open(base_ + "/d");
  ASSERT_TRUE(folder.ok());
  ASSERT_TRUE(folder->AdmitGroup(getgid()).ok());
  EXPECT_EQ(ModeOf(base_ + "/d"), 0710u);
}

}  // namespace
}  // namespace muster::store
