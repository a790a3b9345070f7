// What it takes to reconcile a member that has missed some changes: bytes that follow the number of
// changes, not the size of the cluster.

#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "src/sim/cluster.h"

namespace muster::sim {
namespace {

class CatchUpTest : public testing::Test {
 protected:
  void Start(int members) {
    members_ = members;
    for (int host = 0; host < members; ++host) cluster_.AddHost("n" + std::to_string(host + 1));
    cluster_.StartTogether();
    cluster_.RunFor(Duration::Seconds(2));
    ASSERT_TRUE(cluster_.Agreed());
  }
  int absent() const { return members_ - 1; }
  // While the last member is cut off, for less than its tolerance, `changes` others change their
  // tags. It is back after `absence`; after the longest that is given here no news is underway.
  void Miss(int changes, Duration absence = Duration::Millis(3500)) {
    std::vector<int> others(static_cast<size_t>(absent()));
    std::iota(others.begin(), others.end(), 0);
    cluster_.Partition({{absent()}, others});
    for (int host = 0; host < changes; ++host) {
      ASSERT_TRUE(cluster_.SetTags(host, {{"version", "2"}}).ok());
    }
    cluster_.RunFor(absence);
    ASSERT_FALSE(cluster_.Agreed());
    before_ = cluster_.traffic(absent());
    cluster_.HealAll();
  }
  bool Agrees(Duration limit) {
    return cluster_.RunUntil([this] { return cluster_.Agreed(); }, limit);
  }
  // What the absent member sent and got by datagrams since it was back.
  uint64_t DatagramBytes() const {
    const Traffic& now = cluster_.traffic(absent());
    return now.sent_bytes - before_.sent_bytes + now.received_bytes - before_.received_bytes;
  }
  // And by streams.
  uint64_t StreamBytes() const {
    const Traffic& now = cluster_.traffic(absent());
    return now.sent_stream_bytes - before_.sent_stream_bytes + now.received_stream_bytes -
           before_.received_stream_bytes;
  }
  core::Stats Sum() const {
    core::Stats sum;
    for (int host = 0; host < members_; ++host) {
      if (!cluster_.host(host).is_running()) continue;
      const core::Stats& stats = cluster_.node(host).stats();
      sum.syncs += stats.syncs;
      sum.syncs_by_ranges += stats.syncs_by_ranges;
      sum.syncs_refused += stats.syncs_refused;
    }
    return sum;
  }

  Cluster cluster_{Config()};

 private:
  static ClusterConfig Config() {
    ClusterConfig config;
    config.seed = 5;
    config.record_events = false;
    config.watched_observers_max = 0;
    return config;
  }
  int members_ = 0;
  Traffic before_;
};

TEST_F(CatchUpTest, FiftyOfAThousandChanges) {
  Start(1000);
  Miss(50);
  EXPECT_TRUE(Agrees(Duration::Seconds(2)));
  const core::Stats sum = Sum();
  EXPECT_GT(sum.syncs_by_ranges, 0u);
  EXPECT_EQ(sum.syncs_by_ranges, sum.syncs);
  EXPECT_EQ(sum.syncs_refused, 0u);
  // A table of a thousand short updates alone is 27 KB; fifty records are 4 KB.
  EXPECT_LT(StreamBytes(), 12'000u);
  RecordProperty("stream_bytes", static_cast<int>(StreamBytes()));
}

// More news at once than gossip could tell by then. The others know it all the same when the absent
// one is back, and have stopped telling it; nor does it tell them what it alone had missed.
TEST_F(CatchUpTest, HalfOfAllChange) {
  Start(400);
  Miss(200, Duration::Millis(1500));
  for (int host = 0; host < absent(); ++host) {
    ASSERT_EQ(cluster_.node(host).members().view_cell(), cluster_.node(0).members().view_cell());
  }
  EXPECT_TRUE(Agrees(Duration::Seconds(2)));
  EXPECT_LE(cluster_.node(absent()).queue_depth(), 3u) << "news of itself";
  cluster_.RunFor(Duration::Seconds(2));
  // Two hundred records are 11 KB, prints of all members 3 KB; another exchange would cost as much.
  EXPECT_LT(StreamBytes(), 20'000u);
  EXPECT_LT(DatagramBytes(), 10'000u);
  RecordProperty("stream_bytes", static_cast<int>(StreamBytes()));
  RecordProperty("datagram_bytes", static_cast<int>(DatagramBytes()));
}

TEST_F(CatchUpTest, OneOfAThousandChanges) {
  Start(1000);
  Miss(1);
  EXPECT_TRUE(Agrees(Duration::Seconds(2)));
  EXPECT_LT(StreamBytes(), 1500u);
  RecordProperty("stream_bytes", static_cast<int>(StreamBytes()));
}

// Verdicts, returns and a record of the absent one's own, on both sides at once.
TEST_F(CatchUpTest, BothSidesHaveChanged) {
  Start(200);
  Miss(20);
  for (const int host : {30, 31, 32}) cluster_.Crash(host);
  ASSERT_TRUE(cluster_.SetTags(absent(), {{"version", "3"}}).ok());
  cluster_.RunFor(Duration::Seconds(10));
  EXPECT_TRUE(Agrees(Duration::Seconds(5)));
  EXPECT_EQ(cluster_.UpCount(absent()), 197u);
  EXPECT_GT(Sum().syncs_by_ranges, 0u);
  EXPECT_TRUE(cluster_.checkers().violations().empty());
}

}  // namespace
}  // namespace muster::sim
