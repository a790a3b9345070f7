#include "src/core/last_answers.h"

#include <cstdint>

#include "gtest/gtest.h"
#include "src/base/time.h"
#include "tests/unit/core/claims.h"

namespace muster::core {
namespace {

TEST(LastAnswersTest, TellsTheLastAnswerOfEach) {
  LastAnswers answers;
  EXPECT_EQ(answers.Of(IdOf(1)), TimePoint());
  answers.Note(At(1), IdOf(1));
  answers.Note(At(2), IdOf(2));
  answers.Note(At(3), IdOf(1));
  EXPECT_EQ(answers.Of(IdOf(1)), At(3));
  EXPECT_EQ(answers.Of(IdOf(2)), At(2));
}

TEST(LastAnswersTest, TheOldestAnswerMakesRoom) {
  LastAnswers answers;
  for (uint64_t n = 0; n < LastAnswers::kMax; ++n) {
    answers.Note(At(static_cast<int64_t>(n)), IdOf(n));
  }
  answers.Note(At(1000), IdOf(0));
  answers.Note(At(1001), IdOf(500));
  EXPECT_EQ(answers.Of(IdOf(1)), TimePoint()) << "the oldest";
  EXPECT_EQ(answers.Of(IdOf(0)), At(1000));
  EXPECT_EQ(answers.Of(IdOf(2)), At(2));
  EXPECT_EQ(answers.Of(IdOf(500)), At(1001));
}

}  // namespace
}  // namespace muster::core
