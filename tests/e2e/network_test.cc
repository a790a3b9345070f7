// Faults of the network: loss, a cut and its healing.

#include "tests/e2e/harness/network.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "tests/e2e/cluster_test.h"
#include "tests/e2e/harness/clock.h"

namespace muster::e2e {
namespace {

// Payload of all streams between the members so far.
int64_t StreamBytes(Cluster& cluster) {
  int64_t bytes = 0;
  for (size_t i = 0; i < cluster.size(); ++i) {
    const absl::StatusOr<nlohmann::json> status = cluster[i].Get("/v1/status");
    EXPECT_TRUE(status.ok()) << status.status();
    if (!status.ok()) continue;
    bytes += std::stoll(status->at("traffic").at("tcp_bytes_out").get<std::string>());
  }
  return bytes;
}

TEST(Loss, OfAFifthForAMinuteFailsNobody) {
  constexpr Duration kSpan = Duration::Seconds(60);
  Cluster cluster("lan");
  ASSERT_OK(cluster.StartChain(8));
  ASSERT_OK(cluster.WatchAll());
  PacketFilter filter;
  const int64_t stream_bytes = StreamBytes(cluster);
  ASSERT_OK(filter.DropPercent(20));
  EXPECT_TRUE(HoldsFor(kSpan, [&] { return cluster.CountEvents("member.failed") == 0; }))
      << cluster.Describe();
  const absl::StatusOr<Counter> dropped = filter.dropped();
  ASSERT_OK(dropped.status());
  // The fault was real: 8 agents send at least 16 packets a second, a fifth of which was dropped,
  // and the detector noticed: a third of its probes had to ask by relays and a stream, which
  // carries a ping and an ack.
  EXPECT_GT(dropped->packets, 8u * 2 * 60 / 5 / 2);
  constexpr int64_t kProbes = 8 * 60;
  constexpr int64_t kStreamProbe = 80 + 60;
  EXPECT_GT(StreamBytes(cluster) - stream_bytes, kProbes / 3 / 4 * kStreamProbe);
  ASSERT_OK(filter.Clear());
  EXPECT_TRUE(cluster.WaitWhole(Duration::Seconds(10))) << cluster.Describe();
  EXPECT_EQ(cluster.CountEvents("member.failed"), 0);
}

TEST(Partition, FailsTheOtherSideAndHeals) {
  Cluster cluster("local");
  ASSERT_OK(cluster.StartChain(6));
  ASSERT_OK(cluster.WatchAll());
  PacketFilter filter;
  const std::vector<std::string> left = {AddressOf(0), AddressOf(1), AddressOf(2)};
  const std::vector<std::string> right = {AddressOf(3), AddressOf(4), AddressOf(5)};
  ASSERT_OK(filter.Cut(left, right));
  const auto divided = [&] {
    for (size_t i = 0; i < 6; ++i) {
      for (size_t j = 0; j < 6; ++j) {
        const bool same_side = (i < 3) == (j < 3);
        const std::string status = cluster[i].StatusOf(absl::StrCat("n", j + 1));
        if (status != (same_side ? "alive" : "failed")) return false;
      }
    }
    return true;
  };
  ASSERT_TRUE(WaitUntil(Duration::Seconds(15), divided, Duration::Millis(50)))
      << cluster.Describe();
  EXPECT_GT(filter.dropped().value_or(Counter()).packets, 0u);
  ASSERT_OK(filter.Clear());
  EXPECT_TRUE(cluster.WaitWhole(Duration::Seconds(20))) << cluster.Describe();
  // Each of the six saw three fail, and saw each of them once more.
  EXPECT_EQ(cluster.CountEvents("member.failed"), 18) << cluster.Describe();
  EXPECT_EQ(cluster.CountEvents("member.returned"), 18) << cluster.Describe();
}

TEST(Partition, OfOneCutOffAgentLeavesTheOthersAlone) {
  Cluster cluster("local");
  ASSERT_OK(cluster.StartChain(5));
  ASSERT_OK(cluster.WatchAll());
  PacketFilter filter;
  ASSERT_OK(filter.Cut({AddressOf(4)}, {AddressOf(0), AddressOf(1), AddressOf(2), AddressOf(3)}));
  const auto cut_off = [&] {
    for (size_t i = 0; i < 4; ++i) {
      if (cluster[i].StatusOf("n5") != "failed") return false;
    }
    return true;
  };
  ASSERT_TRUE(WaitUntil(Duration::Seconds(10), cut_off)) << cluster.Describe();
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(cluster.watcher(i).CountType("member.failed"), 1) << "at n" << i + 1;
  }
  EXPECT_TRUE(WaitUntil(Duration::Seconds(10), [&] {
    const absl::StatusOr<nlohmann::json> status = cluster[4].Get("/v1/status");
    return status.ok() && status->value("isolated", false);
  })) << cluster.Describe();
  ASSERT_OK(filter.Clear());
  EXPECT_TRUE(cluster.WaitWhole(Duration::Seconds(20))) << cluster.Describe();
}

}  // namespace
}  // namespace muster::e2e
