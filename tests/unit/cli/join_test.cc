#include "src/cli/commands.h"
#include "tests/unit/cli/fake_agent.h"

namespace muster::cli {
namespace {

class JoinTest : public CommandTest {
 protected:
  ExitCode Join(const std::vector<std::string>& addresses) {
    return Run([&](Context& context) { return RunJoin(context, {addresses}); });
  }
};

constexpr char kOne[] =
    R"({"joined":1,"results":[{"address":"10.0.0.7:7946","ok":true,"error":null},)"
    R"({"address":"10.0.0.88:7946","ok":false,"error":"connection refused"}]})";

TEST_F(JoinTest, SaysHowEachAddressWent) {
  agent_.On("POST /v1/join", kOne);
  EXPECT_EQ(Join({"10.0.0.7", "a\"b"}), ExitCode::kOk);
  EXPECT_EQ(agent_.requests().back(), R"(POST /v1/join {"addresses":["10.0.0.7","a\"b"]})");
  EXPECT_EQ(out_,
            "10.0.0.7:7946   joined\n"
            "10.0.0.88:7946  failed  connection refused\n");
}

TEST_F(JoinTest, Formats) {
  agent_.On("POST /v1/join", kOne);
  options_.format = Format::kJson;
  EXPECT_EQ(Join({"10.0.0.7"}), ExitCode::kOk);
  EXPECT_EQ(out_, std::string(kOne) + "\n");
  options_.format = Format::kJsonl;
  EXPECT_EQ(Join({"10.0.0.7"}), ExitCode::kOk);
  EXPECT_EQ(out_,
            "{\"address\":\"10.0.0.7:7946\",\"ok\":true,\"error\":null}\n"
            "{\"address\":\"10.0.0.88:7946\",\"ok\":false,\"error\":\"connection refused\"}\n");
  options_.format = Format::kName;
  EXPECT_EQ(Join({"10.0.0.7"}), ExitCode::kOk);
  EXPECT_EQ(out_, "10.0.0.7:7946\n");
}

TEST_F(JoinTest, NoneIsExitCodeOne) {
  agent_.On("POST /v1/join",
            R"({"joined":0,"results":[{"address":"x:1","ok":false,"error":"no such host"}]})");
  EXPECT_EQ(Join({"x:1"}), ExitCode::kError);
  EXPECT_EQ(out_, "x:1  failed  no such host\n");
  EXPECT_TRUE(err_.starts_with("error: joined none of 1 addresses\n  no such host\n")) << err_;
}

}  // namespace
}  // namespace muster::cli
