#include "src/core/batcher.h"

#include <gtest/gtest.h>

#include <memory>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/unit/core/claims.h"

namespace muster::core {
namespace {

using Kind = Batcher::Kind;
using wire::State;

constexpr Duration kPeriod = Duration::Seconds(1);

class BatcherTest : public testing::Test {
 protected:
  std::unique_ptr<const MemberView> ViewOf(uint64_t n, State state) {
    auto view = std::make_unique<MemberView>();
    view->record = pool_.Intern(IdOf(n), AttributesOf(n));
    view->state = state;
    return view;
  }
  // `before`: null for a member not known.
  Batcher::Held Change(uint64_t n, std::unique_ptr<const MemberView> before, State state) {
    Batcher::Held change;
    change.id = IdOf(n);
    EXPECT_TRUE(Batcher::KindOf(before.get(), state, &change.kind));
    change.shown = std::move(before);
    change.state = state;
    change.versions = 1;
    return change;
  }
  void Fail(int64_t ms, uint64_t n) {
    batcher_.Hold(At(ms), Change(n, ViewOf(n, State::kSuspect), State::kFailed));
  }
  void Join(int64_t ms, uint64_t n) { batcher_.Hold(At(ms), Change(n, nullptr, State::kAlive)); }
  bool FailureDue(int64_t ms, bool is_expected) {
    Batcher::Outlook outlook;
    outlook.is_expected = is_expected;
    return batcher_.IsDue(At(ms), Kind::kFailure, outlook);
  }
  bool ArrivalDue(int64_t ms, size_t up, bool is_agreed = false) {
    Batcher::Outlook outlook;
    outlook.up = up;
    outlook.is_agreed = is_agreed;
    return batcher_.IsDue(At(ms), Kind::kArrival, outlook);
  }
  size_t Drain(Kind kind) {
    std::vector<Batcher::Held> out;
    batcher_.TakeAll(kind, &out);
    return out.size();
  }

