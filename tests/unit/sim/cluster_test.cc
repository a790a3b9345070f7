#include "src/sim/cluster.h"

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "src/base/time.h"

namespace muster::sim {
namespace {

using wire::State;

class ClusterTest : public ::testing::Test {
 protected:
  // `n` hosts that all join through the first, and agree.
  static std::unique_ptr<Cluster> Running(int n, uint64_t seed = 1) {
    ClusterConfig config;
    config.seed = seed;
    auto cluster = std::make_unique<Cluster>(config);
    for (int host = 0; host < n; ++host) {
      cluster->AddHost("n" + std::to_string(host + 1));
      cluster->config(host).seeds = {Cluster::DefaultAddress(0)};
      cluster->Start(host);
    }
    EXPECT_TRUE(cluster->RunUntil([&] { return cluster->Agreed(); }, Duration::Seconds(5)));
    return cluster;
  }
  static State StateOf(const Cluster& cluster, int observer, int subject) {
    const core::MemberView* view = cluster.View(observer, cluster.host(subject).disk().id);
    return view == nullptr ? State::kPruned : view->state;
  }
};

TEST_F(ClusterTest, TimeStartsAboveZeroAndPassesOnlyWhenRun) {
  auto cluster = Running(2);
  const TimePoint before = cluster->now();
  EXPECT_GT(before, TimePoint());
  cluster->Crash(1);
  EXPECT_EQ(cluster->now(), before);
  cluster->RunFor(Duration::Millis(1500));
  EXPECT_EQ(cluster->now(), before + Duration::Millis(1500));
  EXPECT_FALSE(cluster->RunUntil([] { return false; }, Duration::Millis(25)));
  EXPECT_EQ(cluster->now(), before + Duration::Millis(1525));
  EXPECT_TRUE(cluster->RunUntil([] { return true; }, Duration::Seconds(1)));
  EXPECT_EQ(cluster->now(), before + Duration::Millis(1525));
}

TEST_F(ClusterTest, WhoStartsTogetherKnowsAllAndWatchesAll) {
  Cluster cluster{ClusterConfig()};
  std::vector<Sighting> sightings;
  cluster.SetSightingListener([&](const Sighting& sighting) { sightings.push_back(sighting); });
  for (int host = 0; host < 30; ++host) {
    cluster.AddHost("n" + std::to_string(host + 1));
    cluster.config(host).seeds = {Cluster::DefaultAddress(0)};
  }
  cluster.StartTogether();
  EXPECT_TRUE(cluster.Agreed());
  EXPECT_EQ(cluster.node(7).join_state(), core::JoinState::kJoined);
  cluster.RunFor(Duration::Seconds(30));
  EXPECT_TRUE(cluster.Agreed());
  EXPECT_TRUE(sightings.empty());
  for (int host = 0; host < 30; ++host) {
    EXPECT_EQ(cluster.traffic(host).opened_streams, 0u);
    EXPECT_GT(cluster.traffic(host).sent_datagrams, 50u);
  }
  cluster.Crash(12);
  cluster.RunFor(Duration::Seconds(8));
  EXPECT_EQ(sightings.size(), 29u * 2);  // suspected, failed
  cluster.Start(12);
  EXPECT_TRUE(cluster.RunUntil([&] { return cluster.Agreed(); }, Duration::Seconds(5)));
  EXPECT_TRUE(cluster.checkers().violations().empty());
}

TEST_F(ClusterTest, AgreementNeedsEverybodyInEveryTable) {
  auto cluster = Running(3);
  EXPECT_TRUE(cluster->Agreed());
  cluster->AddHost("n4");
  EXPECT_TRUE(cluster->Agreed());  // it does not run yet
  cluster->Start(3);               // alone, without seeds
  EXPECT_FALSE(cluster->Agreed());
  EXPECT_TRUE(cluster->Join(3, {Cluster::DefaultAddress(1)}).ok());
  EXPECT_TRUE(cluster->RunUntil([&] { return cluster->Agreed(); }, Duration::Seconds(2)));
  cluster->Crash(3);
  EXPECT_FALSE(cluster->Agreed());  // the others still count it
}

TEST_F(ClusterTest, CrashPowerOffAndPauseAreFoundAndMended) {
  auto cluster = Running(5);
  cluster->Crash(1);
  cluster->PowerOff(2);
  cluster->Pause(3);
  EXPECT_EQ(cluster->host(1).exit(), Exit::kKilled);
  EXPECT_TRUE(cluster->host(1).machine_is_up());
  EXPECT_FALSE(cluster->host(2).machine_is_up());
  cluster->RunFor(Duration::Seconds(9));
  for (const int subject : {1, 2, 3}) EXPECT_EQ(StateOf(*cluster, 0, subject), State::kFailed);
  cluster->Restart(1, {});
  cluster->Restart(2, {});
  cluster->Resume(3);
  EXPECT_TRUE(cluster->RunUntil([&] { return cluster->Agreed(); }, Duration::Seconds(10)));
  EXPECT_EQ(cluster->host(1).disk().epoch, 2u);
  EXPECT_EQ(cluster->host(3).disk().epoch, 1u);
  EXPECT_TRUE(cluster->checkers().violations().empty());
}

TEST_F(ClusterTest, ALostDiskIsAnotherMember) {
  auto cluster = Running(3);
  const HostId old = cluster->host(2).disk().id;
  RestartOptions options;
  options.lost_disk = true;
  cluster->Restart(2, options);
  EXPECT_NE(cluster->host(2).disk().id, old);
  EXPECT_EQ(cluster->host(2).disk().epoch, 1u);
  EXPECT_EQ(cluster->HostOf(old), 2);
  EXPECT_EQ(cluster->HostOf(cluster->host(2).disk().id), 2);
  EXPECT_EQ(cluster->HostOf({1, 2}), -1);
}

TEST_F(ClusterTest, ACloneHasTheSameIdElsewhere) {
  auto cluster = Running(2);
  const int clone = cluster->Clone(1, {});
  EXPECT_EQ(cluster->host(clone).disk().id, cluster->host(1).disk().id);
  EXPECT_NE(cluster->host(clone).config().address, cluster->host(1).config().address);
}

TEST_F(ClusterTest, AHostMayMoveAndAnotherTakeItsAddress) {
  auto cluster = Running(3);
  const Address old = cluster->host(2).config().address;
  RestartOptions options;
  options.address = Address::V4(0x0a000909, kDefaultPort);
  cluster->Restart(2, options);
  EXPECT_TRUE(cluster->RunUntil([&] { return cluster->Agreed(); }, Duration::Seconds(10)));
  HostConfig config;
  config.name = "new";
  config.address = old;
  config.seeds = {Cluster::DefaultAddress(0)};
  cluster->Start(cluster->AddHost(config));
  EXPECT_TRUE(cluster->RunUntil([&] { return cluster->Agreed(); }, Duration::Seconds(10)));
}

TEST_F(ClusterTest, CommandsReachTheNode) {
  auto cluster = Running(3);
  EXPECT_TRUE(cluster->SetTags(1, {{"role", "web"}}).ok());
  EXPECT_EQ(cluster->ForceLeave(0, cluster->host(1).disk().id, false, false).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(cluster->Leave(2).ok());
  EXPECT_TRUE(cluster->RunUntil([&] { return cluster->host(2).state() == ProcessState::kStopped; },
                                Duration::Seconds(6)));
  EXPECT_EQ(cluster->host(2).exit(), Exit::kLeft);
  EXPECT_EQ(StateOf(*cluster, 0, 2), State::kLeft);
  EXPECT_EQ(cluster->View(0, cluster->host(1).disk().id)->attributes().tags,
            (wire::Tags{{"role", "web"}}));
}

TEST_F(ClusterTest, APartitionLeavesThoseInNoGroupConnectedToAll) {
  auto cluster = Running(3);
  const auto cuts = cluster->Partition({{0}, {1}});
  EXPECT_TRUE(cluster->network().Blocked(0, 1, kUdp));
  EXPECT_TRUE(cluster->network().Blocked(1, 0, kTcp));
  EXPECT_FALSE(cluster->network().Blocked(0, 2, kUdp));
  for (const auto cut : cuts) cluster->Heal(cut);
  EXPECT_FALSE(cluster->network().has_cuts());
}

TEST_F(ClusterTest, ThePausedLoseWhatTheirBuffersCannotHold) {
  auto cluster = Running(2);
  cluster->Pause(1);
  const std::string bytes(1000, 'x');
  for (int i = 0; i < 300; ++i) cluster->Inject(Cluster::DefaultAddress(9), 1, bytes);
  cluster->RunFor(Duration::Millis(1));
  EXPECT_GT(cluster->datagrams_dropped_full(), 100u);
  cluster->Resume(1);
  const core::Stats& stats = cluster->node(1).stats();
  EXPECT_GT(stats.rejected[static_cast<size_t>(wire::Reject::kVersion)], 100u);
}

TEST_F(ClusterTest, EventsAreRecordedWithTheirTimesInOrder) {
  auto cluster = Running(3);
  ASSERT_FALSE(cluster->events().empty());
  TimePoint last;
  size_t joined = 0;
  for (const Recorded& recorded : cluster->events()) {
    EXPECT_GE(recorded.at, last);
    last = recorded.at;
    joined += recorded.event.type == core::EventType::kMemberJoined;
  }
  EXPECT_EQ(joined, 6u);  // each of three learns two others
  size_t heard = 0;
  cluster->SetListener([&heard](const Recorded&) { ++heard; });
  cluster->Crash(2);
  cluster->RunFor(Duration::Seconds(10));
  EXPECT_GT(heard, 0u);
}

TEST_F(ClusterTest, OneSeedGivesOneDigest) {
  const auto run = [](uint64_t seed) {
    auto cluster = Running(6, seed);
    cluster->Crash(3);
    cluster->RunFor(Duration::Seconds(10));
    cluster->Restart(3, {});
    cluster->RunFor(Duration::Seconds(5));
    return cluster->digest();
  };
  const uint64_t digest = run(4);
  EXPECT_EQ(run(4), digest);
  EXPECT_NE(run(5), digest);
}

TEST_F(ClusterTest, LateTimersDoNotHoldUpInput) {
  auto cluster = Running(3);
  cluster->SetLateness(1, Duration::Seconds(2));
  cluster->RunFor(Duration::Seconds(30));
  EXPECT_EQ(StateOf(*cluster, 0, 1), State::kAlive);
  EXPECT_TRUE(cluster->checkers().violations().empty());
  cluster->SetLateness(1, Duration::Zero());
  cluster->RunFor(Duration::Seconds(5));
  EXPECT_TRUE(cluster->checkers().violations().empty());
}

}  // namespace
}  // namespace muster::sim
