#include "src/sim/silence_log.h"

#include <vector>

#include "gtest/gtest.h"
#include "src/base/time.h"

namespace muster::sim {
namespace {

using Answer = SilenceLog::Answer;
using HostState = SilenceLog::HostState;

constexpr HostState kA{0, true, false};
constexpr HostState kB{1, true, false};
constexpr HostState kC{2, true, false};
constexpr HostState kDown{0, false, false};
constexpr HostState kSick{0, true, true};

constexpr Duration kUnasked = Duration::Millis(300);

constexpr TimePoint At(int64_t s) { return TimePoint::FromMicros(s * 1'000'000); }

TEST(SilenceLogTest, SilentIsWhoIsDownOrInAnotherGroup) {
  SilenceLog log(Duration::Seconds(1000));
  log.Record(At(10), {kA, kA, kDown, kB, kB});
  EXPECT_EQ(log.Between(0, 1, At(10), At(20), kUnasked), Answer::kAnswered);
  EXPECT_EQ(log.Between(0, 2, At(10), At(20), kUnasked), Answer::kSilent);
  EXPECT_EQ(log.Between(0, 3, At(10), At(20), kUnasked), Answer::kSilent);
  EXPECT_EQ(log.Between(3, 4, At(10), At(20), kUnasked), Answer::kAnswered);
}

TEST(SilenceLogTest, GroupsMayReachEachOther) {
  SilenceLog log(Duration::Seconds(1000));
  SilencePaths paths;
  paths.groups = 3;
  paths.flags = {1, 1, 0,  //
                 1, 0, 0,  //
                 0, 0, 1};
  log.Record(At(10), {kA, kB, kB, kC, kDown}, paths);
  EXPECT_EQ(log.Between(0, 1, At(10), At(20), kUnasked), Answer::kAnswered);
  EXPECT_EQ(log.Between(1, 2, At(10), At(20), kUnasked), Answer::kSilent);
  EXPECT_EQ(log.Between(0, 3, At(10), At(20), kUnasked), Answer::kSilent);
  EXPECT_EQ(log.Between(0, 4, At(10), At(20), kUnasked), Answer::kSilent);
}

TEST(SilenceLogTest, OneAnswerInTheSpanIsEnough) {
  SilenceLog log(Duration::Seconds(1000));
  log.Record(At(10), {kA, kA});
  log.Record(At(20), {kA, kDown});
  log.Record(At(30), {kA, kA});
  log.Record(At(31), {kA, kDown});
  EXPECT_EQ(log.Between(0, 1, At(20), At(30), kUnasked), Answer::kSilent);
  EXPECT_EQ(log.Between(0, 1, At(19), At(25), kUnasked), Answer::kAnswered);
  EXPECT_EQ(log.Between(0, 1, At(25), At(40), kUnasked), Answer::kAnswered);
  EXPECT_EQ(log.Between(0, 1, At(31), At(40), kUnasked), Answer::kSilent);
}

TEST(SilenceLogTest, ATimeTooShortToBeAskedInDoesNotCount) {
  SilenceLog log(Duration::Seconds(1000));
  const auto at_ms = [](int64_t ms) { return TimePoint::FromMicros(ms * 1000); };
  log.Record(at_ms(10'000), {kA, kDown});
  log.Record(at_ms(20'000), {kA, kA});
  log.Record(at_ms(20'299), {kA, kDown});
  log.Record(at_ms(30'000), {kA, kA});
  log.Record(at_ms(30'100), {kA, kA, kA});  // the same for these two
  log.Record(at_ms(30'300), {kA, kDown});
  EXPECT_EQ(log.Between(0, 1, at_ms(10'000), at_ms(29'000), kUnasked), Answer::kSilent);
  EXPECT_EQ(log.Between(0, 1, at_ms(25'000), at_ms(35'000), kUnasked), Answer::kAnswered);
  // Its length counts as a whole, also where only its end lies inside.
  EXPECT_EQ(log.Between(0, 1, at_ms(30'250), at_ms(35'000), kUnasked), Answer::kAnswered);
}

TEST(SilenceLogTest, AnAbsentObserverIsJudgedByItsPlace) {
  SilenceLog log(Duration::Seconds(1000));
  log.Record(At(10), {kDown, kA, kB});
  EXPECT_EQ(log.Between(0, 1, At(10), At(20), kUnasked), Answer::kAnswered);
  EXPECT_EQ(log.Between(0, 2, At(10), At(20), kUnasked), Answer::kSilent);
}

TEST(SilenceLogTest, NothingIsSaidOfTheImpaired) {
  SilenceLog log(Duration::Seconds(1000));
  log.Record(At(10), {kA, kSick, kA});
  EXPECT_EQ(log.Between(0, 1, At(10), At(20), kUnasked), Answer::kImpaired);
  EXPECT_EQ(log.Between(1, 2, At(10), At(20), kUnasked), Answer::kImpaired);
  EXPECT_EQ(log.Between(0, 2, At(10), At(20), kUnasked), Answer::kAnswered);
}

TEST(SilenceLogTest, WherePacketsAreLostOneQuestionIsNotEnough) {
  constexpr HostState kLossy{0, true, false, true};
  SilenceLog log(Duration::Seconds(1000));
  log.Record(At(10), {kA, kLossy});
  log.Record(At(20), {kA, kDown});
  const TimePoint just_before = At(20) - Duration::Millis(200);
  EXPECT_EQ(log.Between(0, 1, just_before, At(30), kUnasked), Answer::kSilent);
  EXPECT_EQ(log.Between(0, 1, just_before - kUnasked, At(30), kUnasked), Answer::kAnswered);
  SilenceLog lossless(Duration::Seconds(1000));
  lossless.Record(At(10), {kA, kA});
  lossless.Record(At(20), {kA, kDown});
  EXPECT_EQ(lossless.Between(0, 1, just_before, At(30), kUnasked), Answer::kAnswered);
}

TEST(SilenceLogTest, NobodyIsBoundByWhatTheDeafSay) {
  constexpr HostState kDeaf{0, false, false, false, true};
  SilenceLog log(Duration::Seconds(1000));
  log.Record(At(10), {kDeaf, kA});
  EXPECT_EQ(log.Between(0, 1, At(10), At(20), kUnasked), Answer::kImpaired);
  EXPECT_EQ(log.Between(1, 0, At(10), At(20), kUnasked), Answer::kSilent);
}

TEST(SilenceLogTest, WhoseEveryPacketIsLostIsSilent) {
  SilenceLog log(Duration::Seconds(1000));
  log.Record(At(10), {kA, kA});
  log.Record(At(20), {kA, kDown});
  const auto between = [&log](const std::vector<SilenceLog::Interval>& mutes) {
    return log.Between(0, 1, At(15), At(25), kUnasked, mutes);
  };
  EXPECT_EQ(between({}), Answer::kAnswered);
  EXPECT_EQ(between({{At(5), At(30)}}), Answer::kSilent);
  EXPECT_EQ(between({{At(5), At(14)}, {At(14), At(20)}}), Answer::kSilent);
  EXPECT_EQ(between({{At(5), At(14)}, {At(20), At(30)}}), Answer::kAnswered);
  EXPECT_EQ(between({{At(5), At(17)}, {At(18), At(30)}}), Answer::kAnswered) << "a second between";
}

TEST(SilenceLogTest, AHostThatComesLaterWasNotThereBefore) {
  SilenceLog log(Duration::Seconds(1000));
  log.Record(At(10), {kA});
  log.Record(At(20), {kA, kA});
  EXPECT_EQ(log.Between(0, 1, At(10), At(20), kUnasked), Answer::kSilent);
  EXPECT_EQ(log.Between(0, 1, At(10), At(21), kUnasked), Answer::kAnswered);
}

TEST(SilenceLogTest, AbleSinceTheLastTimeItWasNot) {
  SilenceLog log(Duration::Seconds(1000));
  log.Record(At(10), {kA, kA});
  log.Record(At(20), {kA, kDown});
  log.Record(At(30), {kA, kA, kA});
  log.Record(At(35), {kA, kA, kDown});
  EXPECT_EQ(log.AbleSince(0, 1, At(40)), At(30));
  EXPECT_EQ(log.AbleSince(0, 1, At(25)), At(25));
  EXPECT_EQ(log.AbleSince(0, 1, At(15)), At(10));
  EXPECT_EQ(log.AbleSince(0, 2, At(40)), At(40));
}

TEST(SilenceLogTest, TheLastWordOfAnInstantCounts) {
  SilenceLog log(Duration::Seconds(1000));
  log.Record(At(10), {kA, kA});
  log.Record(At(10), {kA, kDown});
  EXPECT_EQ(log.spans(), 1u);
  EXPECT_EQ(log.Between(0, 1, At(10), At(20), kUnasked), Answer::kSilent);
}

TEST(SilenceLogTest, OldSpansAreForgotten) {
  SilenceLog log(Duration::Seconds(100));
  for (int64_t s = 0; s < 10'000; s += 10) log.Record(At(s + 1), {kA, kA});
  EXPECT_LE(log.spans(), 12u);
  EXPECT_EQ(log.Between(0, 1, At(9950), At(9999), kUnasked), Answer::kAnswered);
}

}  // namespace
}  // namespace muster::sim
