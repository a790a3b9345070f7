#include "src/api/presence.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "src/api/presence_shapes.h"
#include "tests/unit/api/fakes.h"

namespace muster::api {
namespace {

constexpr HostId kGoneId{9, 9};

Limits FewCalls() {
  Limits limits;
  limits.presence_calls_max = 2;
  return limits;
}

class PresenceApi : public testing::Test, protected ServiceHarness {
 protected:
  PresenceApi() : ServiceHarness(FewCalls()) {
    backend.AddMember("n2").state = wire::State::kFailed;
    backend.datastore = &presence_;
  }
  ExchangePtr Purge(const std::string& name) { return Call("DELETE", "/v1/presence/" + name); }
  // The answer of the oldest removal that waits.
  void Purged(const absl::StatusOr<bool>& removed) {
    const FakePresence::PurgeCall call = std::move(presence_.purges.front());
    presence_.purges.pop_front();
    call.purged(removed);
  }

  FakePresence presence_;
};

TEST_F(PresenceApi, RowsWithTheStoreAndWhatThisAgentKnowsOfTheHosts) {
  presence_.AddRow("n1", backend.members[0].id).record.tags = {{"role", "web"}};
  presence_.AddRow("n2", backend.members[1].id);
  presence_.AddRow("gone", kGoneId);
  const auto call = Get("/v1/presence");
  EXPECT_FALSE(call->answered()) << "the store has not answered";
  presence_.AnswerList();
  ASSERT_EQ(call->status(), 200);
  const Json body = call->body();
  EXPECT_EQ(body["store"]["url"], "redis://muster:***@10.0.0.9:6379/0");
  EXPECT_EQ(body["store"]["state"], "ok");
  ASSERT_EQ(body["rows"].size(), 3u);
  EXPECT_EQ(DumpJson(body["rows"][0]),
            R"({"name":"n1","id":"00000001000000000000000000000001","address":"10.0.0.1:7946",)"
            R"("incarnation":"50331649","tags":{"role":"web"},"agent":"0.1.0",)"
            R"("created":"1970-01-01T00:00:01.000Z","refreshed":"1970-01-01T00:00:03.500Z",)"
            R"("expires":"1970-01-01T01:00:03.000Z","age_ms":1500,"status":"alive",)"
            R"("self":true})");
  EXPECT_EQ(body["rows"][1]["status"], "failed");
  EXPECT_EQ(body["rows"][1]["self"], false);
  EXPECT_EQ(body["rows"][2]["status"], "unknown");
}

TEST_F(PresenceApi, ARowThatLivesForEverIsListedToo) {
  store::PresenceRow& row = presence_.AddRow("n2", backend.members[1].id);
  row.expires_in = Duration::Max();
  row.age = Duration::Max();
  const auto call = Get("/v1/presence");
  presence_.AnswerList();
  ASSERT_EQ(call->status(), 200);
  EXPECT_EQ(call->body()["rows"][0]["refreshed"], "1970-01-01T00:00:00.000Z");
  EXPECT_LT(call->body()["rows"][0]["refreshed"], call->body()["rows"][0]["expires"]);
}

TEST_F(PresenceApi, AnEmptyStoreHasAnEmptyList) {
  const auto call = Get("/v1/presence");
  presence_.AnswerList();
  ASSERT_EQ(call->status(), 200);
  EXPECT_EQ(call->body()["rows"], Json::array());
}

TEST_F(PresenceApi, AMemberThatWasPrunedIsUnknown) {
  backend.members[1].state = wire::State::kPruned;
  EXPECT_EQ(StatusInView(backend, backend.members[1].id), "unknown");
  EXPECT_EQ(StatusInView(backend, backend.members[0].id), "alive");
  EXPECT_EQ(StatusInView(backend, kGoneId), "unknown");
}

TEST_F(PresenceApi, AStoreThatFailsIs503WithItsErrorAndAHint) {
  const std::vector<std::pair<absl::Status, std::string>> cases = {
      {absl::UnavailableError("10.0.0.9:6379: connection refused"), "runs and answers"},
      {absl::DeadlineExceededError("10.0.0.9:6379: no answer"), "runs and answers"},
      {absl::UnauthenticatedError("10.0.0.9:6379: wrong password"), "password"},
      {absl::PermissionDeniedError("10.0.0.9:6379: NOPERM"), "rights"},
      {absl::ResourceExhaustedError("10.0.0.9:6379: out of memory"), "make room"},
      {absl::DataLossError("presence.db: not a database"), "muster status"},
  };
  for (const auto& [status, hint] : cases) {
    const auto call = Get("/v1/presence");
    presence_.FailList(status);
    EXPECT_EQ(call->status(), 503) << status;
    EXPECT_EQ(call->message(), std::string(status.message()));
    EXPECT_NE(call->body()["error"]["hint"].get<std::string>().find(hint), std::string::npos)
        << call->body();
  }
  const auto purge = Purge("n2");
  presence_.FailList(absl::UnavailableError("10.0.0.9:6379: connection refused"));
  EXPECT_EQ(purge->status(), 503);
}

TEST_F(PresenceApi, WithoutADatastoreItIsAConflict) {
  presence_.state = store::PresenceStatus();
  for (FakePresence* datastore : {&presence_, static_cast<FakePresence*>(nullptr)}) {
    backend.datastore = datastore;
    for (const auto& call : {Get("/v1/presence"), Purge("n2")}) {
      EXPECT_EQ(call->status(), 409);
      EXPECT_EQ(call->message(), "this agent has no datastore");
      EXPECT_NE(call->body()["error"]["hint"].get<std::string>().find("--datastore"),
                std::string::npos);
    }
  }
  EXPECT_TRUE(presence_.lists.empty());
}

TEST_F(PresenceApi, PurgesAllRowsOfANameAndNoNewerOnes) {
  presence_.AddRow("web", kGoneId);
  presence_.AddRow("other", HostId{7, 7});
  presence_.AddRow("web", backend.members[0].id).record.incarnation = Incarnation::Of(8, 2);
  const auto call = Purge("web");
  presence_.AnswerList();
  ASSERT_EQ(presence_.purges.size(), 1u) << "one after the other";
  EXPECT_EQ(presence_.purges[0].id, kGoneId);
  EXPECT_EQ(presence_.purges[0].upto, Incarnation::Of(3, 1));
  Purged(true);
  ASSERT_EQ(presence_.purges.size(), 1u);
  EXPECT_EQ(presence_.purges[0].upto, Incarnation::Of(8, 2));
  EXPECT_FALSE(call->answered());
  Purged(true);
  ASSERT_EQ(call->status(), 200);
  EXPECT_EQ(DumpJson(call->body()),
            R"({"removed":2,"rows":[{"name":"web","id":"00000000000000090000000000000009",)"
            R"("address":"10.0.0.9:7946","status":"unknown"},)"
            R"({"name":"web","id":"00000001000000000000000000000001",)"
            R"("address":"10.0.0.1:7946","status":"alive"}]})");
}

TEST_F(PresenceApi, PurgesByHostIdToo) {
  presence_.AddRow("web", kGoneId);
  presence_.AddRow("web", HostId{7, 7});
  const auto call = Purge(kGoneId.ToHex());
  presence_.AnswerList();
  Purged(true);
  EXPECT_EQ(call->body()["removed"], 1);
  EXPECT_TRUE(presence_.purges.empty());
}

TEST_F(PresenceApi, WhatIsNotThereIs404) {
  presence_.AddRow("web", kGoneId);
  const auto unknown = Purge("db");
  presence_.AnswerList();
  EXPECT_EQ(unknown->status(), 404);
  EXPECT_EQ(unknown->message(), "no row of 'db'");
  EXPECT_TRUE(presence_.purges.empty());

  const auto renewed = Purge("web");
  presence_.AnswerList();
  Purged(false);
  EXPECT_EQ(renewed->status(), 404);
  EXPECT_NE(renewed->message().find("a newer one"), std::string::npos) << renewed->message();
}

TEST_F(PresenceApi, AStoreThatFailsHalfWaySaysHowFarItCame) {
  presence_.AddRow("web", kGoneId);
  presence_.AddRow("web", HostId{7, 7});
  const auto call = Purge("web");
  presence_.AnswerList();
  Purged(true);
  Purged(absl::UnavailableError("connection lost"));
  EXPECT_EQ(call->status(), 503);
  EXPECT_EQ(call->message(), "removed 1 rows, then: connection lost");
}

TEST_F(PresenceApi, ASilentStoreIsAnsweredForAndItsLateResultsAreHarmless) {
  presence_.AddRow("web", kGoneId);
  const auto list = Get("/v1/presence");
  const auto purge = Purge("web");
  EXPECT_EQ(Get("/v1/presence")->status(), 429) << "two wait already";
  Advance(Duration::Seconds(9));
  EXPECT_EQ(list->status(), 503);
  EXPECT_EQ(purge->status(), 503);
  EXPECT_NE(list->message().find("within 9 s"), std::string::npos) << list->message();
  EXPECT_EQ(Get("/v1/presence")->status(), 429) << "the store still has both to answer";
  presence_.AnswerList();
  presence_.AnswerList();
  EXPECT_EQ(list->answers, 1);
  EXPECT_EQ(purge->answers, 1);
  EXPECT_TRUE(presence_.purges.empty()) << "nobody waits for that any more";
  EXPECT_FALSE(Get("/v1/presence")->answered()) << "there is room again";
}

TEST_F(PresenceApi, ResultsAfterTheEndOfTheServiceAreHarmless) {
  auto exchange = std::make_shared<FakeExchange>("GET", "/v1/presence");
  {
    ServiceHarness brief;
    brief.backend.datastore = &presence_;
    brief.Send(exchange);
    brief.service.Stop();
  }
  presence_.AnswerList();
  EXPECT_FALSE(exchange->answered());
}

TEST_F(PresenceApi, OnlyTheOwnerRemovesRows) {
  auto exchange = std::make_shared<FakeExchange>("DELETE", "/v1/presence/web");
  exchange->sent.caller = Caller::kLoopback;
  EXPECT_EQ(Send(exchange)->status(), 403);
  auto remote = std::make_shared<FakeExchange>("GET", "/v1/presence");
  remote->sent.caller = Caller::kRemote;
  EXPECT_EQ(Send(remote)->status(), 403);
}

TEST_F(PresenceApi, StatusSaysHowTheStoreIs) {
  store::PresenceStatus& state = presence_.state;
  state.rows = 5;
  state.since_us = 2'000'000;
  state.last_refresh_us = 3'000'000;
  state.refreshes = 12;
  state.look_errors = uint64_t{1} << 60;
  EXPECT_EQ(DumpJson(Get("/v1/status")->body()["store"]),
            R"({"kind":"redis","url":"redis://muster:***@10.0.0.9:6379/0","state":"ok",)"
            R"("error":null,"since":"1970-01-01T00:00:02.000Z","rows":5,)"
            R"("last_refresh":"1970-01-01T00:00:03.000Z","next_refresh":null,"last_look":null,)"
            R"("refreshes":"12","refresh_errors":"0","looks":"0",)"
            R"("look_errors":"1152921504606846976","erases":"0","erase_errors":"0",)"
            R"("damaged_rows":"0","notices":"0"})");
  state.state = store::PresenceStatus::State::kFailing;
  state.error = "connection refused";
  const Json failing = Get("/v1/status")->body();
  EXPECT_EQ(failing["store"]["state"], "failing");
  EXPECT_EQ(failing["store"]["error"], "connection refused");
  EXPECT_EQ(failing["ready"], true) << "a hint and no more";
}

TEST_F(PresenceApi, TheTagOfAStatusFollowsTheStateOfTheStoreNotItsUse) {
  const std::string before = Get("/v1/status")->answer->etag;
  ++presence_.state.refreshes;
  presence_.state.last_refresh_us = 4'000'000;
  EXPECT_EQ(Get("/v1/status")->answer->etag, before);
  presence_.state.state = store::PresenceStatus::State::kFailing;
  EXPECT_NE(Get("/v1/status")->answer->etag, before);
}

TEST_F(PresenceApi, StreamsTellOfTheStore) {
  auto stream = std::make_shared<FakeExchange>("GET", "/v1/events?type=store.failed");
  stream->sent.accept = "application/jsonl";
  Send(stream);
  stream->Read();
  service.HandleStoreEvent(StoreEvent::kReplaced, "presence.db was damaged");
  service.HandleStoreEvent(StoreEvent::kFailed, "connection refused");
  EXPECT_EQ(stream->Read(), R"({"id":"3-2","time":"1970-01-01T00:00:05.000Z",)"
                            R"("type":"store.failed","detail":"connection refused",)"
                            R"("version":"18"})"
                            "\n");
  stream->source.reset();
  EXPECT_STREQ(StoreEventName(StoreEvent::kRecovered), "store.recovered");
  EXPECT_STREQ(StoreEventName(StoreEvent::kReplaced), "store.replaced");
}

}  // namespace
}  // namespace muster::api
