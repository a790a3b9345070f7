#include "src/core/hints.h"

#include <gtest/gtest.h>

#include <vector>

namespace muster::core {
namespace {

TimePoint At(int64_t ms) { return TimePoint::FromMicros(10'000'000 + ms * 1000); }

std::vector<Address> Hosts(uint32_t count) {
  std::vector<Address> hosts;
  for (uint32_t i = 0; i < count; ++i) hosts.push_back(Address::V4(0x0a000100 + i, 7946));
  return hosts;
}

TEST(HintsTest, WavesDoubleUntilAllHaveBeenTakenInTheirOrder) {
  Hints hints;
  hints.Set(At(0), Hosts(200), 1);
  std::vector<Address> taken;
  std::vector<size_t> sizes;
  TimePoint now = At(0);
  while (hints.has_waves()) {
    ASSERT_EQ(hints.next_wave(), now);
    const std::vector<Address> wave = hints.TakeWave(now, 0);
    sizes.push_back(wave.size());
    taken.insert(taken.end(), wave.begin(), wave.end());
    now += Hints::kWaveEvery;
    ASSERT_LE(now, At(1000));
  }
  EXPECT_EQ(sizes, (std::vector<size_t>{4, 8, 16, 32, 64, 76}));
  EXPECT_EQ(taken, Hosts(200));
}

TEST(HintsTest, AttemptsInFlightLeaveLessRoom) {
  Hints hints;
  hints.Set(At(0), Hosts(500), 1);
  EXPECT_EQ(hints.TakeWave(At(0), Hints::kInFlightMax - 3).size(), 3u);
  EXPECT_TRUE(hints.TakeWave(At(50), Hints::kInFlightMax).empty());
  EXPECT_TRUE(hints.TakeWave(At(100), Hints::kInFlightMax + 9).empty());
  EXPECT_EQ(hints.next_wave(), At(150)) << "those that wait are not forgotten";
  EXPECT_EQ(hints.TakeWave(At(150), 0).front(), Hosts(4).back());
}

TEST(HintsTest, TheEffortIsSharedAmongThoseWhoHaveCompany) {
  const auto tried = [](size_t members_up) {
    Hints hints;
    hints.Set(At(0), Hosts(200), members_up);
    size_t count = 0;
    for (int i = 0; i < 20 && hints.has_waves(); ++i) count += hints.TakeWave(At(50 * i), 0).size();
    return count;
  };
  EXPECT_EQ(tried(0), 200u);
  EXPECT_EQ(tried(1), 200u);
  EXPECT_EQ(tried(2), Hints::kTriesOfCluster / 2);
  EXPECT_EQ(tried(10'000), Hints::kTriesMin);
}

TEST(HintsTest, StopEndsTheWavesAndANewListBeginsAgain) {
  Hints hints;
  EXPECT_FALSE(hints.has_waves());
  hints.Set(At(0), Hosts(50), 1);
  hints.TakeWave(At(0), 0);
  hints.Stop();
  EXPECT_TRUE(hints.next_wave().is_never());
  EXPECT_EQ(hints.addresses().size(), 50u) << "healing still knows them";
  hints.Set(At(100), Hosts(3), 1);
  EXPECT_EQ(hints.TakeWave(At(100), 0), Hosts(3));
  EXPECT_FALSE(hints.has_waves());
  hints.Set(At(200), {}, 1);
  EXPECT_FALSE(hints.has_waves());
}

TEST(HintsTest, ANewListGoesOnWhereTheWavesOfTheOldOneWere) {
  Hints hints;
  std::vector<Address> hosts = Hosts(1000);
  std::vector<Address> taken;
  // A look every 60 waves, far fewer than the list takes at three attempts each.
  for (int wave = 0; taken.size() < hosts.size(); ++wave) {
    ASSERT_LT(wave, 400) << "only " << taken.size() << " had their turn";
    if (wave % 60 == 0) hints.Set(At(50 * wave), hosts, 1);
    for (const Address& host : hints.TakeWave(At(50 * wave), Hints::kInFlightMax - 3)) {
      taken.push_back(host);
    }
  }
  EXPECT_EQ(taken, hosts) << "each once, in order";
  EXPECT_FALSE(hints.has_waves());
  hints.Set(At(30'000), hosts, 1);
  EXPECT_EQ(hints.TakeWave(At(30'000), 0).front(), hosts[0]) << "a new round is from the freshest";
  // A row that appears meanwhile comes before those that had their turn.
  hosts.insert(hosts.begin(), Address::V4(0x0b000001, 7946));
  hints.Set(At(30'100), hosts, 1);
  EXPECT_EQ(hints.TakeWave(At(30'100), 0).front(), hosts[0]);
}

TEST(HintsTest, TheListIsBounded) {
  Hints hints;
  hints.Set(At(0), Hosts(Hints::kMax), 1);
  EXPECT_EQ(hints.addresses().size(), Hints::kMax);
  hints.Set(At(0), Hosts(Hints::kMax + 1), 1);
  EXPECT_EQ(hints.addresses(), Hosts(Hints::kMax));
}

TEST(HintsTest, NoHostHasAllItsPortsDialled) {
  std::vector<Address> addresses;
  for (uint16_t port = 1; port <= 1000; ++port) {
    addresses.push_back(Address::V4(0x0a000001, port));
    addresses.push_back(Address::V4(0x0a000100 + port, 7946));
  }
  Hints hints;
  hints.Set(At(0), addresses, 1);
  std::vector<Address> expected(addresses.begin(), addresses.begin() + 2 * Hints::kPerHostMax);
  for (size_t i = expected.size() + 1; i < addresses.size(); i += 2) {
    expected.push_back(addresses[i]);
  }
  EXPECT_EQ(hints.addresses(), expected) << "the first of each host, in their order";
}

TEST(HintsTest, OnlyTheFirstListHoldsAnAgentUp) {
  Hints hints;
  hints.Set(At(0), {}, 1);
  hints.Set(At(500), Hosts(9), 1);
  EXPECT_TRUE(hints.IsJoining(At(500) + Hints::kJoiningFor - Duration::Micros(1)));
  EXPECT_FALSE(hints.IsJoining(At(500) + Hints::kJoiningFor));
  hints.Set(At(5000), Hosts(9), 1);
  EXPECT_FALSE(hints.IsJoining(At(5000)));
}

}  // namespace
}  // namespace muster::core
