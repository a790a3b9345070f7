#include "bench/cluster/samples.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "src/base/check.h"

namespace muster::bench {

std::vector<double> Samples::Sorted() const {
  MUSTER_CHECK(!values_.empty());
  std::vector<double> sorted = values_;
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

double Samples::Min() const { return Sorted().front(); }

double Samples::Median() const {
  const std::vector<double> sorted = Sorted();
  const size_t middle = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

double Samples::Max() const { return Sorted().back(); }

std::string Samples::Text(int decimals) const {
  return absl::StrCat(Fixed(Min(), decimals), " / ", Fixed(Median(), decimals), " / ",
                      Fixed(Max(), decimals));
}

std::string Fixed(double value, int decimals) { return absl::StrFormat("%.*f", decimals, value); }

}  // namespace muster::bench
