// Each mistake of src/core/seeded_bug.h must be found by the sweep, and none without one:
//   bazel test //tests/sim:seeded_bugs_test --define muster_bugs=on --test_output=all
// A bug is found when a run breaks a rule or ends the process (a check of the core's own).

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "gtest/gtest.h"
#include "src/core/seeded_bug.h"
#include "tests/sim/swarm.h"

#ifndef MUSTER_SEEDED_BUGS
#error "build with --define muster_bugs=on"
#endif

namespace muster::sim {
namespace {

constexpr uint64_t kSeeds = 40;
constexpr int kFound = 10;
constexpr int kNotFound = 11;

constexpr std::array<const char*, core::kSeededBugs + 1> kBugNames = {
    "none",           "revives",         "ignores-epoch", "never-refutes", "believes-own-end",
    "half-tolerance", "hearsay-verdict", "never-heals",   "stale-cell",    "first-cell-stays",
    "stuck-deadline"};

// Runs seeds until one fails; in a process of its own, which a check may end.
int Hunt(int bug) {
  core::seeded_bug = static_cast<core::SeededBug>(bug);
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    std::printf("seed %d: ", static_cast<int>(seed));
    std::fflush(stdout);
    const SwarmReport report = Swarm(seed).Run();
    if (report.failed()) {
      const std::string what = report.violations.empty()
                                   ? "calm did not last"
                                   : std::string(RuleName(report.violations.front().rule)) + ": " +
                                         report.violations.front().text;
      std::printf("%s\n", what.c_str());
      return kFound;
    }
    std::printf("nothing\n");
  }
  return kNotFound;
}

struct Outcome {
  bool found = false;
  std::string last_line;
};

Outcome HuntInAChild(int bug) {
  char path[PATH_MAX] = {};
  EXPECT_GT(readlink("/proc/self/exe", path, sizeof(path) - 1), 0);
  const std::string command = std::string(path) + " --hunt=" + std::to_string(bug) + " 2>&1";
  FILE* child = popen(command.c_str(), "r");
  EXPECT_NE(child, nullptr);
  Outcome outcome;
  char line[512] = {};
  while (std::fgets(line, sizeof(line), child) != nullptr) outcome.last_line = line;
  const int status = pclose(child);
  outcome.found = !WIFEXITED(status) || WEXITSTATUS(status) != kNotFound;
  return outcome;
}

class SeededBugTest : public ::testing::TestWithParam<int> {};

TEST_P(SeededBugTest, IsFound) {
  const Outcome outcome = HuntInAChild(GetParam());
  EXPECT_TRUE(outcome.found);
  std::cout << kBugNames[static_cast<size_t>(GetParam())] << ": " << outcome.last_line;
}

INSTANTIATE_TEST_SUITE_P(All, SeededBugTest, ::testing::Range(1, core::kSeededBugs + 1));

TEST(WithoutABug, NothingIsFound) {
  const Outcome outcome = HuntInAChild(0);
  EXPECT_FALSE(outcome.found) << outcome.last_line;
}

}  // namespace
}  // namespace muster::sim

int main(int argc, char** argv) {
  constexpr std::string_view kHunt = "--hunt=";
  if (argc > 1 && std::string_view(argv[1]).substr(0, kHunt.size()) == kHunt) {
    return muster::sim::Hunt(std::atoi(argv[1] + kHunt.size()));
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
