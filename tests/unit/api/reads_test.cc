#include <gtest/gtest.h>

#include <string>

#include "tests/unit/api/fakes.h"

namespace muster::api {
namespace {

class Reads : public testing::Test, protected ServiceHarness {
 protected:
  Reads() {
    backend.AddMember("n2");
    backend.AddMember("n3").state = wire::State::kSuspect;
    backend.AddMember("n4").state = wire::State::kFailed;
  }
  void Change() {
    ++backend.table_version;
    core::Event event;
    event.type = core::EventType::kMemberUpdated;
    event.member = backend.members[1].id;
    Emit(event);
    Settle();
  }
  std::string WaitTarget(const std::string& wait, int64_t ahead = 0) {
    return "/v1/members?wait=" + wait +
           "&index=" + std::to_string(static_cast<int64_t>(backend.table_version) + ahead);
  }
};

TEST_F(Reads, MembersInTheirShape) {
  const auto call = Get("/v1/members");
  ASSERT_EQ(call->status(), 200);
  const Json body = call->body();
  EXPECT_EQ(body["cluster"], "blue");
  EXPECT_EQ(body["self"], backend.members[0].id.ToHex());
  EXPECT_EQ(body["version"], std::to_string(backend.table_version));
  ASSERT_EQ(body["members"].size(), 4u);
  EXPECT_EQ(body["members"][0]["name"], "n1");
  EXPECT_EQ(body["members"][0]["self"], true);
  EXPECT_EQ(body["members"][3]["status"], "failed");
  EXPECT_EQ(call->answer->version, std::to_string(backend.table_version));
  EXPECT_FALSE(body.contains("next_cursor"));
}

TEST_F(Reads, MembersFilteredAndInPages) {
  EXPECT_EQ(Get("/v1/members?status=alive")->body()["members"].size(), 3u);
  EXPECT_EQ(Get("/v1/members?status=alive!")->body()["members"].size(), 2u);
  const Json first = Get("/v1/members?limit=3")->body();
  ASSERT_EQ(first["members"].size(), 3u);
  const std::string cursor = first["next_cursor"];
  const Json second = Get("/v1/members?limit=3&cursor=" + cursor)->body();
  ASSERT_EQ(second["members"].size(), 1u);
  EXPECT_EQ(second["members"][0]["name"], "n4");
  EXPECT_FALSE(second.contains("next_cursor"));
  EXPECT_FALSE(Get("/v1/members?limit=4")->body().contains("next_cursor"));
}

TEST_F(Reads, BadParametersAreRefusedByName) {
  for (const char* target :
       {"/v1/members?status=dead", "/v1/members?limit=many", "/v1/members?stauts=alive",
        "/v1/members/n2?status=alive", "/v1/health/live?x", "/v1/members?tag=k=(",
        "/v1/members?status=dead&wait=1s&index=99"}) {
    const auto call = Get(target);
    EXPECT_EQ(call->status(), 400) << target;
    EXPECT_EQ(call->code(), "bad_request") << target;
  }
  EXPECT_NE(Get("/v1/members?stauts=x")->message().find("stauts"), std::string::npos);
}

TEST_F(Reads, OneMemberByNameAndId) {
  EXPECT_EQ(Get("/v1/members/n2")->body()["id"], backend.members[1].id.ToHex());
  EXPECT_EQ(Get("/v1/members/" + backend.members[3].id.ToHex())->body()["name"], "n4");
  const auto unknown = Get("/v1/members/web-9");
  EXPECT_EQ(unknown->status(), 404);
  EXPECT_EQ(unknown->code(), "not_found");
  EXPECT_EQ(unknown->message(), "no member named 'web-9'");
}

TEST_F(Reads, ASharedNameIsAConflict) {
  backend.AddMember("n2");
  const auto call = Get("/v1/members/n2");
  EXPECT_EQ(call->status(), 409);
  EXPECT_EQ(call->code(), "conflict");
  EXPECT_NE(call->message().find(backend.members[4].id.ToHex()), std::string::npos);
}

TEST_F(Reads, Status) {
  const auto call = Get("/v1/status");
  ASSERT_EQ(call->status(), 200);
  EXPECT_EQ(call->body()["members"]["alive"], 2);
  EXPECT_EQ(call->body()["view"]["changed"], "1970-01-01T00:00:01.000Z") << "its start";
  Change();
  EXPECT_EQ(Get("/v1/status")->body()["view"]["changed"], "1970-01-01T00:00:05.000Z");
}

TEST_F(Reads, TagsChangeWithWhatIsShown) {
  for (const char* path : {"/v1/members", "/v1/members/n3", "/v1/status"}) {
    const std::string before = Get(path)->answer->etag;
    EXPECT_TRUE(before.starts_with("W/\"")) << before;
    EXPECT_EQ(Get(path)->answer->etag, before) << path;
    backend.members[2].incarnation = backend.members[2].incarnation.Refuted();
    ++backend.status_view.health;
    const std::string after = Get(path)->answer->etag;
    EXPECT_NE(after, before) << path;
  }
  const std::string before = Get("/v1/members")->answer->etag;
  backend.members[2].health = 3;
  EXPECT_NE(Get("/v1/members")->answer->etag, before);
}

TEST_F(Reads, MeasuredValuesDoNotChangeTheTag) {
  backend.members[1].rtt = Duration::Micros(100);
  const std::string members = Get("/v1/members")->answer->etag;
  const std::string status = Get("/v1/status")->answer->etag;
  backend.members[1].rtt = Duration::Micros(101);
  backend.status_view.udp_bytes_in = 5;
  EXPECT_EQ(Get("/v1/members")->answer->etag, members);
  EXPECT_EQ(Get("/v1/status")->answer->etag, status);
}

TEST_F(Reads, AKnownTagIsAnsweredWith304) {
  const std::string etag = Get("/v1/members")->answer->etag;
  for (const std::string& known : {etag, etag.substr(2), "\"x\", " + etag, std::string("*")}) {
    auto exchange = std::make_shared<FakeExchange>("GET", "/v1/members");
    exchange->sent.if_none_match = known;
    Send(exchange);
    EXPECT_EQ(exchange->status(), 304) << known;
    EXPECT_EQ(exchange->answer->body, "");
    EXPECT_EQ(exchange->answer->etag, etag);
  }
  auto other = std::make_shared<FakeExchange>("GET", "/v1/members");
  other->sent.if_none_match = "W/\"0\"";
  EXPECT_EQ(Send(other)->status(), 200);
}

TEST_F(Reads, WaitBlocksUntilTheVersionPasses) {
  const auto call = Get(WaitTarget("30s"));
  EXPECT_FALSE(call->answered());
  Advance(Duration::Seconds(1));
  EXPECT_FALSE(call->answered());
  Change();
  ASSERT_TRUE(call->answered());
  EXPECT_EQ(call->status(), 200);
  EXPECT_EQ(call->body()["version"], std::to_string(backend.table_version));
}

TEST_F(Reads, WaitEndsWithTheCurrentBody) {
  for (const std::string& path : {std::string("/v1/members/n2"), std::string("/v1/status")}) {
    const auto call =
        Get(path + "?wait=700ms&index=" + std::to_string(backend.table_version + 1000));
    Advance(Duration::Millis(699));
    EXPECT_FALSE(call->answered()) << path;
    Advance(Duration::Millis(1));
    EXPECT_EQ(call->status(), 200) << path;
    EXPECT_EQ(call->answers, 1);
  }
}

TEST_F(Reads, AnOldIndexIsAnsweredAtOnce) {
  EXPECT_EQ(Get(WaitTarget("30s", -1))->status(), 200);
  EXPECT_EQ(Get(WaitTarget("0s"))->status(), 200);
}

TEST_F(Reads, WaitIsCutToItsLimit) {
  const auto call = Get(WaitTarget("3d"));
  Advance(Limits().wait_max - Duration::Millis(1));
  EXPECT_FALSE(call->answered());
  Advance(Duration::Millis(1));
  EXPECT_TRUE(call->answered());
}

TEST_F(Reads, WaitAndIndexGoTogether) {
  for (const char* query : {"?wait=30s", "?index=5", "?wait=30&index=5", "?wait=30s&index=-1",
                            "?wait=30s&index=x", "?wait=-1s&index=5"}) {
    EXPECT_EQ(Get(std::string("/v1/members") + query)->status(), 400) << query;
  }
}

TEST(ReadLimits, WaitersBeyondTheLimitAreToldAtOnce) {
  Limits limits;
  limits.waiters_max = 2;
  ServiceHarness harness(limits);
  const std::string target = "/v1/members?wait=30s&index=1000";
  const auto first = harness.Get(target);
  const auto second = harness.Get(target);
  EXPECT_FALSE(second->answered());
  const auto third = harness.Get(target);
  EXPECT_EQ(third->status(), 429);
  EXPECT_EQ(third->code(), "busy");
  first->vanished = true;
  harness.Advance(limits.heartbeat);
  EXPECT_FALSE(harness.Get(target)->answered()) << "the vanished one has made room";
  harness.service.Stop();
}

TEST_F(Reads, HealthTellsWhyItIsNotReady) {
  EXPECT_EQ(DumpJson(Get("/v1/health/live")->body()), R"({"live":true})");
  backend.status_view.join = core::JoinState::kJoined;
  auto ready = Get("/v1/health/ready");
  EXPECT_EQ(ready->status(), 200);
  EXPECT_EQ(DumpJson(ready->body()), R"({"ready":true,"reasons":[]})");
  backend.status_view.join = core::JoinState::kJoining;
  backend.status_view.isolated = true;
  backend.status_view.leaving = true;
  ready = Get("/v1/health/ready");
  EXPECT_EQ(ready->status(), 503);
  EXPECT_EQ(DumpJson(ready->body()),
            R"({"ready":false,"reasons":["isolated","joining","leaving"]})");
}

}  // namespace
}  // namespace muster::api
