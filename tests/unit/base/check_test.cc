#include "src/base/check.h"

#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "src/base/status_macros.h"

namespace muster {
namespace {

TEST(CheckDeathTest, AbortsWithTheCondition) {
  const int three = 3;
  MUSTER_CHECK(three == 3);
  EXPECT_DEATH(MUSTER_CHECK(three == 4), "check_test.cc:[0-9]+: check failed: three == 4");
}

TEST(Check, EvaluatesOnce) {
  int calls = 0;
  MUSTER_CHECK(++calls == 1);
  EXPECT_EQ(calls, 1);
}

absl::Status HandOn(const absl::Status& status, bool* went_on) {
  MUSTER_RETURN_IF_ERROR(status);
  *went_on = true;
  return absl::OkStatus();
}

TEST(ReturnIfError, HandsOnlyFailuresOn) {
  bool went_on = false;
  const absl::Status failure = absl::NotFoundError("no member named 'x'");
  EXPECT_EQ(HandOn(failure, &went_on), failure);
  EXPECT_FALSE(went_on);
  EXPECT_TRUE(HandOn(absl::OkStatus(), &went_on).ok());
  EXPECT_TRUE(went_on);
}

}  // namespace
}  // namespace muster
