#include "src/core/joiner.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace muster::core {
namespace {

TimePoint At(int64_t ms) { return TimePoint::FromMicros(10'000'000 + ms * 1000); }
Address Ip(uint32_t last) { return Address::V4(0x0a000000 + last, 7946); }

class JoinerTest : public testing::Test {
 protected:
  // Fails every attempt of the round that is due and returns what it tried.
  std::vector<Address> FailRound(TimePoint now) {
    const std::vector<Address> round = joiner_.StartRound(now, rng_);
    for (const Address& address : round) joiner_.Started({next_, address, 0, false}), next_ += 2;
    for (size_t i = 0; i < round.size(); ++i) {
      joiner_.Finish(next_ - 2 * (i + 1), "connection refused");
    }
    return round;
  }
  Rng rng_{1};
  StreamId next_ = 1;
  Joiner joiner_{Ip(1), Duration::Seconds(10)};
};

TEST_F(JoinerTest, NewSeedsAreDueAtOnceAndOneselfIsNoSeed) {
  EXPECT_TRUE(joiner_.next_round().is_never());
  joiner_.SetSeeds(At(0), {Ip(1)}, {});
  EXPECT_FALSE(joiner_.has_seeds());
  EXPECT_TRUE(joiner_.next_round().is_never());
  joiner_.SetSeeds(At(0), {Ip(1), Ip(2)}, {Ip(2), Ip(3)});
  EXPECT_EQ(joiner_.next_round(), At(0));
  const std::vector<Address> round = joiner_.StartRound(At(0), rng_);
  EXPECT_EQ(round, (std::vector<Address>{Ip(2), Ip(3)})) << "configured first, each once";
  joiner_.SetSeeds(At(1), {Ip(2)}, {Ip(3)});
  EXPECT_GT(joiner_.next_round(), At(1)) << "nothing new in these";
}

TEST_F(JoinerTest, RoundsBackOffFromFiftyMillisecondsToTheLimit) {
  joiner_.SetSeeds(At(0), {Ip(2)}, {});
  const int64_t waits_ms[] = {50, 100, 200, 400, 800, 1600, 3200, 6400, 10'000, 10'000};
  TimePoint now = At(0);
  for (const int64_t wait : waits_ms) {
    EXPECT_EQ(FailRound(now).size(), 1u);
    const Duration pause = joiner_.next_round() - now;
    EXPECT_GE(pause, Duration::Millis(wait));
    EXPECT_LE(pause, Duration::Millis(wait) * 5 / 4) << "jitter is a quarter at the most";
    now = joiner_.next_round();
  }
  EXPECT_TRUE(joiner_.HasFailedRound());
  EXPECT_EQ(joiner_.last_error(), "connection refused");
}

TEST_F(JoinerTest, AnAddressBeingTriedIsNotTriedTwice) {
  joiner_.SetSeeds(At(0), {Ip(2), Ip(3)}, {});
  joiner_.Started({1, Ip(2), 0, false});
  EXPECT_EQ(joiner_.StartRound(At(0), rng_), std::vector<Address>{Ip(3)});
  EXPECT_TRUE(joiner_.IsTrying(Ip(2)));
  joiner_.Started({3, Ip(3), 7, false});
  EXPECT_FALSE(joiner_.IsTrying(Ip(3))) << "a command's attempt is its own affair";
}

TEST_F(JoinerTest, ABusyAnswererIsAskedAgainSoon) {
  joiner_.SetSeeds(At(0), {Ip(2)}, {});
  for (int i = 0; i < 9; ++i) FailRound(At(i));
  joiner_.RetrySoon(At(10));
  EXPECT_EQ(joiner_.next_round(), At(210));
}

TEST_F(JoinerTest, JoinedEndsRoundsAndErrors) {
  joiner_.SetSeeds(At(0), {Ip(2)}, {});
  FailRound(At(0));
  joiner_.Joined();
  EXPECT_TRUE(joiner_.joined());
  EXPECT_TRUE(joiner_.next_round().is_never());
  EXPECT_EQ(joiner_.last_error(), "");
  joiner_.RetrySoon(At(10));
  EXPECT_TRUE(joiner_.next_round().is_never());
  joiner_.Started({99, Ip(2), 0, false});
  joiner_.Finish(99, "late failure");
  EXPECT_EQ(joiner_.last_error(), "");
}

TEST_F(JoinerTest, ARoundIsBoundedAndKeepsTheConfiguredOnes) {
  std::vector<Address> remembered;
  for (uint32_t i = 10; i < 74; ++i) remembered.push_back(Ip(i));
  joiner_.SetSeeds(At(0), {Ip(2)}, remembered);
  const std::vector<Address> round = joiner_.StartRound(At(0), rng_);
  EXPECT_EQ(round.size(), Joiner::kParallelMax);
  EXPECT_EQ(round.front(), Ip(2));
}

}  // namespace
}  // namespace muster::core
