// The instruments of the benchmark: a wrong one would make every figure wrong.

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "bench/cluster/event_log.h"
#include "bench/cluster/samples.h"
#include "bench/cluster/usage.h"
#include "tests/e2e/harness/clock.h"

namespace muster::bench {
namespace {

constexpr char kFailed[] =
    "W20260131 23:59:59.000123  4711 event_log.cc:97] event=member.failed member=n2 "
    "id=000102030405060708090a0b0c0d0e0f from=suspect to=failed reason=\"no answer\"";

TEST(ParseLogLine, ReadsTimeTypeAndMember) {
  LoggedEvent event;
  ASSERT_TRUE(ParseLogLine(kFailed, &event));
  EXPECT_EQ(event.wall_us, int64_t{1769903999} * 1'000'000 + 123);
  EXPECT_EQ(event.type, "member.failed");
  EXPECT_EQ(event.member, "n2");
}

TEST(ParseLogLine, IgnoresOtherLines) {
  LoggedEvent event;
  for (const char* line :
       {"", "muster 0.1.0 ready: name=n1", "I20260131 23:59:59.000123  4711 a.cc:9] no event here",
        "event=member.failed member=n2"}) {
    EXPECT_FALSE(ParseLogLine(line, &event)) << line;
  }
}

TEST(LogFollower, TakesWholeLinesAndFindsTheFirstAfter) {
  char path[] = "/tmp/muster-log-XXXXXX";
  const int fd = mkstemp(path);
  ASSERT_GE(fd, 0);
  close(fd);
  std::ofstream file(path);
  LogFollower log(path);
  file << kFailed << "\n" << std::string(kFailed).substr(0, 30) << std::flush;
  log.Poll();
  ASSERT_EQ(log.events().size(), 1u);
  file << std::string(kFailed).substr(30) << "\nnoise\n" << std::flush;
  log.Poll();
  ASSERT_EQ(log.events().size(), 2u);
  const int64_t at_us = log.events()[0].wall_us;
  EXPECT_EQ(log.FirstAfter(at_us - 1, {"member.failed"}, "n2"), at_us);
  EXPECT_EQ(log.FirstAfter(at_us, {"member.failed"}, "n2"), 0);
  EXPECT_EQ(log.FirstAfter(0, {"member.left"}, "n2"), 0);
  EXPECT_EQ(log.FirstAfter(0, {"member.failed"}, "n3"), 0);
  EXPECT_EQ(log.Count(0, at_us, [](const LoggedEvent& e) { return e.member == "n2"; }), 2);
  EXPECT_EQ(log.Count(at_us, at_us + 1, [](const LoggedEvent&) { return true; }), 0);
  unlink(path);
}

TEST(Samples, OrderStatistics) {
  Samples samples;
  for (const double value : {5.0, 1.0, 4.0}) samples.Add(value);
  EXPECT_EQ(samples.Text(1), "1.0 / 4.0 / 5.0");
  samples.Add(2);
  EXPECT_DOUBLE_EQ(samples.Median(), 3);
}

TEST(Usage, SeesTheWorkOfAProcess) {
  const UsageMeter meter({getpid()});
  // Burns 50 ms of CPU time, on the clock under test itself.
  const int64_t begin_ns = ReadUsage(getpid()).cpu_ns;
  const TimePoint begin = e2e::Now();
  while (ReadUsage(getpid()).cpu_ns - begin_ns < 50'000'000) {
    ASSERT_LT((e2e::Now() - begin).seconds(), 20);
  }
  const UsageRates rates = meter.Finish();
  ASSERT_EQ(rates.cpu_percent.size(), 1u);
  EXPECT_GE(rates.cpu_percent[0] * rates.seconds, 5.0);  // percent seconds: 50 ms are 5
  EXPECT_LE(rates.cpu_percent[0], 101.0);
}

TEST(Usage, SeesPrivateMemoryGrow) {
  const int64_t before_kib = ReadPrivateKib(getpid());
  ASSERT_GT(before_kib, 0);
  std::vector<char> block(8 << 20, 'x');
  EXPECT_GE(ReadPrivateKib(getpid()), before_kib + 8 * 1024 - 64);
  EXPECT_EQ(block.back(), 'x');
}

}  // namespace
}  // namespace muster::bench
