#include <gtest/gtest.h>

#include <string>

#include "tests/unit/api/fakes.h"

namespace muster::api {
namespace {

class Commands : public testing::Test, protected ServiceHarness {
 protected:
  Commands() { backend.AddMember("n2"); }
  void LeaveDone(uint64_t asked, uint64_t confirmed) {
    core::Event event;
    event.type = core::EventType::kLeaveDone;
    event.asked = asked;
    event.value = confirmed;
    Emit(event);
  }
};

TEST_F(Commands, JoinAnswersPerAddress) {
  const auto call = Call("POST", "/v1/join", R"({"addresses":["10.0.0.7","seed.test:7000"]})");
  EXPECT_EQ(backend.join_targets, (std::vector<std::string>{"10.0.0.7", "seed.test:7000"}));
  backend.join_result("10.0.0.7", Address::V4(0x0a000007, 7946), "");
  backend.join_result("seed.test:7000", Address(), "the name does not resolve");
  EXPECT_FALSE(call->answered());
  backend.join_done();
  ASSERT_EQ(call->status(), 200);
  const Json body = call->body();
  EXPECT_EQ(body["joined"], 1);
  ASSERT_EQ(body["results"].size(), 2u);
  EXPECT_EQ(body["results"][0]["address"], "10.0.0.7:7946");
  EXPECT_EQ(body["results"][0]["ok"], true);
  EXPECT_TRUE(body["results"][0]["error"].is_null());
  EXPECT_EQ(body["results"][1]["address"], "seed.test:7000");
  EXPECT_EQ(body["results"][1]["ok"], false);
  EXPECT_EQ(body["results"][1]["error"], "the name does not resolve");
  Advance(Duration::Seconds(60));
  EXPECT_EQ(call->answers, 1);
}

TEST_F(Commands, AJoinThatTakesTooLongSaysWhoDidNotAnswer) {
  const auto call = Call("POST", "/v1/join", R"({"addresses":["a","b"]})");
  backend.join_result("a", Address::V4(0x0a000007, 7946), "");
  Advance(Duration::Seconds(9));
  ASSERT_EQ(call->status(), 200);
  EXPECT_EQ(call->body()["joined"], 1);
  EXPECT_EQ(call->body()["results"][1]["ok"], false);
  backend.join_result("b", Address::V4(0x0a000008, 7946), "");
  backend.join_done();
  EXPECT_EQ(call->answers, 1);
}

TEST_F(Commands, BadJoinsAreRefused) {
  std::string many = "\"a\"";
  for (int i = 1; i < 64; ++i) many += ",\"a\"";
  const std::string longest = std::string(253, 'a') + ":65535";
  for (const std::string& body :
       {std::string(), std::string("{"), std::string("[]"), std::string("{}"),
        std::string(R"({"addresses":[]})"), std::string(R"({"addresses":"a"})"),
        std::string(R"({"addresses":[1]})"), std::string(R"({"addresses":[""]})"),
        std::string(R"({"addresses":["a","10.0.0.7:99999"]})"),
        std::string(R"({"addresses":["10.0.0.300"]})"), R"({"addresses":[)" + many + R"(,"a"]})",
        R"({"addresses":["a)" + longest + R"("]})"}) {
    const auto call = Call("POST", "/v1/join", body);
    EXPECT_EQ(call->status(), 400) << body;
    EXPECT_EQ(call->code(), "bad_request");
  }
  EXPECT_TRUE(backend.join_targets.empty());
  EXPECT_FALSE(Call("POST", "/v1/join", R"({"addresses":[)" + many + "]}")->answered());
  EXPECT_FALSE(Call("POST", "/v1/join", R"({"addresses":[")" + longest + R"("]})")->answered());
}

TEST_F(Commands, LeaveTellsTheHostOnceItsAnswerIsDelivered) {
  const auto call = Call("POST", "/v1/leave");
  EXPECT_FALSE(call->answered());
  LeaveDone(3, 2);
  Settle();
  ASSERT_EQ(call->status(), 200);
  EXPECT_EQ(DumpJson(call->body()), R"({"asked":3,"confirmed":2})");
  Settle();
  EXPECT_EQ(left, 0) << "the client has not read it yet";
  const int before = earlier;
  call->Deliver();
  EXPECT_EQ(earlier, before + 1) << "the host must look again";
  EXPECT_EQ(left, 0) << "never inside a transport's callback";
  Settle();
  EXPECT_EQ(left, 1);
  Advance(Duration::Seconds(60));
  EXPECT_EQ(left, 1);
}

TEST_F(Commands, ALeaveWithNobodyToTellEndsAtOnce) {
  backend.on_leave = [this] { LeaveDone(0, 0); };
  const auto call = Call("POST", "/v1/leave");
  Settle();
  EXPECT_EQ(DumpJson(call->body()), R"({"asked":0,"confirmed":0})");
  call->Deliver();
  Settle();
  EXPECT_EQ(left, 1);
}

TEST_F(Commands, AClientThatDoesNotReadCannotHoldTheAgent) {
  Call("POST", "/v1/leave");
  LeaveDone(1, 1);
  Settle();
  Advance(Limits().leave_answer_for - Duration::Millis(1));
  EXPECT_EQ(left, 0);
  Advance(Duration::Millis(1));
  EXPECT_EQ(left, 1);
}

TEST_F(Commands, ASecondLeaveWaitsForTheFirst) {
  const auto first = Call("POST", "/v1/leave");
  const auto second = Call("POST", "/v1/leave");
  LeaveDone(1, 1);
  Settle();
  EXPECT_EQ(second->body()["confirmed"], 1);
  first->Deliver();
  Settle();
  EXPECT_EQ(left, 0);
  second->Deliver();
  Settle();
  EXPECT_EQ(left, 1);
}

TEST_F(Commands, ALeaveOfTheAgentItselfIsNotReported) {
  backend.status_view.leaving = true;
  const auto call = Call("POST", "/v1/leave");
  LeaveDone(1, 1);
  Settle();
  EXPECT_EQ(call->status(), 200);
  call->Deliver();
  Advance(Duration::Seconds(60));
  EXPECT_EQ(left, 0);
}

TEST_F(Commands, ForceLeave) {
  const auto live = Call("DELETE", "/v1/members/n2");
  EXPECT_EQ(live->status(), 409);
  EXPECT_EQ(live->code(), "conflict");
  EXPECT_EQ(backend.members[1].state, wire::State::kAlive);

  backend.members[1].state = wire::State::kFailed;
  const auto forced = Call("DELETE", "/v1/members/n2");
  EXPECT_EQ(forced->status(), 200);
  EXPECT_EQ(forced->body()["name"], "n2");
  EXPECT_EQ(forced->body()["status"], "left");
  EXPECT_EQ(backend.members[1].state, wire::State::kLeft);

  EXPECT_EQ(Call("DELETE", "/v1/members/n2?prune=1")->body()["pruned"], true);
  EXPECT_EQ(backend.members[1].state, wire::State::kPruned);
  EXPECT_EQ(Call("DELETE", "/v1/members/n2")->status(), 404);
}

TEST_F(Commands, ForceLeaveFlags) {
  EXPECT_EQ(Call("DELETE", "/v1/members/n2?evict=0")->status(), 409);
  EXPECT_EQ(Call("DELETE", "/v1/members/n2?evict=maybe")->status(), 400);
  EXPECT_EQ(Call("DELETE", "/v1/members/n1?evict=1")->status(), 409) << "this agent";
  EXPECT_EQ(Call("DELETE", "/v1/members/n2?evict")->status(), 200);
}

TEST_F(Commands, SetTags) {
  const auto call = Call("PUT", "/v1/self/tags", R"({"tags":{"zone":"b","role":"web"}})");
  EXPECT_EQ(call->status(), 200);
  EXPECT_EQ(backend.members[0].tags, (wire::Tags{{"role", "web"}, {"zone", "b"}}));
  EXPECT_EQ(Call("PUT", "/v1/self/tags", R"({"tags":{}})")->status(), 200);
  EXPECT_TRUE(backend.members[0].tags.empty());
  for (const char* body : {"", "{}", R"({"tags":[]})", R"({"tags":{"k":1}})"}) {
    EXPECT_EQ(Call("PUT", "/v1/self/tags", body)->status(), 400) << body;
  }
}

}  // namespace
}  // namespace muster::api
