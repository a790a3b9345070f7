#include "src/core/loss_history.h"

#include "gtest/gtest.h"
#include "tests/unit/core/claims.h"

namespace muster::core {
namespace {

const HostId kSubject = IdOf(1);

class LossHistoryTest : public testing::Test {
 protected:
  LossHistoryTest() {
    for (uint64_t n = 2; n <= 4; ++n) losses_.InTime(At(0), IdOf(n));
  }
  void Lose(int times, const HostId& id = kSubject) {
    for (int i = 0; i < times; ++i) {
      losses_.NotInTime(At(1));
      losses_.ByRelay(At(1), id);
    }
  }
  LossHistory losses_{At(0)};
};

TEST_F(LossHistoryTest, FourOfTenMakeAMemberLossy) {
  Lose(3);
  EXPECT_FALSE(losses_.IsLossy(kSubject));
  for (int i = 0; i < 6; ++i) losses_.InTime(At(1), kSubject);
  EXPECT_FALSE(losses_.IsLossy(kSubject));
  Lose(1);
  EXPECT_TRUE(losses_.IsLossy(kSubject)) << "4 of the last 10";
  losses_.InTime(At(1), kSubject);
  EXPECT_FALSE(losses_.IsLossy(kSubject)) << "the first has left the window";
}

TEST_F(LossHistoryTest, ThreeAnswersInARowAreNoPresentLoss) {
  Lose(5);
  for (int i = 0; i < 2; ++i) losses_.InTime(At(1), kSubject);
  EXPECT_TRUE(losses_.IsLossy(kSubject));
  losses_.InTime(At(1), kSubject);
  EXPECT_FALSE(losses_.IsLossy(kSubject)) << "though 5 of the last 8";
  Lose(1);
  EXPECT_TRUE(losses_.IsLossy(kSubject));
}

TEST_F(LossHistoryTest, WhereMostOthersLoseTooItIsUs) {
  Lose(8);
  EXPECT_TRUE(losses_.IsLossy(kSubject));
  Lose(1, IdOf(2));
  EXPECT_TRUE(losses_.IsLossy(kSubject)) << "two of three others are clean";
  Lose(1, IdOf(3));
  EXPECT_FALSE(losses_.IsLossy(kSubject));
}

TEST_F(LossHistoryTest, AloneNobodyCanTell) {
  LossHistory losses(At(0));
  for (int i = 0; i < 10; ++i) losses.ByRelay(At(1), kSubject);
  EXPECT_FALSE(losses.IsLossy(kSubject));
}

TEST_F(LossHistoryTest, ASilenceIsOneLossHoweverManyProbesFallIntoIt) {
  for (int silence = 0; silence < 3; ++silence) {
    for (int i = 0; i < 20; ++i) losses_.Silent(At(1), kSubject);
    losses_.Spoke(kSubject);
    losses_.Spoke(kSubject);
  }
  losses_.ByRelay(At(1), kSubject);
  EXPECT_TRUE(losses_.IsLossy(kSubject)) << "three silences and a loss";
  LossHistory one(At(0));
  one.InTime(At(0), IdOf(2));
  for (int i = 0; i < 20; ++i) one.Silent(At(1), kSubject);
  one.InTime(At(2), kSubject);
  EXPECT_FALSE(one.IsLossy(kSubject));
}

TEST_F(LossHistoryTest, WhoAnswersLateWasNotThereAndLostNothing) {
  for (int pause = 0; pause < 10; ++pause) {
    losses_.Silent(At(1), kSubject);
    losses_.Late(kSubject);
    losses_.InTime(At(2), kSubject);
  }
  losses_.InTime(At(2), kSubject);
  EXPECT_FALSE(losses_.IsDoubtful(kSubject));
}

TEST_F(LossHistoryTest, ALateAnswerForgives) {
  Lose(4);
  losses_.Forgive(kSubject);
  EXPECT_FALSE(losses_.IsLossy(kSubject));
}

TEST_F(LossHistoryTest, DoubtLastsUntilThreeAnswersInARow) {
  EXPECT_FALSE(losses_.IsDoubtful(kSubject));
  Lose(1);
  EXPECT_TRUE(losses_.IsDoubtful(kSubject));
  losses_.InTime(At(2), kSubject);
  losses_.InTime(At(3), kSubject);
  EXPECT_TRUE(losses_.IsDoubtful(kSubject));
  losses_.InTime(At(4), kSubject);
  EXPECT_FALSE(losses_.IsDoubtful(kSubject));
}

TEST_F(LossHistoryTest, WeAreWellWhileFewOfOurProbesGoUnanswered) {
  Lose(3);
  EXPECT_EQ(losses_.well_since(), At(0));
  Lose(1);
  EXPECT_EQ(losses_.well_since(), At(1)) << "4 of the last 10, whomever they went to";
  for (int i = 0; i < 6; ++i) losses_.InTime(At(2), IdOf(2));
  losses_.NotInTime(At(3));
  EXPECT_EQ(losses_.well_since(), At(3)) << "three old ones and a new";
  for (int i = 0; i < 9; ++i) losses_.InTime(At(4), IdOf(2));
  losses_.NotInTime(At(5));
  EXPECT_EQ(losses_.well_since(), At(3));
}

TEST_F(LossHistoryTest, ForgetsThoseHeardLongestAgo) {
  Lose(4);
  for (uint64_t n = 10; n < 10 + LossHistory::kMax; ++n) losses_.InTime(At(2), IdOf(n));
  EXPECT_FALSE(losses_.IsDoubtful(kSubject));
}

}  // namespace
}  // namespace muster::core
