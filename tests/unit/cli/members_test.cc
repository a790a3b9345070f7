#include <vector>

#include "src/cli/agreement.h"
#include "src/cli/commands.h"
#include "src/cli/member_rows.h"
#include "tests/unit/cli/fake_agent.h"

namespace muster::cli {
namespace {

class MembersTest : public CommandTest {
 protected:
  MembersTest() { agent_.On("GET /v1/members", body_); }
  ExitCode Members(const MembersOptions& members = {}) {
    return Run([&](Context& context) { return RunMembers(context, members); });
  }

  const std::string body_ = MembersJson(17, ThreeMembers());
};

TEST_F(MembersTest, TableIsTheDocumentedOne) {
  EXPECT_EQ(Members(), ExitCode::kOk);
  EXPECT_EQ(out_,
            "NAME     STATUS   ADDRESS         SINCE  RTT    TAGS\n"
            "web-1 *  alive    10.0.1.11:7946  12d    -      role=web\n"
            "web-2    suspect  10.0.1.12:7946  3s     0.4ms  role=web\n"
            "db-2     failed   10.0.2.22:7946  41s    -      role=db\n"
            "3 members: 1 alive, 1 suspect, 1 failed     * this agent\n");
  EXPECT_EQ(err_, "");
  EXPECT_EQ(agent_.requests(), std::vector<std::string>{"GET /v1/members"});
}

TEST_F(MembersTest, WithoutHeadersOnlyRowsAreLeft) {
  options_.no_headers = true;
  EXPECT_EQ(Members(), ExitCode::kOk);
  EXPECT_EQ(out_,
            "web-1 *  alive    10.0.1.11:7946  12d  -      role=web\n"
            "web-2    suspect  10.0.1.12:7946  3s   0.4ms  role=web\n"
            "db-2     failed   10.0.2.22:7946  41s  -      role=db\n");
}

TEST_F(MembersTest, WideAddsHealthIncarnationAndId) {
  options_.format = Format::kWide;
  EXPECT_EQ(Members({.sort = "name"}), ExitCode::kOk);
  EXPECT_EQ(out_.substr(0, out_.find('\n')),
            "NAME     STATUS   ADDRESS         SINCE  RTT    HEALTH  INCARNATION  ID"
            "                                TAGS");
  EXPECT_NE(out_.find("0       50331649     33333333333333333333333333333333  role=db\n"),
            std::string::npos)
      << out_;
}

TEST_F(MembersTest, ColoursFollowModeTerminalAndNoColor) {
  struct Case {
    ColorMode mode;
    bool terminal;
    bool no_color;
    bool colored;
  };
  for (const Case& c :
       {Case{ColorMode::kAuto, true, false, true}, Case{ColorMode::kAuto, false, false, false},
        Case{ColorMode::kAuto, true, true, false}, Case{ColorMode::kAlways, false, true, true},
        Case{ColorMode::kNever, true, false, false}}) {
    options_.color = c.mode;
    terminal_ = {c.terminal, c.no_color};
    EXPECT_EQ(Members(), ExitCode::kOk);
    EXPECT_EQ(out_.find("\x1b[31mfailed\x1b[0m   10.0.2.22") != std::string::npos, c.colored)
        << static_cast<int>(c.mode) << c.terminal << c.no_color << '\n'
        << out_;
    EXPECT_EQ(out_.find('\x1b') != std::string::npos, c.colored);
  }
}

TEST_F(MembersTest, JsonIsWhatTheAgentSent) {
  options_.format = Format::kJson;
  EXPECT_EQ(Members(), ExitCode::kOk);
  EXPECT_EQ(out_, body_ + "\n");
}

TEST_F(MembersTest, SortedJsonKeepsEverythingElse) {
  options_.format = Format::kJson;
  EXPECT_EQ(Members({.sort = "rtt"}), ExitCode::kOk);
  const std::vector<MemberJson> three = ThreeMembers();
  EXPECT_EQ(out_, MembersJson(17, {three[2], three[0], three[1]}) + "\n");
}

TEST_F(MembersTest, JsonLinesAndNamesAreOneALine) {
  const std::vector<MemberJson> three = ThreeMembers();
  options_.format = Format::kJsonl;
  EXPECT_EQ(Members(), ExitCode::kOk);
  EXPECT_EQ(out_, three[1].Text() + "\n" + three[2].Text() + "\n" + three[0].Text() + "\n");
  options_.format = Format::kName;
  EXPECT_EQ(Members(), ExitCode::kOk);
  EXPECT_EQ(out_, "web-1\nweb-2\ndb-2\n");
}

TEST_F(MembersTest, OrdersAreThose) {
  options_.format = Format::kName;
  const std::vector<std::pair<std::string, std::string>> orders = {
      {"", "web-1\nweb-2\ndb-2\n"},      {"status", "web-1\nweb-2\ndb-2\n"},
      {"name", "db-2\nweb-1\nweb-2\n"},  {"address", "web-1\nweb-2\ndb-2\n"},
      {"since", "web-2\ndb-2\nweb-1\n"}, {"rtt", "web-2\ndb-2\nweb-1\n"}};
  for (const auto& [order, names] : orders) {
    EXPECT_EQ(Members({.sort = order}), ExitCode::kOk);
    EXPECT_EQ(out_, names) << order;
  }
}

TEST_F(MembersTest, UnknownOrderNamesTheNearest) {
  EXPECT_EQ(Members({.sort = "nmae"}), ExitCode::kUsage);
  EXPECT_EQ(err_,
            "error: --sort: no order is named 'nmae'\n"
            "  the orders are status, name, address, since, rtt\n"
            "  try: --sort name\n");
  EXPECT_TRUE(agent_.requests().empty());
}

TEST_F(MembersTest, FiltersGoToTheAgent) {
  EXPECT_EQ(Members({.glob = "web-*", .status = "alive!,failed", .tags = {"role=web|db", "a=b&c"}}),
            ExitCode::kOk);
  EXPECT_EQ(agent_.requests(),
            std::vector<std::string>{"GET /v1/members?name=web-%2A&status=alive%21%2Cfailed"
                                     "&tag=role%3Dweb%7Cdb&tag=a%3Db%26c"});
}

TEST_F(MembersTest, NoMatchIsExitCodeThree) {
  const std::string none = MembersJson(17, {});
  agent_.On("GET /v1/members?name=x", none);
  EXPECT_EQ(Members({.glob = "x"}), ExitCode::kNoMatch);
  EXPECT_EQ(out_, "");
  EXPECT_EQ(err_,
            "error: no member matches\n"
            "  try: 'muster members' without filters lists all of them\n");
  options_.format = Format::kJson;
  EXPECT_EQ(Members({.glob = "x"}), ExitCode::kNoMatch);
  EXPECT_EQ(out_, none + "\n");
}

TEST_F(MembersTest, CountPrintsTheNumber) {
  EXPECT_EQ(Members({.count = true}), ExitCode::kOk);
  EXPECT_EQ(out_, "3\n");
}

TEST_F(MembersTest, ExpectComparesRows) {
  EXPECT_EQ(Members({.expect = 3}), ExitCode::kOk);
  EXPECT_EQ(Members({.expect = 4}), ExitCode::kNoMatch);
  EXPECT_EQ(err_,
            "error: expected 4 members, found 3\n"
            "  try: muster wait --for 'count>=4' --timeout 30s\n");
  agent_.On("GET /v1/members?name=x", MembersJson(17, {}));
  EXPECT_EQ(Members({.glob = "x", .expect = 0}), ExitCode::kOk);
}

TEST_F(MembersTest, EscapesWhatComesFromTheNetwork) {
  MemberJson evil{R"(w\u001b[2J\u202e)"};
  evil.tags = R"({"a\nb":"\u0007"})";
  agent_.On("GET /v1/members?name=evil", MembersJson(1, {evil}));
  EXPECT_EQ(Members({.glob = "evil"}), ExitCode::kOk);
  EXPECT_NE(out_.find("w\\x1b[2J\\u{202e} "), std::string::npos) << out_;
  EXPECT_NE(out_.find("a\\x0ab=\\x07\n"), std::string::npos) << out_;
  options_.format = Format::kName;
  EXPECT_EQ(Members({.glob = "evil"}), ExitCode::kOk);
  EXPECT_EQ(out_, "w\\x1b[2J\\u{202e}\n");
}

TEST_F(MembersTest, AnswerOfAnotherKindIsAnError) {
  for (const char* body : {"", "<html>", "[1]", R"({"members":7})"}) {
    agent_.On("GET /v1/members?name=x", body);
  }
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(Members({.glob = "x"}), ExitCode::kError) << i;
    EXPECT_EQ(out_, "");
  }
}

// ---- --wait-agree ----

std::string StatusJson(int agreeing, const std::string& differing,
                       const std::string& join = "joined") {
  return R"({"name":"n1","view":{"version":"17"},"agreement":{"peers":2,"agreeing":)" +
         std::to_string(agreeing) + R"(,"differing":[)" + differing + R"(]},"join":{"state":")" +
         join + R"(","last_error":null}})";
}

