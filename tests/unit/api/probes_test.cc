#include <gtest/gtest.h>

#include <string>

#include "tests/unit/api/fakes.h"

namespace muster::api {
namespace {

Limits SmallLimits() {
  Limits limits;
  limits.reachability_parallel = 2;
  limits.checks_max = 2;
  return limits;
}

class Probes : public testing::Test, protected ServiceHarness {
 protected:
  Probes() : ServiceHarness(SmallLimits()) {
    for (const char* name : {"n2", "n3", "n4"}) backend.AddMember(name);
  }
  void Answer(size_t ping, bool answered) {
    backend.pings[ping].second(answered, Duration::Micros(300));
    Settle();
  }
};

TEST_F(Probes, Ping) {
  const auto call = Call("POST", "/v1/members/n2/ping");
  ASSERT_EQ(backend.pings.size(), 1u);
  EXPECT_EQ(backend.pings[0].first, backend.members[1].id);
  EXPECT_FALSE(call->answered());
  Answer(0, true);
  EXPECT_EQ(DumpJson(call->body()), R"({"answered":true,"rtt_ms":0.3})");

  const auto silent = Call("POST", "/v1/members/n3/ping");
  Answer(1, false);
  EXPECT_EQ(DumpJson(silent->body()), R"({"answered":false,"rtt_ms":null})");
}

TEST_F(Probes, PingsThatCannotBe) {
  EXPECT_EQ(Call("POST", "/v1/members/n9/ping")->status(), 404);
  EXPECT_EQ(Call("POST", "/v1/members/n1/ping")->status(), 400);
  backend.refuse_ping = backend.members[1].id;
  EXPECT_EQ(Call("POST", "/v1/members/n2/ping")->status(), 404);
}

TEST_F(Probes, APingThatNeverEndsIsAnsweredAnyway) {
  const auto call = Call("POST", "/v1/members/n2/ping");
  Advance(Duration::Seconds(30));
  EXPECT_EQ(call->status(), 503);
  Answer(0, true);
  EXPECT_EQ(call->answers, 1);
}

TEST_F(Probes, ReachabilityAsksEveryLiveMemberAFewAtATime) {
  backend.AddMember("f").state = wire::State::kFailed;
  backend.AddMember("s").state = wire::State::kSuspect;
  const auto call = Call("POST", "/v1/reachability");
  EXPECT_EQ(backend.pings.size(), 2u);
  Answer(0, true);
  EXPECT_EQ(backend.pings.size(), 3u);
  Answer(1, true);
  Answer(2, true);
  ASSERT_EQ(backend.pings.size(), 4u) << "not this agent, not the failed one";
  EXPECT_FALSE(call->answered());
  Answer(3, false);
  EXPECT_EQ(call->body()["asked"], 4);
  EXPECT_EQ(call->body()["answered"], 3);
  EXPECT_EQ(DumpJson(call->body()["missing"]),
            R"([{"name":"s","id":"00000006000000000000000000000006",)"
            R"("address":"10.0.0.6:7946","status":"suspect"}])");
}

TEST_F(Probes, AResultAsksForARun) {
  Call("POST", "/v1/reachability");
  const int before = earlier;
  backend.pings[0].second(true, Duration::Micros(300));
  EXPECT_EQ(earlier, before + 1) << "results come outside of all calls of the service";
  EXPECT_LE(service.NextDeadline(), backend.time);
}

TEST_F(Probes, ReachabilityEndsInTime) {
  const auto call = Call("POST", "/v1/reachability?timeout=2s");
  Answer(0, true);
  Advance(Duration::Millis(1999));
  EXPECT_FALSE(call->answered());
  Advance(Duration::Millis(1));
  EXPECT_EQ(call->body()["asked"], 3);
  EXPECT_EQ(call->body()["answered"], 1);
  EXPECT_EQ(call->body()["missing"].size(), 2u);
  Answer(1, true);
  EXPECT_EQ(call->answers, 1);
  EXPECT_EQ(backend.pings.size(), 3u) << "nothing is sent after the end";
}

TEST_F(Probes, AMemberThatGoesMeanwhileIsMissing) {
  backend.refuse_ping = backend.members[2].id;
  const auto call = Call("POST", "/v1/reachability");
  Answer(0, true);
  Answer(1, true);
  EXPECT_EQ(call->body()["answered"], 2);
  EXPECT_EQ(call->body()["missing"][0]["name"], "n3");
}

TEST(Reachability, AloneThereIsNobodyToAsk) {
  ServiceHarness harness;
  EXPECT_EQ(DumpJson(harness.Call("POST", "/v1/reachability")->body()),
            R"({"asked":0,"answered":0,"missing":[]})");
}

TEST_F(Probes, ReachabilityChecksHaveALimit) {
  const auto first = Call("POST", "/v1/reachability?timeout=1s");
  const auto second = Call("POST", "/v1/reachability?timeout=2s");
  EXPECT_FALSE(second->answered());
  EXPECT_EQ(Call("POST", "/v1/reachability")->status(), 429);
  Advance(Duration::Seconds(1));
  EXPECT_TRUE(first->answered());
  EXPECT_FALSE(Call("POST", "/v1/reachability")->answered());
  for (const char* timeout : {"0s", "61s", "x", ""}) {
    EXPECT_EQ(Call("POST", std::string("/v1/reachability?timeout=") + timeout)->status(), 400)
        << timeout;
  }
}

}  // namespace
}  // namespace muster::api
