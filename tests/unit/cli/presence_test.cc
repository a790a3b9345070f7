#include <string>
#include <vector>

#include "src/cli/answers.h"
#include "src/cli/commands.h"
#include "src/cli/store_state.h"
#include "tests/unit/cli/fake_agent.h"

namespace muster::cli {
namespace {

constexpr char kRow[] =
    R"({"name":"web-1","id":"0f3a5c77e1d24b6f8a90b1c2d3e4f506","address":"10.0.1.11:7946",)"
    R"("incarnation":"50331649","tags":{"role":"web"},"agent":"0.1.0",)"
    R"("created":"2026-11-20T10:00:00.000Z","refreshed":"2026-11-20T11:59:40.000Z",)"
    R"("expires":"2026-11-20T12:59:40.000Z","age_ms":20000,"status":"alive","self":true})";
constexpr char kDeadRow[] =
    R"({"name":"web-\u001b9","id":"22222222222222222222222222222222","address":"10.0.1.19:7946",)"
    R"("incarnation":"16777217","tags":{},"agent":"0.1.0","created":null,)"
    R"("refreshed":"2026-11-20T11:20:00.000Z","expires":"2026-11-20T12:20:00.000Z",)"
    R"("age_ms":2400000,"status":"unknown","self":false})";

std::string Answer(const std::vector<std::string>& rows) {
  std::string list;
  for (const std::string& row : rows) list += (list.empty() ? "" : ",") + row;
  return R"({"store":{"kind":"redis","url":"redis://10.0.0.9:6379/0","state":"ok","error":null,)"
         R"("since":"2026-11-20T11:48:00.000Z","rows":2},"rows":[)" +
         list + "]}";
}

class PresenceListTest : public CommandTest {
 protected:
  ExitCode List() { return Run(RunPresenceList); }
};

TEST_F(PresenceListTest, ATableAndHowTheStoreIs) {
  agent_.On("GET /v1/presence", Answer({kRow, kDeadRow}));
  EXPECT_EQ(List(), ExitCode::kOk);
  EXPECT_EQ(out_,
            "NAME       ADDRESS         AGE  EXPIRES  STATUS   TAGS\n"
            "web-1 *    10.0.1.11:7946  20s  59m      alive    role=web\n"
            "web-\\x1b9  10.0.1.19:7946  40m  20m      unknown\n"
            "2 rows in redis://10.0.0.9:6379/0: ok for 12m     * this agent\n");
  options_.no_headers = true;
  EXPECT_EQ(List(), ExitCode::kOk);
  EXPECT_TRUE(out_.starts_with("web-1 *")) << out_;
  EXPECT_EQ(out_.find(" rows in "), std::string::npos) << out_;
}

TEST_F(PresenceListTest, WideSaysWhoWroteTheRow) {
  agent_.On("GET /v1/presence", Answer({kRow, kDeadRow}));
  options_.format = Format::kWide;
  EXPECT_EQ(List(), ExitCode::kOk);
  for (const char* text : {"CREATED", "2h ago", "INCARNATION", "50331649",
                           "0f3a5c77e1d24b6f8a90b1c2d3e4f506", "role=web"}) {
    EXPECT_NE(out_.find(text), std::string::npos) << text << '\n' << out_;
  }
}

TEST_F(PresenceListTest, OtherFormats) {
  const std::string answer = Answer({kRow, kDeadRow});
  agent_.On("GET /v1/presence", answer);
  options_.format = Format::kJson;
  EXPECT_EQ(List(), ExitCode::kOk);
  EXPECT_EQ(out_, answer + "\n");
  options_.format = Format::kJsonl;
  EXPECT_EQ(List(), ExitCode::kOk);
  EXPECT_TRUE(out_.starts_with(std::string(kRow) + "\n{\"name\":\"web-")) << out_;
  options_.format = Format::kName;
  EXPECT_EQ(List(), ExitCode::kOk);
  EXPECT_EQ(out_, "web-1\nweb-\\x1b9\n");
}

TEST_F(PresenceListTest, AnEmptyStoreIsNoMistake) {
  agent_.On("GET /v1/presence", Answer({}));
  EXPECT_EQ(List(), ExitCode::kOk);
  EXPECT_EQ(out_, "0 rows in redis://10.0.0.9:6379/0: ok for 12m\n");
}

TEST_F(PresenceListTest, AStoreThatFailsIsExitCodeOneWithItsError) {
  agent_.On("GET /v1/presence",
            Reply{.status = 503,
                  .body = ErrorJson("unavailable", "10.0.0.9:6379: connection refused",
                                    "check that the datastore runs")});
  EXPECT_EQ(List(), ExitCode::kError);
  EXPECT_EQ(out_, "");
  EXPECT_TRUE(err_.starts_with("error: 10.0.0.9:6379: connection refused\n")) << err_;
  EXPECT_NE(err_.find("try: check that the datastore runs"), std::string::npos) << err_;
}

TEST_F(PresenceListTest, WhatIsNoListIsAFailure) {
  agent_.On("GET /v1/presence", R"({"rows":7})");
  EXPECT_EQ(List(), ExitCode::kError);
  EXPECT_NE(err_.find("cannot read the answer"), std::string::npos) << err_;
}

class PresencePurgeTest : public CommandTest {
 protected:
  ExitCode Purge(const std::string& name) {
    return Run([&](Context& context) { return RunPresencePurge(context, {name}); });
  }
};

TEST_F(PresencePurgeTest, SaysWhatWasRemoved) {
  const std::string one = R"({"removed":1,"rows":[{"name":"web-9","status":"unknown"}]})";
  agent_.On("DELETE /v1/presence/web-9", one);
  EXPECT_EQ(Purge("web-9"), ExitCode::kOk);
  EXPECT_EQ(out_, "web-9: row removed\n");
  EXPECT_EQ(err_, "");
  agent_.On("DELETE /v1/presence/web%2F8", R"({"removed":2,"rows":[]})");
  EXPECT_EQ(Purge("web/8"), ExitCode::kOk);
  EXPECT_EQ(out_, "web/8: 2 rows removed\n");
  options_.format = Format::kJson;
  EXPECT_EQ(Purge("web-9"), ExitCode::kOk);
  EXPECT_EQ(out_, one + "\n");
  options_.format = Format::kName;
  EXPECT_EQ(Purge("web-9"), ExitCode::kOk);
  EXPECT_EQ(out_, "web-9\n");
}

TEST_F(PresencePurgeTest, ALiveHostComesBackAndThatIsSaid) {
  agent_.On("DELETE /v1/presence/web-1",
            R"({"removed":1,"rows":[{"name":"web-1","status":"alive"}]})");
  EXPECT_EQ(Purge("web-1"), ExitCode::kOk);
  EXPECT_EQ(out_, "web-1: row removed\n");
  EXPECT_EQ(err_, "web-1 is alive: its agent writes the row again within 30 s\n");
}

TEST_F(PresencePurgeTest, ExitCodes) {
  agent_.On("DELETE /v1/presence/web-9",
            Reply{.status = 404, .body = ErrorJson("not_found", "no row of 'web-9'", "")});
  agent_.On("DELETE /v1/presence/web-9",
            Reply{.status = 409, .body = ErrorJson("conflict", "this agent has no datastore", "")});
  agent_.On("DELETE /v1/presence/web-9",
            Reply{.status = 403, .body = ErrorJson("forbidden", "changes are for the owner", "")});
  EXPECT_EQ(Purge("web-9"), ExitCode::kNoMatch);
  EXPECT_EQ(Purge("web-9"), ExitCode::kError);
  EXPECT_EQ(Purge("web-9"), ExitCode::kNotPermitted);
}

TEST(StoreState, WhatIsUnknownIsLeftOut) {
  StoreState store;
  store.kind = "redis";
  EXPECT_EQ(FormatStore(store, 0), "redis");
  store.state = "starting";
  EXPECT_EQ(FormatStore(store, 0), "redis: starting");
  store.kind = "none";
  EXPECT_EQ(FormatStore(store, 0), "none");
}

TEST(StoreState, TheStoreIsNamedOnce) {
  StoreState store;
  store.kind = "redis";
  store.url = "redis://u:***@h:6379/0";
  store.state = "failing";
  store.error = "redis://u:***@h:6379/0: cannot connect: h: connection refused";
  EXPECT_EQ(FormatStore(store, 0),
            "redis://u:***@h:6379/0: failing: cannot connect: h: connection refused");
  store.error = "cannot open /x: no such file";
  EXPECT_EQ(FormatStore(store, 0), "redis://u:***@h:6379/0: failing: cannot open /x: no such file");
}

}  // namespace
}  // namespace muster::cli
