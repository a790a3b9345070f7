// Hundreds of members: the bounds do not move with the size, and neither does the cost of a member.

#include <string>

#include "gtest/gtest.h"
#include "src/sim/cluster.h"

namespace muster::sim {
namespace {

constexpr int kHosts = 200;

class ScaleTest : public ::testing::Test {
 protected:
  ScaleTest() : cluster_(Config()) {
    for (int host = 0; host < kHosts; ++host) {
      cluster_.AddHost("n" + std::to_string(host + 1));
      cluster_.config(host).seeds = {Cluster::DefaultAddress(0)};
    }
    for (int host = 0; host < kHosts; ++host) cluster_.Start(host);
  }
  static ClusterConfig Config() {
    ClusterConfig config;
    config.seed = 11;
    config.record_events = false;
    return config;
  }
  bool AllHold(int subject, wire::State state) const {
    const HostId id = cluster_.host(subject).disk().id;
    for (int host = 0; host < kHosts; ++host) {
      if (host == subject) continue;
      const core::MemberView* view = cluster_.View(host, id);
      if (view == nullptr || view->state != state) return false;
    }
    return true;
  }

  Cluster cluster_;
};

TEST_F(ScaleTest, TwoHundredStartTogetherAndOneDies) {
  EXPECT_TRUE(cluster_.RunUntil([this] { return cluster_.Agreed(); }, Duration::Seconds(6)));
  cluster_.RunFor(Duration::Seconds(5));

  cluster_.PowerOff(77);
  EXPECT_FALSE(cluster_.RunUntil([this] { return AllHold(77, wire::State::kFailed); },
                                 Duration::Millis(3900)));
  EXPECT_TRUE(cluster_.RunUntil([this] { return AllHold(77, wire::State::kFailed); },
                                Duration::Millis(2100)));
  EXPECT_TRUE(cluster_.checkers().violations().empty())
      << cluster_.checkers().violations().front().text;
}

TEST_F(ScaleTest, AQuietMemberCostsTwoPacketsASecond) {
  ASSERT_TRUE(cluster_.RunUntil([this] { return cluster_.Agreed(); }, Duration::Seconds(6)));
  cluster_.RunFor(Duration::Seconds(20));
  const NetworkCounts before = cluster_.network().counts();
  const uint64_t streams = cluster_.stream_counts().opened;
  constexpr int64_t kSeconds = 60;
  cluster_.RunFor(Duration::Seconds(kSeconds));
  const NetworkCounts after = cluster_.network().counts();
  // A ping and an ack a period, and an extra probe every tenth.
  const uint64_t packets = (after.datagrams - before.datagrams) / (kHosts * kSeconds);
  EXPECT_GE(packets, 1u);
  EXPECT_LE(packets, 2u);
  // With 28 bytes of headers each, at most 250 bytes a second.
  const uint64_t bytes =
      (after.datagram_bytes - before.datagram_bytes + 28 * (after.datagrams - before.datagrams)) /
      (kHosts * kSeconds);
  EXPECT_LE(bytes, 250u);
  EXPECT_EQ(cluster_.stream_counts().opened, streams);
}

}  // namespace
}  // namespace muster::sim
