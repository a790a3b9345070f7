// Random faults, then calm. --seed=N (repeatable) and --seeds=A-B choose the runs; --packets=A-B
// puts every packet between these milliseconds into the log of a failure.

#include "tests/sim/swarm.h"

#include <unistd.h>

#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"

namespace muster::sim {
namespace {

constexpr uint64_t kDefaultSeeds = 12;

// Filled by main, before GoogleTest makes the cases.
std::vector<uint64_t>& Seeds() {
  static std::vector<uint64_t> seeds;
  return seeds;
}

struct Range {
  int64_t first_ms = 0;
  int64_t last_ms = 0;
};
Range& Traced() {
  static Range range;
  return range;
}

std::string Repeat(uint64_t seed) {
  return "repeat: bazel test //tests/sim:swarm_test --test_output=all --test_arg=--seed=" +
         std::to_string(seed) + "\n";
}

std::string DigestLine(uint64_t seed) {
  char line[32];
  std::snprintf(line, sizeof(line), "%016llx\n",
                static_cast<unsigned long long>(Swarm(seed).Run().digest));
  return line;
}

class SwarmTest : public ::testing::TestWithParam<uint64_t> {};

TEST_P(SwarmTest, KeepsItsPromisesAndConverges) {
  Swarm swarm(GetParam());
  if (Traced().last_ms > 0) {
    swarm.TracePackets(TimePoint::FromMicros(Traced().first_ms * 1000),
                       TimePoint::FromMicros(Traced().last_ms * 1000));
  }
  const SwarmReport report = swarm.Run();
  std::string broken;
  for (const Violation& violation : report.violations) {
    broken += std::to_string(violation.at.micros() / 1000) + " ms " + RuleName(violation.rule) +
              ": " + violation.text + "\n";
  }
  EXPECT_EQ(broken, "");
  EXPECT_TRUE(report.converged) << report.disagreement;
  EXPECT_TRUE(report.stayed_calm) << report.disagreement;
  if (HasFailure()) std::cout << swarm.Describe() << "\n" << report.log << Repeat(GetParam());
}

std::string CaseName(const ::testing::TestParamInfo<uint64_t>& info) {
  return std::to_string(info.param);
}

INSTANTIATE_TEST_SUITE_P(Seeds, SwarmTest, ::testing::ValuesIn(Seeds()), CaseName);

// A sweep in which nothing went wrong because nothing happened proves nothing.
TEST(SwarmSweepTest, EveryFaultFired) {
  SwarmReport sum;
  for (uint64_t seed = 1; seed <= kDefaultSeeds; ++seed) {
    const SwarmReport report = Swarm(seed).Run();
    for (int i = 0; i < kFaultCount; ++i) sum.fired[i] += report.fired[i];
    sum.network.lost += report.network.lost;
    sum.network.cut += report.network.cut;
    sum.network.duplicated += report.network.duplicated;
    sum.network.corrupted += report.network.corrupted;
    sum.network.held_back += report.network.held_back;
    sum.network.segments_lost += report.network.segments_lost;
    sum.network.segments_cut += report.network.segments_cut;
    sum.streams.accepted += report.streams.accepted;
    sum.streams.refused += report.streams.refused;
    sum.streams.timed_out += report.streams.timed_out;
    sum.streams.broken += report.streams.broken;
    sum.refutations += report.refutations;
    sum.verdicts += report.verdicts;
    sum.relayed += report.relayed;
    sum.dropped_full += report.dropped_full;
  }
  for (int i = 0; i < kFaultCount; ++i) {
    EXPECT_GT(sum.fired[i], 0u) << FaultName(static_cast<Fault>(i));
  }
  EXPECT_GT(sum.network.lost, 0u);
  EXPECT_GT(sum.network.cut, 0u);
  EXPECT_GT(sum.network.duplicated, 0u);
  EXPECT_GT(sum.network.corrupted, 0u);
  EXPECT_GT(sum.network.held_back, 0u);
  EXPECT_GT(sum.network.segments_lost, 0u);
  EXPECT_GT(sum.network.segments_cut, 0u);
  EXPECT_GT(sum.streams.accepted, 0u);
  EXPECT_GT(sum.streams.refused, 0u);
  EXPECT_GT(sum.streams.timed_out, 0u);
  EXPECT_GT(sum.streams.broken, 0u);
  EXPECT_GT(sum.refutations, 0u);
  EXPECT_GT(sum.verdicts, 0u);
  EXPECT_GT(sum.relayed, 0u);
}

TEST(SwarmDeterminismTest, OneSeedGivesOneDigestTwoSeedsGiveTwo) {
  const uint64_t digest = Swarm(5).Run().digest;
  EXPECT_EQ(Swarm(5).Run().digest, digest);
  EXPECT_NE(Swarm(6).Run().digest, digest);
}

TEST(SwarmDeterminismTest, AnotherProcessGetsTheSameDigest) {
  char path[PATH_MAX] = {};
  ASSERT_GT(readlink("/proc/self/exe", path, sizeof(path) - 1), 0);
  FILE* child = popen((std::string(path) + " --digest=7").c_str(), "r");
  ASSERT_NE(child, nullptr);
  char line[64] = {};
  EXPECT_NE(std::fgets(line, sizeof(line), child), nullptr);
  EXPECT_EQ(pclose(child), 0);
  EXPECT_EQ(std::string(line), DigestLine(7));
}

// The number after `name` in `argument`; false when it begins with something else.
bool NumberAfter(std::string_view argument, std::string_view name, uint64_t* number) {
  if (argument.substr(0, name.size()) != name) return false;
  *number = std::strtoull(argument.data() + name.size(), nullptr, 10);
  return true;
}

// The number after the "-" of a range; the arguments of main end with a zero byte.
uint64_t AfterDash(std::string_view argument) {
  const size_t dash = argument.find('-', 2);
  return dash == std::string_view::npos ? 0
                                        : std::strtoull(argument.data() + dash + 1, nullptr, 10);
}

// False where the process has nothing more to do.
bool ReadArguments(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    uint64_t number = 0;
    if (NumberAfter(argument, "--digest=", &number)) {
      std::fputs(DigestLine(number).c_str(), stdout);
      return false;
    }
    if (NumberAfter(argument, "--seed=", &number)) {
      Seeds().push_back(number);
    } else if (NumberAfter(argument, "--seeds=", &number)) {
      for (uint64_t seed = number; seed <= AfterDash(argument); ++seed) Seeds().push_back(seed);
    } else if (NumberAfter(argument, "--packets=", &number)) {
      Traced() = {static_cast<int64_t>(number), static_cast<int64_t>(AfterDash(argument))};
    }
  }
  if (Seeds().empty()) {
    for (uint64_t seed = 1; seed <= kDefaultSeeds; ++seed) Seeds().push_back(seed);
  }
  return true;
}

}  // namespace
}  // namespace muster::sim

int main(int argc, char** argv) {
  if (!muster::sim::ReadArguments(argc, argv)) return 0;
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
