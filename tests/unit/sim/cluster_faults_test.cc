// What can be done to a running process, its machine and its clock; each fault counts itself.

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

// Host 1 pings host 0 ten times a second.
class FaultTest : public ::testing::Test {
 protected:
  explicit FaultTest(const ClusterConfig& config = {})
      : cluster_(EchoProcess::MakeCluster(config, 2, &notes_)), start_(cluster_->now()) {}
  int64_t Count(int host, const std::string& text) const {
    const std::vector<Note>& notes = notes_[static_cast<size_t>(host)];
    return std::count_if(notes.begin(), notes.end(),
                         [&text](const Note& note) { return note.text == text; });
  }
  // Local time of the first such note since the start; -1: none.
  int64_t FirstMs(int host, const std::string& text) const {
    for (const Note& note : notes_[static_cast<size_t>(host)]) {
      if (note.text == text) return (note.at - start_).millis();
    }
    return -1;
  }
  void RunMs(int64_t ms) { cluster_->RunFor(Duration::Millis(ms)); }
  const HostFaultCounts& counts() const { return cluster_->fault_counts(); }

  std::vector<std::vector<Note>> notes_;
  std::unique_ptr<Cluster> cluster_;
  TimePoint start_;
};

TEST_F(FaultTest, ABlockedSenderHasItsTimersAndItsSendsLeaveLater) {
  RunMs(50);
  cluster_->Block(1);
  RunMs(1000);
  EXPECT_EQ(Count(1, "tick"), 10);
  EXPECT_EQ(Count(1, "blocked"), 10);
  EXPECT_EQ(Count(0, "ping of 100"), 0);
  EXPECT_EQ(counts().blocked_sends, 11u);  // and the stream that it opened
  EXPECT_EQ(counts().blocked_deadlines, 10u);
  cluster_->Unblock(1);
  EXPECT_EQ(Count(1, "late 1"), 1);
  EXPECT_EQ(FirstMs(1, "late 10"), 1050);
  EXPECT_EQ(FirstMs(1, "unblocked"), 1050);
  RunMs(49);
  EXPECT_EQ(Count(0, "ping of 100"), 10);
  EXPECT_EQ(Count(1, "pong of 60"), 10);
  EXPECT_EQ(Count(0, "hello of 300"), 1);
}

TEST_F(FaultTest, ABlockedReceiverGetsAllThatWaitedInOrder) {
  RunMs(150);
  cluster_->Block(0);
  RunMs(1000);
  EXPECT_EQ(Count(0, "ping of 100"), 1);
  EXPECT_EQ(Count(1, "tick"), 11);
  EXPECT_EQ(counts().held_inputs, 10u);
  cluster_->Unblock(0);
  EXPECT_EQ(Count(0, "ping of 100"), 1);
  // One every 10 us; whatever comes meanwhile waits for its turn.
  cluster_->Inject(Cluster::DefaultAddress(1), 0, "late");
  cluster_->RunFor(Duration::Micros(89));
  EXPECT_EQ(Count(0, "ping of 100"), 10);
  EXPECT_EQ(Count(0, "late of 4"), 0);
  cluster_->RunFor(Duration::Micros(10));
  EXPECT_EQ(Count(0, "ping of 100"), 11);
  EXPECT_EQ(Count(0, "late of 4"), 0);
  cluster_->RunFor(Duration::Micros(1));
  EXPECT_EQ(Count(0, "late of 4"), 1);
  RunMs(20);
  EXPECT_EQ(Count(1, "pong of 60"), 11);
}

TEST_F(FaultTest, WhoIsBlockedAgainReadsTheRestOfItsBacklogLater) {
  RunMs(150);
  cluster_->Block(0);
  RunMs(1000);
  cluster_->Unblock(0);
  cluster_->RunFor(Duration::Micros(25));
  EXPECT_EQ(Count(0, "ping of 100"), 4);
  cluster_->Block(0);
  cluster_->RunFor(Duration::Micros(500));
  EXPECT_EQ(Count(0, "ping of 100"), 4);
  cluster_->Unblock(0);
  cluster_->RunFor(Duration::Micros(500));
  EXPECT_EQ(Count(0, "ping of 100"), 11);
}

