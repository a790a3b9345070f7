#include "src/cli/scenario_file.h"

#include <string>

#include "gtest/gtest.h"

namespace muster::cli {
namespace {

using sim::Deed;

Result<ScenarioFile> Parse(const std::string& text) {
  return ParseScenario(text, "/x.toml", std::nullopt, std::nullopt);
}

constexpr char kFile[] = R"(
members = 20
duration = "2m"
seed = 7
loss = "0.5%"
latency = "1ms"
profile = "local"
tolerance = "2s"
period = "500ms"
[[event]]
at = "20s"
do = "restart"
members = ["n3", "n5-n7"]
lost-disk = true
[[event]]
at = "10s"
do = "partition"
groups = [["n0-n1"], "n2"]
[[event]]
at = "30s"
do = "loss"
loss = "25%"
members = "n4"
direction = "in"
[[event]]
at = "31s"
do = "cut"
from = "n1"
to = ["n2"]
transport = "udp"
[[event]]
at = "32s"
do = "cpu"
members = "n8"
share = "2%"
[[event]]
at = "33s"
do = "join"
count = 4
[[event]]
at = "34s"
do = "crash"
members = "n23"
[[event]]
at = "35s"
do = "heal"
)";

TEST(ScenarioFileTest, ReadsSettingsAndEventsInTheOrderOfTime) {
  const Result<ScenarioFile> file = Parse(kFile);
  ASSERT_TRUE(file.ok()) << FormatFailure(file.failure());
  EXPECT_EQ(file->members, 20);
  EXPECT_EQ(file->duration, Duration::Seconds(120));
  EXPECT_EQ(file->seed, 7);
  EXPECT_EQ(file->latency, Duration::Millis(1));
  EXPECT_EQ(file->loss, "0.5%");
  EXPECT_EQ(file->profile, "local");
  EXPECT_EQ(file->tolerance, "2s");
  EXPECT_EQ(file->period, "500ms");
  ASSERT_EQ(file->actions.size(), 8u);
  EXPECT_EQ(file->actions[0].deed, Deed::kPartition);
  EXPECT_EQ(file->actions[0].groups, (std::vector<std::vector<int>>{{0, 1}, {2}}));
  EXPECT_EQ(file->actions[1].members, (std::vector<int>{3, 5, 6, 7}));
  EXPECT_TRUE(file->actions[1].lost_disk);
  EXPECT_EQ(file->actions[2].loss_ppm, 250'000u);
  EXPECT_TRUE(file->actions[2].ingress);
  EXPECT_FALSE(file->actions[2].egress);
  EXPECT_EQ(file->actions[3].groups, (std::vector<std::vector<int>>{{1}, {2}}));
  EXPECT_EQ(file->actions[3].transports, sim::kUdp);
  EXPECT_EQ(file->actions[4].share_ppm, 20'000u);
  EXPECT_EQ(file->actions[5].count, 4);
  EXPECT_EQ(file->actions[6].members, std::vector<int>{23});
  EXPECT_EQ(file->actions[7].deed, Deed::kHeal);
}

TEST(ScenarioFileTest, EveryMistakeIsNamedWithItsLineAndARemedy) {
  struct Case {
    const char* text;
    const char* what;
    int line;
  };
  const Case cases[] = {
      {"members = [", "not TOML", 1},
      {"member = 5", "unknown key 'member'", 1},
      {"members = 1", "bad value 1 for 'members'", 1},
      {"members = \"5\"", "bad value for 'members'", 1},
      {"seed = -1", "bad value -1 for 'seed'", 1},
      {"\nduration = \"soon\"", "bad time 'soon' for 'duration'", 2},
      {"duration = 5", "'duration' is no text", 1},
      {"loss = \"5\"", "bad value '5' for 'loss'", 1},
      {"loss = \"101%\"", "bad value '101%' for 'loss'", 1},
      {"event = 3", "'event' is no list of tables", 1},
      {"[[event]]\ndo = \"crash\"\nmembers = \"n1\"", "an event without 'at'", 1},
      {"[[event]]\nat = \"1s\"", "an event without 'do'", 1},
      {"[[event]]\nat = \"now\"\ndo = \"heal\"", "bad time 'now' for 'at'", 2},
      {"[[event]]\nat = \"1s\"\ndo = \"crush\"", "nothing is called 'crush'", 3},
      {"[[event]]\nat = \"1s\"\ndo = \"crash\"", "'crash' without 'members'", 1},
      {"[[event]]\nat = \"1s\"\ndo = \"heal\"\nmembers = \"n1\"", "unknown key 'members' of 'heal'",
       4},
      {"[[event]]\nat = \"1s\"\ndo = \"crash\"\nmembers = \"web-1\"", "'web-1' names no members",
       4},
      {"[[event]]\nat = \"1s\"\ndo = \"crash\"\nmembers = \"n7-n3\"", "'n7-n3' names no members",
       4},
      {"[[event]]\nat = \"1s\"\ndo = \"crash\"\nmembers = []", "an empty list", 4},
      {"[[event]]\nat = \"1s\"\ndo = \"crash\"\nmembers = \"n100\"", "there is no n100 then", 2},
      {"[[event]]\nat = \"6m\"\ndo = \"heal\"", "an event at 6m", 2},
      {"[[event]]\nat = \"1s\"\ndo = \"join\"\ncount = 0", "bad value 0 for 'count'", 4},
      {"[[event]]\nat = \"1s\"\ndo = \"join\"\ncount = 20000", "too many members", 2},
      {"[[event]]\nat = \"1s\"\ndo = \"partition\"\ngroups = [[\"n1\"]]", "two or more", 4},
      {"[[event]]\nat = \"1s\"\ndo = \"partition\"\ngroups = [\"n1-n3\", \"n2\"]", "n2 is in two",
       4},
      {"[[event]]\nat = \"1s\"\ndo = \"cut\"\nfrom = \"n1\"", "'cut' without 'to'", 1},
      {"[[event]]\nat = \"1s\"\ndo = \"cut\"\nfrom = \"n1\"\nto = \"n2\"\ntransport = \"ip\"",
       "bad value 'ip' for 'transport'", 6},
      {"[[event]]\nat = \"1s\"\ndo = \"loss\"\nloss = \"5%\"\ndirection = \"up\"",
       "bad value 'up' for 'direction'", 5},
      {"[[event]]\nat = \"1s\"\ndo = \"restart\"\nmembers = \"n1\"\nlost-disk = 1",
       "'lost-disk' is no truth", 5},
  };
  for (const Case& c : cases) {
    const Result<ScenarioFile> file = Parse(c.text);
    ASSERT_FALSE(file.ok()) << c.text;
    const Failure& failure = file.failure();
    EXPECT_EQ(failure.exit, ExitCode::kUsage) << c.text;
    EXPECT_NE(failure.what.find(c.what), std::string::npos) << failure.what;
    EXPECT_NE(failure.fact.find("line " + std::to_string(c.line)), std::string::npos)
        << c.text << "\n"
        << failure.fact;
    EXPECT_FALSE(failure.remedy.empty()) << c.text;
  }
}

TEST(ScenarioFileTest, FlagsDecideWhoAndUntilWhen) {
  const std::string text =
      "members = 4\nduration = \"10s\"\n[[event]]\nat = \"20s\"\ndo = \"crash\"\nmembers = \"n9\"";
  EXPECT_FALSE(ParseScenario(text, "x", std::nullopt, std::nullopt).ok());
  EXPECT_FALSE(ParseScenario(text, "x", 10, std::nullopt).ok());
  EXPECT_TRUE(ParseScenario(text, "x", 10, Duration::Seconds(30)).ok());
}

TEST(ParsePercentTest, OnlyShares) {
  uint32_t ppm = 1;
  EXPECT_TRUE(ParsePercent("0%", &ppm));
  EXPECT_EQ(ppm, 0u);
  EXPECT_TRUE(ParsePercent("2.5%", &ppm));
  EXPECT_EQ(ppm, 25'000u);
  EXPECT_TRUE(ParsePercent("100 %", &ppm));
  EXPECT_EQ(ppm, 1'000'000u);
  for (const char* const bad : {"", "%", "5", "-1%", "100.1%", "x%", "5%%", "nan%", "1e9%"}) {
    EXPECT_FALSE(ParsePercent(bad, &ppm)) << bad;
  }
}

}  // namespace
}  // namespace muster::cli
