// Runs each file of testdata as a test case of its own.

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/scenario/runner.h"
#include "tests/scenario/script.h"

namespace muster::scenario {
namespace {

constexpr char kFolder[] = "tests/scenario/testdata";

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::filesystem::path> Files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string CaseName(const ::testing::TestParamInfo<std::filesystem::path>& info) {
  std::string name = info.param.stem().string();
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

class ScenarioTest : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(ScenarioTest, TellsItsStory) {
  Script script;
  std::string error;
  ASSERT_TRUE(ParseScript(ReadFile(GetParam()), &script, &error)) << GetParam() << ":" << error;
  ASSERT_FALSE(script.blocks.empty());
  const Outcome outcome = RunScript(script);
  for (size_t i = 0; i < script.blocks.size(); ++i) {
    EXPECT_EQ(outcome.outputs[i], script.blocks[i].expected)
        << GetParam().string() << ":" << script.blocks[i].line
        << "\nif the new output is right: bazel run //tests/scenario:rewrite";
  }
  EXPECT_FALSE(outcome.failed) << "an invariant broke, or a command is wrong";
}

INSTANTIATE_TEST_SUITE_P(Files, ScenarioTest, ::testing::ValuesIn(Files()), CaseName);

}  // namespace
}  // namespace muster::scenario
