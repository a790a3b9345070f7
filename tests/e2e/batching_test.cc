// Many joins and many crashes together: what applications are shown is one batch.

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "tests/e2e/cluster_test.h"
#include "tests/e2e/harness/clock.h"

namespace muster::e2e {
namespace {

class Batching : public testing::Test {
 protected:
  // The batch of each event of this type that agent `at` streamed.
  std::vector<std::string> BatchesOf(size_t at, const std::string& type) {
    std::vector<std::string> batches;
    for (const SeenEvent& event : cluster_.Events(at)) {
      if (event.type == type) batches.push_back(event.batch);
    }
    return batches;
  }
  static size_t Distinct(const std::vector<std::string>& batches) {
    return std::set<std::string>(batches.begin(), batches.end()).size();
  }
  // Starts one agent, watches it, and starts `count` at once that join through it.
  void StartTogether(size_t count, const std::vector<std::string>& more) {
    cluster_.Add({}, more);
    ASSERT_OK(cluster_.StartAgent(0));
    ASSERT_OK(cluster_.Watch(0));
    for (size_t i = 0; i < count; ++i) {
      ASSERT_OK(cluster_[cluster_.Add({0}, more)].Start());
    }
    ASSERT_TRUE(cluster_.WaitWhole(Duration::Seconds(20))) << cluster_.Describe();
  }
  void KillAll(const std::vector<size_t>& agents) {
    for (const size_t agent : agents) cluster_[agent].Kill();
  }

  Cluster cluster_{"lan"};
};

TEST_F(Batching, AMassOfJoinsThenAMassOfCrashes) {
  StartTogether(15, {});
  const auto all_joined = [&] { return BatchesOf(0, "member.joined").size() == 15; };
  ASSERT_TRUE(WaitUntil(Duration::Seconds(5), all_joined)) << cluster_.Describe();
  // The first five that come are no bulk yet; the ten others are, in four batches at most: while
  // they are few, it takes little for peers to agree.
  EXPECT_LE(Distinct(BatchesOf(0, "member.joined")), 9u) << cluster_.Describe();

  for (size_t i = 1; i < cluster_.size(); ++i) ASSERT_OK(cluster_.Watch(i));
  KillAll({2, 4, 6, 8});
  ASSERT_TRUE(cluster_.WaitAllSee({"n3", "n5", "n7", "n9"}, "failed", Duration::Seconds(15)))
      << cluster_.Describe();
  for (const size_t survivor : {0, 1, 3, 5, 7, 9}) {
    const auto all_failed = [&] { return BatchesOf(survivor, "member.failed").size() == 4; };
    ASSERT_TRUE(WaitUntil(Duration::Seconds(5), all_failed)) << "n" << survivor + 1;
    EXPECT_EQ(Distinct(BatchesOf(survivor, "member.failed")), 1u) << "n" << survivor + 1;
  }
}

TEST_F(Batching, WithoutItEachIsShownAtOnce) {
  StartTogether(5, {"--no-batch"});
  const auto all_joined = [&] { return BatchesOf(0, "member.joined").size() == 5; };
  ASSERT_TRUE(WaitUntil(Duration::Seconds(5), all_joined)) << cluster_.Describe();
  EXPECT_EQ(Distinct(BatchesOf(0, "member.joined")), 5u) << "each came by a request of its own";
}

}  // namespace
}  // namespace muster::e2e
