// The command line against a cluster of three live agents and a dead one.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <regex>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/e2e/cluster_test.h"
#include "tests/e2e/harness/clock.h"

namespace muster::e2e {
namespace {

using testing::Test;

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

nlohmann::json Parsed(const std::string& text) {
  return nlohmann::json::parse(text, nullptr, false);
}

bool IsTime(const nlohmann::json& value) {
  static const std::regex pattern(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)");
  return value.is_string() && std::regex_match(value.get<std::string>(), pattern);
}

bool IsHostId(const nlohmann::json& value) {
  static const std::regex pattern("[0-9a-f]{32}");
  return value.is_string() && std::regex_match(value.get<std::string>(), pattern);
}

bool IsNumberText(const nlohmann::json& value) {
  static const std::regex pattern("[0-9]+");
  return value.is_string() && std::regex_match(value.get<std::string>(), pattern);
}

// n1 to n3 alive, n4 failed; n1 and n2 role=web, n3 role=db.
class Cli : public Test {
 protected:
  static void SetUpTestSuite() {
    cluster_ = std::make_unique<Cluster>("local");
    cluster_->Add({}, {"--tag=role=web", "--tag=zone=a"});
    cluster_->Add({0}, {"--tag=role=web", "--http=127.0.7.2:8500"});
    cluster_->Add({1}, {"--tag=role=db"});
    cluster_->Add({0});
    for (size_t i = 0; i < 4; ++i) ASSERT_OK(cluster_->StartAgent(i));
    ASSERT_TRUE(cluster_->WaitWhole(Duration::Seconds(10))) << cluster_->Describe();
    ASSERT_TRUE((*cluster_)[3].WaitRemembers(Duration::Seconds(5)));
    (*cluster_)[3].Kill();
    ASSERT_TRUE(cluster_->WaitAllSee({"n4"}, "failed", Duration::Seconds(10)))
        << cluster_->Describe();
  }
  static void TearDownTestSuite() { cluster_.reset(); }

  static Agent& first() { return (*cluster_)[0]; }
  static CommandResult Run(const std::vector<std::string>& arguments) {
    return first().Run(arguments);
  }
  static std::vector<std::string> Names(const CommandResult& result) { return Lines(result.out); }

