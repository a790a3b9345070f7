#include "src/sim/sim_node.h"

#include <deque>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "src/base/time.h"
#include "src/core/member_record.h"
#include "tests/testing/forge.h"

namespace muster::sim {
namespace {

using testing::TestId;

constexpr TimePoint kNow = TimePoint::FromMicros(5'000'000);

class SimNodeTest : public ::testing::Test {
 protected:
  static SimNode Make() {
    HostConfig config;
    config.name = "a";
    config.address = Address::V4(0x0a000001, kDefaultPort);
    Disk disk;
    disk.id = TestId(1);
    return SimNode(config, disk);
  }
  core::RecordPool pool_;
};

TEST_F(SimNodeTest, EachBootHasTheNextEpochAndTheDiskKnowsItFirst) {
  SimNode node = Make();
  EXPECT_EQ(node.state(), ProcessState::kStopped);
  node.Boot(kNow, 1, 1, &pool_);
  EXPECT_TRUE(node.is_running());
  EXPECT_EQ(node.disk().epoch, 1u);
  EXPECT_EQ(node.node()->incarnation(), Incarnation::Of(1, 0));
  node.End(kNow, Exit::kKilled);
  EXPECT_EQ(node.node(), nullptr);
  EXPECT_EQ(node.exit(), Exit::kKilled);
  EXPECT_EQ(node.ended_at(), kNow);
  node.Boot(kNow, 2, 1, &pool_);
  EXPECT_EQ(node.node()->incarnation(), Incarnation::Of(2, 0));
  EXPECT_EQ(node.run(), 2u);
  EXPECT_EQ(node.exit(), Exit::kNone);
}

TEST_F(SimNodeTest, AdvertisesWhatItIsToldTo) {
  SimNode node = Make();
  EXPECT_EQ(node.advertised(), node.config().address);
  node.config().advertise = Address::V4(0x0a000002, kDefaultPort);
  node.Boot(kNow, 1, 1, &pool_);
  EXPECT_EQ(node.node()->identity().attributes.address, node.config().advertise);
}

TEST_F(SimNodeTest, APausedProcessGetsItsInputInOrderWhenItResumes) {
  SimNode node = Make();
  node.Boot(kNow, 1, 1, &pool_);
  node.Pause();
  const Address from = Address::V4(0x0a000002, kDefaultPort);
  EXPECT_TRUE(node.HoldDatagram(from, "one"));
  SimNode::Waiting opened;
  opened.kind = SimNode::Waiting::Kind::kOpened;
  opened.stream = 2;
  node.Hold(opened);
  EXPECT_TRUE(node.HoldDatagram(from, "two"));
  std::deque<SimNode::Waiting> waiting;
  node.Resume(&waiting);
  ASSERT_EQ(waiting.size(), 3u);
  EXPECT_EQ(waiting[0].bytes, "one");
  EXPECT_EQ(waiting[1].stream, 2u);
  EXPECT_EQ(waiting[2].bytes, "two");
  EXPECT_TRUE(node.is_running());
  node.Pause();
  node.Resume(&waiting);
  EXPECT_TRUE(waiting.empty());
}

TEST_F(SimNodeTest, AFullBufferDropsTheNewest) {
  SimNode node = Make();
  node.Boot(kNow, 1, 1, &pool_);
  node.Pause();
  const std::string bytes(1200, 'x');
  size_t held = 0;
  while (node.HoldDatagram(Address(), bytes)) ++held;
  EXPECT_EQ(held, SimNode::kUdpBufferBytes / (1200 + SimNode::kUdpOverheadBytes));
  std::deque<SimNode::Waiting> waiting;
  node.Resume(&waiting);
  EXPECT_EQ(waiting.size(), held);
  node.Pause();
  EXPECT_TRUE(node.HoldDatagram(Address(), bytes));
}

TEST_F(SimNodeTest, TheBacklogIsBounded) {
  SimNode node = Make();
  node.Boot(kNow, 1, 1, &pool_);
  node.Pause();
  SimNode::Waiting opened;
  opened.kind = SimNode::Waiting::Kind::kOpened;
  for (size_t i = 0; i < SimNode::kBacklogMax; ++i) {
    EXPECT_FALSE(node.backlog_is_full());
    node.Hold(opened);
  }
  EXPECT_TRUE(node.backlog_is_full());
}

TEST_F(SimNodeTest, AcceptedStreamsHaveEvenIdsFromTwo) {
  SimNode node = Make();
  node.Boot(kNow, 1, 1, &pool_);
  EXPECT_EQ(node.NextAcceptedId(), 2u);
  EXPECT_EQ(node.NextAcceptedId(), 4u);
}

TEST_F(SimNodeTest, AMachineWithoutPowerRunsAgainWithItsNextProcess) {
  SimNode node = Make();
  node.Boot(kNow, 1, 1, &pool_);
  node.PowerOff();
  node.End(kNow, Exit::kKilled);
  EXPECT_FALSE(node.machine_is_up());
  node.Boot(kNow, 2, 1, &pool_);
  EXPECT_TRUE(node.machine_is_up());
}

}  // namespace
}  // namespace muster::sim
