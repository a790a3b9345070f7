#include "src/core/hints.h"

#include <algorithm>
#include <utility>

namespace muster::core {

void Hints::Set(TimePoint now, std::vector<Address> addresses, size_t members_up) {
  addresses_ = std::move(addresses);
  if (addresses_.size() > kMax) addresses_.resize(kMax);
  taken_ = 0;
  wave_ = kFirstWave;
  allowed_ = addresses_.size();
  if (members_up > 1) {
    allowed_ = std::min(allowed_, std::max(kTriesMin, kTriesOfCluster / members_up));
  }
  next_wave_ = allowed_ > 0 ? now : TimePoint::Never();
}

std::vector<Address> Hints::TakeWave(TimePoint now, size_t in_flight) {
  const size_t room = in_flight < kInFlightMax ? kInFlightMax - in_flight : 0;
  const size_t count = std::min({wave_, room, allowed_ - taken_});
  const auto begin = addresses_.begin() + static_cast<std::ptrdiff_t>(taken_);
  std::vector<Address> wave(begin, begin + static_cast<std::ptrdiff_t>(count));
  taken_ += count;
  wave_ = std::min(2 * wave_, kInFlightMax);
  next_wave_ = taken_ < allowed_ ? now + kWaveEvery : TimePoint::Never();
  return wave;
}

}  // namespace muster::core
