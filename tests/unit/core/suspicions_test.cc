#include "src/core/suspicions.h"

#include <gtest/gtest.h>

namespace muster::core {
namespace {

constexpr Duration kPeriod = Duration::Seconds(1);
constexpr Duration kRepeat = Duration::Millis(250);
constexpr Duration kTolerance = Duration::Seconds(4);
const HostId kSubject{7, 1};

TimePoint At(int64_t ms) { return TimePoint::FromMicros(10'000'000 + ms * 1000); }

class SuspicionsTest : public testing::Test {
 protected:
  Suspicion& OpenAsAccuser() {
    return suspicions_.Open(At(300), kSubject, Incarnation::Of(1, 0), true, 42, At(0),
                            At(0) + kTolerance);
  }
  // Runs all that is due at `now`; true when `wanted` was among the steps.
  bool StepsAt(TimePoint now, SuspicionStep wanted) {
    bool seen = false;
    SuspicionStep step = SuspicionStep::kNothing;
    HostId subject;
    while (suspicions_.PopDue(now, &subject, &step)) {
      EXPECT_EQ(subject, kSubject);
      seen |= step == wanted;
    }
    return seen;
  }
  Suspicions suspicions_{kPeriod, kRepeat};
};

TEST_F(SuspicionsTest, AnAccuserProbesOnAtItsPace) {
  OpenAsAccuser();
  EXPECT_EQ(suspicions_.next(), At(550));
  EXPECT_FALSE(StepsAt(At(549), SuspicionStep::kRepeat));
  EXPECT_TRUE(StepsAt(At(550), SuspicionStep::kRepeat));
  EXPECT_EQ(suspicions_.next(), At(800));
}

TEST_F(SuspicionsTest, ABystanderOnlyWaitsForItsGateAndItsWindow) {
  suspicions_.Open(At(300), kSubject, Incarnation::Of(1, 0), false, 42, At(0),
                   At(0) + kTolerance * 2);
  EXPECT_EQ(suspicions_.next(), At(8000) - Suspicions::kGateLead);
  EXPECT_TRUE(StepsAt(At(7000), SuspicionStep::kPingForGate));
  EXPECT_TRUE(StepsAt(At(8000), SuspicionStep::kLastLook));
  EXPECT_TRUE(suspicions_.Find(kSubject)->looking);
}

TEST_F(SuspicionsTest, TheGateNeedsTwoTripsApartAndOneRecent) {
  struct Trip {
    int64_t started_ms, done_ms;
  };
  struct Case {
    std::vector<Trip> trips;
    int64_t now_ms;
    bool met;
  };
  const Case cases[] = {
      {{}, 4000, false},
      {{{1000, 1010}}, 2000, false},                // one is not two
      {{{1000, 1010}, {1499, 1510}}, 2000, false},  // half a second apart, nearly
      {{{1000, 1010}, {1500, 1510}}, 2000, true},   // exactly
      {{{1000, 1010}, {1500, 1510}}, 4010, true},   // 2.5 P old, exactly
      {{{1000, 1010}, {1500, 1510}}, 4011, false},  // older
      {{{-100, 1010}, {1500, 1510}}, 2000, false},  // began before the suspicion did
      {{{1500, 1510}, {1000, 1900}}, 2000, true},   // answers out of order
  };
  for (size_t i = 0; i < std::size(cases); ++i) {
    Suspicions suspicions(kPeriod, kRepeat);
    suspicions.Open(At(300), kSubject, Incarnation::Of(1, 0), true, 42, At(0), At(4000));
    for (const Trip& trip : cases[i].trips) {
      suspicions.NoteRoundTrip(At(trip.started_ms), At(trip.done_ms));
    }
    EXPECT_EQ(suspicions.Find(kSubject)->GateMet(At(cases[i].now_ms), kPeriod), cases[i].met)
        << "case " << i;
  }
}

TEST_F(SuspicionsTest, ARefusalFromTheSubjectsHostSatisfiesTheGate) {
  EXPECT_FALSE(OpenAsAccuser().GateMet(At(1000), kPeriod));
  suspicions_.Find(kSubject)->path_proven = true;
  EXPECT_TRUE(suspicions_.Find(kSubject)->GateMet(At(100'000), kPeriod));
}

TEST_F(SuspicionsTest, AnUnmetGateIsPingedForBeforeAndAfterTheWindow) {
  OpenAsAccuser();
  int pings = 0;
  for (int64_t ms = 300; ms < 6000; ++ms) {
    SuspicionStep step = SuspicionStep::kNothing;
    HostId subject;
    while (suspicions_.PopDue(At(ms), &subject, &step)) {
      pings += step == SuspicionStep::kPingForGate ? 1 : 0;
    }
  }
  // From 1.1 s before the end of the window, every half second.
  EXPECT_EQ(pings, 7);
}

TEST_F(SuspicionsTest, ALastLookThatProvedNothingIsTakenAgain) {
  OpenAsAccuser();
  EXPECT_TRUE(StepsAt(At(4000), SuspicionStep::kLastLook));
  suspicions_.LookAgain(At(4250), kSubject, Duration::Millis(250));
  EXPECT_FALSE(suspicions_.Find(kSubject)->looking);
  EXPECT_TRUE(StepsAt(At(4500), SuspicionStep::kLastLook));
}

TEST_F(SuspicionsTest, AnOwnAccusationShortensABystandersWindow) {
  suspicions_.Open(At(100), kSubject, Incarnation::Of(1, 0), false, 42, At(0), At(8000));
  suspicions_.Open(At(900), kSubject, Incarnation::Of(1, 0), true, 99, At(700), At(4700));
  ASSERT_EQ(suspicions_.size(), 1u);
  EXPECT_TRUE(suspicions_.Find(kSubject)->accuser);
  EXPECT_EQ(suspicions_.Find(kSubject)->window_end, At(4700));
  EXPECT_EQ(suspicions_.Find(kSubject)->by, 42u) << "the first accuser stays named";
}

TEST_F(SuspicionsTest, AStallOfOurOwnGrantsItsLengthAndForgetsEvidence) {
  OpenAsAccuser();
  suspicions_.NoteRoundTrip(At(500), At(510));
  suspicions_.NoteRoundTrip(At(1100), At(1110));
  suspicions_.Find(kSubject)->path_proven = true;
  suspicions_.Extend(Duration::Seconds(10));
  const Suspicion& suspicion = *suspicions_.Find(kSubject);
  EXPECT_EQ(suspicion.window_end, At(14'000));
  EXPECT_EQ(suspicion.began, At(10'000));
  EXPECT_FALSE(suspicion.GateMet(At(11'200), kPeriod));
}

TEST_F(SuspicionsTest, ClosingOneKeepsTheOthers) {
  const HostId other{8, 1};
  OpenAsAccuser();
  suspicions_.Open(At(300), other, Incarnation::Of(2, 0), true, 42, At(0), At(4000));
  EXPECT_TRUE(suspicions_.Close(kSubject));
  EXPECT_FALSE(suspicions_.Close(kSubject));
  EXPECT_EQ(suspicions_.Find(kSubject), nullptr);
  ASSERT_NE(suspicions_.Find(other), nullptr);
  EXPECT_EQ(suspicions_.Find(other)->incarnation, Incarnation::Of(2, 0));
  EXPECT_FALSE(suspicions_.next().is_never());
  EXPECT_TRUE(suspicions_.Close(other));
  EXPECT_TRUE(suspicions_.next().is_never());
}

TEST(AccusationBackoffTest, WaitsDoubleToSixtyPeriods) {
  AccusationBackoff backoff(kPeriod);
  EXPECT_TRUE(backoff.MayAccuse(At(0), kSubject));
  const int64_t seconds[] = {1, 2, 4, 8, 16, 32, 60, 60};
  TimePoint now = At(0);
  for (const int64_t wait : seconds) {
    backoff.Refuted(now, kSubject);
    EXPECT_FALSE(backoff.MayAccuse(now + Duration::Seconds(wait) - Duration::Micros(1), kSubject));
    now += Duration::Seconds(wait);
    EXPECT_TRUE(backoff.MayAccuse(now, kSubject)) << wait;
  }
}

TEST(AccusationBackoffTest, AnsweredProbesBringItDownAgain) {
  AccusationBackoff backoff(kPeriod);
  backoff.Refuted(At(0), kSubject);
  backoff.Refuted(At(0), kSubject);       // would wait 4 P next
  backoff.Answered(At(1'999), kSubject);  // within the wait of 2 P: no proof of health
  backoff.Answered(At(2'000), kSubject);
  backoff.Refuted(At(10'000), kSubject);  // waits 2 P, not 4
  EXPECT_TRUE(backoff.MayAccuse(At(12'000), kSubject));
  EXPECT_FALSE(backoff.MayAccuse(At(11'999), kSubject));
}

}  // namespace
}  // namespace muster::core
