#include "src/sim/report/plot.h"

#include <limits>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace muster::sim {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

size_t Count(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// The field is 672 wide and 280 high, from its upper left corner.
Plot UnitPlot() { return Plot("plot", {"x", Scale::kLinear, 0, 1}, {"y", Scale::kLinear, 0, 1}); }

TEST(PlotTest, ALineGoesFromPointToPoint) {
  Plot plot = UnitPlot();
  plot.Add(Series{"a", Mark::kLine, {{0, 0}, {0.5, 1}, {1, 0.5}}});
  EXPECT_NE(plot.Svg().find("class=\"line c0\" d=\"M0 280L336 0L672 140\""), std::string::npos);
  // So few points are dots as well.
  EXPECT_NE(plot.Svg().find("class=\"dots c0\" d=\"M0 280h0M336 0h0M672 140h0\""),
            std::string::npos);
}

TEST(PlotTest, AStepHoldsUntilTheNextPoint) {
  Plot plot = UnitPlot();
  plot.Add(Series{"a", Mark::kStep, {{0, 0}, {0.5, 1}, {1, 1}}});
  const std::string svg = plot.Svg();
  EXPECT_NE(svg.find("d=\"M0 280H336V0H672\""), std::string::npos);
  EXPECT_EQ(svg.find("class=\"dots"), std::string::npos);
}

TEST(PlotTest, WhatCannotBeShownInterruptsALine) {
  Plot plot("plot", {"x", Scale::kLinear, 0, 1}, {"y", Scale::kLog, 1, 100});
  plot.Add(Series{"a", Mark::kStep, {{0, 1}, {0.25, kNan}, {0.5, 10}, {0.75, 0}, {1, 100}}});
  EXPECT_NE(plot.Svg().find("d=\"M0 280M336 140M672 0\""), std::string::npos);
}

TEST(PlotTest, AMillionDotsOnAFewSpotsAreFewDots) {
  Plot plot = UnitPlot();
  Series series{"sizes", Mark::kPoints, {}};
  for (int i = 0; i < 1'000'000; ++i) series.points.push_back({(i % 3) * 0.5, 0.5});
  plot.Add(series);
  EXPECT_NE(plot.Svg().find("d=\"M0 140h0M336 140h0M672 140h0\""), std::string::npos);
}

TEST(PlotTest, PointsOfALineOnOneSpotAreDrawnOnce) {
  Plot plot = UnitPlot();
  plot.Add(Series{"a", Mark::kStep, {{0, 0}, {0.00001, 0}, {0.00002, 0.00001}, {1, 0}}});
  EXPECT_NE(plot.Svg().find("d=\"M0 280H672\""), std::string::npos);
}

TEST(PlotTest, TheLegendNamesWhatHasAName) {
  Plot plot = UnitPlot();
  plot.Add(Series{"first <b>", Mark::kLine, {{0, 0}}});
  plot.Add(Series{"", Mark::kLine, {{0, 1}}});
  plot.Add(Series{"third", Mark::kPoints, {{1, 1}}});
  const std::string svg = plot.Svg();
  EXPECT_EQ(Count(svg, "first &lt;b&gt;</text>"), 1u);
  EXPECT_EQ(Count(svg, ">third</text>"), 1u);
  EXPECT_NE(svg.find("class=\"line c1\""), std::string::npos);  // drawn, if not named
}

TEST(PlotTest, ALongLegendTakesMoreRows) {
  const auto height = [](int series) {
    Plot plot = UnitPlot();
    for (int i = 0; i < series; ++i) {
      plot.Add(Series{"a series with a long name " + std::to_string(i), Mark::kLine, {{0, 0}}});
    }
    const std::string svg = plot.Svg();
    const size_t at = svg.find("viewBox=\"0 0 760 ") + 17;
    return std::stoi(svg.substr(at));
  };
  EXPECT_EQ(height(2), height(1));
  EXPECT_GT(height(12), height(2));
}

TEST(PlotTest, BeyondEightSeriesLinesAreDashed) {
  Plot plot = UnitPlot();
  for (int i = 0; i < 9; ++i) plot.Add(Series{"s", Mark::kStep, {{0, 0}, {1, i / 10.0}}});
  const std::string svg = plot.Svg();
  EXPECT_NE(svg.find("class=\"line c7\""), std::string::npos);
  EXPECT_NE(svg.find("class=\"line c0 dashed\""), std::string::npos);
}

TEST(PlotTest, AxesHaveTitlesTicksAndAGrid) {
  const Plot plot("a plot", {"seconds"}, {"share & more"});
  const std::string svg = plot.Svg();
  EXPECT_NE(svg.find("aria-label=\"a plot\""), std::string::npos);
  EXPECT_NE(svg.find(">seconds</text>"), std::string::npos);
  EXPECT_NE(svg.find(">share &amp; more</text>"), std::string::npos);
  EXPECT_NE(svg.find(">no data</text>"), std::string::npos);
}

TEST(PlotTest, AGuideStandsAtItsPlace) {
  Plot plot = UnitPlot();
  plot.Add(Series{"a", Mark::kStep, {{0, 0}}});
  plot.Add(Guide{0.25, "crash"});
  plot.Add(Guide{kNan, "nowhere"});
  const std::string svg = plot.Svg();
  EXPECT_NE(svg.find("class=\"guide\" x1=\"168\" y1=\"0\" x2=\"168\" y2=\"280\""),
            std::string::npos);
  EXPECT_NE(svg.find(">crash</text>"), std::string::npos);
  EXPECT_EQ(svg.find("nowhere"), std::string::npos);
  EXPECT_EQ(svg.find("no data"), std::string::npos);
}

TEST(PlotTest, TheSamePlotGivesTheSameBytes) {
  const auto make = [] {
    Plot plot("plot", {"x", Scale::kLog}, {"y"});
    plot.Add(Series{"a", Mark::kPoints, {{3, 0.1}, {70, 1.0 / 3}, {900, 2.0 / 7}}});
    return plot.Svg();
  };
  EXPECT_EQ(make(), make());
}

TEST(DistributionTest, RisesToOneAtTheLargestSample) {
  const std::vector<Point> points = DistributionOf({4, 1, 2, 2});
  ASSERT_EQ(points.size(), 4u);
  EXPECT_EQ(points[0].x, 1);
  EXPECT_EQ(points[0].y, 0);
  EXPECT_EQ(points[1].x, 1);
  EXPECT_EQ(points[1].y, 0.25);
  EXPECT_EQ(points[2].x, 2);
  EXPECT_EQ(points[2].y, 0.75);
  EXPECT_EQ(points[3].x, 4);
  EXPECT_EQ(points[3].y, 1);
  EXPECT_TRUE(DistributionOf({}).empty());
}

TEST(DistributionTest, WhatNeverCameKeepsTheCurveBelowOne) {
  const std::vector<Point> points =
      DistributionOf({1, 2, kNan, std::numeric_limits<double>::infinity()});
  EXPECT_EQ(points.back().x, 2);
  EXPECT_EQ(points.back().y, 0.5);
}

}  // namespace
}  // namespace muster::sim
