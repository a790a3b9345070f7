#include <gtest/gtest.h>

#include <set>
#include <string>

#include "src/wire/codec.h"

namespace muster::wire {
namespace {

TEST(Names, EveryRejectHasItsOwnInSnakeCase) {
  std::set<std::string> names;
  for (int i = 0; i < kRejectCount; ++i) {
    const std::string name = RejectName(static_cast<Reject>(i));
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string::npos) << name;
    EXPECT_NE(name, "unknown") << i;
    EXPECT_TRUE(names.insert(name).second) << name << " stands for two reasons";
  }
  EXPECT_STREQ(RejectName(Reject::kTooShort), "too_short");
  EXPECT_STREQ(RejectName(Reject::kNotForUs), "not_for_us");
}

TEST(Names, StatesAreWhatUsersSee) {
  const char* const expected[kStateCount] = {"alive",   "suspect", "failed",
                                             "leaving", "left",    "left"};
  for (int i = 0; i < kStateCount; ++i) {
    EXPECT_STREQ(StateName(static_cast<State>(i)), expected[i]);
  }
}

TEST(Names, EveryReasonHasItsOwnText) {
  std::set<std::string> texts;
  for (int i = 0; i <= static_cast<int>(Reason::kReplaced); ++i) {
    EXPECT_TRUE(texts.insert(ReasonText(static_cast<Reason>(i))).second) << i;
  }
  EXPECT_STREQ(ReasonText(Reason::kNone), "");
  EXPECT_STREQ(ReasonText(Reason::kNoAnswer), "no answer");
}

}  // namespace
}  // namespace muster::wire
