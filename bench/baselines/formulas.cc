#include "bench/baselines/formulas.h"

#include <algorithm>
#include <cmath>

namespace muster::baselines {

int SwimTransmissions(int members) {
  return 3 * static_cast<int>(std::ceil(std::log(members + 1.0)));
}

int SwimSuspicionPeriods(int members) { return SwimTransmissions(members); }

double SwimDetectionPeriods(double healthy_fraction) {
  return 1 / (1 - std::exp(-healthy_fraction));
}

int TransmitLimit(int mult, int members) {
  return mult * static_cast<int>(std::ceil(std::log10(members + 1.0)));
}

Duration PushPullInterval(Duration interval, int members) {
  if (members <= 32) return interval;
  return interval * (1 + static_cast<int64_t>(std::ceil(std::log2(members) - 5)));
}

Duration SuspicionMin(int alpha, int members, Duration period) {
  const double scale = std::max(1.0, std::log10(std::max(1, members)));
  return period * alpha * static_cast<int64_t>(scale * 1000) / 1000;
}

Duration SuspicionTimeout(Duration min, int beta, int confirmations, int looked_for) {
  if (looked_for < 1) return min;
  const double fraction = std::log(confirmations + 1.0) / std::log(looked_for + 1.0);
  const double span = static_cast<double>((min * (beta - 1)).micros());
  const Duration timeout = min * beta - Duration::Micros(static_cast<int64_t>(span * fraction));
  return std::max(min, timeout);
}

}  // namespace muster::baselines