TEST_F(MembersTest, WaitAgreeListsAfterAgreement) {
  agent_.On("GET /v1/status", StatusJson(1, R"({"name":"n2"})"));
  agent_.On("GET /v1/status", Reply{.body = StatusJson(1, ""), .waits = true});
  agent_.On("GET /v1/status", Reply{.body = StatusJson(2, ""), .waits = true});
  EXPECT_EQ(Members({.wait_agree = Duration::Seconds(10)}), ExitCode::kOk);
  EXPECT_EQ(agent_.requests(),
            (std::vector<std::string>{"GET /v1/status", "GET /v1/status?wait=250ms&index=17",
                                      "GET /v1/status?wait=250ms&index=17", "GET /v1/members"}));
  EXPECT_NE(out_.find("3 members"), std::string::npos);
}

TEST_F(MembersTest, WaitAgreeTimesOutNamingWhoDiffers) {
  agent_.On("GET /v1/status", StatusJson(0, ""));
  agent_.On("GET /v1/status",
            Reply{.body = StatusJson(1, R"({"name":"n2","since":"2026-11-20T11:59:57.000Z"})"),
                  .waits = true});
  EXPECT_EQ(Members({.wait_agree = Duration::Seconds(1)}), ExitCode::kTimedOut);
  EXPECT_EQ(out_, "");
  EXPECT_EQ(err_,
            "error: no agreement within 1s\n"
            "  1 of 2 peers agree; not: n2\n"
            "  try: more time, or 'muster status' for the details\n");
}

