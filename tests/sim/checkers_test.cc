// Each rule is shown a world in which it holds, and one in which it is broken.

#include "src/sim/checkers.h"

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "src/base/ids.h"
#include "src/base/time.h"
#include "tests/testing/forge.h"

namespace muster::sim {
namespace {

using testing::TestId;
using wire::State;

constexpr TimePoint At(int64_t ms) { return TimePoint::FromMicros(1'000'000'000 + ms * 1000); }

Checkers::Entry Entry(uint64_t id, uint64_t epoch, uint64_t counter, State state) {
  return {TestId(id), Incarnation::Of(epoch, counter), state, 0};
}

// The rules broken so far, by name.
std::vector<std::string> Broken(const Checkers& checkers) {
  std::vector<std::string> names;
  for (const Violation& violation : checkers.violations()) {
    names.push_back(RuleName(violation.rule));
  }
  return names;
}

using Names = std::vector<std::string>;

// Shows a table with member 2 in two versions, one after the other.
Names Change(const Checkers::Entry& before, const Checkers::Entry& after) {
  Checkers checkers;
  const Checkers::Entry self = Entry(1, 1, 0, State::kAlive);
  checkers.ObserveTable(At(0), 0, 1, {self, before}, false);
  checkers.ObserveTable(At(1), 0, 1, {self, after}, false);
  return Broken(checkers);
}

TEST(IncarnationRule, NeverFalls) {
  EXPECT_EQ(Change(Entry(2, 1, 0, State::kFailed), Entry(2, 1, 1, State::kAlive)), Names{});
  EXPECT_EQ(Change(Entry(2, 1, 9, State::kFailed), Entry(2, 2, 0, State::kAlive)), Names{});
  EXPECT_EQ(Change(Entry(2, 1, 1, State::kAlive), Entry(2, 1, 0, State::kAlive)),
            Names{"incarnation"});
  EXPECT_EQ(Change(Entry(2, 2, 0, State::kAlive), Entry(2, 1, 5, State::kLeft)),
            Names{"incarnation"});
}

TEST(TransitionRule, OnlyForwardWithinOneIncarnation) {
  const State states[] = {State::kAlive,   State::kSuspect, State::kFailed,
                          State::kLeaving, State::kLeft,    State::kPruned};
  for (const State from : states) {
    for (const State to : states) {
      EXPECT_EQ(Change(Entry(2, 1, 0, from), Entry(2, 1, 0, to)),
                to < from ? Names{"transition"} : Names{})
          << static_cast<int>(from) << " to " << static_cast<int>(to);
    }
  }
}

TEST(TransitionRule, FindsMovedEntriesAndForgetsEndedProcesses) {
  Checkers checkers;
  const Checkers::Entry self = Entry(1, 1, 0, State::kAlive);
  checkers.ObserveTable(
      At(0), 0, 1, {self, Entry(2, 1, 0, State::kFailed), Entry(3, 1, 0, State::kFailed)}, false);
  // 2 was dropped and 3 moved into its place, falling back on the way.
  checkers.ObserveTable(At(1), 0, 1, {self, Entry(3, 1, 0, State::kSuspect)}, false);
  EXPECT_EQ(Broken(checkers), Names{"transition"});
  // A new process starts from nothing, and another observer has its own view.
  checkers.ObserveTable(At(2), 0, 2, {self, Entry(3, 1, 0, State::kAlive)}, false);
  checkers.ObserveTable(At(3), 1, 1, {self, Entry(3, 1, 0, State::kAlive)}, false);
  EXPECT_EQ(checkers.violation_count(), 1u);
}

TEST(ForgottenRule, OnlyTombstonesAreDropped) {
  for (const State state : {State::kAlive, State::kSuspect, State::kFailed, State::kLeaving,
                            State::kLeft, State::kPruned}) {
    Checkers checkers;
    const Checkers::Entry self = Entry(1, 1, 0, State::kAlive);
    checkers.ObserveTable(At(0), 0, 1, {self, Entry(2, 1, 0, state)}, false);
    checkers.ObserveTable(At(1), 0, 1, {self}, false);
    const bool is_tombstone = state == State::kFailed || state >= State::kLeft;
    EXPECT_EQ(Broken(checkers), is_tombstone ? Names{} : Names{"forgotten"});
  }
}

TEST(SelfRule, NobodyIsGoneInItsOwnView) {
  const auto own = [](const Checkers::Entry& self, bool is_leaving) {
    Checkers checkers;
    checkers.ObserveTable(At(0), 0, 1, {self}, is_leaving);
    return Broken(checkers);
  };
  EXPECT_EQ(own(Entry(1, 1, 0, State::kAlive), false), Names{});
  EXPECT_EQ(own(Entry(1, 1, 0, State::kFailed), false), Names{"self"});
  EXPECT_EQ(own(Entry(1, 1, 0, State::kLeft), false), Names{"self"});
  EXPECT_EQ(own(Entry(1, 1, 0, State::kLeft), true), Names{});
  EXPECT_EQ(own(Entry(1, 1, Incarnation::kCounterTop, State::kLeft), false), Names{});
}

TEST(DatagramRule, TwelveHundredBytes) {
  Checkers checkers;
  checkers.ObserveDatagram(At(0), 0, 1200, 1200);
  EXPECT_EQ(Broken(checkers), Names{});
  checkers.ObserveDatagram(At(0), 0, 1201, 1200);
  EXPECT_EQ(Broken(checkers), Names{"datagram"});
}

TEST(DeadlineRule, ServedInTime) {
  Checkers checkers;
  EXPECT_TRUE(checkers.ObserveDeadline(At(5), 0, At(5), At(6)));
  EXPECT_EQ(Broken(checkers), Names{});
  EXPECT_TRUE(checkers.ObserveDeadline(At(9), 0, At(8), At(10)));
  EXPECT_EQ(Broken(checkers), Names{"deadline"});
}

TEST(DeadlineRule, ABusyLoopIsFound) {
  Checkers checkers;
  for (int call = 0; call < 1000; ++call) {
    ASSERT_TRUE(checkers.ObserveDeadline(At(5), 0, At(5), At(5))) << call;
  }
  EXPECT_EQ(Broken(checkers), Names{});
  EXPECT_FALSE(checkers.ObserveDeadline(At(5), 0, At(5), At(5)));
  EXPECT_EQ(Broken(checkers), Names{"deadline"});
  // Another host, or another instant, counts for itself.
  EXPECT_TRUE(checkers.ObserveDeadline(At(5), 1, At(5), At(5)));
  EXPECT_TRUE(checkers.ObserveDeadline(At(6), 0, At(6), At(6)));
}

// ---- The promise ----

constexpr SilenceLog::HostState kWell{0, true, false};
constexpr SilenceLog::HostState kFar{1, true, false};
constexpr SilenceLog::HostState kDown{0, false, false};
constexpr SilenceLog::HostState kSick{0, true, true};

// Host 0 pronounces host 1 failed at `at`, with a tolerance of 4 s.
Checkers::FailedReport Verdict(uint64_t by = 1) {
  Checkers::FailedReport report;
  report.observer = 0;
  report.observer_id = TestId(1);
  report.subject = 1;
  report.ended_at = TimePoint::Never();
  report.subject_id = TestId(2);
  report.incarnation = Incarnation::Of(1, 0);
  report.by = static_cast<uint32_t>(TestId(by).hi >> 32);
  report.tolerance = Duration::Seconds(4);
  return report;
}

// What the promise says of a verdict at `verdict_ms`, after these changes of (ms, states).
using Span = std::pair<int64_t, std::vector<SilenceLog::HostState>>;
Names Judge(const std::vector<Span>& spans, int64_t verdict_ms) {
  Checkers checkers;
  for (const auto& [ms, states] : spans) checkers.ObserveHosts(At(ms), states);
  checkers.ObserveFailed(At(verdict_ms), Verdict());
  return Broken(checkers);
}

TEST(PromiseRule, ASilenceAsLongAsTheToleranceMayBeReported) {
  const std::vector<Span> down = {{0, {kWell, kWell, kWell}}, {10'000, {kWell, kDown, kWell}}};
  EXPECT_EQ(Judge(down, 13'999), Names{"promise"});
  EXPECT_EQ(Judge(down, 14'000), Names{});
  EXPECT_EQ(Judge(down, 60'000), Names{});
  const std::vector<Span> cut = {{0, {kWell, kWell, kWell}}, {10'000, {kWell, kFar, kWell}}};
  EXPECT_EQ(Judge(cut, 13'999), Names{"promise"});
  EXPECT_EQ(Judge(cut, 14'000), Names{});
}

TEST(PromiseRule, AMemberThatAnswersMayNot) {
  EXPECT_EQ(Judge({{0, {kWell, kWell, kWell}}}, 60'000), Names{"promise"});
}

TEST(PromiseRule, AnAnswerInBetweenEndsASilence) {
  const std::vector<Span> twice = {{0, {kWell, kWell}},
                                   {10'000, {kWell, kDown}},
                                   {13'000, {kWell, kWell}},
                                   {14'000, {kWell, kDown}}};
  EXPECT_EQ(Judge(twice, 17'900), Names{"promise"});
  EXPECT_EQ(Judge(twice, 18'000), Names{});
}

TEST(PromiseRule, WhoCanAnswerAgainMustFirstBeAsked) {
  const std::vector<Span> healed = {
      {0, {kWell, kWell}}, {10'000, {kWell, kDown}}, {20'000, {kWell, kWell}}};
  EXPECT_EQ(Judge(healed, 21'400), Names{});
  EXPECT_EQ(Judge(healed, 21'500), Names{"promise"});
  const std::vector<Span> soon = {
      {0, {kWell, kWell}}, {10'000, {kWell, kDown}}, {13'900, {kWell, kWell}}};
  EXPECT_EQ(Judge(soon, 14'100), Names{"promise"});
}

TEST(PromiseRule, AnObserverThatWasAwayMayNotBlameTheOthers) {
  const std::vector<Span> away = {
      {0, {kWell, kWell, kWell}}, {10'000, {kDown, kWell, kWell}}, {20'000, {kWell, kWell, kWell}}};
  EXPECT_EQ(Judge(away, 20'001), Names{"promise"});
}

TEST(PromiseRule, TheSickAreOutsideIt) {
  EXPECT_EQ(Judge({{0, {kWell, kSick}}}, 60'000), Names{});
  EXPECT_EQ(Judge({{0, {kSick, kWell}}}, 60'000), Names{});
}

// What the promise says of a verdict at 10 s about a process that ended at `ended_ms`.
Names JudgeEnded(const std::vector<Span>& spans, int64_t ended_ms) {
  Checkers checkers;
  for (const auto& [ms, states] : spans) checkers.ObserveHosts(At(ms), states);
  Checkers::FailedReport report = Verdict();
  report.ended_at = At(ended_ms);
  checkers.ObserveFailed(At(10'000), report);
  return Broken(checkers);
}

TEST(PromiseRule, AnEndedMemberIsSilentSinceItsEnd) {
  EXPECT_EQ(JudgeEnded({{0, {kWell, kWell}}, {6'000, {kWell, kDown}}}, 6'000), Names{});
  EXPECT_EQ(JudgeEnded({{0, {kWell, kWell}}, {6'001, {kWell, kDown}}}, 6'001), Names{"promise"});
  // Another member runs on its host since then.
  EXPECT_EQ(JudgeEnded({{0, {kWell, kWell}}, {7'000, {kWell, kWell}}}, 6'000), Names{});
}

TEST(PromiseRule, OrSinceItWasCutOffBeforeItsEnd) {
  EXPECT_EQ(
      JudgeEnded({{0, {kWell, kWell}}, {6'000, {kWell, kFar}}, {9'000, {kWell, kDown}}}, 9'000),
      Names{});
  EXPECT_EQ(
      JudgeEnded({{0, {kWell, kWell}}, {6'500, {kWell, kFar}}, {9'000, {kWell, kDown}}}, 9'000),
      Names{"promise"});
}

TEST(PromiseRule, NobodyIsBoundToAMemberThatNeverWas) {
  Checkers checkers;
  checkers.ObserveHosts(At(0), {kWell, kWell});
  Checkers::FailedReport report = Verdict();
  report.subject = -1;
  checkers.ObserveFailed(At(10'000), report);
  EXPECT_EQ(Broken(checkers), Names{});
}

TEST(ThinAirRule, AFailureIsShownOnlyIfSomebodyPronouncedIt) {
  Checkers checkers;
  checkers.ObserveHosts(At(0), {kWell, kDown, kWell});
  Checkers::FailedReport heard = Verdict();
  heard.observer = 2;
  heard.observer_id = TestId(3);
  checkers.ObserveFailed(At(9'000), heard);
  EXPECT_EQ(Broken(checkers), Names{"thin-air"});
  checkers.ObserveFailed(At(9'000), Verdict());
  checkers.ObserveFailed(At(9'001), heard);
  EXPECT_EQ(checkers.violation_count(), 1u);
  heard.incarnation = Incarnation::Of(1, 1);  // nobody said that of this incarnation
  checkers.ObserveFailed(At(9'002), heard);
  EXPECT_EQ(checkers.violation_count(), 2u);
}

TEST(DeadlineRule, OneThatIsNotServedAtAllIsFound) {
  Checkers checkers;
  checkers.ObservePending(At(5), 0, At(5));
  checkers.ObservePending(At(5), 0, TimePoint::Never());
  EXPECT_EQ(Broken(checkers), Names{});
  checkers.ObservePending(At(6), 0, At(5));
  EXPECT_EQ(Broken(checkers), Names{"deadline"});
}

TEST(BoundsRule, QueueAndTableKeepWithinTheirLimits) {
  const auto broken = [](const Checkers::Bounds& bounds) {
    Checkers checkers;
    checkers.ObserveBounds(At(0), 0, bounds);
    return Broken(checkers);
  };
  const Checkers::Bounds full = {5, 5, 3, 3, 2, 2};
  EXPECT_EQ(broken(full), Names{});
  Checkers::Bounds bounds = full;
  bounds.queue = 6;
  EXPECT_EQ(broken(bounds), Names{"bounds"});
  bounds = full;
  bounds.live_max = 2;
  EXPECT_EQ(broken(bounds), Names{"bounds"});
  bounds = full;
  bounds.tombstones_max = 1;
  EXPECT_EQ(broken(bounds), Names{"bounds"});
}

// ---- Agreement ----

using Table = std::vector<Checkers::Entry>;
const wire::ViewCell kOneCell{111, 2};
const wire::ViewCell kOtherCell{222, 2};

TEST(AgreementRule, EqualCellsStandForEqualTables) {
  const Table table = {Entry(1, 1, 0, State::kAlive), Entry(2, 1, 0, State::kSuspect)};
  const Table turned = {Entry(2, 1, 0, State::kAlive), Entry(1, 1, 0, State::kAlive),
                        Entry(3, 1, 0, State::kFailed)};
  Table other = table;
  other[1].incarnation = Incarnation::Of(1, 1);
  Table tagged = table;
  tagged[1].attributes_hash = 7;
  const auto broken = [&table](const Table& second, const wire::ViewCell& cell) {
    Checkers checkers;
    checkers.ObserveCell(At(0), 0, TestId(1), kOneCell, table);
    checkers.ObserveCell(At(0), 1, TestId(2), cell, second);
    return Broken(checkers);
  };
  EXPECT_EQ(broken(turned, kOneCell), Names{});
  EXPECT_EQ(broken(other, kOtherCell), Names{});
  EXPECT_EQ(broken(turned, kOtherCell), Names{"agreement"});
  EXPECT_EQ(broken(other, kOneCell), Names{"agreement"});
  EXPECT_EQ(broken(tagged, kOneCell), Names{"agreement"});
}

// Three members of whom the third has another table since 30 s; the first says at 50 s what it
// heard in the last ten.
Names Claim(size_t agreeing, const std::vector<HostId>& differing, int64_t at_ms = 50'000) {
  const Table one = {Entry(1, 1, 0, State::kAlive)};
  const Table other = {Entry(1, 1, 0, State::kAlive), Entry(2, 1, 0, State::kAlive)};
  Checkers checkers;
  checkers.ObserveCell(At(0), 0, TestId(1), kOneCell, one);
  checkers.ObserveCell(At(0), 1, TestId(2), kOneCell, one);
  checkers.ObserveCell(At(30'000), 2, TestId(3), kOtherCell, other);
  Checkers::AgreementReport report;
  report.id = TestId(1);
  report.heard_since = At(at_ms - 10'000);
  report.agreeing = agreeing;
  report.differing = differing;
  checkers.ObserveAgreement(At(at_ms), report);
  return Broken(checkers);
}

TEST(AgreementRule, PeersAgreeJustWhereTheirTablesAreEqual) {
  EXPECT_EQ(Claim(1, {TestId(3)}), Names{});
  EXPECT_EQ(Claim(0, {}), Names{});  // nobody was heard
  EXPECT_EQ(Claim(2, {}), Names{"agreement"});
  EXPECT_EQ(Claim(0, {TestId(2)}), Names{"agreement"});
}

TEST(AgreementRule, WhatChangedLatelyMayBeSaidEitherWay) {
  EXPECT_EQ(Claim(2, {}, 35'000), Names{});
  EXPECT_EQ(Claim(2, {}, 40'500), Names{});
  EXPECT_EQ(Claim(2, {}, 41'500), Names{"agreement"});
}

TEST(AgreementRule, WhoEndedLatelyMayHaveAgreed) {
  const Table one = {Entry(1, 1, 0, State::kAlive)};
  Checkers checkers;
  checkers.ObserveCell(At(0), 0, TestId(1), kOneCell, one);
  checkers.ObserveCell(At(0), 1, TestId(2), kOneCell, one);
  checkers.ObserveCellEnd(At(20'000), TestId(2));
  Checkers::AgreementReport report;
  report.id = TestId(1);
  report.agreeing = 1;
  report.heard_since = At(20'500);
  checkers.ObserveAgreement(At(30'500), report);
  EXPECT_EQ(Broken(checkers), Names{});
  report.heard_since = At(21'500);
  checkers.ObserveAgreement(At(31'500), report);
  EXPECT_EQ(Broken(checkers), Names{"agreement"});
}

TEST(ConvergenceRule, AllAgreeWithinABoundOfTheOptions) {
  const core::Options lan = core::Options::For(core::Profile::kLan);
  const core::Options local = core::Options::For(core::Profile::kLocal);
  EXPECT_EQ(CalmBound(lan), Duration::Seconds(633));
  EXPECT_EQ(CalmBound(local), Duration::Millis(619'500));
  Checkers checkers;
  checkers.ObserveCalm(At(633'000), At(0), CalmBound(lan), false);
  checkers.ObserveCalm(At(660'000), At(0), CalmBound(lan), true);
  EXPECT_EQ(Broken(checkers), Names{});
  checkers.ObserveCalm(At(633'001), At(0), CalmBound(lan), false);
  EXPECT_EQ(Broken(checkers), Names{"convergence"});
}

TEST(CheckersTest, ADisabledRuleIsSilentAndTheOthersAreNot) {
  Checkers checkers;
  checkers.Disable(Rule::kPromise);
  checkers.ObserveHosts(At(0), {kWell, kWell});
  checkers.ObserveFailed(At(10'000), Verdict());
  checkers.ObserveDatagram(At(0), 0, 5000, 1200);
  EXPECT_EQ(Broken(checkers), Names{"datagram"});
}

TEST(CheckersTest, CountsAllAndKeepsAHundred) {
  Checkers checkers;
  for (int i = 0; i < 250; ++i) checkers.ObserveDatagram(At(i), 0, 5000, 1200);
  EXPECT_EQ(checkers.violations().size(), 100u);
  EXPECT_EQ(checkers.violation_count(), 250u);
}

}  // namespace
}  // namespace muster::sim
