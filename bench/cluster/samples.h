#pragma once

#include <string>
#include <vector>

namespace muster::bench {

// Order statistics of a few measured numbers.
class Samples {
 public:
  void Add(double value) { values_.push_back(value); }
  bool empty() const { return values_.empty(); }
  size_t size() const { return values_.size(); }
  double Min() const;
  double Median() const;  // of an even count, the mean of the two in the middle
  double Max() const;
  // "4.10 / 4.62 / 5.31", least, median, greatest.
  std::string Text(int decimals = 2) const;

 private:
  std::vector<double> Sorted() const;
  std::vector<double> values_;
};

// A number with so many decimals.
std::string Fixed(double value, int decimals);

}  // namespace muster::bench
