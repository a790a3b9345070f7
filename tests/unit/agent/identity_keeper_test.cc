#include "src/agent/identity_keeper.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/unit/runtime/loop.h"

namespace muster::agent {
namespace {

class IdentityKeeperTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/muster-keeper-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    folder_ = name;
    record_.id = {1, 2};
    record_.epoch = 7;
    record_.peers = {*Address::Parse("10.0.0.1")};
    file_ = std::make_unique<store::IdentityFile>(folder_);
    ASSERT_TRUE(file_->Load().ok());
    ASSERT_TRUE(file_->Save(record_).ok());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  store::IdentityRecord OnDisk() const {
    const auto loaded = store::IdentityFile(folder_).Load();
    return loaded.ok() ? loaded->record : store::IdentityRecord();
  }

  std::string folder_;
  store::IdentityRecord record_;
  std::unique_ptr<store::IdentityFile> file_;
  runtime::Loop loop_;
};

TEST_F(IdentityKeeperTest, AnEpochIsSavedAtOnce) {
  IdentityKeeper keeper(loop_.get(), file_.get(), record_);
  keeper.RaiseEpoch(9);
  EXPECT_TRUE(
      loop_.RunUntil([this] { return OnDisk().epoch == 9; }, IdentityKeeper::kSaveAfterMs - 100));
  keeper.RaiseEpoch(8);
  EXPECT_EQ(keeper.record().epoch, 9u) << "never lower";
  loop_.Close(keeper);
  EXPECT_EQ(OnDisk().epoch, 9u);
}

TEST_F(IdentityKeeperTest, PeersAreSavedWithinSeconds) {
  IdentityKeeper keeper(loop_.get(), file_.get(), record_);
  keeper.SetPeers({*Address::Parse("10.0.0.2")});
  keeper.SetPeers({*Address::Parse("10.0.0.2"), *Address::Parse("10.0.0.3")});
  EXPECT_EQ(OnDisk().peers, record_.peers);
  EXPECT_TRUE(loop_.RunUntil([this] { return OnDisk().peers.size() == 2; }));
  loop_.Close(keeper);
}

TEST_F(IdentityKeeperTest, TheFirstPeersEverAreSavedAlmostAtOnce) {
  record_.peers.clear();
  ASSERT_TRUE(file_->Save(record_).ok());
  IdentityKeeper keeper(loop_.get(), file_.get(), record_);
  keeper.SetPeers({*Address::Parse("10.0.0.2")});
  EXPECT_TRUE(loop_.RunUntil([this] { return OnDisk().peers.size() == 1; },
                             IdentityKeeper::kSaveAfterMs - 100));
  loop_.Close(keeper);
}

TEST_F(IdentityKeeperTest, AStopSavesWhatIsUnsaved) {
  IdentityKeeper keeper(loop_.get(), file_.get(), record_);
  keeper.SetPeers({*Address::Parse("10.0.0.2")});
  loop_.Close(keeper);
  EXPECT_EQ(OnDisk().peers, std::vector<Address>{*Address::Parse("10.0.0.2")});
  EXPECT_EQ(OnDisk().epoch, 7u);
}

TEST_F(IdentityKeeperTest, ChangesDuringASaveAreSavedAfterIt) {
  IdentityKeeper keeper(loop_.get(), file_.get(), record_);
  keeper.RaiseEpoch(9);
  keeper.RaiseEpoch(10);
  keeper.SetPeers({*Address::Parse("10.0.0.2")});
  loop_.Close(keeper);
  EXPECT_EQ(OnDisk().epoch, 10u);
  EXPECT_EQ(OnDisk().peers, std::vector<Address>{*Address::Parse("10.0.0.2")});
}

TEST_F(IdentityKeeperTest, NobodyLeftIsNoReasonToForget) {
  IdentityKeeper keeper(loop_.get(), file_.get(), record_);
  keeper.SetPeers({});
  EXPECT_EQ(keeper.record().peers, record_.peers);
  loop_.Close(keeper);
}

TEST_F(IdentityKeeperTest, PeersAreCutToTheLimit) {
  IdentityKeeper keeper(loop_.get(), file_.get(), record_);
  keeper.SetPeers(std::vector<Address>(65, *Address::Parse("10.0.0.2")));
  EXPECT_EQ(keeper.record().peers.size(), 64u);
  loop_.Close(keeper);
  EXPECT_EQ(OnDisk().peers.size(), 64u);
}

TEST_F(IdentityKeeperTest, AnIdleKeeperKeepsNoLoopAlive) {
  IdentityKeeper keeper(loop_.get(), file_.get(), record_);
  keeper.SetPeers(record_.peers);
  EXPECT_EQ(uv_loop_alive(loop_.get()), 0);
  loop_.Close(keeper);
}

TEST_F(IdentityKeeperTest, ADiskThatRefusesEndsNothing) {
  IdentityKeeper keeper(loop_.get(), file_.get(), record_);
  std::filesystem::remove_all(folder_);
  keeper.RaiseEpoch(9);
  loop_.Close(keeper);
  EXPECT_EQ(keeper.record().epoch, 9u);
}

}  // namespace
}  // namespace muster::agent