  RecordPool pool_;
  Batcher batcher_{kPeriod};
};

TEST_F(BatcherTest, HoldsWhoComesUpAndWhoFails) {
  struct Case {
    State before, after;
    bool is_held;
    Kind kind;
  };
  for (const Case& c : {
           Case{State::kAlive, State::kFailed, true, Kind::kFailure},
           Case{State::kSuspect, State::kFailed, true, Kind::kFailure},
           Case{State::kFailed, State::kAlive, true, Kind::kArrival},
           Case{State::kLeft, State::kSuspect, true, Kind::kArrival},
           Case{State::kPruned, State::kAlive, true, Kind::kArrival},
           Case{State::kAlive, State::kSuspect, false, Kind::kFailure},
           Case{State::kSuspect, State::kAlive, false, Kind::kFailure},
           Case{State::kAlive, State::kLeaving, false, Kind::kFailure},
           Case{State::kLeaving, State::kFailed, false, Kind::kFailure},
           Case{State::kLeaving, State::kAlive, false, Kind::kFailure},
           Case{State::kFailed, State::kLeft, false, Kind::kFailure},
           Case{State::kSuspect, State::kLeft, false, Kind::kFailure},
       }) {
    Kind kind;
    EXPECT_EQ(Batcher::KindOf(ViewOf(1, c.before).get(), c.after, &kind), c.is_held)
        << static_cast<int>(c.before) << " " << static_cast<int>(c.after);
    if (c.is_held) {
      EXPECT_EQ(kind, c.kind);
    }
  }
  Kind kind;
  EXPECT_TRUE(Batcher::KindOf(nullptr, State::kAlive, &kind));
  EXPECT_EQ(kind, Kind::kArrival);
  EXPECT_FALSE(Batcher::KindOf(nullptr, State::kLeaving, &kind));
  EXPECT_FALSE(Batcher::KindOf(nullptr, State::kFailed, &kind));
}

TEST_F(BatcherTest, AVerdictWaitsForThoseExpected) {
  EXPECT_FALSE(FailureDue(0, false)) << "nothing is held";
  EXPECT_TRUE(batcher_.next().is_never());
  Fail(0, 1);
  EXPECT_TRUE(FailureDue(0, false)) << "alone: not delayed";
  EXPECT_FALSE(FailureDue(0, true));
  Fail(1500, 2);
  EXPECT_EQ(batcher_.next(), At(2000)) << "counted from the first";
  EXPECT_FALSE(FailureDue(1999, true));
  EXPECT_TRUE(FailureDue(2000, true));
  EXPECT_EQ(Drain(Kind::kFailure), 2u);
  EXPECT_TRUE(batcher_.empty());
  EXPECT_TRUE(batcher_.next().is_never());
  Fail(2100, 3);
  EXPECT_EQ(batcher_.next(), At(4100)) << "the next batch has its own time";
}

TEST_F(BatcherTest, TimesFollowAShortPeriodButNotALongOne) {
  for (const auto& [period, within, verdict, arrival] :
       {std::tuple(Duration::Millis(250), Duration::Millis(375), 500, 2500),
        std::tuple(Duration::Seconds(1), Duration::Millis(1500), 2000, 10'000),
        std::tuple(Duration::Seconds(2), Duration::Millis(1500), 2000, 10'000)}) {
    Batcher batcher(period);
    EXPECT_EQ(batcher.verdict_within(), within);
    batcher.Hold(At(0), Change(1, nullptr, State::kAlive));
    EXPECT_EQ(batcher.next(), At(arrival));
    batcher.Hold(At(0), Change(2, ViewOf(2, State::kAlive), State::kFailed));
    EXPECT_EQ(batcher.next(), At(verdict));
  }
}

TEST_F(BatcherTest, BulkIsMoreThanAShareOfTheMembersWithinASecond) {
  struct Case {
    size_t arrivals, up;
    bool is_bulk;
  };
  for (const Case& c : {Case{1, 2, false}, Case{5, 6, false}, Case{6, 7, true}, Case{6, 119, true},
                        Case{6, 120, false}, Case{50, 1000, false}, Case{51, 1000, true}}) {
    Batcher batcher(kPeriod);
    for (size_t n = 1; n <= c.arrivals; ++n) {
      batcher.Hold(At(0), Change(n, nullptr, State::kAlive));
    }
    Batcher::Outlook outlook;
    outlook.up = c.up;
    EXPECT_EQ(batcher.IsDue(At(0), Kind::kArrival, outlook), !c.is_bulk)
        << c.arrivals << " of " << c.up;
  }
}

TEST_F(BatcherTest, ArrivalsApartAreNoBulk) {
  for (int64_t i = 0; i < 10; ++i) {
    Join(i * 500, static_cast<uint64_t>(i) + 1);
    EXPECT_TRUE(ArrivalDue(i * 500, 4)) << i;
    EXPECT_EQ(Drain(Kind::kArrival), 1u);
  }
}

TEST_F(BatcherTest, EarlierArrivalsOfTheSecondCount) {
  for (uint64_t n = 1; n <= 5; ++n) {
    Join(static_cast<int64_t>(n) * 100, n);
    EXPECT_TRUE(ArrivalDue(static_cast<int64_t>(n) * 100, 9)) << n;
    Drain(Kind::kArrival);
  }
  Join(1099, 6);
  EXPECT_EQ(batcher_.since(Kind::kArrival), At(1099));
  EXPECT_FALSE(ArrivalDue(1099, 9));
  Drain(Kind::kArrival);
  Join(1100, 7);
  EXPECT_TRUE(ArrivalDue(1100, 9)) << "another second";
}

TEST_F(BatcherTest, BulkWaitsForAgreementWhateverTheRateIsThen) {
  for (uint64_t n = 1; n <= 9; ++n) Join(0, n);
  EXPECT_TRUE(ArrivalDue(0, 10, true)) << "our peers knew them already";
  EXPECT_FALSE(ArrivalDue(0, 10));
  Join(5000, 10);
  EXPECT_FALSE(ArrivalDue(5000, 10));
  EXPECT_TRUE(ArrivalDue(5000, 10, true));
  EXPECT_FALSE(ArrivalDue(9999, 10));
  EXPECT_TRUE(ArrivalDue(10'000, 10));
  EXPECT_EQ(Drain(Kind::kArrival), 10u);
}

TEST_F(BatcherTest, KindsDoNotWaitForEachOther) {
  for (uint64_t n = 11; n <= 18; ++n) Join(0, n);
  Fail(100, 7);
  EXPECT_TRUE(FailureDue(100, false));
  EXPECT_FALSE(ArrivalDue(100, 9));
  EXPECT_EQ(Drain(Kind::kFailure), 1u);
  EXPECT_EQ(batcher_.count(Kind::kArrival), 8u);
  for (uint64_t n = 11; n <= 18; ++n) EXPECT_NE(batcher_.Find(IdOf(n)), nullptr);
  EXPECT_EQ(batcher_.Find(IdOf(7)), nullptr);
}

TEST_F(BatcherTest, WhatIsHeldOnlyWhileItStaysTrue) {
  struct Case {
    Kind kind;
    State state;
    bool is_held;
  };
  for (const Case& c :
       {Case{Kind::kFailure, State::kFailed, true}, Case{Kind::kFailure, State::kAlive, false},
        Case{Kind::kFailure, State::kSuspect, false}, Case{Kind::kFailure, State::kLeft, false},
        Case{Kind::kArrival, State::kAlive, true}, Case{Kind::kArrival, State::kSuspect, true},
        Case{Kind::kArrival, State::kLeaving, true}, Case{Kind::kArrival, State::kFailed, false},
        Case{Kind::kArrival, State::kLeft, false}, Case{Kind::kArrival, State::kPruned, false}}) {
    Batcher::Held held;
    held.kind = c.kind;
    held.state = c.state;
    EXPECT_EQ(Batcher::IsStillHeld(held), c.is_held);
  }
}

TEST_F(BatcherTest, VersionsStayBehindUntilShownAndForEverWhenUndone) {
  Fail(0, 1);
  Fail(0, 2);
  EXPECT_EQ(batcher_.versions_behind(), 2u);
  batcher_.AddVersions(batcher_.Find(IdOf(2)), 1);
  EXPECT_EQ(batcher_.versions_behind(), 3u);
  EXPECT_EQ(batcher_.Take(IdOf(2), true).id, IdOf(2));
  EXPECT_EQ(batcher_.versions_behind(), 3u) << "users never saw it come nor go";
  Fail(0, 3);
  EXPECT_EQ(batcher_.Take(IdOf(3), false).id, IdOf(3));
  EXPECT_EQ(Drain(Kind::kFailure), 1u);
  EXPECT_EQ(batcher_.versions_behind(), 2u);
}

TEST_F(BatcherTest, TakingOneLeavesTheOthersFindable) {
  for (uint64_t n = 1; n <= 5; ++n) Fail(0, n);
  batcher_.Take(IdOf(2), false);
  batcher_.Take(IdOf(5), false);
  EXPECT_EQ(batcher_.size(), 3u);
  for (const uint64_t n : {1, 3, 4}) {
    ASSERT_NE(batcher_.Find(IdOf(n)), nullptr) << n;
    EXPECT_EQ(batcher_.Find(IdOf(n))->id, IdOf(n));
  }
  EXPECT_EQ(batcher_.Find(IdOf(2)), nullptr);
  EXPECT_EQ(Drain(Kind::kFailure), 3u);
}

TEST_F(BatcherTest, AnnouncesEachFailureOnce) {
  EXPECT_TRUE(batcher_.Announce().empty());
  Join(0, 1);
  Fail(0, 2);
  ASSERT_EQ(batcher_.Announce().size(), 1u);
  EXPECT_TRUE(batcher_.Announce().empty());
  Fail(1, 3);
  batcher_.Take(IdOf(3), true);
  EXPECT_TRUE(batcher_.Announce().empty());
  Fail(2, 4);
  const auto news = batcher_.Announce();
  ASSERT_EQ(news.size(), 1u);
  EXPECT_EQ(news[0]->id, IdOf(4));
}

TEST_F(BatcherTest, SurplusIsWhatUsersSeeBesideTheTable) {
  Join(0, 1);
  Fail(0, 2);
  batcher_.Hold(At(0), Change(3, ViewOf(3, State::kFailed), State::kAlive));
  EXPECT_EQ(batcher_.Surplus(State::kAlive), -2) << "two that are up are not shown so";
  EXPECT_EQ(batcher_.Surplus(State::kSuspect), 1);
  EXPECT_EQ(batcher_.Surplus(State::kFailed), 0) << "one more, one less";
  EXPECT_EQ(batcher_.Surplus(State::kLeft), 0);
}

TEST_F(BatcherTest, AMassOfChangesComesOutInOrder) {
  for (uint64_t n = 1; n <= 1000; ++n) Join(0, n);
  std::vector<Batcher::Held> out;
  batcher_.TakeAll(Kind::kArrival, &out);
  ASSERT_EQ(out.size(), 1000u);
  for (uint64_t n = 1; n <= 1000; ++n) EXPECT_EQ(out[n - 1].id, IdOf(n));
  Join(0, 1);
  EXPECT_EQ(batcher_.size(), 1u);
}

}  // namespace
}  // namespace muster::core
