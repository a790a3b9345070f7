#include "src/cli/command_line.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "src/cli/command_table.h"
#include "src/cli/config_file.h"
#include "src/cli/help.h"
#include "src/cli/option_table.h"

namespace muster::cli {
namespace {

using Strings = std::vector<std::string>;

// A mistake, and parts of what is said about it.
struct Mistake {
  Strings args;
  std::string what, fact, remedy;
};

class CommandLineTest : public testing::Test {
 protected:
  CommandLineTest() {
    char path[] = "/tmp/muster-cli-XXXXXX";
    folder_ = mkdtemp(path);
  }
  ~CommandLineTest() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& text) { std::ofstream(folder_ + "/muster.toml") << text; }
  // The file is given by a relative path.
  Parsed Parse(const std::vector<std::string>& args) const {
    return ParseCommandLine({args,
                             [this](const std::string& name) {
                               const auto it = env_.find(name);
                               return it != env_.end() ? std::optional(it->second) : std::nullopt;
                             },
                             [this](const std::string& path) { return folder_ + "/" + path; }});
  }
  CommandLine Good(const std::vector<std::string>& args) const {
    Parsed parsed = Parse(args);
    if (const auto* failure = std::get_if<Failure>(&parsed)) {
      ADD_FAILURE() << FormatFailure(*failure);
    }
    auto* const line = std::get_if<CommandLine>(&parsed);
    return line != nullptr ? std::move(*line) : CommandLine();
  }
  Failure Bad(const std::vector<std::string>& args) const {
    const Parsed parsed = Parse(args);
    const auto* failure = std::get_if<Failure>(&parsed);
    if (failure != nullptr) return *failure;
    ADD_FAILURE() << "accepted: " << testing::PrintToString(args);
    return {};
  }
  std::string Text(const std::vector<std::string>& args) const {
    const Parsed parsed = Parse(args);
    const auto* text = std::get_if<std::string>(&parsed);
    return text != nullptr ? *text : "no text";
  }

  void ExpectMistake(const Mistake& c) const {
    const Failure failure = Bad(c.args);
    const std::string args = testing::PrintToString(c.args);
    EXPECT_EQ(failure.exit, ExitCode::kUsage) << args;
    EXPECT_NE(failure.what.find(c.what), std::string::npos) << args << ": " << failure.what;
    EXPECT_NE(failure.fact.find(c.fact), std::string::npos) << args << ": " << failure.fact;
    EXPECT_NE(failure.remedy.find(c.remedy), std::string::npos) << args << ": " << failure.remedy;
  }

