#include "src/core/hints.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <utility>

namespace muster::core {

void Hints::Set(TimePoint now, std::vector<Address> addresses, size_t members_up) {
  addresses_ = std::move(addresses);
  std::map<std::array<uint8_t, 16>, size_t> of_host;
  std::erase_if(addresses_,
                [&](const Address& address) { return ++of_host[address.bytes()] > kPerHostMax; });
  if (addresses_.size() > kMax) addresses_.resize(kMax);
  taken_ = 0;
  wave_ = kFirstWave;
  allowed_ = addresses_.size();
  if (members_up > 1) {
    allowed_ = std::min(allowed_, std::max(kTriesMin, kTriesOfCluster / members_up));
  }
  next_wave_ = allowed_ > 0 ? now : TimePoint::Never();
  if (allowed_ > 0 && joining_until_.is_never()) joining_until_ = now + kJoiningFor;
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
