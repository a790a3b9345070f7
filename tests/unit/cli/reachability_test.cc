#include "src/cli/commands.h"
#include "tests/unit/cli/fake_agent.h"

namespace muster::cli {
namespace {

using ReachabilityTest = CommandTest;

constexpr char kMissing[] =
    R"({"asked":4,"answered":2,"missing":[)"
    R"({"name":"n3","id":"33","address":"10.0.0.3:7946","status":"alive"},)"
    R"({"name":"n4","id":"44","address":"10.0.0.44:7946","status":"suspect"}]})";

TEST_F(ReachabilityTest, AllAnswer) {
  agent_.On("POST /v1/reachability", R"({"asked":4,"answered":4,"missing":[]})");
  EXPECT_EQ(Run(RunReachability), ExitCode::kOk);
  EXPECT_EQ(out_, "4 of 4 live members answered\n");
}

TEST_F(ReachabilityTest, NamesTheSilentOnesWithAdvice) {
  agent_.On("POST /v1/reachability", kMissing);
  EXPECT_EQ(Run(RunReachability), ExitCode::kNoMatch);
  EXPECT_TRUE(
      out_.starts_with("NO ANSWER  STATUS   ADDRESS         ADVICE\n"
                       "n3         alive    10.0.0.3:7946   held to be alive by others: "
                       "check the firewall"))
      << out_;
  EXPECT_NE(out_.find("\nn4         suspect  10.0.0.44:7946  already suspected"), std::string::npos)
      << out_;
  EXPECT_TRUE(out_.ends_with("\n2 of 4 live members answered\n")) << out_;
}

TEST_F(ReachabilityTest, Formats) {
  agent_.On("POST /v1/reachability", kMissing);
  options_.format = Format::kName;
  EXPECT_EQ(Run(RunReachability), ExitCode::kNoMatch);
  EXPECT_EQ(out_, "n3\nn4\n");
  options_.format = Format::kJson;
  EXPECT_EQ(Run(RunReachability), ExitCode::kNoMatch);
  EXPECT_EQ(out_, std::string(kMissing) + "\n");
}

TEST_F(ReachabilityTest, TheTimeIsTheAgentsToo) {
  agent_.On("POST /v1/reachability", R"({"asked":0,"answered":0,"missing":[]})");
  timeout_ = Duration::Seconds(3);
  EXPECT_EQ(Run(RunReachability), ExitCode::kOk);
  EXPECT_EQ(agent_.requests().back(), "POST /v1/reachability?timeout=3000ms");
  EXPECT_GT(agent_.last_timeout(), Duration::Seconds(3));
}

}  // namespace
}  // namespace muster::cli
