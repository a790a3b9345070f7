// The formulas, the parts and the rules of the models; the published figures are the gate's.

#include <memory>
#include <vector>

#include "bench/baselines/broadcast_queue.h"
#include "bench/baselines/forked.h"
#include "bench/baselines/formulas.h"
#include "bench/baselines/lifeguard_runs.h"
#include "bench/baselines/local_health.h"
#include "bench/baselines/member_table.h"
#include "bench/baselines/swim_runs.h"
#include "bench/baselines/wire_size.h"
#include "bench/baselines/world.h"
#include "gtest/gtest.h"

namespace muster::baselines {
namespace {

TEST(Formulas, SwimSuspicionStepsAsInFigure3c) {
  EXPECT_EQ(SwimSuspicionPeriods(16), 9);
  EXPECT_EQ(SwimSuspicionPeriods(32), 12);
  EXPECT_EQ(SwimSuspicionPeriods(56), 15);
}

TEST(Formulas, SwimDetectsInOneAndAHalfPeriods) {
  EXPECT_NEAR(SwimDetectionPeriods(1), 1.582, 0.001);
}

TEST(Formulas, MemberlistScalesWithTheLogarithm) {
  EXPECT_EQ(TransmitLimit(4, 128), 12);
  EXPECT_EQ(TransmitLimit(4, 1000), 16);
  EXPECT_EQ(PushPullInterval(Duration::Seconds(30), 32), Duration::Seconds(30));
  EXPECT_EQ(PushPullInterval(Duration::Seconds(30), 128), Duration::Seconds(90));
  EXPECT_EQ(PushPullInterval(Duration::Seconds(30), 1000), Duration::Seconds(180));
}

TEST(Formulas, SuspicionShrinksWithConfirmations) {
  const Duration min = SuspicionMin(5, 128, Duration::Seconds(1));
  EXPECT_EQ(min, Duration::Millis(10'535));
  EXPECT_EQ(SuspicionMin(5, 3, Duration::Seconds(1)), Duration::Seconds(5));
  EXPECT_EQ(SuspicionTimeout(min, 6, 0, 3), min * 6);
  EXPECT_EQ(SuspicionTimeout(min, 6, 1, 3), min * 6 - min * 5 / 2);  // log 2 / log 4
  EXPECT_EQ(SuspicionTimeout(min, 6, 3, 3), min);
  EXPECT_EQ(SuspicionTimeout(min, 6, 9, 3), min);
  EXPECT_EQ(SuspicionTimeout(min, 6, 0, 0), min);
}

TEST(LocalHealth, PaperAndCodeDifferInWhatAFailedProbeCosts) {
  LocalHealth paper(HealthRule::kPaper);
  LocalHealth code(HealthRule::kCode);
  paper.ProbeFailed(3, 0);
  code.ProbeFailed(3, 0);
  EXPECT_EQ(paper.multiplier(), 3);  // failed, and a nack is missing
  EXPECT_EQ(code.multiplier(), 4);   // three nacks are missing
  paper.ProbeFailed(3, 3);
  code.ProbeFailed(3, 3);
  EXPECT_EQ(paper.multiplier(), 4);
  EXPECT_EQ(code.multiplier(), 4);
  for (int i = 0; i < 20; ++i) {
    paper.RefutedSelf();
    code.RefutedSelf();
  }
  EXPECT_EQ(paper.multiplier(), 9);
  EXPECT_EQ(code.multiplier(), 8);
  LocalHealth off(HealthRule::kOff);
  off.ProbeFailed(3, 0);
  EXPECT_EQ(off.multiplier(), 1);
}

Room RoomFor(int updates) {
  Room room;
  room.bytes = static_cast<uint32_t>(updates) * 10;
  room.alive_bytes = room.other_bytes = 10;
  return room;
}

TEST(BroadcastQueue, TellsTheLeastToldFirstAndEachAsOftenAsTheLimit) {
  BroadcastQueue queue;
  queue.Push({State::kAlive, 1, 0, 0});
  std::vector<Update> out;
  EXPECT_EQ(queue.Take(2, RoomFor(1), &out), 10u);
  queue.Push({State::kAlive, 1, 1, 1});
  out.clear();
  queue.Take(2, RoomFor(1), &out);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].subject, 1);
  out.clear();
  queue.Take(2, RoomFor(5), &out);
  EXPECT_EQ(out.size(), 2u);
  EXPECT_TRUE(queue.empty());
}

TEST(BroadcastQueue, ANewerUpdateTakesTheOldOnesPlace) {
  BroadcastQueue queue;
  queue.Push({State::kSuspect, 1, 3, 0});
  queue.Push({State::kAlive, 2, 3, 3});
  EXPECT_EQ(queue.size(), 1u);
  std::vector<Update> out;
  queue.Take(9, RoomFor(5), &out);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].incarnation, 2u);
}

TEST(MemberTable, ProbesEachMemberOnceARound) {
  MemberTable table;
  Rng rng(1);
  for (int i = 0; i < 10; ++i) table.Set(i, State::kAlive, 1, TimePoint(), &rng);
  std::vector<int> hits(10, 0);
  for (int i = 0; i < 27; ++i) {
    ++hits[static_cast<size_t>(table.NextTarget(0, TimePoint(), Duration::Zero(), &rng))];
  }
  EXPECT_EQ(hits[0], 0);
  for (size_t i = 1; i < 10; ++i) EXPECT_EQ(hits[i], 3);
}

