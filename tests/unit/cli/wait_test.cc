#include <utility>
#include <vector>

#include "src/cli/commands.h"
#include "src/cli/long_poll.h"
#include "src/cli/run.h"
#include "tests/unit/cli/fake_agent.h"

namespace muster::cli {
namespace {

class WaitTest : public CommandTest {
 protected:
  ExitCode Wait(const std::string& condition) {
    return Run([&](Context& context) { return RunWait(context, {condition}); });
  }
  // The members now, and for ever.
  void Now(const std::vector<MemberJson>& members) {
    agent_.On("GET /v1/members", MembersJson(17, members));
    agent_.On("GET /v1/members", Reply{.body = MembersJson(17, members), .waits = true});
  }
};

TEST_F(WaitTest, ConditionsOnTheMembersOfNow) {
  MemberJson left{"old", "left"};
  left.id = std::string(32, '4');
  std::vector<MemberJson> members = ThreeMembers();
  members.push_back(left);
  Now(members);
  const std::vector<std::pair<std::string, ExitCode>> cases = {
      {"count>=2", ExitCode::kOk},
      {"count>=3", ExitCode::kTimedOut},
      {"count==2", ExitCode::kOk},
      {"count=2", ExitCode::kOk},
      {"count>1", ExitCode::kOk},
      {"count>2", ExitCode::kTimedOut},
      {"count<3", ExitCode::kOk},
      {"count<=1", ExitCode::kTimedOut},
      {"count >= 2", ExitCode::kOk},
      {"alive=web-1", ExitCode::kOk},
      {"alive=web-2", ExitCode::kTimedOut},  // merely suspect
      {"alive=new", ExitCode::kTimedOut},    // may come
      {"failed=db-2", ExitCode::kOk},
      {"failed=" + std::string(32, '3'), ExitCode::kOk},
      {"failed=web-1", ExitCode::kTimedOut},
      {"failed=new", ExitCode::kNoMatch},
      {"left=old", ExitCode::kOk},
      {"left=new", ExitCode::kNoMatch},
  };
  for (const auto& [condition, exit] : cases) {
    EXPECT_EQ(Wait(condition), exit) << condition << '\n' << err_;
    EXPECT_EQ(out_, "") << condition;
  }
}

TEST_F(WaitTest, MistakesAreSeenBeforeAnyAgentIsLookedFor) {
  CommandLine line;
  line.command = Command::kWait;
  line.wait.condition = "count>>3";
  ASSERT_TRUE(CheckOptions(line).has_value());
  EXPECT_EQ(CheckOptions(line)->exit, ExitCode::kUsage);
  EXPECT_NE(CheckOptions(line)->what.find("count>>3"), std::string::npos);
  line.wait.condition = "count>3";
  EXPECT_FALSE(CheckOptions(line).has_value());
  line.command = Command::kMembers;
  line.members.sort = "colour";
  ASSERT_TRUE(CheckOptions(line).has_value());
  EXPECT_EQ(CheckOptions(line)->exit, ExitCode::kUsage);
  line.members.sort = "";
  EXPECT_FALSE(CheckOptions(line).has_value());
  line.members.watch = true;
  line.members.expect = 3;
  EXPECT_TRUE(CheckOptions(line).has_value());
  line.command = Command::kStatus;
  EXPECT_FALSE(CheckOptions(line).has_value());
}

TEST_F(WaitTest, WhatIsNoConditionIsAUsageError) {
  for (const char* condition : {"", "n1", "count", "count>=", "count>=x", "count>=-1", "count~3",
                                "alive=", "alive", "suspect=web-1", "agreed",
                                "count>=3 "
                                "or so"}) {
    EXPECT_EQ(Wait(condition), ExitCode::kUsage) << condition;
    EXPECT_NE(err_.find("count>=N"), std::string::npos) << err_;
  }
  EXPECT_TRUE(agent_.requests().empty());
}

TEST_F(WaitTest, WaitsAtTheAgentUntilTheTableChanges) {
  std::vector<MemberJson> members = ThreeMembers();
  agent_.On("GET /v1/members", MembersJson(17, members));
  members[0].status = "alive";
  agent_.On("GET /v1/members",
            Reply{.body = MembersJson(20, members), .takes = Duration::Millis(2500)});
  EXPECT_EQ(Wait("count>=3"), ExitCode::kOk);
  EXPECT_EQ(agent_.requests(),
            (std::vector<std::string>{"GET /v1/members", "GET /v1/members?wait=10000ms&index=17"}));
  EXPECT_EQ(err_, "3 members are alive or suspect, after 2.500s\n");
}

TEST_F(WaitTest, TimeOutSaysHowItIs) {
  Now(ThreeMembers());
  timeout_ = Duration::Seconds(75);
  EXPECT_EQ(Wait("alive=web-2"), ExitCode::kTimedOut);
  EXPECT_EQ(agent_.requests(),
            (std::vector<std::string>{"GET /v1/members", "GET /v1/members?wait=30000ms&index=17",
                                      "GET /v1/members?wait=30000ms&index=17",
                                      "GET /v1/members?wait=15000ms&index=17"}));
  EXPECT_EQ(err_,
            "error: 'alive=web-2' did not come true within 1m15s\n"
            "  'web-2' is suspect\n"
            "  try: a longer --timeout, or 'muster members' to look\n");
}

TEST_F(WaitTest, ASilentAgentIsATimeOutToo) {
  agent_.On("GET /v1/members", Reply{.takes = Duration::Seconds(3600)});
  EXPECT_EQ(Wait("count>=1"), ExitCode::kTimedOut);
  EXPECT_EQ(agent_.last_timeout(), Duration::Seconds(10));
}

TEST_F(WaitTest, ThePresentLifeOfANameCounts) {
  MemberJson past{"n1", "failed", "2026-11-20T11:00:00.000Z", std::string(32, 'a')};
  MemberJson later{"n1", "left", "2026-11-20T11:30:00.000Z", std::string(32, 'b')};
  MemberJson present{"n1", "alive", "2026-11-20T10:00:00.000Z", std::string(32, 'c')};
  Now({past, later});
  EXPECT_EQ(Wait("left=n1"), ExitCode::kOk) << err_;
  EXPECT_EQ(Wait("failed=n1"), ExitCode::kTimedOut);
  agent_.On("GET /v1/members", MembersJson(30, {present, past, later}));
  EXPECT_EQ(Wait("alive=n1"), ExitCode::kOk) << err_;
}

TEST_F(WaitTest, TwoLiveMembersOfOneNameAreAConflict) {
  MemberJson one{"n1~aaaa", "alive", "2026-11-20T11:00:00.000Z", std::string(32, 'a')};
  MemberJson two{"n1~bbbb", "suspect", "2026-11-20T11:00:00.000Z", std::string(32, 'b')};
  Now({one, two});
  EXPECT_EQ(Wait("alive=n1"), ExitCode::kError);
  EXPECT_NE(err_.find(std::string(32, 'a') + " and " + std::string(32, 'b')), std::string::npos)
      << err_;
  EXPECT_EQ(Wait("alive=n1~aaaa"), ExitCode::kOk) << err_;
  EXPECT_EQ(Wait("alive=" + std::string(32, 'a')), ExitCode::kOk) << err_;
}

TEST_F(WaitTest, FormatsShowWhatMetTheCondition) {
  Now(ThreeMembers());
  const std::vector<MemberJson> three = ThreeMembers();
  options_.format = Format::kJson;
  EXPECT_EQ(Wait("count>=2"), ExitCode::kOk);
  EXPECT_EQ(out_, MembersJson(17, three) + "\n");
  EXPECT_EQ(err_, "");
  options_.format = Format::kJsonl;
  EXPECT_EQ(Wait("failed=db-2"), ExitCode::kOk);
  EXPECT_EQ(out_, three[0].Text() + "\n");
  options_.format = Format::kName;
  EXPECT_EQ(Wait("count>=2"), ExitCode::kOk);
  EXPECT_EQ(out_, "web-1\nweb-2\n");
}

TEST_F(WaitTest, QuietSaysNothing) {
  Now(ThreeMembers());
  options_.quiet = true;
  EXPECT_EQ(Wait("count>=2"), ExitCode::kOk);
  EXPECT_EQ(out_ + err_, "");
}

TEST_F(WaitTest, Agree) {
  const std::string body =
      R"({"name":"n1","view":{"version":"3"},"agreement":{"peers":4,"agreeing":4,"differing":[]},)"
      R"("join":{"state":"joined"}})";
  agent_.On("GET /v1/status", body);
  EXPECT_EQ(Wait("agree"), ExitCode::kOk);
  EXPECT_EQ(err_, "4 of 4 peers agree, after 0us\n");
  options_.format = Format::kJson;
  EXPECT_EQ(Wait("agree"), ExitCode::kOk);
  EXPECT_EQ(out_, body + "\n");
  options_.format = Format::kName;
  EXPECT_EQ(Wait("agree"), ExitCode::kOk);
  EXPECT_EQ(out_, "n1\n");
}

}  // namespace
}  // namespace muster::cli
