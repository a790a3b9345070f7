#include "src/cli/commands.h"
#include "tests/unit/cli/fake_agent.h"

namespace muster::cli {
namespace {

class ForceLeaveTest : public CommandTest {
 protected:
  ExitCode ForceLeave(bool prune, bool evict) {
    return Run([&](Context& context) {
      return RunForceLeave(context, {.name = "web-9", .prune = prune, .evict = evict});
    });
  }
};

TEST_F(ForceLeaveTest, FlagsTravelInTheQuery) {
  const std::string body = R"({"name":"web-9","status":"left"})";
  agent_.On("DELETE /v1/members/web-9", body);
  EXPECT_EQ(ForceLeave(false, false), ExitCode::kOk);
  EXPECT_EQ(agent_.requests().back(), "DELETE /v1/members/web-9");
  EXPECT_EQ(out_, "web-9: marked as left\n");
  EXPECT_EQ(ForceLeave(true, false), ExitCode::kOk);
  EXPECT_EQ(agent_.requests().back(), "DELETE /v1/members/web-9?prune=1");
  EXPECT_EQ(out_, "web-9: removed\n");
  EXPECT_EQ(ForceLeave(false, true), ExitCode::kOk);
  EXPECT_EQ(agent_.requests().back(), "DELETE /v1/members/web-9?evict=1");
  EXPECT_EQ(ForceLeave(true, true), ExitCode::kOk);
  EXPECT_EQ(agent_.requests().back(), "DELETE /v1/members/web-9?prune=1&evict=1");
  options_.format = Format::kJson;
  EXPECT_EQ(ForceLeave(false, false), ExitCode::kOk);
  EXPECT_EQ(out_, body + "\n");
}

TEST_F(ForceLeaveTest, ALiveMemberIsExitCodeOneAnUnknownOneThree) {
  agent_.On("DELETE /v1/members/web-9",
            Reply{.status = 409, .body = ErrorJson("conflict", "web-9 is alive", "--evict")});
  agent_.On("DELETE /v1/members/web-9",
            Reply{.status = 404, .body = ErrorJson("not_found", "no member named 'web-9'", "")});
  EXPECT_EQ(ForceLeave(false, false), ExitCode::kError);
  EXPECT_NE(err_.find("web-9 is alive"), std::string::npos) << err_;
  EXPECT_EQ(ForceLeave(false, false), ExitCode::kNoMatch);
}

}  // namespace
}  // namespace muster::cli
