#include "src/sim/report/axis.h"

#include <limits>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace muster::sim {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string Labels(const AxisRange& range) {
  std::string labels;
  for (const Tick& tick : range.Ticks()) labels += (labels.empty() ? "" : " ") + tick.label;
  return labels;
}

TEST(AxisTest, ALinearAxisCoversItsDataAtRoundNumbers) {
  struct Case {
    std::vector<double> values;
    const char* labels;
  };
  const Case cases[] = {
      {{0, 10}, "0 2 4 6 8 10"},
      {{3.1, 9.7}, "0 2 4 6 8 10"},  // begins near zero: at zero
      {{490, 500}, "490 492 494 496 498 500"},
      {{0.1, 0.3}, "0 0.1 0.2 0.3"},
      {{-7, 12}, "-10 -5 0 5 10 15"},
      {{0, 1234567}, "0 500k 1M 1.5M"},
      {{0, 0}, "0 0.2 0.4 0.6 0.8 1"},
      {{8}, "4 6 8 10 12"},
      {{}, "0.5 1 1.5"},
      {{kNan, kInfinity, 0, 4}, "0 1 2 3 4"},
  };
  for (const Case& c : cases) {
    const AxisRange range({"x"}, c.values);
    EXPECT_EQ(Labels(range), c.labels);
    for (const double value : c.values) {
      if (!range.CanShow(value)) continue;
      EXPECT_GE(range.ShareOf(value), 0) << c.labels;
      EXPECT_LE(range.ShareOf(value), 1) << c.labels;
    }
  }
}

TEST(AxisTest, ALogAxisHasTheDecadesAndWithFewOfThemTheirParts) {
  struct Case {
    std::vector<double> values;
    const char* labels;
  };
  const Case cases[] = {
      {{1, 1000}, "1 2 5 10 20 50 100 200 500 1000"},
      {{128, 10000}, "100 200 500 1000 2000 5000 10k"},
      {{3, 4}, "2 5"},
      {{1e-3, 1e3}, "0.001 0.01 0.1 1 10 100 1000"},
      {{7}, "5 10"},
      {{5}, "5 10 20 50"},
      {{0, -3, 2, 20}, "2 5 10 20"},
      {{}, "1 2 5 10"},
  };
  for (const Case& c : cases) {
    const AxisRange range({"x", Scale::kLog}, c.values);
    EXPECT_EQ(Labels(range), c.labels);
  }
  EXPECT_LE(AxisRange({"x", Scale::kLog}, {1e-20, 1e20}).Ticks().size(), 12u);
}

TEST(AxisTest, EqualRatiosAreEqualDistancesOnALogAxis) {
  const AxisRange range({"x", Scale::kLog}, {1, 10000});
  EXPECT_NEAR(range.ShareOf(1), 0, 1e-9);
  EXPECT_NEAR(range.ShareOf(10), 0.25, 1e-9);
  EXPECT_NEAR(range.ShareOf(10000), 1, 1e-9);
}

TEST(AxisTest, GivenLimitsHold) {
  const AxisRange range({"x", Scale::kLinear, 0, 1}, {-3, 7});
  EXPECT_EQ(range.low(), 0);
  EXPECT_EQ(range.high(), 1);
  EXPECT_GT(range.ShareOf(7), 1);
  EXPECT_LT(range.ShareOf(-3), 0);
  EXPECT_EQ(Labels(range), "0 0.2 0.4 0.6 0.8 1");
  const AxisRange low_only({"x", Scale::kLinear, 3}, {10});
  EXPECT_EQ(low_only.low(), 3);
  EXPECT_EQ(low_only.high(), 10);
  // A limit that a log axis cannot have is none.
  EXPECT_EQ(AxisRange({"x", Scale::kLog, 0}, {10, 100}).low(), 10);
}

TEST(AxisTest, ALimitAboveAllDataLeavesAnAxis) {
  const AxisRange range({"x", Scale::kLinear, 5}, {1});
  EXPECT_LT(range.low(), range.high());
  const AxisRange log({"x", Scale::kLog, 5, 5}, {1});
  EXPECT_LT(log.low(), log.high());
}

}  // namespace
}  // namespace muster::sim
