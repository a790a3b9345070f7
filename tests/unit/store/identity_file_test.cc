#include "src/store/identity_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace muster::store {
namespace {

// A folder of its own for each test, gone with it.
class IdentityFileTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/muster-identity-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& suffix = "") const { return folder_ + "/identity" + suffix; }
  static std::string Read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }
  static void Write(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
  }
  // What a fresh process would find.
  absl::StatusOr<IdentityFile::Loaded> Load() const { return IdentityFile(folder_).Load(); }

  std::string folder_;
};

IdentityRecord Sample(uint64_t epoch, size_t peers) {
  IdentityRecord record;
  record.id = {0x0123456789abcdef, 0xfedcba9876543210};
  record.epoch = epoch;
  for (size_t i = 0; i < peers; ++i) {
    record.peers.push_back(Address::V4(0x7f000701u + static_cast<uint32_t>(i), 7946));
  }
  return record;
}

TEST_F(IdentityFileTest, TextIsReadable) {
  EXPECT_TRUE(EncodeIdentity(Sample(17, 1))
                  .starts_with("muster-identity 1\n"
                               "id 0123456789abcdeffedcba9876543210\n"
                               "epoch 17\n"
                               "peer 127.0.7.1:7946\n"
                               "checksum "));
}

TEST_F(IdentityFileTest, RoundTrip) {
  std::array<uint8_t, 16> ip{0xfd};
  for (IdentityRecord record : {Sample(1, 0), Sample(uint64_t{1} << 39, 1), Sample(7, 64)}) {
    if (!record.peers.empty()) record.peers[0] = Address::V6(ip, 65535);
    const absl::StatusOr<IdentityRecord> decoded = DecodeIdentity(EncodeIdentity(record));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(*decoded, record);
  }
}

TEST_F(IdentityFileTest, HalfAnIdIsNone) {
  IdentityRecord record = Sample(1, 0);
  record.id = record.id.Half();
  EXPECT_FALSE(DecodeIdentity(EncodeIdentity(record)).ok());
}

TEST_F(IdentityFileTest, PeersBeyondTheLimitAreLeftOut) {
  const absl::StatusOr<IdentityRecord> decoded =
      DecodeIdentity(EncodeIdentity(Sample(1, IdentityRecord::kPeersMax + 1)));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(*decoded, Sample(1, IdentityRecord::kPeersMax));
}

TEST_F(IdentityFileTest, EveryTruncationIsSeen) {
  const std::string text = EncodeIdentity(Sample(3, 2));
  for (size_t size = 0; size < text.size(); ++size) {
    EXPECT_EQ(DecodeIdentity(text.substr(0, size)).status().code(), absl::StatusCode::kDataLoss)
        << size;
  }
}

TEST_F(IdentityFileTest, EveryBitFlipIsSeen) {
  const std::string text = EncodeIdentity(Sample(3, 2));
  for (size_t bit = 0; bit < text.size() * 8; ++bit) {
    std::string flipped = text;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(DecodeIdentity(flipped).ok()) << bit;
  }
  EXPECT_FALSE(DecodeIdentity(text + "x").ok());
}

TEST_F(IdentityFileTest, NothingThereIsNoError) {
  const auto loaded = Load();
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_TRUE(loaded->record.id.is_zero());
  EXPECT_EQ(loaded->warning, "");
}