  static std::unique_ptr<Cluster> cluster_;
};

std::unique_ptr<Cluster> Cli::cluster_;

TEST_F(Cli, MembersTable) {
  const CommandResult result = Run({"members"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  const std::vector<std::string> lines = Lines(result.out);
  ASSERT_EQ(lines.size(), 6u) << result.out;
  EXPECT_TRUE(std::regex_match(lines[0], std::regex("NAME +STATUS +ADDRESS +SINCE +RTT +TAGS *")))
      << lines[0];
  EXPECT_TRUE(std::regex_match(
      lines[1], std::regex(R"(n1 \* +alive +127\.0\.7\.1:7946 +\S+ +- +role=web,? ?zone=a *)")))
      << lines[1];
  EXPECT_TRUE(
      std::regex_match(lines[4], std::regex(R"(n4 +failed +127\.0\.7\.4:7946 +[0-9]+m?s +- *)")))
      << lines[4];
  EXPECT_NE(lines[5].find("4 members: 3 alive, 1 failed"), std::string::npos) << lines[5];
  EXPECT_NE(lines[5].find("* this agent"), std::string::npos) << lines[5];
}

TEST_F(Cli, MembersWithoutHeadersIsRowsAlone) {
  const CommandResult result = Run({"members", "--no-headers"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out.find("STATUS"), std::string::npos) << result.out;
  EXPECT_EQ(Lines(result.out)[0].substr(0, 2), "n1");
}

TEST_F(Cli, MembersWideShowsTheIds) {
  const CommandResult result = Run({"members", "-o", "wide"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find(first().Members()["n3"].id), std::string::npos) << result.out;
}

TEST_F(Cli, MembersJson) {
  const CommandResult result = Run({"members", "-o", "json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const nlohmann::json answer = Parsed(result.out);
  ASSERT_TRUE(answer.is_object()) << result.out;
  EXPECT_EQ(answer["cluster"], "default");
  EXPECT_TRUE(IsHostId(answer["self"]));
  EXPECT_TRUE(answer.contains("version"));
  ASSERT_EQ(answer["members"].size(), 4u);
  for (const nlohmann::json& member : answer["members"]) {
    for (const char* key : {"name", "id", "address", "status", "incarnation", "since", "tags",
                            "rtt_ms", "health", "self"}) {
      EXPECT_TRUE(member.contains(key)) << key << " is missing in " << member;
    }
    EXPECT_TRUE(IsHostId(member["id"])) << member;
    EXPECT_TRUE(IsTime(member["since"])) << member;
    EXPECT_TRUE(IsNumberText(member["incarnation"])) << member;
    EXPECT_EQ(member["self"], member["id"] == answer["self"]) << member;
  }
  EXPECT_EQ(answer["members"][0]["tags"], nlohmann::json({{"role", "web"}, {"zone", "a"}}));
}

TEST_F(Cli, MembersJsonLinesAndNames) {
  const std::vector<std::string> objects = Lines(Run({"members", "-o", "jsonl"}).out);
  ASSERT_EQ(objects.size(), 4u);
  for (const std::string& line : objects) EXPECT_TRUE(Parsed(line).contains("status")) << line;
  EXPECT_EQ(Lines(Run({"members", "-o", "name"}).out),
            (std::vector<std::string>{"n1", "n2", "n3", "n4"}));
}

TEST_F(Cli, MembersFilters) {
  using Wanted = std::vector<std::string>;
  const auto names = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "members");
    arguments.insert(arguments.end(), {"-o", "name"});
    return Lines(Run(arguments).out);
  };
  EXPECT_EQ(names({"n[23]"}), (Wanted{"n2", "n3"}));
  EXPECT_EQ(names({"--status", "failed"}), (Wanted{"n4"}));
  EXPECT_EQ(names({"--status", "alive"}), (Wanted{"n1", "n2", "n3"}));
  EXPECT_EQ(names({"--status", "alive!"}), (Wanted{"n1", "n2", "n3"}));
  EXPECT_EQ(names({"--status", "failed,left"}), (Wanted{"n4"}));
  EXPECT_EQ(names({"--tag", "role=we."}), (Wanted{"n1", "n2"}));
  EXPECT_EQ(names({"--tag", "role=web", "--tag", "zone=a"}), (Wanted{"n1"}));
  EXPECT_EQ(Run({"members", "--count"}).out, "4\n");
  EXPECT_EQ(Run({"members", "--count", "--status", "alive"}).out, "3\n");
  const CommandResult none = Run({"members", "web-*"});
  EXPECT_EQ(none.exit_code, 3) << none.out << none.err;
}

TEST_F(Cli, MembersExpectations) {
  EXPECT_EQ(Run({"members", "--expect", "4"}).exit_code, 0);
  EXPECT_EQ(Run({"members", "--status", "alive", "--expect", "3"}).exit_code, 0);
  const CommandResult missed = Run({"members", "--expect", "5"});
  EXPECT_EQ(missed.exit_code, 3);
  EXPECT_NE(missed.err.find("5"), std::string::npos) << missed.err;
  EXPECT_NE(missed.err.find("4"), std::string::npos) << missed.err;
  EXPECT_EQ(Run({"members", "--wait-agree", "10s"}).exit_code, 0);
}

TEST_F(Cli, MemberByNameAndById) {
  const std::string id = first().Members()["n3"].id;
  for (const std::string& key : {std::string("n3"), id}) {
    const CommandResult result = Run({"member", key, "-o", "json"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(Parsed(result.out).value("id", ""), id) << result.out;
  }
  const CommandResult text = Run({"member", "n4"});
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_NE(text.out.find("failed"), std::string::npos) << text.out;
  const CommandResult unknown = Run({"member", "web-9"});
  EXPECT_EQ(unknown.exit_code, 3);
  EXPECT_NE(unknown.err.find("web-9"), std::string::npos) << unknown.err;
}

TEST_F(Cli, Status) {
  const CommandResult result = Run({"status", "-o", "json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const nlohmann::json status = Parsed(result.out);
  ASSERT_TRUE(status.is_object()) << result.out;
  EXPECT_EQ(status["name"], "n1");
  EXPECT_EQ(status["cluster"], "default");
  EXPECT_EQ(status["profile"], "local");
  EXPECT_EQ(status["tolerance_ms"], 1000);
  EXPECT_EQ(status["address"], "127.0.7.1:7946");
  EXPECT_EQ(status["api"][0], first().url());
  EXPECT_EQ(status["members"]["alive"], 3);
  EXPECT_EQ(status["members"]["failed"], 1);
  EXPECT_TRUE(IsNumberText(status["view"]["version"]));
  EXPECT_TRUE(IsTime(status["started"]));
  EXPECT_EQ(status["ready"], true);
  EXPECT_EQ(status["isolated"], false);
  EXPECT_TRUE(status["agreement"].contains("peers"));
  EXPECT_TRUE(IsNumberText(status["traffic"]["udp_packets_out"]));
  EXPECT_TRUE(status["rejected"].is_object());
  EXPECT_TRUE(status["loop_lag_ms"].contains("p99"));
  EXPECT_EQ(Run({"status", "--check"}).exit_code, 0);
  EXPECT_NE(Run({"status"}).out.find("n1"), std::string::npos);
}

TEST_F(Cli, Wait) {
  for (const char* condition :
       {"count>=3", "count=3", "alive=n2", "failed=n4", "agree", "count<4"}) {
    const CommandResult result = Run({"wait", "--for", condition, "--timeout", "10s"});
    EXPECT_EQ(result.exit_code, 0) << condition << ": " << result.err;
  }
  for (const char* condition : {"count>=4", "failed=n2", "left=n4"}) {
    const CommandResult result = Run({"wait", "--for", condition, "--timeout", "300ms"});
    EXPECT_EQ(result.exit_code, 4) << condition << ": " << result.err;
    EXPECT_GE(result.elapsed.millis(), 300) << condition;
    EXPECT_LE(result.elapsed.millis(), 3000) << condition;
  }
}

TEST_F(Cli, ReachabilityOfAliveMembers) {
  const CommandResult result = Run({"reachability"});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  const CommandResult json = Run({"reachability", "-o", "json"});
  EXPECT_TRUE(Parsed(json.out).is_object()) << json.out;
}

TEST_F(Cli, AgentByFlagAndVariable) {
  EXPECT_EQ(RunMuster({"members", "--agent", first().url(), "-o", "name"}).exit_code, 0);
  EXPECT_EQ(RunMuster({"--agent", first().url(), "members"}).exit_code, 0);
  const CommandResult by_http =
      RunMuster({"status", "--agent", "http://127.0.7.2:8500", "-o", "json"});
  EXPECT_EQ(by_http.exit_code, 0) << by_http.err;
  EXPECT_EQ(Parsed(by_http.out).value("name", ""), "n2");
}

TEST_F(Cli, HelpAndVersion) {
  const CommandResult version = RunMuster({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_NE(version.out.find("muster 0.1.0"), std::string::npos) << version.out;
  for (const char* command : {"agent", "members", "member", "status", "join", "leave",
                              "force-leave", "wait", "reachability", "events"}) {
    const CommandResult help = RunMuster({command, "--help"});
    EXPECT_EQ(help.exit_code, 0) << command;
    const size_t example = help.out.find(absl::StrCat("muster ", command));
    EXPECT_NE(example, std::string::npos) << help.out;
    EXPECT_LT(example, help.out.find("--timeout")) << "examples come first:\n" << help.out;
  }
}

TEST_F(Cli, ForceLeaveRefusals) {
  const CommandResult live = Run({"force-leave", "n2"});
  EXPECT_EQ(live.exit_code, 1) << live.err;
  EXPECT_NE(live.err.find("n2"), std::string::npos) << live.err;
  EXPECT_NE(live.err.find("alive"), std::string::npos) << live.err;
  EXPECT_NE(live.err.find("--evict"), std::string::npos) << live.err;
  const CommandResult unknown = Run({"force-leave", "web-9"});
  EXPECT_EQ(unknown.exit_code, 3) << unknown.err;
  EXPECT_NE(unknown.err.find("web-9"), std::string::npos) << unknown.err;
  EXPECT_EQ(first().StatusOf("n2"), "alive");
}

TEST_F(Cli, JoinReportsEachAddress) {
  const CommandResult joined = Run({"join", "127.0.7.3", "-o", "json"});
  EXPECT_EQ(joined.exit_code, 0) << joined.err;
  const nlohmann::json answer = Parsed(joined.out);
  EXPECT_EQ(answer.value("joined", 0), 1) << joined.out;
  EXPECT_EQ(answer["results"][0]["address"], "127.0.7.3:7946");
  EXPECT_EQ(answer["results"][0]["ok"], true);
  const CommandResult nobody = Run({"join", "127.0.7.77"});
  EXPECT_EQ(nobody.exit_code, 1) << nobody.out << nobody.err;
  EXPECT_NE((nobody.out + nobody.err).find("127.0.7.77:7946"), std::string::npos);
}

// A command that runs until it is stopped, with its output in a file.
class Running {
 public:
  Running(const std::string& path, std::vector<std::string> arguments, const std::string& socket)
      : path_(path) {
    ProcessOptions options;
    options.argv = {MusterBinary()};
    options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
    options.environment = {{"MUSTER_AGENT", "unix:" + socket}};
    options.stdout_path = path;
    options.stderr_path = path + ".err";
    absl::StatusOr<Process> started = Process::Start(options);
    if (started.ok()) process_ = *std::move(started);
  }
  std::string Output() const { return ReadFile(path_); }
  bool WaitOutput(const std::string& part) {
    return WaitUntil(Duration::Seconds(10),
                     [&] { return Output().find(part) != std::string::npos; });
  }
  std::optional<int> Interrupt() {
    process_.Signal(SIGINT);
    return process_.WaitExit(Duration::Seconds(5));
  }

 private:
  const std::string path_;
  Process process_;
};

TEST_F(Cli, WatchAndEventsShowAChangeAsItHappens) {
  const std::string folder = cluster_->folder().path();
  Running watch(folder + "/watch", {"members", "--watch", "-o", "jsonl"}, first().socket());
  Running table(folder + "/table", {"members", "--watch"}, first().socket());
  Running events(folder + "/events", {"events", "-o", "jsonl"}, first().socket());
  Running typed(folder + "/typed", {"events", "-o", "jsonl", "--type", "member.returned"},
                first().socket());
  ASSERT_TRUE(watch.WaitOutput("n4")) << watch.Output();
  ASSERT_TRUE(table.WaitOutput("n4")) << table.Output();
  ASSERT_TRUE(events.WaitOutput("hello")) << events.Output();
  ASSERT_OK(cluster_->StartAgent(3, /*with_join=*/false));
  EXPECT_TRUE(events.WaitOutput("member.returned")) << events.Output();
  EXPECT_TRUE(typed.WaitOutput("member.returned")) << typed.Output();
  EXPECT_TRUE(table.WaitOutput("4 alive")) << table.Output();
  EXPECT_TRUE(WaitUntil(Duration::Seconds(10), [&] {
    const std::vector<std::string> lines = Lines(watch.Output());
    return std::any_of(lines.begin(), lines.end(), [](const std::string& line) {
      return line.find("n4") != std::string::npos && line.find("\"alive\"") != std::string::npos;
    });
  })) << watch.Output();
  (*cluster_)[3].Kill();
  EXPECT_TRUE(events.WaitOutput("member.failed")) << events.Output();
  for (Running* command : {&watch, &table, &events, &typed}) {
    EXPECT_EQ(command->Interrupt().value_or(-1), 130);
  }
  const std::vector<std::string> lines = Lines(events.Output());
  const nlohmann::json hello = Parsed(lines[0]);
  EXPECT_EQ(hello["type"], "hello") << lines[0];
  EXPECT_EQ(hello["members"].size(), 4u) << lines[0];
  bool failed_seen = false;
  for (const std::string& line : lines) {
    const nlohmann::json event = Parsed(line);
    ASSERT_TRUE(event.is_object()) << line;
    if (event["type"] != "member.failed") continue;
    failed_seen = true;
    EXPECT_EQ(event["member"]["name"], "n4") << line;
    EXPECT_TRUE(IsHostId(event["member"]["id"])) << line;
    EXPECT_EQ(event["from"], "suspect") << line;
    EXPECT_EQ(event["to"], "failed") << line;
    EXPECT_TRUE(IsTime(event["time"])) << line;
    EXPECT_TRUE(IsNumberText(event["incarnation"])) << line;
    EXPECT_TRUE(IsNumberText(event["version"])) << line;
    EXPECT_TRUE(event["id"].is_string()) << line;
    EXPECT_FALSE(event["reason"].get<std::string>().empty()) << line;
    ASSERT_FALSE(event["by"].empty()) << line;
  }
  EXPECT_TRUE(failed_seen);
  for (const std::string& line : Lines(typed.Output())) {
    const std::string type = Parsed(line).value("type", "");
    EXPECT_TRUE(type == "hello" || type == "member.returned") << line;
  }
}

TEST_F(Cli, ReachabilityNamesTheSilentMember) {
  (*cluster_)[2].Pause();
  const CommandResult result = Run({"reachability"});
  (*cluster_)[2].Resume();
  EXPECT_EQ(result.exit_code, 3) << result.out << result.err;
  EXPECT_NE((result.out + result.err).find("n3"), std::string::npos) << result.out << result.err;
  EXPECT_TRUE(cluster_->WaitWhole(Duration::Seconds(10))) << cluster_->Describe();
}

}  // namespace
}  // namespace muster::e2e