TEST(MemberTable, TheHashFollowsWhoIsUp) {
  MemberTable table;
  Rng rng(1);
  table.Set(0, State::kAlive, 1, TimePoint(), &rng);
  const uint64_t alone = table.hash();
  table.Set(1, State::kAlive, 1, TimePoint(), &rng);
  EXPECT_EQ(table.up(), 2);
  table.Set(1, State::kSuspect, 1, TimePoint(), &rng);
  EXPECT_EQ(table.up(), 2);
  table.Set(1, State::kDead, 1, TimePoint(), &rng);
  EXPECT_EQ(table.up(), 1);
  EXPECT_EQ(table.hash(), alone);
}

TEST(WireSize, OfMessagesCountedByHand) {
  Deployment deployment;
  deployment.has_source_fields = false;
  deployment.has_crc = false;
  const WireSize size(deployment);
  // type, map of 2, "SeqNo" and 3 bytes, "Node" and a name of 10
  EXPECT_EQ(size.Message(Packet::Kind::kPing), 1u + 1 + 6 + 3 + 5 + 11);
  // type, map of 3, "Incarnation" and 1 byte, "Node" and "From" with names of 10
  EXPECT_EQ(size.OfUpdate(State::kSuspect), 1u + 1 + 12 + 1 + 5 + 11 + 5 + 11);
  EXPECT_EQ(size.Compressed(500, 0, 0, 2), 500u);
  EXPECT_LT(size.Compressed(500, 0, 0, 10), 300u);
}

World::Factory Of(const MemberlistOptions& options) {
  return [options](int self, Io* io) { return std::make_unique<Memberlist>(options, self, io); };
}

TEST(Memberlist, ACrashIsSeenByAllAfterTheSuspicion) {
  WorldConfig config;
  config.members = 32;
  World world(config, Of(MemberlistOptions::Code()));
  world.StartTogether();
  world.RunUntil(world.now() + Duration::Seconds(5));
  world.Crash(7);
  const TimePoint crash = world.now();
  world.RunUntil(crash + Duration::Seconds(60));
  int seen = 0;
  for (const World::Report& report : world.reports()) {
    EXPECT_EQ(report.subject, 7);
    EXPECT_GT(report.at - crash, SuspicionMin(4, 32, Duration::Seconds(1)));
    ++seen;
  }
  EXPECT_EQ(seen, 31);
}

TEST(Memberlist, AMemberThatIsBlockedAccusesAndIsForgiven) {
  WorldConfig config;
  config.members = 16;
  World world(config, Of(MemberlistOptions::Code()));
  world.StartTogether();
  world.RunUntil(world.now() + Duration::Seconds(5));
  world.Block(3);
  world.RunUntil(world.now() + Duration::Seconds(40));
  EXPECT_FALSE(world.reports().empty());
  world.Unblock(3);
  world.RunUntil(world.now() + Duration::Seconds(30));
  for (int member = 0; member < 16; ++member) EXPECT_EQ(world.model(member).ViewSize(), 16);
}

TEST(Swim, AnIdleMemberSendsTwoMessagesAPeriod) {
  const SwimFigures figures = RunSwimLoad(16, 3);
  EXPECT_NEAR(figures.sent_per_period, 2, 0.05);
  EXPECT_NEAR(figures.received_per_period, 2, 0.05);
}

TEST(Swim, ACrashIsKnownToAllAfterTheSuspicion) {
  const SwimFigures figures = RunSwimCrash(16, 3);
  EXPECT_GE(figures.detection_periods, 0.9);
  EXPECT_GE(figures.full_periods, SwimSuspicionPeriods(16));
  EXPECT_LE(figures.full_periods, SwimSuspicionPeriods(16) + 6);
}

TEST(Lifeguard, TheSameCellGivesTheSameRun) {
  const LifeguardCell cell{8, Duration::Seconds(16), Duration::Millis(64), 5};
  const MemberlistOptions options = MemberlistOptions::PaperSwim();
  const LifeguardRun a = RunInterval(options, cell);
  const LifeguardRun b = RunInterval(options, cell);
  EXPECT_GT(a.false_positives, 0u);
  EXPECT_EQ(a.false_positives, b.false_positives);
  EXPECT_EQ(a.packets, b.packets);
  EXPECT_EQ(a.bytes, b.bytes);
}

TEST(Lifeguard, TheGridsAreThePapers) {
  EXPECT_EQ(ThresholdCells(10, {}).size(), 540u);
  EXPECT_EQ(IntervalCells(10, {}).size(), 4320u);
}

TEST(Forked, ResultsComeByNumberWhateverTheProcesses) {
  const auto task = [](size_t i) { return std::vector<double>(i % 3, static_cast<double>(i)); };
  const auto one = RunForked("test", 10, 1, task);
  EXPECT_EQ(one, RunForked("test", 10, 3, task));
  EXPECT_EQ(one[5], (std::vector<double>{5, 5}));
}

}  // namespace
}  // namespace muster::baselines
