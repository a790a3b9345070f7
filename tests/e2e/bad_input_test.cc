// Bad input: a clear message with the value and a remedy, and the documented exit code.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "tests/e2e/cluster_test.h"
#include "tests/e2e/harness/clock.h"
#include "tests/e2e/harness/network.h"

namespace muster::e2e {
namespace {

constexpr int kError = 1;
constexpr int kUsage = 2;
constexpr int kUnreachable = 5;

struct BadCall {
  const char* name;
  std::vector<std::string> arguments;
  int exit_code;
  std::vector<std::string> parts;  // that the message must hold: the value, the fact, the remedy
};

void PrintTo(const BadCall& call, std::ostream* out) { *out << call.name; }

void ExpectMessage(const CommandResult& result, int exit_code,
                   const std::vector<std::string>& parts) {
  ASSERT_FALSE(result.timed_out) << "it kept running: " << result.err;
  EXPECT_EQ(result.exit_code, exit_code) << result.out << result.err;
  EXPECT_EQ(result.out, "") << "errors go to standard error";
  const auto lines = std::count(result.err.begin(), result.err.end(), '\n');
  EXPECT_GE(lines, 1) << result.err;
  EXPECT_LE(lines, 3) << result.err;
  for (const std::string& part : parts) {
    EXPECT_NE(result.err.find(part), std::string::npos) << "'" << part << "' is missing in:\n"
                                                        << result.err;
  }
}

class BadUsage : public testing::TestWithParam<BadCall> {};

TEST_P(BadUsage, IsRefusedWithValueAndRemedy) {
  ScratchFolder folder;
  std::vector<std::string> arguments = GetParam().arguments;
  if (arguments[0] == "agent") {
    arguments.push_back("--data-dir=" + folder.path());
    for (const char* flag : {"--bind", "--advertise"}) {
      const bool given = std::any_of(arguments.begin(), arguments.end(), [&](const auto& argument) {
        return argument.rfind(flag, 0) == 0;
      });
      if (!given) arguments.push_back(std::string(flag) + "=127.0.0.1");
    }
  }
  ExpectMessage(RunMuster(arguments, folder.path() + "/agent.sock"), GetParam().exit_code,
                GetParam().parts);
}

INSTANTIATE_TEST_SUITE_P(
    Calls, BadUsage,
    testing::Values(
        BadCall{"UnknownFlag", {"agent", "--joyn=127.0.0.1"}, kUsage, {"--joyn", "--help"}},
        BadCall{"UnknownFlagOfACommand", {"members", "--colour"}, kUsage, {"--colour", "--help"}},
        BadCall{"UnknownCommand", {"memebers"}, kUsage, {"memebers", "--help"}},
        BadCall{"NoCommand", {"--quiet-please"}, kUsage, {"--quiet-please"}},
        BadCall{"UnknownOutput", {"members", "-o", "xml"}, kUsage, {"xml", "json"}},
        BadCall{"MissingArgument", {"member"}, kUsage, {"NAME"}},
        BadCall{"MalformedAddress",
                {"agent", "--bind=127.0.0.1:port"},
                kUsage,
                {"127.0.0.1:port", "--bind"}},
        BadCall{"PortTooHigh",
                {"agent", "--bind=127.0.0.1:70000"},
                kUsage,
                {"127.0.0.1:70000", "--bind"}},
        BadCall{"AddressTooLong",
                {"agent", "--advertise=127.0.0.1.1"},
                kUsage,
                {"127.0.0.1.1", "--advertise"}},
        BadCall{"HostNameToBind", {"agent", "--bind=localhost"}, kUsage, {"localhost", "IP"}},
        BadCall{"HostNameToAdvertise",
                {"agent", "--advertise=web-1.example"},
                kUsage,
                {"web-1.example", "IP"}},
        BadCall{"MalformedPeer", {"agent", "--join=10.0.0.1:x"}, kUsage, {"10.0.0.1:x", "--join"}},
        BadCall{"UnknownProfile", {"agent", "--profile=fast"}, kUsage, {"fast", "local", "wan"}},
        BadCall{"ToleranceWithoutUnit", {"agent", "--tolerance=4"}, kUsage, {"'4'", "4s"}},
        BadCall{"ToleranceTooSmall", {"agent", "--tolerance=10ms"}, kUsage, {"10ms", "250ms"}},
        BadCall{"NameWithASpace", {"agent", "--name=web 1"}, kUsage, {"web 1", "letters"}},
        BadCall{
            "TagWithoutValue", {"agent", "--tag=role"}, kUsage, {"'role'", "KEY=VALUE", "--tag"}},
        BadCall{"UnknownLogLevel", {"agent", "--log-level=loud"}, kUsage, {"loud", "info"}},
        BadCall{"NoSuchConfig",
                {"agent", "--config=/nonexistent/muster.toml"},
                kUsage,
                {"/nonexistent/muster.toml"}},
        BadCall{
            "MalformedAgentUrl", {"members", "--agent=tcp:7946"}, kUsage, {"tcp:7946", "unix:"}},
        BadCall{"MalformedTimeout", {"members", "--timeout=soon"}, kUsage, {"soon", "10s"}},
        BadCall{"MalformedCondition", {"wait", "--for", "n1"}, kUsage, {"n1", "count>="}},
        BadCall{"UnreachableSocket",
                {"members", "--agent=unix:/nonexistent/agent.sock"},
                kUnreachable,
                {"/nonexistent/agent.sock", "muster agent"}},
        BadCall{"UnreachableHttp",
                {"status", "--agent=http://127.0.0.1:1"},
                kUnreachable,
                {"127.0.0.1:1"}},
        BadCall{"SocketPathTooLong",
                {"agent", "--socket=/tmp/" + std::string(120, 's')},
                kUsage,
                {"125", "107", "--socket"}}),
    [](const auto& parameter) { return parameter.param.name; });

// What only a running agent makes wrong.
class Occupied : public testing::Test {
 protected:
  void SetUp() override { ASSERT_OK(cluster_.StartChain(1)); }

