#include <string>
#include <utility>

#include "src/cli/commands.h"
#include "tests/unit/cli/fake_agent.h"

namespace muster::cli {
namespace {

constexpr char kGood[] =
    R"({"name":"n1","id":"0f3a5c77e1d24b6f8a90b1c2d3e4f506","cluster":"default","version":"0.1.0",)"
    R"("started":"2026-11-20T11:00:00.000Z","address":"10.0.1.11:7946","api":["unix:/run/a.sock"],)"
    R"("profile":"lan","tolerance_ms":4000,)"
    R"("members":{"alive":5,"suspect":0,"failed":1,"leaving":0,"left":0},)"
    R"("view":{"version":"17","digest":"5e8c","changed":"2026-11-20T11:59:00.000Z"},)"
    R"("agreement":{"peers":4,"agreeing":4,"differing":[]},"health":0,"isolated":false,)"
    R"("ready":true,"join":{"state":"joined","last_error":null},)"
    R"("rejected":{"bad_magic":10,"too_long":0},"loop_lag_ms":{"p50":0.1,"p99":0.9},)"
    R"("traffic":{"udp_packets_out":"120","udp_packets_in":"118","udp_bytes_out":"15300",)"
    R"("udp_bytes_in":"999","tcp_bytes_out":"0","tcp_bytes_in":"2000000"},)"
    R"("store":{"kind":"none"}})";

constexpr char kBad[] =
    R"({"name":"n1","view":{"version":"17"},"isolated":true,"ready":false,)"
    R"("agreement":{"peers":4,"agreeing":3,)"
    R"("differing":[{"name":"n\u001b2","since":"2026-11-20T11:59:57.000Z"}]},)"
    R"("join":{"state":"joining","last_error":"10.0.0.9:7946: connection refused"}})";

class StatusTest : public CommandTest {
 protected:
  ExitCode Status(bool check = false) {
    return Run([&](Context& context) { return RunStatus(context, {check}); });
  }
};

TEST_F(StatusTest, ShowsTheAgentAndItsView) {
  agent_.On("GET /v1/status", kGood);
  EXPECT_EQ(Status(), ExitCode::kOk);
  EXPECT_EQ(out_,
            "Agent      n1, muster 0.1.0, started 60m ago\n"
            "Id         0f3a5c77e1d24b6f8a90b1c2d3e4f506\n"
            "Cluster    default, profile lan, tolerance 4s\n"
            "Address    10.0.1.11:7946\n"
            "API        unix:/run/a.sock\n"
            "Members    6: alive 5, suspect 0, failed 1, leaving 0, left 0\n"
            "View       version 17, digest 5e8c, changed 60s ago\n"
            "Agreement  4 of 4 peers agree\n"
            "Join       joined\n"
            "Ready      yes\n"
            "Isolated   no\n"
            "Health     0 (good)\n"
            "Loop lag   p50 0.1ms, p99 0.9ms\n"
            "Rejected   10: bad_magic 10\n"
            "Traffic    UDP out 120 packets, 15.3 kB; UDP in 118 packets, 999 B; "
            "TCP out 0 B, in 2.0 MB\n"
            "Store      none\n");
}

// kGood with another datastore.
std::string WithStore(const std::string& store) {
  std::string text = kGood;
  const std::string none = R"("store":{"kind":"none"})";
  return text.replace(text.find(none), none.size(), "\"store\":" + store);
}

constexpr char kFailing[] =
    R"({"kind":"redis","url":"redis://10.0.0.9:6379/0","state":"failing",)"
    R"("error":"connection \u001brefused","since":"2026-11-20T11:57:00.000Z","rows":5,)"
    R"("last_refresh":"2026-11-20T11:56:00.000Z","next_refresh":"2026-11-20T12:00:10.000Z",)"
    R"("last_look":null,"refreshes":"12"})";

TEST_F(StatusTest, ShowsTheDatastore) {
  const std::pair<std::string, std::string> cases[] = {
      {R"({"kind":"redis","url":"redis://10.0.0.9:6379/0","state":"ok","error":null,)"
       R"("since":"2026-11-20T11:48:00.000Z","rows":5,"last_refresh":"2026-11-20T11:59:40.000Z",)"
       R"("next_refresh":"2026-11-20T12:00:10.000Z","last_look":null})",
       "redis://10.0.0.9:6379/0: ok for 12m, 5 rows, refreshed 20s ago, next in 10s"},
      {kFailing,
       "redis://10.0.0.9:6379/0: failing for 3m: connection \\x1brefused; 5 rows when last seen, "
       "refreshed 4m ago, next in 10s"},
      {R"({"kind":"sqlite","url":"sqlite:/d/presence.db","state":"starting","rows":1})",
       "sqlite:/d/presence.db: starting, 1 row, never refreshed"},
      {R"({"kind":"none","url":"none","state":"off","error":null,"since":null,"rows":0})", "none"},
  };
  for (const auto& [store, line] : cases) agent_.On("GET /v1/status", WithStore(store));
  for (const auto& [store, line] : cases) {
    EXPECT_EQ(Status(), ExitCode::kOk);
    EXPECT_NE(out_.find("\nStore      " + line + "\n"), std::string::npos) << out_;
  }
}

TEST_F(StatusTest, CheckMentionsADatastoreThatFailsAndPasses) {
  agent_.On("GET /v1/status", WithStore(kFailing));
  EXPECT_EQ(Status(true), ExitCode::kOk);
  EXPECT_EQ(out_,
            "ok: 4 of 4 peers agree; note: the datastore redis://10.0.0.9:6379/0: failing for 3m: "
            "connection \\x1brefused\n");
}

TEST_F(StatusTest, WideShowsReasonsThatNeverHappenedToo) {
  agent_.On("GET /v1/status", kGood);
  options_.format = Format::kWide;
  EXPECT_EQ(Status(), ExitCode::kOk);
  EXPECT_NE(out_.find("10: bad_magic 10, too_long 0\n"), std::string::npos) << out_;
}

TEST_F(StatusTest, OtherFormats) {
  agent_.On("GET /v1/status", kGood);
  options_.format = Format::kJson;
  EXPECT_EQ(Status(), ExitCode::kOk);
  EXPECT_EQ(out_, std::string(kGood) + "\n");
  options_.format = Format::kName;
  EXPECT_EQ(Status(), ExitCode::kOk);
  EXPECT_EQ(out_, "n1\n");
}

TEST_F(StatusTest, CheckIsOneLine) {
  agent_.On("GET /v1/status", kGood);
  EXPECT_EQ(Status(true), ExitCode::kOk);
  EXPECT_EQ(out_, "ok: 4 of 4 peers agree\n");
  EXPECT_EQ(err_, "");
}

TEST_F(StatusTest, CheckNamesAllThatIsWrong) {
  agent_.On("GET /v1/status", kBad);
  EXPECT_EQ(Status(true), ExitCode::kNoMatch);
  EXPECT_EQ(out_, "");
  EXPECT_EQ(err_,
            "error: the agent 'n1' is not in order\n"
            "  isolated: no other member answers; not ready; still joining: "
            "10.0.0.9:7946: connection refused; 3 of 4 peers agree; not: n\\x1b2 (3s)\n"
            "  try: muster status, muster reachability\n");
  EXPECT_EQ(Status(false), ExitCode::kOk) << "only --check judges";
}

}  // namespace
}  // namespace muster::cli
