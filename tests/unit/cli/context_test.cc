#include "src/cli/context.h"

#include <utility>
#include <vector>

#include "src/cli/command_line.h"
#include "src/cli/run.h"
#include "tests/unit/cli/fake_agent.h"

namespace muster::cli {
namespace {

class CallTest : public CommandTest {
 protected:
  ExitCode CallOnce(Reply reply) {
    agent_.On("GET /v1/x", std::move(reply));
    return Run([](Context& context) {
      const Result<api::Response> response = Call(context, "GET", "/v1/x");
      return response.ok() ? ExitCode::kOk : context.output.Fail(response.failure());
    });
  }
};

class CallExit : public CallTest, public testing::WithParamInterface<std::pair<int, ExitCode>> {};

TEST_P(CallExit, OfAnHttpStatus) {
  EXPECT_EQ(
      CallOnce({.status = GetParam().first, .body = ErrorJson("some_code", "it is so", "do that")}),
      GetParam().second);
  if (GetParam().second == ExitCode::kOk) return;
  EXPECT_EQ(err_, "error: it is so\n  the agent at unix:/run/fake.sock answered " +
                      std::to_string(GetParam().first) + " some_code\n  try: do that\n");
}

INSTANTIATE_TEST_SUITE_P(
    All, CallExit,
    testing::Values(std::pair(200, ExitCode::kOk), std::pair(400, ExitCode::kUsage),
                    std::pair(401, ExitCode::kNotPermitted),
                    std::pair(403, ExitCode::kNotPermitted), std::pair(404, ExitCode::kNoMatch),
                    std::pair(405, ExitCode::kError), std::pair(409, ExitCode::kError),
                    std::pair(413, ExitCode::kError), std::pair(429, ExitCode::kError),
                    std::pair(503, ExitCode::kError)),
    [](const auto& test) { return std::to_string(test.param.first); });

TEST_F(CallTest, NoAgentIsExitCodeFive) {
  EXPECT_EQ(CallOnce({.error = absl::UnavailableError(
                          "the agent at unix:/run/fake.sock: Connection refused")}),
            ExitCode::kUnreachable);
  EXPECT_EQ(err_,
            "error: cannot reach the agent at unix:/run/fake.sock\n"
            "  Connection refused\n"
            "  try: start one with 'muster agent', or name another one with --agent\n");
}

TEST_F(CallTest, SilenceIsExitCodeFour) {
  EXPECT_EQ(CallOnce({.takes = Duration::Seconds(11)}), ExitCode::kTimedOut);
  EXPECT_NE(err_.find("within 10s"), std::string::npos) << err_;
}

TEST_F(CallTest, ClosedSocketIsExitCodeSix) {
  EXPECT_EQ(CallOnce({.error = absl::PermissionDeniedError("Permission denied")}),
            ExitCode::kNotPermitted);
  EXPECT_NE(err_.find("--socket-group"), std::string::npos) << err_;
}

TEST_F(CallTest, SignalIsExitCode130) {
  EXPECT_EQ(CallOnce({.error = absl::CancelledError("interrupted by a signal")}),
            ExitCode::kInterrupted);
  EXPECT_EQ(err_, "error: interrupted\n");
}

TEST_F(CallTest, AnErrorWithoutOurShapeStillSaysTheStatus) {
  EXPECT_EQ(CallOnce({.status = 500, .body = "<html>oops"}), ExitCode::kError);
  EXPECT_NE(err_.find("answered 500"), std::string::npos) << err_;
}

TEST_F(CallTest, ErrorsAreEscaped) {
  EXPECT_EQ(CallOnce({.status = 404, .body = ErrorJson("not_found", R"(no \u001b[2J\nname)", "")}),
            ExitCode::kNoMatch);
  EXPECT_TRUE(err_.starts_with("error: no \\x1b[2J\\x0aname\n")) << err_;
}

TEST_F(CallTest, VerboseSaysWhatIsAsked) {
  options_.verbose = true;
  EXPECT_EQ(CallOnce({.body = "{}"}), ExitCode::kOk);
  EXPECT_EQ(err_, "GET /v1/x at unix:/run/fake.sock\n");
}

TEST(MemberPath, IsEscaped) {
  EXPECT_EQ(MemberPath("web-1"), "/v1/members/web-1");
  EXPECT_EQ(MemberPath("a/b?c d"), "/v1/members/a%2Fb%3Fc%20d");
}

// Each command reaches its function.
class RunTest : public CommandTest {};

TEST_F(RunTest, EveryCommandAsksForItsOwn) {
  const std::vector<std::pair<Command, std::string>> requests = {
      {Command::kMembers, "GET /v1/members"},
      {Command::kMember, "GET /v1/members/n1"},
      {Command::kStatus, "GET /v1/status"},
      {Command::kJoin, R"(POST /v1/join {"addresses":["10.0.0.7"]})"},
      {Command::kLeave, "POST /v1/leave"},
      {Command::kForceLeave, "DELETE /v1/members/n2"},
      {Command::kWait, "GET /v1/status"},
      {Command::kReachability, "POST /v1/reachability?timeout=10000ms"},
      {Command::kEvents, "STREAM /v1/events"}};
  for (const auto& [command, request] : requests) {
    CommandLine line;
    line.command = command;
    line.member.name = "n1";
    line.force_leave.name = "n2";
    line.join.addresses = {"10.0.0.7"};
    line.wait.condition = "agree";
    const std::string key = request.substr(0, request.find_first_of("?{"));
    agent_.On(key.ends_with(' ') ? key.substr(0, key.size() - 1) : key,
              Reply{.status = 403, .body = ErrorJson("forbidden", "no", "")});
    EXPECT_EQ(Run([&](Context& context) { return RunCommand(context, line); }),
              ExitCode::kNotPermitted)
        << request;
    EXPECT_EQ(agent_.requests().back(), request);
  }
}

}  // namespace
}  // namespace muster::cli
