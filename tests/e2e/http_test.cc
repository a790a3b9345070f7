// The API over TCP on loopback: reads are free, writes are not permitted yet.

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "src/api/client.h"
#include "tests/e2e/cluster_test.h"
#include "tests/e2e/harness/clock.h"

namespace muster::e2e {
namespace {

constexpr Duration kBudget = Duration::Seconds(10);

class Http : public testing::Test {
 protected:
  void SetUp() override {
    cluster_.Add({}, {"--http=127.0.7.1:8500"});
    ASSERT_OK(cluster_.StartAgent(0));
    ASSERT_OK(cluster_.StartChain(2));
  }
  api::Response Call(const std::string& url, const std::string& method, const std::string& path,
                     const std::string& body = "") {
    absl::StatusOr<api::Client> client = api::Client::Create(url);
    EXPECT_TRUE(client.ok()) << client.status().message();
    if (!client.ok()) return {};
    const absl::StatusOr<api::Response> answer = client->Call(method, path, body, kBudget);
    EXPECT_TRUE(answer.ok()) << method << " " << path << ": " << answer.status().message();
    return answer.ok() ? *answer : api::Response();
  }
  std::string ErrorCode(const api::Response& response) {
    const nlohmann::json body = nlohmann::json::parse(response.body, nullptr, false);
    if (!body.is_object() || !body.contains("error")) return "no error object: " + response.body;
    return body["error"].value("code", "");
  }

  const std::string tcp_ = "http://127.0.7.1:8500";
  Cluster cluster_{"local"};
};

TEST_F(Http, ReadsAreTheSameAsOverTheSocket) {
  for (const char* path :
       {"/v1/members", "/v1/members/n2", "/v1/health/live", "/v1/health/ready"}) {
    const api::Response by_tcp = Call(tcp_, "GET", path);
    EXPECT_EQ(by_tcp.status, 200) << path << ": " << by_tcp.body;
    EXPECT_TRUE(nlohmann::json::accept(by_tcp.body)) << path;
  }
  EXPECT_EQ(Call(tcp_, "GET", "/v1/status").status, 200);
}

TEST_F(Http, WritesAreForbiddenAndChangeNothing) {
  const std::pair<const char*, const char*> writes[] = {{"POST", "/v1/leave"},
                                                        {"POST", "/v1/join"},
                                                        {"DELETE", "/v1/members/n2"},
                                                        {"DELETE", "/v1/members/n2?evict=1"}};
  for (const auto& [method, path] : writes) {
    const api::Response response = Call(tcp_, method, path, R"({"addresses":["127.0.7.3"]})");
    EXPECT_EQ(response.status, 403) << method << " " << path << ": " << response.body;
    EXPECT_EQ(ErrorCode(response), "forbidden");
  }
  const CommandResult leave = RunMuster({"leave", "--agent", tcp_});
  EXPECT_EQ(leave.exit_code, 6) << leave.err;
  EXPECT_TRUE(cluster_.AllSee({"n1", "n2", "n3"}, "alive")) << cluster_.Describe();
}

TEST_F(Http, ErrorsHaveTheirCodes) {
  const std::string socket = cluster_[0].url();
  for (const std::string& url : {tcp_, socket}) {
    const api::Response unknown = Call(url, "GET", "/v1/members/web-9");
    EXPECT_EQ(unknown.status, 404);
    EXPECT_EQ(ErrorCode(unknown), "not_found");
    EXPECT_EQ(Call(url, "GET", "/v2/members").status, 404);
    EXPECT_EQ(Call(url, "GET", "/v1/members?limit=many").status, 400);
  }
  EXPECT_EQ(Call(socket, "PUT", "/v1/members").status, 405);
  EXPECT_EQ(Call(socket, "DELETE", "/v1/members/n2").status, 409);
  EXPECT_EQ(Call(socket, "POST", "/v1/join", "{").status, 400);
  EXPECT_EQ(Call(socket, "POST", "/v1/join", std::string(4 << 20, ' ')).status, 413);
  EXPECT_TRUE(cluster_.AllSee({"n1", "n2", "n3"}, "alive")) << cluster_.Describe();
}

TEST_F(Http, WaitBlocksUntilTheTableChanges) {
  const api::Response now = Call(tcp_, "GET", "/v1/members");
  EXPECT_FALSE(now.etag.empty());
  const nlohmann::json table = nlohmann::json::parse(now.body, nullptr, false);
  ASSERT_TRUE(table.is_object()) << now.body;
  const std::string version =
      table["version"].is_string() ? table["version"].get<std::string>() : table["version"].dump();
  const TimePoint begin = Now();
  const api::Response same = Call(tcp_, "GET", "/v1/members?wait=700ms&index=" + version);
  EXPECT_EQ(same.status, 200) << same.body;
  EXPECT_GE((Now() - begin).millis(), 650);
  // The answer comes with the change, long before the wait is over.
  cluster_[2].Terminate();
  const TimePoint asked = Now();
  const api::Response changed = Call(tcp_, "GET", "/v1/members?wait=9s&index=" + version);
  EXPECT_EQ(changed.status, 200) << changed.body;
  EXPECT_LE((Now() - asked).millis(), 5000);
  EXPECT_NE(changed.etag, now.etag);
}

}  // namespace
}  // namespace muster::e2e
