// Random faults, then calm. --seed=N (repeatable) and --seeds=A-B choose the runs; --members=N and
// --faults=A,B,C take parts of them; --packets=A-B puts every packet between these milliseconds
// into the log of a failure; --minimise looks for the least part of a failing run.

#include "tests/sim/swarm.h"

#include <unistd.h>

#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/sim/minimise.h"

namespace muster::sim {
namespace {

constexpr uint64_t kDefaultSeeds = 12;
// Each once broke a rule: voters gave verdicts at once, or on a silence that had been broken; a
// member was barred for losses of a fault that was over; a host killed while it drained its input
// read on; bursts of loss took a probe on all its paths just before its target fell silent.
constexpr uint64_t kKeptSeeds[] = {100, 105, 111, 119, 127, 144, 167, 174, 288,  380,
                                   436, 538, 623, 645, 666, 703, 885, 980, 1423, 2563};

// Filled by main, before GoogleTest makes the cases.
std::vector<uint64_t>& Seeds() {
  static std::vector<uint64_t> seeds;
  return seeds;
}

// What the arguments leave of each run.
SwarmPlan& Part() {
  static SwarmPlan part;
  return part;
}
bool& Minimising() {
  static bool minimising = false;
  return minimising;
}

SwarmPlan PlanFor(uint64_t seed) {
  SwarmPlan plan = Part();
  plan.seed = seed;
  return plan;
}

struct Range {
  int64_t first_ms = 0;
  int64_t last_ms = 0;
};
Range& Traced() {
  static Range range;
  return range;
}

std::string Repeat(const SwarmPlan& plan) {
  std::string text = "repeat: bazel test //tests/sim:swarm_test --test_output=all";
  std::istringstream arguments(PlanArguments(plan));
  for (std::string argument; arguments >> argument;) text += " --test_arg=" + argument;
  return text + "\n";
}

std::string Least(const SwarmPlan& plan, const SwarmReport& report) {
  SwarmPlan whole = plan;
  whole.members = report.members;
  whole.all_faults = false;
  whole.faults = report.faults;
  return Repeat(Minimise(whole, [](const SwarmPlan& part) { return Swarm(part).Run().failed(); }));
}

std::string DigestLine(uint64_t seed) {
  char line[32];
  std::snprintf(line, sizeof(line), "%016llx\n",
                static_cast<unsigned long long>(Swarm(seed).Run().digest));
  return line;
}

class SwarmTest : public ::testing::TestWithParam<uint64_t> {};

TEST_P(SwarmTest, KeepsItsPromisesAndConverges) {
  const SwarmPlan plan = PlanFor(GetParam());
  Swarm swarm(plan);
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
  EXPECT_TRUE(report.stayed_calm) << report.disagreement;
  if (!HasFailure()) return;
  std::cout << swarm.Describe() << "\n" << report.log << Repeat(plan);
  if (Minimising()) std::cout << "least: " << Least(plan, report);
}

std::string CaseName(const ::testing::TestParamInfo<uint64_t>& info) {
  return std::to_string(info.param);
}

INSTANTIATE_TEST_SUITE_P(Seeds, SwarmTest, ::testing::ValuesIn(Seeds()), CaseName);

// A sweep in which nothing went wrong because nothing happened proves nothing.
TEST(SwarmSweepTest, EveryFaultFired) {
  uint64_t fired[kFaultCount] = {};
  // Every counter by name; each must have counted.
  std::vector<std::pair<const char*, uint64_t>> sums;
  for (uint64_t seed = 1; seed <= kDefaultSeeds; ++seed) {
    const SwarmReport report = Swarm(seed).Run();
    for (int i = 0; i < kFaultCount; ++i) fired[i] += report.fired[i];
    const NetworkCounts& network = report.network;
    const StreamCounts& streams = report.streams;
    const HostFaultCounts& hosts = report.host_faults;
    const std::vector<std::pair<const char*, uint64_t>> counts = {
        {"lost", network.lost},
        {"cut", network.cut},
        {"duplicated", network.duplicated},
        {"corrupted", network.corrupted},
        {"held back", network.held_back},
        {"bursts", network.bursts},
        {"delayed", network.delayed},
        {"queued", network.queued},
        {"segments lost", network.segments_lost},
        {"segments cut", network.segments_cut},
        {"streams accepted", streams.accepted},
        {"streams refused", streams.refused},
        {"streams timed out", streams.timed_out},
        {"streams broken", streams.broken},
        {"inputs held", hosts.held_inputs},
        {"blocked sends", hosts.blocked_sends},
        {"blocked deadlines", hosts.blocked_deadlines},
        {"late deadlines", hosts.late_deadlines},
        {"cpu slices", hosts.cpu_slices},
        {"clock changes", hosts.clock_changes},
        {"refutations", report.refutations},
        {"verdicts", report.verdicts},
        {"relayed", report.relayed}};
    if (sums.empty()) sums.resize(counts.size());
    for (size_t i = 0; i < counts.size(); ++i) {
      sums[i] = {counts[i].first, sums[i].second + counts[i].second};
    }
  }
  for (int i = 0; i < kFaultCount; ++i) {
    EXPECT_GT(fired[i], 0u) << FaultName(static_cast<Fault>(i));
  }
  for (const auto& [name, sum] : sums) EXPECT_GT(sum, 0u) << name;
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
    } else if (NumberAfter(argument, "--members=", &number)) {
      Part().members = static_cast<int>(number);
    } else if (NumberAfter(argument, "--faults=", &number)) {
      Part().all_faults = false;
      std::istringstream list{std::string(argument.substr(sizeof("--faults=") - 1))};
      for (std::string item; std::getline(list, item, ',');) {
        Part().faults.push_back(std::atoi(item.c_str()));
      }
    } else if (argument == "--minimise") {
      Minimising() = true;
    } else if (NumberAfter(argument, "--packets=", &number)) {
      Traced() = {static_cast<int64_t>(number), static_cast<int64_t>(AfterDash(argument))};
    }
  }
  if (Seeds().empty()) {
    for (uint64_t seed = 1; seed <= kDefaultSeeds; ++seed) Seeds().push_back(seed);
    Seeds().insert(Seeds().end(), std::begin(kKeptSeeds), std::end(kKeptSeeds));
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
