#include "src/sim/network.h"

#include <bit>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "src/base/rng.h"
#include "src/base/time.h"

namespace muster::sim {
namespace {

constexpr TimePoint kNow = TimePoint::FromMicros(1'000'000);

Network MakeNetwork(const NetworkConfig& config = {}, int hosts = 4, uint64_t seed = 1) {
  Network network(config, Rng(seed));
  for (int i = 0; i < hosts; ++i) network.AddHost();
  return network;
}

// How many of `n` datagrams arrive at all.
int Arrived(Network* network, int from, int to, int n = 10'000) {
  int arrived = 0;
  for (int i = 0; i < n; ++i) arrived += network->DatagramFate(kNow, from, to, "bytes").copies > 0;
  return arrived;
}

TEST(NetworkTest, WithoutFaultsEachDatagramArrivesOnceUnharmed) {
  Network network = MakeNetwork();
  for (int i = 0; i < 1000; ++i) {
    const Network::Fate fate = network.DatagramFate(kNow, 0, 1, "bytes");
    ASSERT_EQ(fate.copies, 1);
    ASSERT_FALSE(fate.corrupt);
    ASSERT_GT(fate.delay[0], Duration::Zero());
  }
  EXPECT_EQ(network.counts().datagrams, 1000u);
  EXPECT_EQ(network.counts().datagram_bytes, 5000u);
}

TEST(NetworkTest, ACutIsOneWayAndPerTransport) {
  Network network = MakeNetwork();
  const Network::CutId cut = network.Cut({0, 1}, {2}, kUdp);
  EXPECT_TRUE(network.Blocked(0, 2, kUdp));
  EXPECT_TRUE(network.Blocked(1, 2, kUdp));
  EXPECT_FALSE(network.Blocked(0, 2, kTcp));
  EXPECT_FALSE(network.Blocked(2, 0, kUdp));
  EXPECT_FALSE(network.Blocked(0, 1, kUdp));
  EXPECT_EQ(Arrived(&network, 0, 2, 10), 0);
  EXPECT_EQ(network.counts().cut, 10u);
  Duration delay;
  EXPECT_TRUE(network.SegmentPasses(kNow, 0, 2, "bytes", &delay));
  network.Heal(cut);
  EXPECT_FALSE(network.has_cuts());
  EXPECT_EQ(Arrived(&network, 0, 2, 10), 10);
}

TEST(NetworkTest, CutsAddUpAndHealOneByOne) {
  Network network = MakeNetwork();
  const Network::CutId first = network.Cut({0}, {1}, kBoth);
  network.Cut({0, 2}, {1, 3}, kTcp);
  network.Heal(first);
  EXPECT_FALSE(network.Blocked(0, 1, kUdp));
  EXPECT_TRUE(network.Blocked(0, 1, kTcp));
  Duration delay;
  EXPECT_FALSE(network.SegmentPasses(kNow, 2, 3, "bytes", &delay));
  EXPECT_EQ(network.counts().segments_cut, 1u);
  network.HealAll();
  EXPECT_FALSE(network.Blocked(0, 1, kTcp));
}

TEST(NetworkTest, AHostThatComesLaterIsOutsideOfOlderCuts) {
  Network network = MakeNetwork({}, 2);
  network.Cut({0, 1}, {0, 1}, kBoth);
  network.AddHost();
  EXPECT_FALSE(network.Blocked(0, 2, kUdp));
  EXPECT_TRUE(network.Blocked(0, 1, kUdp));
}

TEST(NetworkTest, HostsThatCutsTreatAlikeHaveOneSignature) {
  Network network = MakeNetwork();
  EXPECT_EQ(network.CutSignature(0), network.CutSignature(3));
  network.Cut({0, 1}, {2}, kBoth);
  EXPECT_EQ(network.CutSignature(0), network.CutSignature(1));
  EXPECT_NE(network.CutSignature(0), network.CutSignature(2));
  EXPECT_NE(network.CutSignature(0), network.CutSignature(3));
  EXPECT_NE(network.CutSignature(2), network.CutSignature(3));
}

TEST(NetworkTest, LossesCombine) {
  Network network = MakeNetwork();
  EXPECT_EQ(network.LossPpm(0, 1), 0u);
  network.SetLoss(500'000);
  EXPECT_EQ(network.LossPpm(0, 1), 500'000u);
  network.SetHostLoss(0, 500'000, 0);
  EXPECT_EQ(network.LossPpm(0, 1), 750'000u);
  EXPECT_EQ(network.LossPpm(1, 0), 500'000u);
  network.SetLinkLoss(0, 1, 500'000);
  EXPECT_EQ(network.LossPpm(0, 1), 875'000u);
  EXPECT_EQ(network.LossPpm(0, 2), 750'000u);
  network.SetHostLoss(1, 0, kPpm);
  EXPECT_EQ(network.LossPpm(0, 1), kPpm);
  EXPECT_EQ(network.WorstHostLossPpm(1), kPpm);
  EXPECT_EQ(network.WorstHostLossPpm(2), 500'000u);
}

TEST(NetworkTest, LossIsAsFrequentAsAsked) {
  Network network = MakeNetwork();
  network.SetLoss(200'000);
  EXPECT_NEAR(Arrived(&network, 0, 1), 8000, 200);
  EXPECT_NEAR(static_cast<double>(network.counts().lost), 2000, 200);
  int passed = 0;
  Duration delay;
  for (int i = 0; i < 10'000; ++i) passed += network.SegmentPasses(kNow, 0, 1, {}, &delay);
  EXPECT_NEAR(passed, 8000, 200);
}

TEST(NetworkTest, KnowsWhenLossTookAllThatAHostSent) {
  Network network = MakeNetwork();
  const auto at_ms = [](int64_t ms) { return kNow + Duration::Millis(ms); };
  const auto send = [&](int from, int64_t ms) {
    return network.DatagramFate(at_ms(ms), from, 1 - from, "bytes").copies;
  };
  ASSERT_EQ(send(0, 0), 1);
  network.SetHostLoss(0, kPpm, 0);
  for (const int64_t ms : {100, 200}) ASSERT_EQ(send(0, ms), 0);
  EXPECT_TRUE(network.MutesOf(0, at_ms(900)).empty()) << "two packets may be chance";
  ASSERT_EQ(send(0, 250), 0);
  EXPECT_TRUE(network.MutesOf(0, at_ms(399)).empty()) << "too short";
  ASSERT_EQ(network.MutesOf(0, at_ms(400)).size(), 1u);
  EXPECT_EQ(network.MutesOf(0, at_ms(400))[0].from, at_ms(100)) << "the first that was lost";
  network.SetHostLoss(0, 0, 0);
  ASSERT_EQ(send(0, 500), 1);
  ASSERT_EQ(send(1, 600), 1);
  const std::vector<Network::Mute> mutes = network.MutesOf(0, at_ms(900));
  ASSERT_EQ(mutes.size(), 1u);
  EXPECT_EQ(mutes[0].to, at_ms(500));
  EXPECT_TRUE(network.MutesOf(1, at_ms(900)).empty());
}

TEST(NetworkTest, NoiseIsAsFrequentAsAskedAndCounted) {
  NetworkConfig config;
  config.latency = LatencyModel::Uniform(Duration::Micros(100), Duration::Micros(100));
  Network network = MakeNetwork(config);
  network.SetNoise(100'000, 50'000, 200'000);
  int twice = 0;
  int corrupt = 0;
  int late = 0;
  for (int i = 0; i < 10'000; ++i) {
    const Network::Fate fate = network.DatagramFate(kNow, 0, 1, "bytes");
    twice += fate.copies == 2;
    corrupt += fate.corrupt;
    late += fate.delay[0] > Duration::Micros(100);
  }
  EXPECT_NEAR(twice, 1000, 150);
  EXPECT_NEAR(corrupt, 500, 100);
  EXPECT_NEAR(late, 2000, 200);
  EXPECT_EQ(network.counts().duplicated, static_cast<uint64_t>(twice));
  EXPECT_EQ(network.counts().corrupted, static_cast<uint64_t>(corrupt));
  EXPECT_GE(network.counts().held_back, static_cast<uint64_t>(late));
}

TEST(NetworkTest, CorruptionFlipsOneBit) {
  Network network = MakeNetwork();
  for (int i = 0; i < 100; ++i) {
    std::string bytes(20, 'a');
    network.Corrupt(&bytes);
    int flipped = 0;
    for (const char c : bytes) flipped += std::popcount(static_cast<uint8_t>(c ^ 'a'));
    ASSERT_EQ(flipped, 1);
  }
}

TEST(NetworkTest, ALinkMayBeSlowerThanTheRest) {
  Network network = MakeNetwork();
  network.SetLinkLatency(0, 1, LatencyModel::Uniform(Duration::Millis(50), Duration::Millis(50)));
  EXPECT_EQ(network.DatagramFate(kNow, 0, 1, {}).delay[0], Duration::Millis(50));
  EXPECT_LT(network.DatagramFate(kNow, 1, 0, {}).delay[0], Duration::Millis(50));
}

TEST(NetworkTest, AFilterSeesEachPacketAndDecides) {
  Network network = MakeNetwork();
  network.SetFilter([](int from, int to, Transports transport, std::string_view bytes) {
    return from == 0 && to == 1 && transport == kUdp && bytes == "drop";
  });
  EXPECT_EQ(network.DatagramFate(kNow, 0, 1, "drop").copies, 0);
  EXPECT_EQ(network.DatagramFate(kNow, 0, 1, "keep").copies, 1);
  EXPECT_EQ(network.DatagramFate(kNow, 1, 0, "drop").copies, 1);
  Duration delay;
  EXPECT_TRUE(network.SegmentPasses(kNow, 0, 1, "drop", &delay));
  EXPECT_EQ(network.counts().filtered, 1u);
}

TEST(NetworkTest, OneSeedGivesOneFateAndFaultsDoNotMoveEachOther) {
  Network plain = MakeNetwork();
  Network same = MakeNetwork();
  Network noisy = MakeNetwork();
  noisy.SetNoise(300'000, 300'000, 0);
  Network other = MakeNetwork({}, 4, 2);
  bool differs = false;
  for (int i = 0; i < 1000; ++i) {
    const Duration delay = plain.DatagramFate(kNow, 0, 1, "bytes").delay[0];
    ASSERT_EQ(same.DatagramFate(kNow, 0, 1, "bytes").delay[0], delay);
    differs |= other.DatagramFate(kNow, 0, 1, "bytes").delay[0] != delay;
  }
  EXPECT_TRUE(differs);
  // Noise without duplicates draws nothing from the generator of latencies.
  noisy.SetNoise(0, 300'000, 0);
  Network fresh = MakeNetwork();
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(noisy.DatagramFate(kNow, 0, 1, "bytes").delay[0],
              fresh.DatagramFate(kNow, 0, 1, "bytes").delay[0]);
  }
}

}  // namespace
}  // namespace muster::sim
