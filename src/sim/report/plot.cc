#include "src/sim/report/plot.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "src/sim/report/text.h"

namespace muster::sim {
namespace {

// Sizes in the units of the picture, which is shown at about one to a pixel.
constexpr double kWidth = 760;
constexpr double kLeft = 70;
constexpr double kRight = 18;
constexpr double kTop = 14;
constexpr double kFieldWidth = kWidth - kLeft - kRight;
constexpr double kFieldHeight = 280;
constexpr double kAxisHeight = 48;
constexpr double kLegendRow = 20;
constexpr double kLetter = 7;
// Lines with at most so many points show them as dots.
constexpr size_t kDottedMax = 40;
// Colours of styles; from there on lines are dashed.
constexpr size_t kColours = 8;

// At one decimal, without a needless one.
std::string Place(double value) {
  const int64_t tenths = std::llround(value * 10);
  if (tenths % 10 == 0) return absl::StrCat(tenths / 10);
  return absl::StrFormat("%s%d.%d", tenths < 0 ? "-" : "", std::abs(tenths) / 10,
                         std::abs(tenths) % 10);
}

std::string Text(double x, double y, std::string_view attributes, std::string_view text) {
  return absl::StrFormat("<text x=\"%s\" y=\"%s\"%s>%s</text>\n", Place(x), Place(y),
                         std::string(attributes), EscapeHtml(text));
}

std::string Line(double x1, double y1, double x2, double y2, std::string_view kind) {
  return absl::StrFormat("<line class=\"%s\" x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\"/>\n",
                         std::string(kind), Place(x1), Place(y1), Place(x2), Place(y2));
}

size_t Letters(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;  // first bytes of UTF-8
  }));
}

std::string StyleOf(size_t index) {
  return absl::StrCat("c", index % kColours, index / kColours % 2 == 1 ? " dashed" : "");
}

// Where the points of a plot lie in its field.
class Field {
 public:
  Field(const AxisRange& x, const AxisRange& y) : x_(x), y_(y) {}
  bool CanShow(const Point& point) const { return x_.CanShow(point.x) && y_.CanShow(point.y); }
  double X(double x) const { return x_.ShareOf(x) * kFieldWidth; }
  double Y(double y) const { return (1 - y_.ShareOf(y)) * kFieldHeight; }

 private:
  const AxisRange& x_;
  const AxisRange& y_;
};

// The path of a line or of steps, in as many parts as it is interrupted.
std::string PathOf(const Series& series, const Field& field) {
  std::string path;
  bool is_drawing = false;
  std::string x_before;
  std::string y_before;
  for (const Point& point : series.points) {
    if (!field.CanShow(point)) {
      is_drawing = false;
      continue;
    }
    const std::string x = Place(field.X(point.x));
    const std::string y = Place(field.Y(point.y));
    if (!is_drawing) {
      absl::StrAppend(&path, "M", x, " ", y);
    } else if (x != x_before || y != y_before) {
      const bool is_step = series.mark == Mark::kStep;
      if (is_step && x != x_before) absl::StrAppend(&path, "H", x);
      if (is_step && y != y_before) absl::StrAppend(&path, "V", y);
      if (!is_step) absl::StrAppend(&path, "L", x, " ", y);
    }
    is_drawing = true;
    x_before = x;
    y_before = y;
  }
  return path;
}

std::string DotsOf(const Series& series, const Field& field) {
  std::string dots;
  std::set<std::pair<int64_t, int64_t>> drawn;
  for (const Point& point : series.points) {
    if (!field.CanShow(point)) continue;
    const double x = field.X(point.x);
    const double y = field.Y(point.y);
    if (!drawn.emplace(std::llround(x), std::llround(y)).second) continue;
    // A line of no length with round ends: much shorter than a circle.
    absl::StrAppend(&dots, "M", Place(x), " ", Place(y), "h0");
  }
  return dots;
}

std::string Drawn(const Series& series, size_t index, const Field& field) {
  std::string svg;
  const auto add = [&](std::string_view kind, const std::string& path) {
    if (path.empty()) return;
    absl::StrAppend(&svg, "<path class=\"", std::string(kind), " ", StyleOf(index), "\" d=\"", path,
                    "\"/>\n");
  };
  if (series.mark != Mark::kPoints) add("line", PathOf(series, field));
  const bool is_dotted = series.mark == Mark::kLine && series.points.size() <= kDottedMax;
  if (is_dotted || series.mark == Mark::kPoints) add("dots", DotsOf(series, field));
  return svg;
}

