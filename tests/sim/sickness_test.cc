// Members that are silent again and again, for less than their tolerance, are not sick; members
// that lose most packets are, and come back by themselves once they are well.

#include "gtest/gtest.h"
#include "src/sim/cluster.h"

namespace muster::sim {
namespace {

constexpr int kMembers = 24;
constexpr int kSick = 5;

class SicknessTest : public testing::Test {
 protected:
  SicknessTest() : cluster_(Config()) {
    for (int host = 0; host < kMembers; ++host) {
      cluster_.AddHost("n" + std::to_string(host + 1));
      cluster_.config(host).seeds = {Cluster::DefaultAddress(0)};
    }
    cluster_.SetListener([this](const Recorded& recorded) {
      failed_ += recorded.event.type == core::EventType::kMemberFailed ? 1 : 0;
    });
    for (int host = 0; host < kMembers; ++host) cluster_.Start(host);
    cluster_.RunFor(Duration::Seconds(30));
    EXPECT_TRUE(cluster_.Agreed());
  }
  static ClusterConfig Config() {
    ClusterConfig config;
    config.seed = 3;
    return config;
  }
  bool IsOutEverywhere() {
    for (int host = 0; host < kMembers; ++host) {
      if (host == kSick) continue;
      const core::MemberView* member = cluster_.node(host).member(cluster_.node(kSick).id());
      if (member == nullptr || member->is_up()) return false;
    }
    return true;
  }

  Cluster cluster_;
  int failed_ = 0;
};

TEST_F(SicknessTest, ShortPausesAreForgivenHoweverMany) {
  for (int i = 0; i < 40; ++i) {
    cluster_.Pause(kSick);
    cluster_.RunFor(Duration::Millis(3000));
    cluster_.Resume(kSick);
    cluster_.RunFor(Duration::Millis(2000));
  }
  EXPECT_EQ(failed_, 0);
  EXPECT_TRUE(cluster_.checkers().violations().empty());
}

TEST_F(SicknessTest, ShortCutsAreForgivenHoweverMany) {
  for (int i = 0; i < 40; ++i) {
    cluster_.Partition({{kSick}, {0,  1,  2,  3,  4,  6,  7,  8,  9,  10, 11, 12,
                                  13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}});
    cluster_.RunFor(Duration::Millis(3000));
    cluster_.HealAll();
    cluster_.RunFor(Duration::Millis(4000));
  }
  EXPECT_EQ(failed_, 0);
  EXPECT_TRUE(cluster_.checkers().violations().empty());
}

TEST_F(SicknessTest, WhoLosesMostPacketsGoesAndComesBackWhenItIsWell) {
  cluster_.SetHostLoss(kSick, 800'000, 800'000);
  EXPECT_TRUE(cluster_.RunUntil([this] { return IsOutEverywhere(); }, Duration::Seconds(60),
                                Duration::Millis(100)));
  const int failed = failed_;
  cluster_.RunFor(Duration::Seconds(120));
  EXPECT_EQ(failed_, failed) << "it stays out, and nobody else goes";
  EXPECT_TRUE(cluster_.node(kSick).on_probation());
  cluster_.SetHostLoss(kSick, 0, 0);
  EXPECT_TRUE(cluster_.RunUntil([this] { return cluster_.Agreed(); }, Duration::Seconds(60),
                                Duration::Millis(100)));
  EXPECT_FALSE(cluster_.node(kSick).on_probation());
  EXPECT_EQ(cluster_.node(0).members().up_count(), static_cast<size_t>(kMembers));
}

}  // namespace
}  // namespace muster::sim
