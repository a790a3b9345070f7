#include "src/cli/commands.h"
#include "tests/unit/cli/fake_agent.h"

namespace muster::cli {
namespace {

using LeaveTest = CommandTest;

TEST_F(LeaveTest, SaysHowManyConfirmed) {
  const std::string body = R"({"asked":3,"confirmed":2})";
  agent_.On("POST /v1/leave", body);
  EXPECT_EQ(Run(RunLeave), ExitCode::kOk);
  EXPECT_EQ(out_, "left: 2 of 3 peers confirmed\n");
  for (const Format format : {Format::kJson, Format::kJsonl}) {
    options_.format = format;
    EXPECT_EQ(Run(RunLeave), ExitCode::kOk);
    EXPECT_EQ(out_, body + "\n");
  }
}

TEST_F(LeaveTest, ARefusalIsAnError) {
  agent_.On("POST /v1/leave",
            Reply{.status = 503, .body = ErrorJson("unavailable", "leaving", "")});
  EXPECT_EQ(Run(RunLeave), ExitCode::kError);
  EXPECT_EQ(out_, "");
}

TEST_F(LeaveTest, AnAnswerWithoutCountsIsStrange) {
  agent_.On("POST /v1/leave", "{}");
  EXPECT_EQ(Run(RunLeave), ExitCode::kError);
  EXPECT_NE(err_.find("cannot read the answer to /v1/leave"), std::string::npos) << err_;
}

}  // namespace
}  // namespace muster::cli
