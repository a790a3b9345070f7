#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace muster::sim {

enum class Scale : uint8_t { kLinear, kLog };

// One axis of a plot. Limits that are not given are taken from the data and rounded outwards.
struct Axis {
  std::string title;
  Scale scale = Scale::kLinear;
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();
};

struct Tick {
  double value = 0;
  std::string label;
};

// The part of an axis that a plot shows.
class AxisRange {
 public:
  // What cannot be shown (not finite; not above zero on a log scale) counts neither as a value nor
  // as a limit.
  AxisRange(const Axis& axis, const std::vector<double>& values);

  double low() const { return low_; }
  double high() const { return high_; }  // above low()
  bool CanShow(double value) const;
  // 0 at low(), 1 at high(), outside of that beyond them. Only of a value that can be shown.
  double ShareOf(double value) const;
  // Between low() and high(), rising, at 1, 2 or 5 times a power of ten; at least one.
  std::vector<Tick> Ticks() const;

 private:
  // The step of some five ticks.
  double LinearStep() const;
  void RoundLinear(bool has_low, bool has_high);
  void RoundLog(bool has_low, bool has_high);
  std::vector<double> LogTicks() const;

  Scale scale_;
  double low_ = 0;
  double high_ = 1;
};

}  // namespace muster::sim
