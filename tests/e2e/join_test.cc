// How agents find each other, and who is not let in.

#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_cat.h"
#include "tests/e2e/cluster_test.h"
#include "tests/e2e/harness/clock.h"

namespace muster::e2e {
namespace {

using testing::Test;

int CountOf(const std::string& text, const std::string& part) {
  int count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// The digest of its member table that an agent reports.
std::string ViewDigest(const Agent& agent) {
  const absl::StatusOr<nlohmann::json> status = agent.Get("/v1/status");
  if (!status.ok() || !status->contains("view")) return "";
  return (*status)["view"].value("digest", "");
}

std::string JoinState(const Agent& agent) {
  const absl::StatusOr<nlohmann::json> status = agent.Get("/v1/status");
  if (!status.ok() || !status->contains("join")) return "";
  return (*status)["join"].value("state", "");
}

std::string JoinError(const Agent& agent) {
  const absl::StatusOr<nlohmann::json> status = agent.Get("/v1/status");
  if (!status.ok() || !status->contains("join")) return "";
  const nlohmann::json& error = (*status)["join"]["last_error"];
  return error.is_string() ? error.get<std::string>() : "";
}

TEST(Join, FiveAgentsEachThroughOnePeerSeeAll) {
  Cluster cluster;
  cluster.Add({});
  cluster.Add({0});
  cluster.Add({1});
  cluster.Add({0});
  cluster.Add({3});
  for (size_t i = 0; i < cluster.size(); ++i) ASSERT_OK(cluster.StartAgent(i));
  ASSERT_TRUE(cluster.WaitWhole(Duration::Seconds(10))) << cluster.Describe();
  std::set<std::string> ids;
  for (const auto& [name, row] : cluster[4].Members()) {
    ids.insert(row.id);
    EXPECT_EQ(row.id.size(), 32u) << name;
  }
  EXPECT_EQ(ids.size(), 5u);
  EXPECT_EQ(cluster[4].Members()["n3"].address, "127.0.7.3:7946");
  EXPECT_TRUE(WaitUntil(Duration::Seconds(5),
                        [&] {
                          std::set<std::string> digests;
                          for (size_t i = 0; i < cluster.size(); ++i)
                            digests.insert(ViewDigest(cluster[i]));
                          return digests.size() == 1 && !digests.contains("");
                        }))
      << "the tables do not agree\n"
      << cluster.Describe();
  for (size_t i = 0; i < cluster.size(); ++i) {
    EXPECT_EQ(JoinState(cluster[i]), i == 0 ? JoinState(cluster[0]) : "joined");
  }
}

TEST(Join, EightStartedTogetherMeetThroughOneSeed) {
  Cluster cluster;
  cluster.Add({});
  for (size_t i = 1; i < 8; ++i) cluster.Add({0});
  // The seed is started last: every first attempt finds nobody.
  for (size_t i = 8; i-- > 0;) ASSERT_OK(cluster[i].Start());
  for (size_t i = 0; i < 8; ++i) ASSERT_TRUE(cluster[i].WaitReady()) << cluster[i].Log();
  EXPECT_TRUE(cluster.WaitWhole(Duration::Seconds(10))) << cluster.Describe();
}

TEST(Join, ByDnsNameAndPort) {
  Cluster cluster;
  const size_t home = cluster.Add({});
  cluster[home].options().ip = "127.0.0.1";
  ASSERT_OK(cluster.StartAgent(home));
  const size_t guest = cluster.Add({});
  cluster[guest].options().join = {"localhost:7946"};
  ASSERT_OK(cluster.StartAgent(guest));
  EXPECT_TRUE(cluster.WaitWhole(Duration::Seconds(10))) << cluster.Describe();
}

TEST(Join, KeepsTryingSaysSoAndMeetsThePeerThatComesLater) {
  Cluster cluster;
  const size_t late = cluster.Add({});
  const size_t patient = cluster.Add({late});
  ASSERT_OK(cluster.StartAgent(patient));
  ASSERT_TRUE(WaitUntil(Duration::Seconds(5), [&] { return !JoinError(cluster[patient]).empty(); }))
      << cluster[patient].Log();
  EXPECT_EQ(JoinState(cluster[patient]), "joining");
  EXPECT_NE(JoinError(cluster[patient]).find("127.0.7.1:7946"), std::string::npos)
      << JoinError(cluster[patient]);
  // One line at once and one every 10 s: three within 25 s, and no flood of them.
  const auto complaints = [&] { return CountOf(cluster[patient].Log(), "event=join.failed"); };
  EXPECT_TRUE(WaitUntil(Duration::Seconds(25), [&] { return complaints() >= 3; }))
      << cluster[patient].Log();
  EXPECT_LE(complaints(), 4) << cluster[patient].Log();
  EXPECT_EQ(JoinState(cluster[patient]), "joining");
  ASSERT_OK(cluster.StartAgent(late));
  EXPECT_TRUE(cluster.WaitWhole(Duration::Seconds(15))) << cluster.Describe();
  EXPECT_EQ(JoinState(cluster[patient]), "joined");
}

TEST(Join, AnotherClusterIsToldBothNamesAndNeverMerges) {
  Cluster cluster;
  ASSERT_OK(cluster.StartChain(2));
  const size_t stranger = cluster.Add({0}, {"--cluster=staging"});
  ASSERT_OK(cluster.StartAgent(stranger));
  ASSERT_TRUE(WaitUntil(Duration::Seconds(10), [&] {
    return !JoinError(cluster[stranger]).empty();
  })) << cluster[stranger].Log();
  const auto names_both = [](const std::string& text) {
    return text.find("default") != std::string::npos && text.find("staging") != std::string::npos;
  };
  EXPECT_TRUE(names_both(JoinError(cluster[stranger]))) << JoinError(cluster[stranger]);
  EXPECT_TRUE(WaitUntil(Duration::Seconds(5), [&] {
    const std::string log = cluster[stranger].Log();
    const size_t line = log.find("event=join.failed");
    return line != std::string::npos && names_both(log.substr(line));
  })) << cluster[stranger].Log();
  EXPECT_EQ(cluster[stranger].Members().size(), 1u);
  EXPECT_EQ(cluster[0].Members().size(), 2u);
  EXPECT_EQ(cluster[1].Members().size(), 2u);
  EXPECT_GE(cluster[0].RejectedTotal(), 1u);
}

// Agents that the door refuses: they must end by themselves.
class Refused : public Test {
 protected:
  void SetUp() override { ASSERT_OK(cluster_.StartChain(3)); }

  // Starts the agent, and expects that it ends with code 1, naming all of `parts`, and that the
  // cluster still holds its three members.
  void ExpectRefused(size_t index, const std::vector<std::string>& parts) {
    ASSERT_OK(cluster_[index].Start());
    const std::optional<int> code = cluster_[index].WaitExit(Duration::Seconds(15));
    ASSERT_TRUE(code.has_value()) << "it was let in\n" << cluster_.Describe();
    EXPECT_EQ(*code, 1);
    for (const std::string& part : parts) {
      EXPECT_NE(cluster_[index].Log().find(part), std::string::npos)
          << "'" << part << "' is missing in:\n"
          << cluster_[index].Log();
    }
    EXPECT_TRUE(cluster_.AllSee({"n1", "n2", "n3"}, "alive")) << cluster_.Describe();
    EXPECT_EQ(cluster_[0].Members().size(), 3u) << cluster_.Describe();
  }

  Cluster cluster_;
};

TEST_F(Refused, TheNameOfALiveMember) {
  const size_t newcomer = cluster_.Add({0});
  cluster_[newcomer].options().name = "n2";
  ExpectRefused(newcomer, {"n2", cluster_[1].address(), cluster_[newcomer].address()});
  EXPECT_EQ(cluster_[0].Members()["n2"].address, cluster_[1].address());
}

TEST_F(Refused, TheAddressOfALiveMember) {
  const size_t newcomer = cluster_.Add({0});
  cluster_[newcomer].options().more = {"--advertise=" + cluster_[1].ip()};
  ExpectRefused(newcomer, {"n2", cluster_[newcomer].name(), cluster_[1].address()});
}

TEST_F(Refused, ACopyOfALiveMembersDisk) {
  const size_t clone = cluster_.Add({0});
  ASSERT_OK(CopyDataFolder(cluster_[1].data_folder(), cluster_[clone].data_folder()));
  const std::string id = cluster_[0].Members()["n2"].id;
  ExpectRefused(clone, {id, cluster_[1].address()});
}

}  // namespace
}  // namespace muster::e2e