  std::string folder_;
  std::map<std::string, std::string> env_;
};

TEST_F(CommandLineTest, GlobalFlagsMeanTheSameBeforeAndAfterTheCommand) {
  const Strings flags = {"--agent",   "unix:/a", "-o", "json", "--no-headers",   "--color=never",
                         "--timeout", "250ms",   "-q", "-v",   "--token-file=/t"};
  Strings before = flags;
  before.push_back("members");
  Strings after = {"members"};
  after.insert(after.end(), flags.begin(), flags.end());
  for (const Strings& args : {before, after}) {
    const CommandLine line = Good(args);
    EXPECT_EQ(line.command, Command::kMembers);
    EXPECT_EQ(line.global.agent, "unix:/a");
    EXPECT_EQ(line.global.token_file, "/t");
    EXPECT_EQ(line.global.output.format, Format::kJson);
    EXPECT_TRUE(line.global.output.no_headers);
    EXPECT_EQ(line.global.output.color, ColorMode::kNever);
    EXPECT_TRUE(line.global.output.quiet);
    EXPECT_TRUE(line.global.output.verbose);
    EXPECT_EQ(line.global.timeout, Duration::Millis(250));
    EXPECT_TRUE(line.global.timeout_given);
  }
  const CommandLine plain = Good({"members"});
  EXPECT_EQ(plain.global.timeout, Duration::Seconds(10));
  EXPECT_FALSE(plain.global.timeout_given);
  EXPECT_EQ(plain.global.output.format, Format::kTable);
}

TEST_F(CommandLineTest, EveryCommandTakesItsArguments) {
  const CommandLine members =
      Good({"members", "web-*", "--status=alive,failed", "--tag", "a=b", "--tag=c=d,e", "--sort",
            "rtt", "--count", "--expect=0", "-w", "--wait-agree", "1m"});
  EXPECT_EQ(members.members.glob, "web-*");
  EXPECT_EQ(members.members.status, "alive,failed");
  EXPECT_EQ(members.members.tags, (Strings{"a=b", "c=d,e"}));
  EXPECT_EQ(members.members.sort, "rtt");
  EXPECT_TRUE(members.members.count);
  EXPECT_EQ(members.members.expect, 0);
  EXPECT_TRUE(members.members.watch);
  EXPECT_EQ(members.members.wait_agree, Duration::Seconds(60));

  EXPECT_EQ(Good({"member", "status"}).member.name, "status") << "a name, no command";
  EXPECT_EQ(Good({"member", "status"}).command, Command::kMember);
  EXPECT_EQ(Good({"member", "--", "-odd-"}).member.name, "-odd-");
  EXPECT_TRUE(Good({"status", "--check"}).status.check);
  EXPECT_EQ(Good({"join", "a", "[::1]:7946", "b:1"}).join.addresses,
            (Strings{"a", "[::1]:7946", "b:1"}));
  EXPECT_EQ(Good({"leave"}).command, Command::kLeave);
  const CommandLine force = Good({"force-leave", "n1", "--prune", "--evict"});
  EXPECT_EQ(force.force_leave.name, "n1");
  EXPECT_TRUE(force.force_leave.prune && force.force_leave.evict);
  EXPECT_EQ(Good({"wait", "--for", "count>=3"}).wait.condition, "count>=3");
  EXPECT_EQ(Good({"reachability"}).command, Command::kReachability);
  EXPECT_EQ(Good({"events", "--type", "a", "--type=b,c"}).events.types, (Strings{"a", "b,c"}));
}

TEST_F(CommandLineTest, EveryFlagOfTheAgentReachesItsField) {
  const agent::Config config = Good({"agent",
                                     "--name=n",
                                     "--cluster=c",
                                     "--bind=1.2.3.4",
                                     "--advertise=1.2.3.5:6",
                                     "--join=a",
                                     "--join",
                                     "[::1]:7",
                                     "--join-timeout=1m",
                                     "--profile=wan",
                                     "--tolerance=9s",
                                     "--tag=a=1",
                                     "--tag=b=2,3",
                                     "--data-dir=/d",
                                     "--socket=/s",
                                     "--socket-group=g",
                                     "--http=127.0.0.1:1",
                                     "--max-members=7",
                                     "--no-batch",
                                     "--log-level=debug",
                                     "--log-file=/l"})
                                   .agent;
  EXPECT_EQ(config.name, "n");
  EXPECT_EQ(config.cluster, "c");
  EXPECT_EQ(config.bind, "1.2.3.4");
  EXPECT_EQ(config.advertise, "1.2.3.5:6");
  EXPECT_EQ(config.join, (Strings{"a", "[::1]:7"}));
  EXPECT_EQ(config.join_timeout, "1m");
  EXPECT_EQ(config.profile, "wan");
  EXPECT_EQ(config.tolerance, "9s");
  EXPECT_EQ(config.tags, (Strings{"a=1", "b=2,3"}));
  EXPECT_EQ(config.data_dir, "/d");
  EXPECT_EQ(config.socket, "/s");
  EXPECT_EQ(config.socket_group, "g");
  EXPECT_EQ(config.http, "127.0.0.1:1");
  EXPECT_EQ(config.max_members, "7");
  EXPECT_TRUE(config.no_batch);
  EXPECT_EQ(config.log_level, "debug");
  EXPECT_EQ(config.log_file, "/l");
  EXPECT_FALSE(config.reload) << "nothing to read again without a file";
}

TEST_F(CommandLineTest, FlagBeforeEnvironmentBeforeFileBeforeDefault) {
  Write("cluster = \"file\"\njoin = [\"f1\", \"f2\"]\nmax-members = 9\n");
  struct Case {
    bool flag, env, file;
    std::string cluster;
    Strings join;
    std::string max_members;
  };
  for (const Case& c :
       {Case{false, false, false, "default", {}, ""},
        Case{false, false, true, "file", {"f1", "f2"}, "9"},
        Case{false, true, false, "env", {"e1", "e2"}, "8"},
        Case{false, true, true, "env", {"e1", "e2"}, "8"},
        Case{true, false, false, "flag", {"a1"}, "7"}, Case{true, false, true, "flag", {"a1"}, "7"},
        Case{true, true, false, "flag", {"a1"}, "7"},
        Case{true, true, true, "flag", {"a1"}, "7"}}) {
    Strings args = {"agent"};
    if (c.flag) args.insert(args.end(), {"--cluster=flag", "--join=a1", "--max-members=7"});
    if (c.file) args.push_back("--config=muster.toml");
    env_.clear();
    if (c.env) {
      env_ = {{"MUSTER_CLUSTER", "env"}, {"MUSTER_JOIN", "e1,e2"}, {"MUSTER_MAX_MEMBERS", "8"}};
    }
    const agent::Config config = Good(args).agent;
    EXPECT_EQ(config.cluster, c.cluster) << c.flag << c.env << c.file;
    EXPECT_EQ(config.join, c.join) << c.flag << c.env << c.file;
    EXPECT_EQ(config.max_members, c.max_members) << c.flag << c.env << c.file;
  }
}

TEST_F(CommandLineTest, SwitchesInEnvironmentAndFile) {
  struct Case {
    std::string env, file;
    bool is_on;
  };
  for (const Case& c : {Case{"", "", false}, Case{"1", "", true}, Case{"true", "", true},
                        Case{"0", "", false}, Case{"false", "true", false}, Case{"", "true", true},
                        Case{"", "false", false}, Case{"true", "false", true}}) {
    env_.clear();
    if (!c.env.empty()) env_ = {{"MUSTER_NO_BATCH", c.env}};
    Write(c.file.empty() ? "" : "no-batch = " + c.file + "\n");
    EXPECT_EQ(Good({"agent", "--config=muster.toml"}).agent.no_batch, c.is_on)
        << c.env << " " << c.file;
  }
  Write("");
  env_ = {{"MUSTER_NO_BATCH", "0"}};
  EXPECT_TRUE(Good({"agent", "--config=muster.toml", "--no-batch"}).agent.no_batch);
}

TEST_F(CommandLineTest, EnvironmentOfTheGlobalFlags) {
  env_ = {{"MUSTER_AGENT", "unix:/e"}, {"MUSTER_TOKEN_FILE", "/t"}, {"MUSTER_TIMEOUT", "1s"}};
  EXPECT_EQ(Good({"members"}).global.agent, "unix:/e");
  EXPECT_EQ(Good({"members"}).global.token_file, "/t");
  EXPECT_EQ(Good({"members", "--agent=unix:/f"}).global.agent, "unix:/f");
  EXPECT_FALSE(Good({"members"}).global.timeout_given) << "documented for two flags only";
  env_ = {{"MUSTER_AGENT", ""}};
  EXPECT_EQ(Good({"members"}).global.agent, "") << "empty means not set";
}

TEST_F(CommandLineTest, ConfigFileByEnvironment) {
  Write("name = \"n1\"\n");
  env_ = {{"MUSTER_CONFIG", "muster.toml"}};
  EXPECT_EQ(Good({"agent"}).agent.name, "n1");
  EXPECT_EQ(Good({"members"}).command, Command::kMembers) << "only the agent reads it";
}

TEST_F(CommandLineTest, ConfigFileValues) {
  Write(
      "# comment\nmax-members = 9\nhttp = \"127.0.0.1:1\"\njoin = \"one\"\n\n[tag]\nrole = "
      "\"web\"\n"
      "rank = 3\n");
  const agent::Config config = Good({"agent", "--config=muster.toml"}).agent;
  EXPECT_EQ(config.max_members, "9");
  EXPECT_EQ(config.join, Strings{"one"});
  EXPECT_EQ(config.tags, (Strings{"rank=3", "role=web"}));
}

TEST_F(CommandLineTest, ConfigFileErrorsNameKeyAndLine) {
  struct Case {
    std::string text, what, fact, remedy;
  };
  for (const Case& c : {
           Case{"name = \"n\"\nadvertize = \"1.2.3.4\"\n", "unknown key 'advertize'",
                "line 2 of " + folder_ + "/muster.toml; the nearest key is 'advertise'",
                "advertise = "},
           Case{"data_dir = \"/d\"\n", "unknown key 'data_dir'", "'data-dir'", "data-dir"},
           Case{"config = \"x\"\n", "unknown key 'config'", "line 1", ""},
           Case{"agent = \"unix:/x\"\n", "unknown key 'agent'", "line 1", ""},
           Case{"\nname = [\"a\", \"b\"]\n", "'name' takes one value, not a list", "line 2",
                "name = "},
           Case{"name = 1979-05-27\n", "'name' in ", "line 1 holds a date", ""},
           Case{"join = [[\"a\"]]\n", "'join' in ", "line 1", ""},
           Case{"name = \n", "not TOML", "line 1: ", ""},
       }) {
    Write(c.text);
    const Failure failure = Bad({"agent", "--config", "muster.toml"});
    EXPECT_EQ(failure.exit, ExitCode::kUsage) << c.text;
    EXPECT_NE(failure.what.find(c.what), std::string::npos) << failure.what;
    EXPECT_NE(failure.fact.find(c.fact), std::string::npos) << failure.fact;
    EXPECT_NE(failure.remedy.find(c.remedy), std::string::npos) << failure.remedy;
  }
}

TEST_F(CommandLineTest, ConfigFileThatIsNotThere) {
  const Failure failure = Bad({"agent", "--config=none.toml"});
  EXPECT_EQ(failure.exit, ExitCode::kUsage);
  EXPECT_NE(failure.what.find(folder_ + "/none.toml"), std::string::npos);
  EXPECT_EQ(failure.fact, "No such file or directory");
}

TEST_F(CommandLineTest, ReloadReadsTheFileAgain) {
  Write("name = \"old\"\ncluster = \"c\"\n");
  const agent::Config config = Good({"agent", "--config=muster.toml", "--cluster=flag"}).agent;
  EXPECT_EQ(config.name, "old");
  ASSERT_TRUE(config.reload);
  Write("name = \"new\"\ncluster = \"d\"\n");
  const absl::StatusOr<agent::Config> again = config.reload();
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->name, "new");
  EXPECT_EQ(again->cluster, "flag");
  Write("nmae = \"x\"\n");
  const absl::Status bad = config.reload().status();
  EXPECT_EQ(bad.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(std::string(bad.message()).find("nmae"), std::string::npos) << bad;
}

TEST_F(CommandLineTest, MistakesAreNamedWithTheNearestGuess) {
  for (const Mistake& c : {
           Mistake{{"agent", "--joyn=127.0.0.1"},
                   "unknown flag '--joyn'",
                   "--join",
                   "muster agent --help"},
           Mistake{{"agent", "--advertize", "1.2.3.4"},
                   "unknown flag '--advertize'",
                   "--advertise",
                   "muster agent --help"},
           Mistake{{"members", "--colour"},
                   "unknown flag '--colour'",
                   "--color",
                   "muster members --help"},
           Mistake{{"members", "-x"}, "unknown flag '-x'", "the nearest", "muster members --help"},
           Mistake{{"--quiett", "members"},
                   "unknown flag '--quiett'",
                   "--quiet",
                   "muster members --help"},
           Mistake{{"memebers"}, "unknown command 'memebers'", "'members'", "muster members"},
           Mistake{
               {"memebers", "--status", "alive"}, "unknown command 'memebers'", "'members'", ""},
           Mistake{{"force-leav", "n1"}, "unknown command 'force-leav'", "'force-leave'", ""},
           Mistake{{"status", "now"}, "unexpected argument 'now'", "", "muster status --help"},
           Mistake{{"member", "a", "b"}, "unexpected argument 'b'", "", "muster member --help"},
           Mistake{{"agent", "redis://:hunter2@h"},
                   "unexpected argument 'redis://...'",
                   "",
                   "muster agent --help"},
           Mistake{{}, "no command given", "", "muster --help"},
           Mistake{{"-q"}, "no command given", "", "muster --help"},
           Mistake{{"member"}, "NAME is required", "", "muster member --help"},
           Mistake{{"member", ""}, "NAME is required", "", "muster member --help"},
           Mistake{{"join"}, "ADDR is required", "", "muster join --help"},
           Mistake{{"wait"}, "--for is required", "", "muster wait --help"},
           Mistake{{"members", "--sort"}, "--sort", "", "muster members --help"},
           Mistake{{"agent", "--name="}, "--name has an empty value", "", "leave the flag out"},
           Mistake{{"agent", "--name", ""}, "--name has an empty value", "", "leave the flag out"},
           Mistake{{"members", "-o", "xml"},
                   "'xml' is not one of json, jsonl, name, table, wide",
                   "",
                   ""},
           Mistake{
               {"members", "--color=maybe"}, "'maybe' is not one of always, auto, never", "", ""},
           Mistake{{"members", "--timeout=10"}, "'10' is not a duration such as", "", ""},
           Mistake{{"members", "--wait-agree=-1s"}, "'-1s' is not a duration", "", ""},
           Mistake{{"members", "--expect=-1"}, "'-1' is not a number of members", "", ""},
           Mistake{{"members", "--expect=3x"}, "'3x' is not a number of members", "", ""},
       }) {
    ExpectMistake(c);
  }
}

TEST_F(CommandLineTest, MistakesInAGroup) {
  for (const Mistake& c : {
           Mistake{{"presence"}, "'presence' needs a command", "", "muster presence --help"},
           Mistake{{"presence", "-q"}, "'presence' needs a command", "", "muster presence --help"},
           Mistake{{"presence", "lits"},
                   "unknown command 'presence lits'",
                   "'presence list'",
                   "muster presence list, or muster presence --help"},
           Mistake{{"presence", "members"}, "unknown command 'presence members'", "", ""},
           Mistake{{"presnce"},
                   "unknown command 'presnce'",
                   "'presence'",
                   "muster presence, or muster --help"},
           Mistake{{"list"}, "unknown command 'list'", "", ""},
           Mistake{{"presence", "purge"}, "NAME is required", "", "muster presence purge --help"},
           Mistake{
               {"presence", "purge", ""}, "NAME is required", "", "muster presence purge --help"},
           Mistake{{"presence", "list", "x"},
                   "unexpected argument 'x'",
                   "",
                   "muster presence list --help"},
           Mistake{{"presence", "list", "--colour"},
                   "unknown flag '--colour'",
                   "--color",
                   "muster presence list --help"},
       }) {
    ExpectMistake(c);
  }
}

TEST_F(CommandLineTest, TheLastOfARepeatedFlagCounts) {
  EXPECT_EQ(Good({"agent", "--name=a", "--name=b"}).agent.name, "b");
  EXPECT_EQ(Good({"-o", "json", "members", "-o", "wide"}).global.output.format, Format::kWide);
}

TEST_F(CommandLineTest, Version) { EXPECT_EQ(Text({"--version"}), "muster 0.1.0\n"); }

TEST_F(CommandLineTest, HelpHasExamplesFirstAndEveryFlag) {
  CommandLine line;
  GlobalOptions global;
  const std::vector<OptionDef> globals = GlobalDefs(&global);
  for (const CommandDef& command : CommandDefs(&line)) {
    const std::string name = command.text->name;
    Strings words;
    if (!command.group().empty()) words.push_back(command.group());
    words.push_back(command.word());
    for (const char* flag : {"--help", "-h"}) {
      Strings args = words;
      args.push_back(flag);
      const std::string help = Text(args);
      EXPECT_EQ(help, CommandHelp(command, globals));
      args.pop_back();
      args.insert(args.begin(), "help");
      EXPECT_EQ(help, Text(args));
      EXPECT_TRUE(help.starts_with("Examples:\n  muster " + name)) << help;
    }
    words.push_back("-h");
    const std::string help = Text(words);
    EXPECT_NE(help.find("Usage: muster " + name), std::string::npos);
    for (const std::vector<OptionDef>& defs : {command.options, globals}) {
      for (const OptionDef& def : defs) {
        if (def.is_positional()) continue;
        EXPECT_NE(help.find(def.flag()), std::string::npos) << name << def.flag();
        EXPECT_FALSE(def.help.empty()) << def.flag();
      }
    }
    size_t start = 0;
    for (size_t end; (end = help.find('\n', start)) != std::string::npos; start = end + 1) {
      EXPECT_LE(end - start, 100u) << help.substr(start, end - start);
    }
  }
}

TEST_F(CommandLineTest, ACommandInAGroup) {
  const CommandLine list = Good({"presence", "-o", "json", "list"});
  EXPECT_EQ(list.command, Command::kPresenceList);
  EXPECT_EQ(list.global.output.format, Format::kJson);
  for (const char* name : {"web-9", "list", "members"}) {
    const CommandLine purge = Good({"--timeout=2s", "presence", "purge", name, "-q"});
    EXPECT_EQ(purge.command, Command::kPresencePurge);
    EXPECT_EQ(purge.presence_purge.name, name);
    EXPECT_TRUE(purge.global.output.quiet);
    EXPECT_EQ(purge.global.timeout, Duration::Seconds(2));
  }
}

TEST_F(CommandLineTest, HelpOfAGroupListsItsCommands) {
  const std::string help = Text({"presence", "--help"});
  EXPECT_EQ(help, Text({"help", "presence"}));
  EXPECT_TRUE(help.starts_with("Examples:\n  muster presence list\n")) << help;
  EXPECT_NE(help.find("\n  presence list "), std::string::npos) << help;
  EXPECT_NE(help.find("\n  presence purge "), std::string::npos) << help;
  EXPECT_EQ(help.find("force-leave"), std::string::npos) << help;
  EXPECT_NE(help.find("--agent"), std::string::npos) << help;
}

TEST_F(CommandLineTest, HelpOfTheAgentNamesTheVariables) {
  const std::string help = Text({"agent", "--help"});
  for (const char* variable : {"[MUSTER_NAME]", "[MUSTER_DATA_DIR]", "[MUSTER_CONFIG]"}) {
    EXPECT_NE(help.find(variable), std::string::npos) << variable;
  }
}

TEST_F(CommandLineTest, HelpOfTheProgramListsTheCommands) {
  const std::string help = Text({"--help"});
  EXPECT_EQ(help, Text({"help"}));
  EXPECT_TRUE(help.starts_with("Examples:\n"));
  CommandLine line;
  for (const CommandDef& command : CommandDefs(&line)) {
    EXPECT_NE(help.find(std::string("\n  ") + command.text->name + " "), std::string::npos);
    EXPECT_NE(help.find(command.text->summary), std::string::npos);
  }
  EXPECT_NE(help.find("130 interrupted"), std::string::npos);
}

TEST_F(CommandLineTest, SimTakesItsFlags) {
  const CommandLine line =
      Good({"sim",      "--members",   "500", "--loss",     "5%", "--slow", "3", "--crash",
            "2",        "--tolerance", "4s",  "--duration", "5m", "--seed", "1", "--latency=1ms",
            "--report", "out.html",    "-o",  "json"});
  EXPECT_EQ(line.command, Command::kSim);
  EXPECT_EQ(line.sim.members, 500);
  EXPECT_EQ(line.sim.loss, "5%");
  EXPECT_EQ(line.sim.slow, 3);
  EXPECT_EQ(line.sim.crash, 2);
  EXPECT_EQ(line.sim.tolerance, "4s");
  EXPECT_EQ(line.sim.duration, Duration::Seconds(300));
  EXPECT_EQ(line.sim.latency, Duration::Millis(1));
  EXPECT_EQ(line.sim.seed, 1);
  EXPECT_EQ(line.sim.report, "out.html");
  ExpectMistake({{"sim", "--members", "many"}, "'many' is not a number", "", "muster sim --help"});
  ExpectMistake({{"sim", "--duration", "5"}, "'5' is not a duration", "", "muster sim --help"});
  // Neither the environment nor a file of settings has a say in a run that is to repeat itself.
  env_ = {{"MUSTER_TOLERANCE", "9s"}, {"MUSTER_PROFILE", "wan"}};
  EXPECT_EQ(Good({"sim"}).sim.tolerance, "");
  EXPECT_EQ(Good({"sim"}).sim.profile, "");
  ExpectMistake({{"sim", "--config", "muster.toml"}, "unknown flag '--config'", "", ""});
}

TEST_F(CommandLineTest, ExplainTakesTheSettingsOfAnAgentFromAllTheirSources) {
  Write("tolerance = \"3s\"\nprofile = \"wan\"\nmax-members = 50\njoin = [\"10.0.0.8\"]\n");
  env_ = {{"MUSTER_CONFIG", "muster.toml"}, {"MUSTER_PROFILE", "local"}};
  CommandLine line = Good({"explain", "--members", "40", "--tolerance", "2s"});
  EXPECT_EQ(line.command, Command::kExplain);
  EXPECT_EQ(line.explain.members, 40);
  EXPECT_EQ(line.agent.tolerance, "2s");
  EXPECT_EQ(line.agent.profile, "local");
  EXPECT_EQ(line.agent.max_members, "50");
  EXPECT_EQ(line.agent.join, Strings{"10.0.0.8"});
  Write("tolerence = \"3s\"\n");
  ExpectMistake({{"explain"}, "unknown key 'tolerence'", "'tolerance'", ""});
}

TEST_F(CommandLineTest, HelpOfSimAndExplainBeginsWithExamples) {
  for (const char* const command : {"sim", "explain"}) {
    const std::string text = Text({command, "--help"});
    const size_t example = text.find(std::string("  muster ") + command + " --");
    ASSERT_NE(example, std::string::npos) << text;
    EXPECT_LT(example, text.find("--loss PERCENT")) << text;
  }
}

}  // namespace
}  // namespace muster::cli
