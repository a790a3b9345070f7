// The scenario language itself: files, arguments, and that a wrong world or a wrong file shows.

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/scenario/arguments.h"
#include "tests/scenario/runner.h"
#include "tests/scenario/script.h"

namespace muster::scenario {
namespace {

constexpr char kFile[] =
    "# A story.\n"
    "\n"
    "cluster n=2\n"
    "start 1-2\n"
    "----\n"
    "ok\n"
    "\n"
    "# Then.\n"
    "exit 1\n"
    "----\n"
    "n1 runs\n"
    "\n"
    "# The end.\n";

Script Parsed(const std::string& text) {
  Script script;
  std::string error;
  EXPECT_TRUE(ParseScript(text, &script, &error)) << error;
  return script;
}

TEST(ScriptTest, ReadsBlocksAndKeepsTheStoryBetweenThem) {
  const Script script = Parsed(kFile);
  ASSERT_EQ(script.blocks.size(), 2u);
  EXPECT_EQ(script.blocks[0].commands, (std::vector<std::string>{"cluster n=2", "start 1-2"}));
  EXPECT_EQ(script.blocks[0].line, 3);
  EXPECT_EQ(script.blocks[0].expected, "ok\n");
  EXPECT_EQ(script.blocks[1].expected, "n1 runs\n");
  EXPECT_EQ(RenderScript(script, {"ok\n", "n1 runs\n"}), kFile);
}

TEST(ScriptTest, ARewriteChangesTheOutputAndNothingElse) {
  const std::string text = RenderScript(Parsed(kFile), {"ok\n", "n1 left\n"});
  std::string expected = kFile;
  expected.replace(expected.find("n1 runs"), 7, "n1 left");
  EXPECT_EQ(text, expected);
}

TEST(ScriptTest, ABlockWithoutItsRuleIsRefusedWithTheLine) {
  Script script;
  std::string error;
  EXPECT_FALSE(ParseScript("cluster n=2\n\nstart 1\n----\nok\n", &script, &error));
  EXPECT_EQ(error.substr(0, 2), "2:");
}

TEST(ArgumentsTest, TellsWordsFromPairs) {
  const Arguments arguments("stats 1 refutations>=2 verdicts=0 at=1-3");
  EXPECT_EQ(arguments.command(), "stats");
  EXPECT_EQ(arguments.words(), (std::vector<std::string>{"1", "refutations>=2"}));
  EXPECT_EQ(arguments.Number("verdicts", 7), 0);
  EXPECT_EQ(arguments.Need("at"), "1-3");
  EXPECT_EQ(arguments.Number("missing", 7), 7);
  EXPECT_THROW(arguments.Need("missing"), ScriptError);
  EXPECT_THROW(arguments.word(2, "more"), ScriptError);
}

TEST(ArgumentsTest, ReadsNumbersSpansAndRatios) {
  EXPECT_EQ(ParseNumber("+12"), 12);
  EXPECT_EQ(ParseSpan("1.5s"), Duration::Millis(1500));
  EXPECT_EQ(ParseRatio("25%"), 250'000u);
  EXPECT_EQ(ParseRatio("0.1%"), 1'000u);
  EXPECT_EQ(ParseRatio("100%"), 1'000'000u);
  for (const char* bad : {"", "x", "12x"}) EXPECT_THROW(ParseNumber(bad), ScriptError) << bad;
  for (const char* bad : {"", "5", "101%"}) EXPECT_THROW(ParseRatio(bad), ScriptError) << bad;
  EXPECT_THROW(ParseSpan("soon"), ScriptError);
  EXPECT_EQ(SpanText(Duration::Seconds(90)), "90s");
  EXPECT_EQ(SpanText(Duration::Seconds(600)), "10m");
  EXPECT_EQ(SpanText(Duration::Millis(1500)), "1500ms");
}

TEST(RunnerTest, AWrongCommandFailsTheFile) {
  for (const char* line : {"frobnicate", "start 1", "await", "await up 1", "cluster n=0",
                           "cluster profile=moon", "cluster tolerance=1ms"}) {
    Runner runner;
    EXPECT_EQ(runner.Run({line}).substr(0, 12), "BAD COMMAND:") << line;
    EXPECT_TRUE(runner.failed()) << line;
  }
  Runner runner;
  runner.Run({"cluster n=2"});
  EXPECT_FALSE(runner.failed());
  EXPECT_EQ(runner.Run({"crash 3"}), "BAD COMMAND: crash 3: no host 3\n");
}

TEST(RunnerTest, WhatDoesNotHappenIsPrintedAsSuch) {
  Runner runner;
  runner.Run({"cluster n=2", "start 1-2", "await agree within=5s"});
  EXPECT_EQ(runner.Run({"await failed 2 within=1s"}), "NOT within 1s: n1 shows n2 alive\n");
  EXPECT_EQ(runner.Run({"hold failed 2 for=1s"}), "BROKE after 0 ms: n1 shows n2 alive\n");
  EXPECT_EQ(runner.Run({"stats 1 verdicts>=1"}), "n1 verdicts>=1: NO, 0\n");
  EXPECT_FALSE(runner.failed());
}

TEST(RunnerTest, ABrokenInvariantFailsTheFile) {
  Runner runner;
  runner.Run({"cluster n=3", "start 1-3", "await agree within=5s"});
  // Forged packets make host 1 show a failure that no member pronounced.
  const std::string output = runner.Run({"inject to=1 as=2 ghost full about=ghostA state=suspect",
                                         "inject to=1 as=2 ghost full about=ghostA state=failed"});
  EXPECT_NE(output.find("VIOLATION thin-air"), std::string::npos) << output;
  EXPECT_TRUE(runner.failed());
}

TEST(RunnerTest, OneScriptPrintsTheSameEveryTime) {
  const Script script = Parsed(
      "cluster n=5 seed=9\nstart 1-5\nawait agree within=5s\ncrash 2\ntrace on\n"
      "await failed 2 within=7s\n----\n");
  const Outcome first = RunScript(script);
  const Outcome second = RunScript(script);
  EXPECT_EQ(first.outputs, second.outputs);
  EXPECT_NE(first.outputs[0].find("member.failed n2"), std::string::npos) << first.outputs[0];
}

}  // namespace
}  // namespace muster::scenario
