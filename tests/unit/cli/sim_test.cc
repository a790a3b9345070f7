#include "src/cli/sim.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "gtest/gtest.h"
#include "src/cli/json.h"
#include "src/cli/sim_settings.h"

namespace muster::cli {
namespace {

struct Ran {
  ExitCode exit = ExitCode::kOk;
  std::string data;
  std::string talk;
};

Output::Writer Into(Ran* ran) {
  return [ran](Output::Stream stream, std::string_view text) {
    (stream == Output::Stream::kData ? ran->data : ran->talk) += text;
    return true;
  };
}

OutputOptions As(Format format) {
  OutputOptions options;
  options.format = format;
  return options;
}

Ran Simulate(const SimOptions& options, Format format = Format::kTable,
             const ProgressLine& progress = nullptr) {
  Ran ran;
  Output output(As(format), Terminal{}, Into(&ran));
  ran.exit = RunSim(output, options, progress);
  return ran;
}

Ran Explain(const agent::Config& config, const ExplainOptions& options,
            Format format = Format::kTable) {
  Ran ran;
  Output output(As(format), Terminal{}, Into(&ran));
  ran.exit = RunExplain(output, config, options);
  return ran;
}

SimOptions Small() {
  SimOptions options;
  options.members = 16;
  options.duration = Duration::Seconds(60);
  options.crash = 2;
  options.slow = 1;
  options.loss = "1%";
  return options;
}

class Folder {
 public:
  Folder() {
    std::string name = "/tmp/muster-sim-XXXXXX";
    path_ = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

std::string Contents(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(SimTest, TheTableSaysWhatWasAskedFor) {
  const Ran ran = Simulate(Small());
  EXPECT_EQ(ran.exit, ExitCode::kOk) << ran.talk;
  for (const char* const part :
       {"16 members for 1m", "loss 1%", "Crashes         2", "First knew", "All knew",
        "False failures  0", "Bytes ", "Packets ", "Converged ", "MEMBER", " crash "}) {
    EXPECT_NE(ran.data.find(part), std::string::npos) << part << " in\n" << ran.data;
  }
}

TEST(SimTest, TheSameSeedPrintsTheSameBytesAndAnotherOthers) {
  SimOptions options = Small();
  const Ran ran = Simulate(options, Format::kJson);
  EXPECT_EQ(ran.data, Simulate(options, Format::kJson).data);
  options.seed = 2;
  EXPECT_NE(ran.data, Simulate(options, Format::kJson).data);
}

TEST(SimTest, JsonHoldsTheFiguresAndTheCommandThatRepeatsThem) {
  const Ran ran = Simulate(Small(), Format::kJson);
  const std::optional<Json> json = ParseJson(ran.data);
  ASSERT_TRUE(json) << ran.data;
  EXPECT_EQ(StringField(*json, "command"),
            "muster sim --members 16 --loss 1% --slow 1 --crash 2 --duration 60s --seed 1");
  EXPECT_EQ(IntField(*json, "crashes"), 2);
  EXPECT_EQ(IntField(*json, "false_failures"), 0);
  const double tolerance = static_cast<double>(IntField(*json, "tolerance_ms")) / 1000;
  EXPECT_GE(NumberField(Field(*json, "first_knew_s"), "p50"), tolerance * 0.99);
  EXPECT_EQ(Field(*json, "events").size(), 2u);
  EXPECT_EQ(IntField(*json, "up_at_end"), 14);
}

TEST(SimTest, BadValuesAreUsageErrorsThatNameThem) {
  struct Case {
    void (*spoil)(SimOptions*);
    const char* what;
  };
  const Case cases[] = {
      {[](SimOptions* o) { o->members = 1; }, "bad value for --members: '1'"},
      {[](SimOptions* o) { o->members = 20'001; }, "bad value for --members: '20001'"},
      {[](SimOptions* o) { o->loss = "much"; }, "bad value for --loss: 'much'"},
      {[](SimOptions* o) { o->tolerance = "1ms"; }, "bad value for --tolerance: '1ms'"},
      {[](SimOptions* o) { o->profile = "moon"; }, "bad value for --profile: 'moon'"},
      {[](SimOptions* o) { o->period = "3s"; }, "bad value for --period: '3s'"},
      {[](SimOptions* o) { o->period = "often"; }, "bad value for --period: 'often'"},
      {[](SimOptions* o) { o->latency = Duration::Seconds(11); }, "bad value for --latency"},
      {[](SimOptions* o) { o->duration = Duration::Millis(10); }, "bad value for --duration"},
      {[](SimOptions* o) { o->slow = 14; }, "cannot choose 14 slow members and 2 that crash"},
      {[](SimOptions* o) { o->scenario = "/nowhere.toml"; }, "cannot read the scenario"},
      {[](SimOptions* o) {
         o->members = 20'000;
         o->duration = Duration::Seconds(4000);
       },
       "this run would take too long"},
  };
  for (const Case& c : cases) {
    SimOptions options = Small();
    c.spoil(&options);
    const Ran ran = Simulate(options);
    EXPECT_EQ(ran.exit, ExitCode::kUsage) << c.what;
    EXPECT_NE(ran.talk.find(c.what), std::string::npos) << ran.talk;
    EXPECT_TRUE(ran.data.empty());
  }
  EXPECT_EQ(Simulate(Small(), Format::kName).exit, ExitCode::kUsage);
}

TEST(SimTest, WritesAReportAndSaysSo) {
  const Folder folder;
  SimOptions options = Small();
  options.report = folder / "out.html";
  const Ran ran = Simulate(options);
  EXPECT_EQ(ran.exit, ExitCode::kOk);
  EXPECT_NE(ran.talk.find("report: " + options.report), std::string::npos);
  const std::string page = Contents(options.report);
  EXPECT_NE(page.find("Detection of crashes"), std::string::npos);
  EXPECT_NE(page.find("--members 16"), std::string::npos);
  options.report = folder / "none/out.html";
  const Ran failed = Simulate(options);
  EXPECT_EQ(failed.exit, ExitCode::kError);
  EXPECT_NE(failed.talk.find("cannot write the report"), std::string::npos);
}

TEST(SimTest, ProgressIsToldAndTakenAway) {
  std::vector<std::string> lines;
  Simulate(Small(), Format::kTable, [&](std::string_view line) { lines.emplace_back(line); });
  ASSERT_GE(lines.size(), 50u);
  EXPECT_LE(lines.size(), 110u);
  EXPECT_NE(lines[lines.size() - 2].find("(100 %)"), std::string::npos);
  EXPECT_TRUE(lines.back().empty());
}

TEST(SimTest, EveryExampleRunsAndConverges) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("src/sim/run/examples")) {
    SimOptions options;
    options.scenario = std::filesystem::absolute(entry.path()).string();
    const Ran ran = Simulate(options, Format::kJson);
    ASSERT_EQ(ran.exit, ExitCode::kOk) << ran.talk;
    const std::optional<Json> json = ParseJson(ran.data);
    ASSERT_TRUE(json);
    EXPECT_FALSE(Field(*json, "converged_s").is_null()) << entry.path() << ran.data;
    EXPECT_EQ(IntField(*json, "false_failures"), 0) << entry.path();
    EXPECT_EQ(IntField(*json, "up_at_end"), IntField(*json, "running_at_end")) << entry.path();
    EXPECT_TRUE(Field(*json, "without_effect").empty()) << entry.path() << ran.talk;
    ++count;
  }
  EXPECT_EQ(count, 3);
}

TEST(SimTest, FlagsGoBeforeTheScenario) {
  const Folder folder;
  SimOptions options;
  options.scenario = folder / "s.toml";
  std::ofstream(options.scenario)
      << "members = 5\nduration = \"10s\"\nloss = \"1%\"\ntolerance = \"2s\"\nseed = 9\n";
  const Ran file = Simulate(options);
  EXPECT_NE(file.data.find("5 members for 10s, seed 9"), std::string::npos) << file.data;
  EXPECT_NE(file.data.find("tolerance 2s"), std::string::npos) << file.data;
  options.members = 6;
  options.loss = "2%";
  options.seed = 3;
  const Ran flags = Simulate(options);
  EXPECT_NE(flags.data.find("6 members for 10s, seed 3"), std::string::npos) << flags.data;
  EXPECT_NE(flags.data.find("loss 2%"), std::string::npos) << flags.data;
}

TEST(SimTest, AnEventWithoutEffectIsTold) {
  const Folder folder;
  SimOptions options;
  options.scenario = folder / "s.toml";
  std::ofstream(options.scenario) << "members = 5\nduration = \"10s\"\n[[event]]\nat = \"1s\"\n"
                                     "do = \"resume\"\nmembers = \"n4\"\n";
  const Ran ran = Simulate(options);
  EXPECT_EQ(ran.exit, ExitCode::kOk);
  EXPECT_NE(ran.talk.find("without effect: 1.000s: n4"), std::string::npos) << ran.talk;
}

TEST(ExplainTest, EveryFigureComesWithItsFormula) {
  ExplainOptions options;
  options.members = 500;
  const Ran ran = Explain(agent::Config(), options);
  EXPECT_EQ(ran.exit, ExitCode::kOk);
  for (const char* const part :
       {"n = 500 members, profile lan, tolerance T = 4s", "a crash is known everywhere within",
        "T + P + 2 x 500ms", "FIGURE", "a row is refreshed every", "TTL/10"}) {
    EXPECT_NE(ran.data.find(part), std::string::npos) << part << " in\n" << ran.data;
  }
  EXPECT_EQ(ran.data.find("warning"), std::string::npos);
}

TEST(ExplainTest, TheSettingsAreThoseOfAnAgent) {
  agent::Config config;
  config.profile = "local";
  config.tolerance = "2s";
  const Ran ran = Explain(config, {}, Format::kJson);
  const std::optional<Json> json = ParseJson(ran.data);
  ASSERT_TRUE(json) << ran.data;
  EXPECT_EQ(IntField(*json, "tolerance_ms"), 2000);
  EXPECT_EQ(IntField(*json, "period_ms"), 250);
  EXPECT_EQ(IntField(*json, "latency_us"), 50);
  EXPECT_GT(Field(*json, "bounds").size(), 15u);
  EXPECT_TRUE(Field(*json, "warnings").empty()) << ran.data;
}

TEST(ExplainTest, ContradictionsAreWarnedOf) {
  const auto warns = [](const agent::Config& config, const ExplainOptions& options,
                        const char* part) {
    const Ran ran = Explain(config, options);
    EXPECT_EQ(ran.exit, ExitCode::kOk);
    EXPECT_NE(ran.data.find("warning: "), std::string::npos) << part;
    EXPECT_NE(ran.data.find(part), std::string::npos) << ran.data;
  };
  agent::Config config;
  config.record_ttl = "60s";
  warns(config, {}, "raise --record-ttl to 5m");
  config.tolerance = "1m";
  warns(config, {}, "less than two tolerances");
  config.datastore = "none";
  warns(config, {}, "no effect with --datastore none");
  agent::Config hasty;
  hasty.join_timeout = "1s";
  warns(hasty, {}, "--join-timeout 1s ends before");
  agent::Config few;
  few.max_members = "10";
  ExplainOptions options;
  options.members = 11;
  warns(few, options, "raise --max-members to 11");
  ExplainOptions far;
  far.latency = Duration::Millis(100);
  warns(agent::Config(), far, "raise --tolerance");
}

TEST(ExplainTest, BadValuesAreUsageErrorsThatNameThem) {
  agent::Config config;
  config.tolerance = "1ms";
  EXPECT_EQ(Explain(config, {}).exit, ExitCode::kUsage);
  EXPECT_NE(Explain(config, {}).talk.find("bad value for --tolerance: '1ms'"), std::string::npos);
  ExplainOptions options;
  options.members = 1;
  EXPECT_NE(Explain({}, options).talk.find("bad value for --members: '1'"), std::string::npos);
  options.members = 10;
  options.loss = "5";
  EXPECT_NE(Explain({}, options).talk.find("bad value for --loss: '5'"), std::string::npos);
  EXPECT_EQ(Explain({}, {}, Format::kName).exit, ExitCode::kUsage);
}

TEST(SimSettingsTest, AStatusOfThreeLinesIsAFailure) {
  const Failure failure = FailureOf(absl::InvalidArgumentError("what\nfact\nremedy"));
  EXPECT_EQ(failure.what, "what");
  EXPECT_EQ(failure.fact, "fact");
  EXPECT_EQ(failure.remedy, "remedy");
  EXPECT_EQ(FailureOf(absl::InvalidArgumentError("what")).remedy, "");
}

}  // namespace
}  // namespace muster::cli
