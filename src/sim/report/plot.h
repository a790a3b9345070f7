#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/sim/report/axis.h"

namespace muster::sim {

struct Point {
  double x = 0;
  double y = 0;
};

enum class Mark : uint8_t {
  kLine,    // straight from point to point; few points are shown as dots too
  kStep,    // a value holds until the next point
  kPoints,  // dots alone
};

// What one colour and one entry of the legend stand for. Points that the axes cannot show (not
// finite; not above zero on a log scale) interrupt a line. Points that would fall on the same spot
// are drawn once, so that a series of a million costs no more than the picture has room for.
struct Series {
  std::string name;  // empty: no entry in the legend
  Mark mark = Mark::kLine;
  std::vector<Point> points;  // of lines and steps: in the order of drawing
};

// A vertical line with a label: an instant or a limit.
struct Guide {
  double x = 0;
  std::string label;
};

// The share of the samples that is at most x, from 0 to 1; for Mark::kStep. What is not finite
// counts as a sample that lies beyond the plot: the curve ends below 1.
std::vector<Point> DistributionOf(std::vector<double> samples);

// One picture of series over two axes.
class Plot {
 public:
  Plot(std::string title, Axis x, Axis y)
      : title_(std::move(title)), x_(std::move(x)), y_(std::move(y)) {}

  void Add(Series series) { series_.push_back(std::move(series)); }
  void Add(Guide guide) { guides_.push_back(std::move(guide)); }
  const std::string& title() const { return title_; }
  // One <svg> element; the same plot gives the same bytes. Its classes are styled by Report.
  std::string Svg() const;

 private:
  std::string title_;
  Axis x_;
  Axis y_;
  std::vector<Series> series_;
  std::vector<Guide> guides_;
};

}  // namespace muster::sim
