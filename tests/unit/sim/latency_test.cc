#include "src/sim/latency.h"

#include <algorithm>
#include <vector>

#include "gtest/gtest.h"
#include "src/base/rng.h"
#include "src/base/time.h"

namespace muster::sim {
namespace {

std::vector<int64_t> Draws(const LatencyModel& model, int n) {
  Rng rng(3);
  std::vector<int64_t> draws;
  for (int i = 0; i < n; ++i) draws.push_back(model.Draw(&rng).micros());
  std::sort(draws.begin(), draws.end());
  return draws;
}

TEST(LatencyTest, UniformKeepsItsRangeAndReachesBothEnds) {
  const std::vector<int64_t> draws =
      Draws(LatencyModel::Uniform(Duration::Micros(100), Duration::Micros(110)), 2000);
  EXPECT_EQ(draws.front(), 100);
  EXPECT_EQ(draws.back(), 110);
}

TEST(LatencyTest, LognormalHasItsMedianAndItsTail) {
  const std::vector<int64_t> draws =
      Draws(LatencyModel::Lognormal(Duration::Micros(1000)), 200'000);
  const auto quantile = [&draws](size_t thousandth) {
    return draws[draws.size() / 1000 * thousandth];
  };
  // exp(sigma z) with sigma = ln(10) / 2.326: quartiles at 0.513 and 1.949, p99 at ten medians.
  EXPECT_NEAR(static_cast<double>(quantile(500)), 1000, 30);
  EXPECT_NEAR(static_cast<double>(quantile(250)), 513, 20);
  EXPECT_NEAR(static_cast<double>(quantile(750)), 1949, 60);
  EXPECT_NEAR(static_cast<double>(quantile(990)), 10'000, 700);
  EXPECT_LE(draws.back(), 45'000);
}

TEST(LatencyTest, AnEffectComesAfterItsCause) {
  EXPECT_EQ(Draws(LatencyModel::Uniform(Duration::Zero(), Duration::Zero()), 10).front(), 1);
  EXPECT_EQ(Draws(LatencyModel::Lognormal(Duration::Micros(1)), 1000).front(), 1);
}

TEST(LatencyTest, OneSeedGivesOneSequence) {
  const LatencyModel model;
  Rng a(5);
  Rng b(5);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(model.Draw(&a), model.Draw(&b));
}

}  // namespace
}  // namespace muster::sim
