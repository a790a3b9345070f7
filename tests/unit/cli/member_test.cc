#include "src/cli/commands.h"
#include "tests/unit/cli/fake_agent.h"

namespace muster::cli {
namespace {

class MemberTest : public CommandTest {
 protected:
  ExitCode Show(const std::string& name) {
    return Run([&](Context& context) { return RunMember(context, {name}); });
  }
};

TEST_F(MemberTest, ShowsEverything) {
  const std::string body = ThreeMembers()[2].Text();
  agent_.On("GET /v1/members/web-2", body);
  EXPECT_EQ(Show("web-2"), ExitCode::kOk);
  EXPECT_EQ(out_,
            "Name         web-2\n"
            "Status       suspect\n"
            "Address      10.0.1.12:7946\n"
            "Since        3s ago\n"
            "RTT          0.4ms\n"
            "Health       0\n"
            "Incarnation  50331649\n"
            "Id           22222222222222222222222222222222\n"
            "Tags         role=web\n");
  options_.format = Format::kJson;
  EXPECT_EQ(Show("web-2"), ExitCode::kOk);
  EXPECT_EQ(out_, body + "\n");
  options_.format = Format::kName;
  EXPECT_EQ(Show("web-2"), ExitCode::kOk);
  EXPECT_EQ(out_, "web-2\n");
}

TEST_F(MemberTest, JsonLinesPutsItOnOneLine) {
  agent_.On("GET /v1/members/n1", "{\n \"name\": \"n1\",\n \"status\": \"alive\"\n}");
  options_.format = Format::kJsonl;
  EXPECT_EQ(Show("n1"), ExitCode::kOk);
  EXPECT_EQ(out_, "{\"name\":\"n1\",\"status\":\"alive\"}\n");
}

TEST_F(MemberTest, UnknownNameIsExitCodeThree) {
  agent_.On("GET /v1/members/web-9", Reply{.status = 404,
                                           .body = ErrorJson("not_found", "no member named 'web-9'",
                                                             "muster members lists the names")});
  EXPECT_EQ(Show("web-9"), ExitCode::kNoMatch);
  EXPECT_EQ(out_, "");
  EXPECT_EQ(err_,
            "error: no member named 'web-9'\n"
            "  the agent at unix:/run/fake.sock answered 404 not_found\n"
            "  try: muster members lists the names\n");
}

TEST_F(MemberTest, ConflictIsExitCodeOne) {
  agent_.On(
      "GET /v1/members/n1",
      Reply{.status = 409, .body = ErrorJson("conflict", "two members are named 'n1': a, b", "")});
  EXPECT_EQ(Show("n1"), ExitCode::kError);
  EXPECT_NE(err_.find("a, b"), std::string::npos) << err_;
}

}  // namespace
}  // namespace muster::cli
