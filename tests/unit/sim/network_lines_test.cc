// Bursts of loss, delays and slow lines of single hosts.

#include <string>

#include "gtest/gtest.h"
#include "src/base/rng.h"
#include "src/base/time.h"
#include "src/sim/network.h"

namespace muster::sim {
namespace {

constexpr TimePoint kNow = TimePoint::FromMicros(1'000'000);
constexpr Duration kOneWay = Duration::Millis(1);

Network MakeNetwork() {
  NetworkConfig config;
  config.latency = LatencyModel::Uniform(kOneWay, kOneWay);
  Network network(config, Rng(1));
  for (int i = 0; i < 4; ++i) network.AddHost();
  return network;
}

struct Runs {
  int lost = 0;
  int runs = 0;  // of packets lost one after the other
};

Runs CountRuns(Network* network, int from, int packets) {
  Runs result;
  bool was_lost = false;
  for (int i = 0; i < packets; ++i) {
    const bool is_lost = network->DatagramFate(kNow, from, 1, "bytes").copies == 0;
    result.lost += is_lost ? 1 : 0;
    result.runs += is_lost && !was_lost ? 1 : 0;
    was_lost = is_lost;
  }
  return result;
}

TEST(BurstTest, TheShareIsAsAskedAndTheBurstsAreAsLong) {
  for (const uint32_t burst : {3u, 10u}) {
    Network network = MakeNetwork();
    network.SetLoss(50'000, burst);
    const Runs runs = CountRuns(&network, 0, 1'000'000);
    EXPECT_NEAR(runs.lost, 50'000, 3'000) << burst;
    EXPECT_NEAR(static_cast<double>(runs.lost) / runs.runs, burst, 0.1 * burst);
    EXPECT_EQ(network.counts().bursts, static_cast<uint64_t>(runs.runs));
    EXPECT_EQ(network.counts().lost, static_cast<uint64_t>(runs.lost));
  }
}

TEST(BurstTest, WithoutOneEachPacketIsLostForItself) {
  Network network = MakeNetwork();
  network.SetLoss(50'000);
  const Runs runs = CountRuns(&network, 0, 200'000);
  EXPECT_NEAR(static_cast<double>(runs.lost) / runs.runs, 1.05, 0.03);
  EXPECT_EQ(network.counts().bursts, 0u);
}

TEST(BurstTest, AHostsOwnLossComesOnTop) {
  Network network = MakeNetwork();
  network.SetLoss(100'000, 3);
  network.SetHostLoss(0, 500'000, 0);
  EXPECT_NEAR(CountRuns(&network, 0, 100'000).lost, 55'000, 2'000);
  EXPECT_NEAR(CountRuns(&network, 2, 100'000).lost, 10'000, 1'000);
}

TEST(HostDelayTest, EachDirectionHasItsOwn) {
  Network network = MakeNetwork();
  network.SetHostDelay(0, Duration::Millis(30), Duration::Millis(50));
  EXPECT_EQ(network.DatagramFate(kNow, 0, 1, {}).delay[0], Duration::Millis(31));
  EXPECT_EQ(network.DatagramFate(kNow, 1, 0, {}).delay[0], Duration::Millis(51));
  EXPECT_EQ(network.DatagramFate(kNow, 1, 2, {}).delay[0], kOneWay);
  Duration delay;
  EXPECT_TRUE(network.SegmentPasses(kNow, 0, 1, {}, &delay));
  EXPECT_EQ(delay, Duration::Millis(31));
  EXPECT_EQ(network.counts().delayed, 3u);
}

TEST(LatencyShiftTest, TheGeneralModelMayChangeAtAnyTime) {
  Network network = MakeNetwork();
  network.SetLatency(LatencyModel::Uniform(Duration::Millis(9), Duration::Millis(9)));
  EXPECT_EQ(network.DatagramFate(kNow, 0, 1, {}).delay[0], Duration::Millis(9));
}

TEST(SlowLineTest, PacketsQueueAndTheTailIsDropped) {
  Network network = MakeNetwork();
  // 1,000 bytes with their headers take 10 ms; five fit.
  network.SetHostRate(0, {100'000, 5'000}, {});
  const std::string bytes(972, 'x');
  for (int i = 1; i <= 5; ++i) {
    const Network::Fate fate = network.DatagramFate(kNow, 0, 1, bytes);
    ASSERT_EQ(fate.copies, 1);
    EXPECT_EQ(fate.delay[0], kOneWay + Duration::Millis(10 * i));
  }
  EXPECT_EQ(network.DatagramFate(kNow, 0, 1, bytes).copies, 0);
  EXPECT_EQ(network.counts().tail_drops, 1u);
  EXPECT_EQ(network.counts().queued, 4u);
  // 10 ms later there is room for one.
  const TimePoint later = kNow + Duration::Millis(11);
  EXPECT_EQ(network.DatagramFate(later, 0, 1, bytes).copies, 1);
  EXPECT_EQ(network.DatagramFate(later, 0, 1, bytes).copies, 0);
  // Others, and the other way, are as fast as ever.
  EXPECT_EQ(network.DatagramFate(kNow, 1, 0, bytes).delay[0], kOneWay);
}

TEST(SlowLineTest, AReceiversLineCountsToo) {
  Network network = MakeNetwork();
  network.SetHostRate(1, {}, {100'000, 2'000});
  const std::string bytes(972, 'x');
  EXPECT_EQ(network.DatagramFate(kNow, 0, 1, bytes).delay[0], kOneWay + Duration::Millis(10));
  EXPECT_EQ(network.DatagramFate(kNow, 2, 1, bytes).delay[0], kOneWay + Duration::Millis(20));
  Duration delay;
  EXPECT_FALSE(network.SegmentPasses(kNow, 0, 1, bytes, &delay));
  EXPECT_EQ(network.counts().tail_drops, 1u);
}

}  // namespace
}  // namespace muster::sim