TEST_F(MembersTest, WhoIsJoiningDoesNotAgree) {
  agent_.On("GET /v1/status", StatusJson(2, "", "joining"));
  agent_.On("GET /v1/status", Reply{.body = StatusJson(2, "", "joining"), .waits = true});
  EXPECT_EQ(Members({.wait_agree = Duration::Seconds(1)}), ExitCode::kTimedOut);
  EXPECT_NE(err_.find("has not joined yet"), std::string::npos) << err_;
}

// ---- --watch ----

class WatchTest : public CommandTest {
 protected:
  // Three members; nothing visible changes; web-2 fails and db-2 is gone; then the agent is, too.
  WatchTest() {
    std::vector<MemberJson> members = ThreeMembers();
    agent_.On("GET /v1/members", MembersJson(17, members));
    members[1].rtt = "7.5";
    agent_.On("GET /v1/members", Reply{.body = MembersJson(18, members), .waits = true});
    members[2].status = "failed";
    members.erase(members.begin());
    agent_.On("GET /v1/members", Reply{.body = MembersJson(19, members), .waits = true});
    agent_.On("GET /v1/members", Reply{.error = absl::UnavailableError("Connection refused")});
    after_ = members;
  }
  ExitCode Watch(MembersOptions members = {}) {
    members.watch = true;
    return Run([&](Context& context) { return RunMembers(context, members); });
  }

  std::vector<MemberJson> after_;
};

