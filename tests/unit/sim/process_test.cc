// Another protocol than the core's, in the same world.

#include "src/sim/process.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "src/sim/cluster.h"
#include "tests/unit/sim/echo_process.h"

namespace muster::sim {
namespace {

using Note = EchoProcess::Note;

class ProcessTest : public ::testing::Test {
 protected:
  ProcessTest() : cluster_(EchoProcess::MakeCluster({}, 2, &notes_)) {}
  int64_t Count(int host, const std::string& text) const {
    const std::vector<Note>& notes = notes_[static_cast<size_t>(host)];
    return std::count_if(notes.begin(), notes.end(),
                         [&text](const Note& note) { return note.text == text; });
  }

  std::vector<std::vector<Note>> notes_;
  std::unique_ptr<Cluster> cluster_;
};

TEST_F(ProcessTest, ItsDatagramsHaveTheSizeThatItClaims) {
  cluster_->RunFor(Duration::Millis(1050));
  EXPECT_EQ(Count(1, "tick"), 10);
  EXPECT_EQ(Count(0, "ping of 100"), 10);
  EXPECT_EQ(Count(1, "pong of 60"), 10);
  EXPECT_EQ(cluster_->traffic(1).sent_datagrams, 10u);
  EXPECT_EQ(cluster_->traffic(1).sent_bytes, 1000u);
  EXPECT_EQ(cluster_->traffic(0).received_bytes, 1000u);
  EXPECT_EQ(cluster_->traffic(1).received_datagrams, 10u);
  EXPECT_EQ(cluster_->traffic(0).sent_bytes, 600u);
  EXPECT_EQ(Count(1, "late 1"), 0);
}

TEST_F(ProcessTest, ItsStreamMessagesArriveOneByOne) {
  cluster_->RunFor(Duration::Millis(500));
  EXPECT_EQ(Count(1, "opened 1"), 1);
  EXPECT_EQ(Count(0, "opened 2"), 1);
  EXPECT_EQ(Count(0, "hello of 300"), 1);
  EXPECT_EQ(Count(0, "again of 5"), 1);
  EXPECT_EQ(cluster_->traffic(1).opened_streams, 1u);
  EXPECT_EQ(cluster_->traffic(1).sent_stream_messages, 2u);
  EXPECT_EQ(cluster_->traffic(1).sent_stream_bytes, 305u);
  EXPECT_EQ(cluster_->traffic(0).received_stream_bytes, 305u);
  cluster_->RunFor(Duration::Seconds(2));
  EXPECT_EQ(Count(0, "ended"), 1);
}

TEST_F(ProcessTest, ItsViewIsSeenAndItsSightingsAreTold) {
  std::vector<Sighting> seen;
  cluster_->SetSightingListener([&seen](const Sighting& sighting) { seen.push_back(sighting); });
  EXPECT_EQ(cluster_->StandingOf(1, 0), Standing::kUnknown);
  EXPECT_FALSE(cluster_->Agreed());
  cluster_->RunFor(Duration::Millis(500));
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].observer, 1);
  EXPECT_EQ(seen[0].subject, 0);
  EXPECT_EQ(seen[0].sight, Sight::kJoined);
  EXPECT_TRUE(seen[0].own);
  EXPECT_GT(seen[0].at, cluster_->now() - Duration::Millis(400));
  EXPECT_EQ(cluster_->StandingOf(1, 0), Standing::kAlive);
  EXPECT_EQ(cluster_->UpCount(1), 2u);
  EXPECT_EQ(cluster_->UpCount(0), 1u);
}

TEST_F(ProcessTest, ItEndsWhenItSaysSo) {
  cluster_->RunFor(Duration::Millis(500));
  EXPECT_TRUE(cluster_->Leave(0).ok());
  EXPECT_EQ(cluster_->host(0).state(), ProcessState::kStopped);
  EXPECT_EQ(cluster_->host(0).exit(), Exit::kLeft);
  EXPECT_EQ(cluster_->UpCount(0), 0u);
  EXPECT_EQ(cluster_->StandingOf(0, 1), Standing::kUnknown);
  cluster_->Restart(0, {});
  EXPECT_EQ(Count(0, "start"), 2);
}

// The agent's protocol tells the same sightings, by the index of the host.
TEST(CoreSightings, AreThoseOfItsEvents) {
  Cluster cluster({});
  std::vector<Sighting> seen;
  for (int host = 0; host < 4; ++host) {
    cluster.AddHost("n" + std::to_string(host + 1));
    cluster.config(host).seeds = {Cluster::DefaultAddress(0)};
    cluster.Start(host);
  }
  ASSERT_TRUE(cluster.RunUntil([&] { return cluster.Agreed(); }, Duration::Seconds(5)));
  cluster.SetSightingListener([&seen](const Sighting& sighting) { seen.push_back(sighting); });
  const auto count = [&seen](Sight sight, int subject) {
    return std::count_if(seen.begin(), seen.end(), [=](const Sighting& s) {
      return s.sight == sight && s.subject == subject;
    });
  };
  cluster.PowerOff(2);
  cluster.RunFor(Duration::Seconds(10));
  EXPECT_GE(count(Sight::kSuspected, 2), 1);
  EXPECT_EQ(count(Sight::kFailed, 2), 3);
  EXPECT_GE(std::count_if(seen.begin(), seen.end(),
                          [](const Sighting& s) { return s.sight == Sight::kFailed && s.own; }),
            1);
  EXPECT_EQ(cluster.StandingOf(0, 2), Standing::kFailed);
  cluster.Restart(2, {});
  cluster.RunFor(Duration::Seconds(5));
  EXPECT_EQ(count(Sight::kReturned, 2), 3);
  EXPECT_EQ(cluster.StandingOf(0, 2), Standing::kAlive);
  EXPECT_TRUE(cluster.Leave(3).ok());
  cluster.RunFor(Duration::Seconds(12));
  EXPECT_EQ(count(Sight::kLeft, 3), 3);
  EXPECT_EQ(cluster.StandingOf(0, 3), Standing::kLeft);
}

TEST(SightNames, AreDistinct) {
  std::vector<std::string> names;
  for (int sight = 0; sight <= static_cast<int>(Sight::kReturned); ++sight) {
    names.push_back(SightName(static_cast<Sight>(sight)));
  }
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::unique(names.begin(), names.end()), names.end());
  EXPECT_NE(names.front(), "");
}

}  // namespace
}  // namespace muster::sim