TEST_F(IdentityFileTest, SaveKeepsThePreviousVersion) {
  IdentityFile file(folder_);
  ASSERT_TRUE(file.Load().ok());
  ASSERT_TRUE(file.Save(Sample(1, 0)).ok());
  EXPECT_FALSE(std::filesystem::exists(Path(".bak")));
  ASSERT_TRUE(file.Save(Sample(2, 3)).ok());
  EXPECT_EQ(Read(Path()), EncodeIdentity(Sample(2, 3)));
  EXPECT_EQ(Read(Path(".bak")), EncodeIdentity(Sample(1, 0)));
  EXPECT_FALSE(std::filesystem::exists(Path(".new")));
  struct stat info {};
  ASSERT_EQ(stat(Path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(IdentityFileTest, DamagedVersionGivesWayToThePreviousOne) {
  IdentityFile file(folder_);
  ASSERT_TRUE(file.Load().ok());
  ASSERT_TRUE(file.Save(Sample(4, 1)).ok());
  ASSERT_TRUE(file.Save(Sample(5, 2)).ok());
  const std::string whole = Read(Path());
  for (size_t size = 0; size < whole.size(); ++size) {
    Write(Path(), whole.substr(0, size));
    const auto loaded = Load();
    ASSERT_TRUE(loaded.ok()) << size;
    EXPECT_EQ(loaded->record.id, Sample(4, 1).id);
    EXPECT_EQ(loaded->record.epoch, 5u) << "raised by one for the start that was lost";
    EXPECT_NE(loaded->warning.find(Path() + " is damaged"), std::string::npos);
    EXPECT_NE(loaded->warning.find(Path(".bak")), std::string::npos);
  }
}

TEST_F(IdentityFileTest, DamagedVersionNeverReplacesTheSoundOne) {
  IdentityFile first(folder_);
  ASSERT_TRUE(first.Load().ok());
  ASSERT_TRUE(first.Save(Sample(4, 1)).ok());
  ASSERT_TRUE(first.Save(Sample(5, 1)).ok());
  Write(Path(), "scribble");
  IdentityFile second(folder_);
  ASSERT_TRUE(second.Load().ok());
  ASSERT_TRUE(second.Save(Sample(6, 1)).ok());
  EXPECT_EQ(Read(Path(".bak")), EncodeIdentity(Sample(4, 1)));
  EXPECT_EQ(Read(Path()), EncodeIdentity(Sample(6, 1)));
}

TEST_F(IdentityFileTest, BothDamagedIsAnErrorWithFileAndRemedy) {
  Write(Path(), "x");
  Write(Path(".bak"), "y");
  const absl::Status status = Load().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  const std::string text(status.message());
  EXPECT_NE(text.find(Path() + " is damaged"), std::string::npos);
  EXPECT_NE(text.find("restore the file"), std::string::npos);
  std::filesystem::remove(Path(".bak"));
  EXPECT_EQ(Load().status().code(), absl::StatusCode::kDataLoss);
}

// The states a crash leaves between two steps of Save(5) over 4 over 3.
TEST_F(IdentityFileTest, CrashBetweenAnyTwoStepsLosesNothing) {
  const std::string before = EncodeIdentity(Sample(4, 1));
  const std::string after = EncodeIdentity(Sample(5, 1));
  struct Step {
    const char* what;
    std::string current, previous, fresh, spare;  // empty: no such file
    uint64_t epoch;
  };
  const std::string oldest = EncodeIdentity(Sample(3, 1));
  const Step steps[] = {
      {"new file half written", before, oldest, after.substr(0, 20), "", 4},
      {"new file written", before, oldest, after, "", 4},
      {"spare link made", before, oldest, after, before, 4},
      {"previous replaced", before, before, after, "", 4},
      {"current renamed away (no hard links)", "", before, after, "", 5},
      {"new one in place", after, before, "", "", 5},
  };
  for (const Step& step : steps) {
    SCOPED_TRACE(step.what);
    for (const auto& [suffix, text] : {std::pair<const char*, const std::string&>{"", step.current},
                                       {".bak", step.previous},
                                       {".new", step.fresh},
                                       {".bak.new", step.spare}}) {
      std::filesystem::remove(Path(suffix));
      if (!text.empty()) Write(Path(suffix), text);
    }
    IdentityFile file(folder_);
    const auto loaded = file.Load();
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    EXPECT_EQ(loaded->record.epoch, step.epoch);
    EXPECT_EQ(loaded->record.peers, Sample(4, 1).peers);
    ASSERT_TRUE(file.Save(Sample(9, 1)).ok());
    EXPECT_EQ(Load()->record, Sample(9, 1));
  }
}

TEST_F(IdentityFileTest, SaveIntoAMissingFolderFails) {
  const absl::Status status = IdentityFile(folder_ + "/none").Save(Sample(1, 0));
  EXPECT_FALSE(status.ok());
  EXPECT_NE(std::string(status.message()).find(folder_ + "/none"), std::string::npos);
}

}  // namespace
}  // namespace muster::store