  CommandResult RunAgent(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "agent");
    return RunMuster(arguments);
  }

  Cluster cluster_;
};

TEST_F(Occupied, Port) {
  const CommandResult result =
      RunAgent({"--name=other", "--bind=127.0.7.1", "--advertise=127.0.7.1",
                "--data-dir=" + cluster_.folder().Sub("other")});
  ExpectMessage(result, kError, {"127.0.7.1:7946", "another program", "--bind"});
}

TEST_F(Occupied, DataFolder) {
  const CommandResult result =
      RunAgent({"--name=other", "--bind=127.0.7.2", "--advertise=127.0.7.2",
                "--data-dir=" + cluster_[0].data_folder()});
  ExpectMessage(result, kError,
                {cluster_[0].data_folder(), absl::StrCat(cluster_[0].pid()), "--data-dir"});
  EXPECT_EQ(cluster_[0].StatusOf("n1"), "alive") << "the holder was disturbed";
}

TEST_F(Occupied, AddressOfAnotherHost) {
  const CommandResult result =
      RunAgent({"--name=other", "--bind=192.0.2.7", "--advertise=192.0.2.7",
                "--data-dir=" + cluster_.folder().Sub("other")});
  ExpectMessage(result, kError, {"192.0.2.7", "no interface", "bind"});
}

TEST_F(Occupied, NoAddressToAdvertise) {
  // This namespace has no address but loopback ones.
  const CommandResult result =
      RunAgent({"--name=other", "--data-dir=" + cluster_.folder().Sub("other")});
  ASSERT_FALSE(result.timed_out) << result.err;
  EXPECT_NE(result.exit_code, 0);
  EXPECT_NE(result.err.find("--advertise"), std::string::npos) << result.err;
}

TEST_F(Occupied, SocketOfADeadAgentIsUnreachableAndThenReused) {
  cluster_[0].Kill();
  const CommandResult result = cluster_[0].Run({"members"});
  ExpectMessage(result, kUnreachable, {cluster_[0].socket()});
  ASSERT_OK(cluster_.StartAgent(0));
  EXPECT_EQ(cluster_[0].Run({"members"}).exit_code, 0);
}

// The default folders, names and sockets of several agents on one host.
class Defaults : public testing::Test {
 protected:
  static constexpr char kBase[] = "/var/lib";

  void SetUp() override { ASSERT_OK(CoverWithEmptyFolder(kBase)); }

  Process StartAgent(const std::string& ip, const std::vector<std::string>& more) {
    ProcessOptions options;
    options.argv = {MusterBinary(), "agent", "--advertise=" + ip};
    options.argv.insert(options.argv.end(), more.begin(), more.end());
    options.stderr_path = LogOf(ip);
    absl::StatusOr<Process> process = Process::Start(options);
    EXPECT_TRUE(process.ok()) << process.status().message();
    EXPECT_TRUE(WaitUntil(Duration::Seconds(10), [&] {
      return ReadFile(LogOf(ip)).find(" ready: ") != std::string::npos;
    })) << ReadFile(LogOf(ip));
    return process.ok() ? *std::move(process) : Process();
  }
  std::string LogOf(const std::string& ip) const { return folder_.path() + "/" + ip; }

  ScratchFolder folder_;
};

TEST_F(Defaults, TwoAgentsJustWork) {
  const CommandResult none = RunMuster({"members"});
  EXPECT_EQ(none.exit_code, kUnreachable) << none.out << none.err;
  Process first = StartAgent("127.0.0.1", {});
  const CommandResult one = RunMuster({"members", "-o", "name"});
  EXPECT_EQ(one.exit_code, 0) << one.err;
  EXPECT_NE(one.out.find("-127.0.0.1\n"), std::string::npos) << one.out;
  Process second = StartAgent("127.0.0.2", {"--join=127.0.0.1"});
  const std::string socket = std::string(kBase) + "/muster/127.0.0.2_7946/agent.sock";
  EXPECT_TRUE(WaitUntil(Duration::Seconds(10), [&] {
    return RunMuster({"members", "--status=alive", "--count"}, socket).out == "2\n";
  })) << ReadFile(LogOf("127.0.0.2"));
  const CommandResult ambiguous = RunMuster({"members"});
  EXPECT_EQ(ambiguous.exit_code, kUsage) << ambiguous.out;
  for (const char* part : {"127.0.0.1_7946/agent.sock", "127.0.0.2_7946/agent.sock", "--agent"}) {
    EXPECT_NE(ambiguous.err.find(part), std::string::npos) << ambiguous.err;
  }
}

}  // namespace
}  // namespace muster::e2e