std::string Frame(const Axis& x, const Axis& y, const AxisRange& xs, const AxisRange& ys) {
  const double bottom = kTop + kFieldHeight;
  std::string svg;
  for (const Tick& tick : xs.Ticks()) {
    const double at = kLeft + xs.ShareOf(tick.value) * kFieldWidth;
    svg += Line(at, kTop, at, bottom, "grid");
    svg += Text(at, bottom + 17, " text-anchor=\"middle\"", tick.label);
  }
  for (const Tick& tick : ys.Ticks()) {
    const double at = bottom - ys.ShareOf(tick.value) * kFieldHeight;
    svg += Line(kLeft, at, kLeft + kFieldWidth, at, "grid");
    svg += Text(kLeft - 7, at + 4, " text-anchor=\"end\"", tick.label);
  }
  svg += Line(kLeft, bottom, kLeft + kFieldWidth, bottom, "axis");
  svg += Line(kLeft, kTop, kLeft, bottom, "axis");
  svg += Text(kLeft + kFieldWidth / 2, bottom + 38, " text-anchor=\"middle\"", x.title);
  const double middle = kTop + kFieldHeight / 2;
  svg +=
      Text(16, middle,
           absl::StrCat(" text-anchor=\"middle\" transform=\"rotate(-90 16 ", Place(middle), ")\""),
           y.title);
  return svg;
}

// The entries side by side, in as many rows as they need; `*height` is what they take.
std::string Legend(const std::vector<Series>& series, double* height) {
  std::string svg;
  double x = kLeft;
  double y = kTop + kFieldHeight + kAxisHeight + kLegendRow / 2;
  *height = 0;
  for (size_t i = 0; i < series.size(); ++i) {
    if (series[i].name.empty()) continue;
    const double width = 30 + kLetter * static_cast<double>(Letters(series[i].name)) + 16;
    if (*height == 0) *height = kLegendRow;
    if (x > kLeft && x + width > kWidth) {
      x = kLeft;
      y += kLegendRow;
      *height += kLegendRow;
    }
    const bool is_points = series[i].mark == Mark::kPoints;
    absl::StrAppend(&svg, "<path class=\"", is_points ? "dots " : "line ", StyleOf(i), "\" d=\"M",
                    Place(is_points ? x + 12 : x), " ", Place(y - 4), is_points ? "h0" : "h24",
                    "\"/>\n");
    svg += Text(x + 30, y, "", series[i].name);
    x += width;
  }
  return svg;
}

}  // namespace

std::vector<Point> DistributionOf(std::vector<double> samples) {
  const double count = static_cast<double>(samples.size());
  std::erase_if(samples, [](double value) { return !std::isfinite(value); });
  std::sort(samples.begin(), samples.end());
  std::vector<Point> points;
  for (size_t i = 0; i < samples.size(); ++i) {
    if (i == 0) points.push_back({samples[i], 0});
    const Point point = {samples[i], static_cast<double>(i + 1) / count};
    if (points.back().x == point.x && points.back().y > 0) {
      points.back() = point;
    } else {
      points.push_back(point);
    }
  }
  return points;
}

std::string Plot::Svg() const {
  std::vector<double> xs;
  std::vector<double> ys;
  for (const Series& series : series_) {
    for (const Point& point : series.points) {
      xs.push_back(point.x);
      ys.push_back(point.y);
    }
  }
  const bool is_empty = xs.empty();
  for (const Guide& guide : guides_) xs.push_back(guide.x);
  const AxisRange x_range(x_, xs);
  const AxisRange y_range(y_, ys);
  const Field field(x_range, y_range);

  double legend_height = 0;
  const std::string legend = Legend(series_, &legend_height);
  const double height = kTop + kFieldHeight + kAxisHeight + legend_height;
  std::string svg =
      absl::StrFormat("<svg class=\"plot\" viewBox=\"0 0 %s %s\" role=\"img\" aria-label=\"%s\">\n",
                      Place(kWidth), Place(height), EscapeHtml(title_));
  svg += Frame(x_, y_, x_range, y_range);
  // An inner picture clips what lies beyond fixed limits.
  absl::StrAppend(&svg, "<svg x=\"", Place(kLeft), "\" y=\"", Place(kTop), "\" width=\"",
                  Place(kFieldWidth), "\" height=\"", Place(kFieldHeight), "\">\n");
  for (const Guide& guide : guides_) {
    if (!x_range.CanShow(guide.x)) continue;
    const double x = field.X(guide.x);
    svg += Line(x, 0, x, kFieldHeight, "guide");
    const bool is_left = x > kFieldWidth * 0.7;
    svg += Text(is_left ? x - 4 : x + 4, 12, is_left ? " text-anchor=\"end\"" : "", guide.label);
  }
  for (size_t i = 0; i < series_.size(); ++i) svg += Drawn(series_[i], i, field);
  if (is_empty) {
    svg += Text(kFieldWidth / 2, kFieldHeight / 2, " text-anchor=\"middle\"", "no data");
  }
  return svg + "</svg>\n" + legend + "</svg>\n";
}

}  // namespace muster::sim