TEST_F(WatchTest, AsksForChangesOnly) {
  EXPECT_EQ(Watch(), ExitCode::kUnreachable);
  EXPECT_EQ(agent_.requests(),
            (std::vector<std::string>{"GET /v1/members", "GET /v1/members?wait=30000ms&index=17",
                                      "GET /v1/members?wait=30000ms&index=18",
                                      "GET /v1/members?wait=30000ms&index=19"}));
  EXPECT_NE(err_.find("cannot reach the agent at unix:/run/fake.sock"), std::string::npos) << err_;
}

TEST_F(WatchTest, PrintsANewTableAtEachChangeThatShows) {
  EXPECT_EQ(Watch(), ExitCode::kUnreachable);
  const size_t second = out_.find("\n\nNAME");
  ASSERT_NE(second, std::string::npos) << out_;
  EXPECT_EQ(out_.find("\n\nNAME", second + 1), std::string::npos) << out_;
  EXPECT_NE(out_.find("2 members: 1 alive, 1 failed", second), std::string::npos) << out_;
  EXPECT_EQ(out_.find('\x1b'), std::string::npos);
}

TEST_F(WatchTest, RedrawsATerminal) {
  terminal_.stdout_is_terminal = true;
  options_.color = ColorMode::kNever;
  EXPECT_EQ(Watch(), ExitCode::kUnreachable);
  EXPECT_TRUE(out_.starts_with("\x1b[H\x1b[2JNAME")) << out_;
  EXPECT_NE(out_.find("* this agent\n\x1b[H\x1b[2JNAME"), std::string::npos) << out_;
}

TEST_F(WatchTest, JsonLinesAreTheMembersThatChanged) {
  options_.format = Format::kJsonl;
  EXPECT_EQ(Watch({.sort = "name"}), ExitCode::kUnreachable);
  const std::vector<MemberJson> three = ThreeMembers();
  std::string gone = three[0].Text();
  gone.insert(gone.size() - 1, R"(,"gone":true)");
  EXPECT_EQ(out_, three[0].Text() + "\n" + three[1].Text() + "\n" + three[2].Text() + "\n" +
                      after_[1].Text() + "\n" + gone + "\n");
}

TEST_F(WatchTest, NamesAndCountsFollow) {
  options_.format = Format::kName;
  EXPECT_EQ(Watch(), ExitCode::kUnreachable);
  EXPECT_EQ(out_, "web-1\nweb-2\ndb-2\nweb-2\ndb-2\n");
}

TEST_F(WatchTest, CountIsPrintedWhenItChanges) {
  EXPECT_EQ(Watch({.count = true}), ExitCode::kUnreachable);
  EXPECT_EQ(out_, "3\n2\n");
}

TEST_F(WatchTest, EndsAtTheTimeGiven) {
  timeout_given_ = true;
  timeout_ = Duration::Seconds(45);
  EXPECT_EQ(Watch(), ExitCode::kTimedOut);
  EXPECT_EQ(agent_.requests().back(), "GET /v1/members?wait=15000ms&index=18");
  EXPECT_EQ(err_, "error: timed out after 45s\n");
}

TEST_F(WatchTest, StopsWhenNobodyReads) {
  disk_full_ = true;
  EXPECT_EQ(Watch(), ExitCode::kError);
  EXPECT_EQ(agent_.requests().size(), 1u);
}

TEST_F(WatchTest, ExcludesExpect) {
  EXPECT_EQ(Watch({.expect = 3}), ExitCode::kUsage);
  EXPECT_TRUE(agent_.requests().empty());
}

TEST_F(WatchTest, AnAgentThatDoesNotWaitIsNotAskedWithoutEnd) {
  agent_.On("GET /v1/members?name=x", MembersJson(5, ThreeMembers()));
  agent_.On("GET /v1/members?name=x&wait=30000ms&index=5", MembersJson(5, ThreeMembers()));
  EXPECT_EQ(Watch({.glob = "x"}), ExitCode::kError);
  EXPECT_EQ(agent_.requests().size(), 2u);
  EXPECT_NE(err_.find("does not wait"), std::string::npos) << err_;
}

}  // namespace
}  // namespace muster::cli