TEST_F(FaultTest, ABlockedProcessSeesThatInputWaitsUnlessToldNotTo) {
  RunMs(100);
  cluster_->Block(1);  // its first ping is under way
  RunMs(500);
  EXPECT_EQ(Count(1, "tick with more"), 5);

  ClusterConfig config;
  config.blocked_backlog_is_hidden = true;
  std::vector<std::vector<Note>> notes;
  auto cluster = EchoProcess::MakeCluster(config, 2, &notes);
  cluster->RunFor(Duration::Millis(101));
  cluster->Block(1);
  cluster->RunFor(Duration::Millis(500));
  for (const Note& note : notes[1]) EXPECT_NE(note.text, "tick with more");
}

TEST_F(FaultTest, BlockingIsOfOneProcessAndEndsWithIt) {
  cluster_->Block(1);
  cluster_->Block(1);
  cluster_->Restart(1, {});
  EXPECT_FALSE(cluster_->host(1).is_blocked());
  RunMs(150);
  EXPECT_EQ(Count(0, "ping of 100"), 1);
  cluster_->Crash(1);
  cluster_->Block(1);
  cluster_->Unblock(1);
  EXPECT_EQ(Count(1, "unblocked"), 0);
}

TEST_F(FaultTest, AFrozenProcessHasNoTimers) {
  RunMs(50);
  cluster_->Pause(1);
  RunMs(1000);
  EXPECT_EQ(Count(1, "tick"), 0);
  cluster_->Resume(1);
  RunMs(1);
  EXPECT_EQ(FirstMs(1, "tick"), 1050);
  EXPECT_EQ(counts().late_deadlines, 1u);
}

TEST_F(FaultTest, AStarvedProcessRunsInItsSlicesOnly) {
  cluster_->SetCpu(1, {Duration::Millis(384), Duration::Millis(3), Duration::Micros(50)});
  RunMs(384 * 10);
  // Its timer is due every 100 ms and served once a period.
  EXPECT_GE(Count(1, "tick"), 9);
  EXPECT_LE(Count(1, "tick"), 10);
  EXPECT_GE(counts().cpu_slices, 9u);
  EXPECT_GE(counts().late_deadlines, 8u);
  EXPECT_GE(Count(1, "pong of 60"), 8);
  EXPECT_TRUE(cluster_->checkers().violations().empty());
  const int64_t ticks = Count(1, "tick");
  cluster_->SetCpu(1, {});
  RunMs(1001);
  EXPECT_GE(Count(1, "tick"), ticks + 10);
}

TEST_F(FaultTest, ASliceEndsWhenItIsUsedUpAndTheRestWaitsForTheNext) {
  // Three inputs fit.
  cluster_->SetCpu(0, {Duration::Seconds(2), Duration::Millis(3), Duration::Millis(1)});
  cluster_->RunUntil([this] { return counts().cpu_slices == 1; }, Duration::Seconds(3));
  RunMs(10);
  const size_t before = notes_[0].size();
  cluster_->RunUntil([this] { return counts().cpu_slices == 2; }, Duration::Seconds(3),
                     Duration::Millis(1));
  RunMs(5);
  EXPECT_EQ(notes_[0].size(), before + 3);
  EXPECT_TRUE(cluster_->host(0).has_waiting());
}

