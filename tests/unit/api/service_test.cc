#include "src/api/service.h"

#include <gtest/gtest.h>

#include <string>

#include "src/api/context.h"
#include "src/api/permissions.h"
#include "src/api/routes.h"
#include "tests/unit/api/fakes.h"

namespace muster::api {
namespace {

class ServiceTest : public testing::Test, protected ServiceHarness {
 protected:
  ServiceTest() { backend.AddMember("n2"); }
  ExchangePtr CallAs(Caller caller, const std::string& method, const std::string& target,
                     const std::string& host = "127.0.0.1:8500") {
    auto exchange = std::make_shared<FakeExchange>(method, target);
    exchange->sent.caller = caller;
    exchange->sent.host = host;
    return Send(exchange);
  }
};

// A target that fits the route's pattern.
std::string TargetFor(const Route& route) {
  std::string target(route.pattern);
  const size_t at = target.find("{member}");
  if (at != std::string::npos) target.replace(at, 8, "n2");
  return target;
}

TEST_F(ServiceTest, UnknownPathsAreNotFound) {
  for (const char* target : {"/", "/v1", "/v2/members", "/v1/members/n2/x", "/v1/member",
                             "/v1/members/n2/ping/x", "/metric"}) {
    const auto call = Get(target);
    EXPECT_EQ(call->status(), 404) << target;
    EXPECT_EQ(call->code(), "not_found") << target;
  }
  EXPECT_EQ(Get("/v1/members/%zz")->status(), 400);
}

TEST_F(ServiceTest, OtherMethodsAreToldWhichToUse) {
  const auto call = Call("PUT", "/v1/members");
  EXPECT_EQ(call->status(), 405);
  EXPECT_EQ(call->code(), "method_not_allowed");
  EXPECT_EQ(call->answer->allow, "GET, HEAD");
  EXPECT_EQ(Call("POST", "/v1/members/n2")->answer->allow, "GET, HEAD, DELETE");
  EXPECT_EQ(Call("GET", "/v1/leave")->answer->allow, "POST");
  EXPECT_EQ(Call("BREW", "/v1/status")->status(), 405);
  EXPECT_EQ(Call("HEAD", "/v1/events")->answer->allow, "GET") << "it would never end";
}

TEST_F(ServiceTest, HeadIsAGet) {
  EXPECT_EQ(Call("HEAD", "/v1/members")->status(), 200);
  EXPECT_EQ(Call("HEAD", "/v1/members/web-9")->status(), 404);
}

TEST_F(ServiceTest, EveryWriteOverTcpIsForbidden) {
  for (const Route& route : Routes()) {
    if (route.kind != Kind::kWrite) continue;
    for (const Caller caller : {Caller::kLoopback, Caller::kRemote, Caller::kOtherUser}) {
      const auto call = CallAs(caller, std::string(route.method), TargetFor(route));
      EXPECT_EQ(call->status(), 403) << route.pattern;
      EXPECT_EQ(call->code(), "forbidden") << route.pattern;
    }
  }
  EXPECT_FALSE(backend.status_view.leaving);
  EXPECT_EQ(backend.members[1].state, wire::State::kAlive);
}

TEST_F(ServiceTest, ReadsAreForThisHostAndHealthForAll) {
  for (const Route& route : Routes()) {
    if (route.kind == Kind::kWrite || route.pattern == "/v1/events") continue;
    const std::string target = TargetFor(route);
    EXPECT_NE(CallAs(Caller::kLoopback, "GET", target)->status(), 403) << target;
    EXPECT_NE(CallAs(Caller::kOtherUser, "GET", target)->status(), 403) << target;
    const int remote = CallAs(Caller::kRemote, "GET", target)->status();
    EXPECT_EQ(remote == 403, route.kind == Kind::kRead) << target;
  }
}

TEST_F(ServiceTest, OtherHostNamesAreRefusedOverTcp) {
  EXPECT_EQ(CallAs(Caller::kLoopback, "GET", "/v1/members", "evil.example")->status(), 403);
  EXPECT_EQ(CallAs(Caller::kRemote, "GET", "/v1/health/live", "evil.example:80")->status(), 403);
  EXPECT_EQ(CallAs(Caller::kOwner, "GET", "/v1/members", "evil.example")->status(), 200);
}

TEST(Permissions, TrustedHosts) {
  for (const char* host : {"", "localhost", "localhost:8500", "127.0.7.1", "127.0.7.1:8500",
                           "10.0.0.1:80", "[::1]:8500", "[::1]"}) {
    EXPECT_TRUE(IsTrustedHost(host)) << host;
  }
  for (const char* host : {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example",
                           "localhostx", "agent:8500"}) {
    EXPECT_FALSE(IsTrustedHost(host)) << host;
  }
}

TEST(Replies, CodesHaveTheirStatus) {
  const std::pair<const char*, int> codes[] = {
      {"bad_request", 400}, {"forbidden", 403}, {"not_found", 404}, {"method_not_allowed", 405},
      {"conflict", 409},    {"too_large", 413}, {"busy", 429},      {"unavailable", 503}};
  for (const auto& [code, status] : codes) EXPECT_EQ(MakeError(code, "x").status, status) << code;
  EXPECT_EQ(MakeError(absl::NotFoundError("x")).status, 404);
  EXPECT_EQ(MakeError(absl::AlreadyExistsError("x")).status, 409);
  EXPECT_EQ(MakeError(absl::ResourceExhaustedError("x")).status, 429);
  EXPECT_EQ(MakeError(absl::InternalError("x")).status, 503);
}

}  // namespace
}  // namespace muster::api
