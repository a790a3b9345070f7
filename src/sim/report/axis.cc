#include "src/sim/report/axis.h"

#include <algorithm>
#include <cmath>

#include "src/sim/report/text.h"

namespace muster::sim {
namespace {

constexpr double kSteps[] = {1, 2, 5, 10};
// Limits of data are rounded; what lies this little beside a step is on it.
constexpr double kSlack = 1e-9;
constexpr int kLogTicksMax = 10;

double PowerOfTen(int exponent) { return std::pow(10.0, exponent); }

}  // namespace

AxisRange::AxisRange(const Axis& axis, const std::vector<double>& values) : scale_(axis.scale) {
  double smallest = std::numeric_limits<double>::infinity();
  double largest = -smallest;
  for (const double value : values) {
    if (!CanShow(value)) continue;
    smallest = std::min(smallest, value);
    largest = std::max(largest, value);
  }
  const bool has_low = CanShow(axis.low);
  const bool has_high = CanShow(axis.high);
  if (smallest > largest) {  // no data
    smallest = has_low ? axis.low : 1;
    largest = has_high ? axis.high : smallest;
  }
  low_ = has_low ? axis.low : smallest;
  high_ = has_high ? axis.high : std::max(largest, low_);
  low_ = std::min(low_, high_);
  if (scale_ == Scale::kLog) {
    RoundLog(has_low, has_high);
  } else {
    RoundLinear(has_low, has_high);
  }
}

bool AxisRange::CanShow(double value) const {
  return std::isfinite(value) && (scale_ == Scale::kLinear || value > 0);
}

double AxisRange::ShareOf(double value) const {
  if (scale_ == Scale::kLinear) return (value - low_) / (high_ - low_);
  return (std::log10(value) - std::log10(low_)) / (std::log10(high_) - std::log10(low_));
}

double AxisRange::LinearStep() const {
  const double raw = (high_ - low_) / 5;
  const double unit = PowerOfTen(static_cast<int>(std::floor(std::log10(raw))));
  for (const double step : kSteps) {
    if (raw <= step * unit * (1 + kSlack)) return step * unit;
  }
  return 10 * unit;
}

void AxisRange::RoundLinear(bool has_low, bool has_high) {
  // A scale that begins near zero begins at zero.
  if (!has_low && low_ > 0 && low_ < high_ * 0.5) low_ = 0;
  if (high_ - low_ <= std::fabs(high_) * kSlack) {  // one value: room on both sides
    const double room = high_ == 0 ? 1 : std::fabs(high_) * 0.5;
    high_ += room;
    if (!has_low && high_ != room) low_ -= room;  // zeros stay at the foot
  }
  const double step = LinearStep();
  if (!has_low) low_ = std::floor(low_ / step + kSlack) * step;
  if (!has_high) high_ = std::ceil(high_ / step - kSlack) * step;
}

void AxisRange::RoundLog(bool has_low, bool has_high) {
  const auto round = [](double value, bool up) {
    const double unit = PowerOfTen(static_cast<int>(std::floor(std::log10(value) + kSlack)));
    double below = unit;
    for (const double step : kSteps) {
      if (up && value <= step * unit * (1 + kSlack)) return step * unit;
      if (value >= step * unit * (1 - kSlack)) below = step * unit;
    }
    return below;
  };
  if (!has_low) low_ = round(low_, false);
  if (!has_high) high_ = round(high_, true);
  if (high_ <= low_ * (1 + kSlack)) high_ = low_ * 10;
}

std::vector<double> AxisRange::LogTicks() const {
  const int first = static_cast<int>(std::floor(std::log10(low_) + kSlack));
  const int last = static_cast<int>(std::ceil(std::log10(high_) - kSlack));
  const int decades = last - first;
  std::vector<double> values;
  for (int exponent = first; exponent <= last; ++exponent) {
    if (decades > kLogTicksMax && (exponent - first) % (decades / kLogTicksMax + 1) != 0) continue;
    for (const double step : {1.0, 2.0, 5.0}) {
      if (step == 1.0 || decades <= 3) values.push_back(step * PowerOfTen(exponent));
    }
  }
  return values;
}

std::vector<Tick> AxisRange::Ticks() const {
  std::vector<double> values;
  if (scale_ == Scale::kLog) {
    values = LogTicks();
  } else {
    const double step = LinearStep();
    const auto from = static_cast<int64_t>(std::ceil(low_ / step - kSlack));
    const auto to = static_cast<int64_t>(std::floor(high_ / step + kSlack));
    for (int64_t i = from; i <= to; ++i) values.push_back(static_cast<double>(i) * step);
  }
  std::vector<Tick> ticks;
  for (const double value : values) {
    const double share = CanShow(value) ? ShareOf(value) : -1;
    if (share < -kSlack || share > 1 + kSlack) continue;
    ticks.push_back({value, FormatNumber(value)});
  }
  if (ticks.empty()) ticks.push_back({low_, FormatNumber(low_)});
  return ticks;
}

}  // namespace muster::sim