TEST_F(FaultTest, AFastClockTicksMoreOften) {
  cluster_->SetClockSkew(1, 100'000);
  RunMs(10'000);
  EXPECT_NEAR(static_cast<double>(Count(1, "tick")), 110, 1);
  EXPECT_EQ(cluster_->LocalTime(1), start_ + Duration::Millis(11'000));
  EXPECT_EQ(cluster_->LocalTime(0), start_ + Duration::Millis(10'000));
  cluster_->SetClockSkew(1, -100'000);
  RunMs(10'000);
  EXPECT_NEAR(static_cast<double>(Count(1, "tick")), 200, 1);
  EXPECT_EQ(counts().clock_changes, 2u);
  EXPECT_TRUE(cluster_->checkers().violations().empty());
}

TEST_F(FaultTest, AClockThatJumpsMakesDeadlinesDueAtOnce) {
  RunMs(10);
  cluster_->JumpClock(1, Duration::Millis(500));
  RunMs(1);
  EXPECT_EQ(FirstMs(1, "tick"), 510);
  EXPECT_EQ(counts().clock_changes, 1u);
  EXPECT_TRUE(cluster_->checkers().violations().empty());
}

TEST(WallClockTest, NamesTheRunsOfProcesses) {
  Cluster cluster({});
  for (int host = 0; host < 2; ++host) {
    cluster.AddHost("n" + std::to_string(host + 1));
    cluster.Start(host);
  }
  const auto boot = [&cluster](int host) { return cluster.node(host).identity().attributes.boot; };
  const uint64_t before = boot(0);
  cluster.StepWallClock(0, Duration::Seconds(-3600));
  cluster.RunFor(Duration::Seconds(1));
  cluster.Restart(0, {});
  EXPECT_EQ(boot(0), before - 3'599'000'000);
  EXPECT_EQ(cluster.fault_counts().clock_changes, 1u);
}

// The core in these faults: nobody healthy accuses, and all agree again.
class CoreFaultTest : public ::testing::Test {
 protected:
  CoreFaultTest() : cluster_({}) {
    for (int host = 0; host < 12; ++host) {
      cluster_.AddHost("n" + std::to_string(host + 1));
      cluster_.config(host).seeds = {Cluster::DefaultAddress(0)};
      cluster_.Start(host);
    }
    EXPECT_TRUE(cluster_.RunUntil([this] { return cluster_.Agreed(); }, Duration::Seconds(5)));
    cluster_.SetSightingListener([this](const Sighting& sighting) {
      if (sighting.sight == Sight::kFailed) failed_.push_back(sighting);
    });
  }

  Cluster cluster_;
  std::vector<Sighting> failed_;
};

TEST_F(CoreFaultTest, ABlockedMemberIsFoundAndComesBack) {
  cluster_.Block(3);
  cluster_.RunFor(Duration::Seconds(20));
  EXPECT_EQ(cluster_.StandingOf(0, 3), Standing::kFailed);
  EXPECT_EQ(std::count_if(failed_.begin(), failed_.end(),
                          [](const Sighting& s) { return s.subject == 3; }),
            11);
  // It was deaf itself, and says nothing of the others.
  EXPECT_EQ(failed_.size(), 11u);
  cluster_.Unblock(3);
  EXPECT_TRUE(cluster_.RunUntil([this] { return cluster_.Agreed(); }, Duration::Seconds(10)));
  EXPECT_GT(cluster_.fault_counts().blocked_deadlines, 0u);
  EXPECT_TRUE(cluster_.checkers().violations().empty());
}

TEST_F(CoreFaultTest, SkewedClocksAndAStarvedMemberDoNoHarm) {
  for (int host = 0; host < 12; ++host) cluster_.SetClockSkew(host, host % 2 == 0 ? 100 : -100);
  cluster_.SetCpu(5, {Duration::Millis(48), Duration::Millis(3), Duration::Micros(100)});
  cluster_.RunFor(Duration::Seconds(60));
  EXPECT_TRUE(failed_.empty());
  EXPECT_TRUE(cluster_.Agreed());
  cluster_.Inspect();
  EXPECT_TRUE(cluster_.checkers().violations().empty());
  EXPECT_GT(cluster_.fault_counts().cpu_slices, 1000u);
}

}  // namespace
}  // namespace muster::sim
