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
  const auto waiting = std::stable_partition(
      addresses_.begin(), addresses_.end(),
      [this](const Address& address) { return had_turn_.count(address) == 0; });
  taken_ = 0;
  wave_ = kFirstWave;
  allowed_ = static_cast<size_t>(waiting - addresses_.begin());
  if (members_up > 1) {
    allowed_ = std::min(allowed_, std::max(kTriesMin, kTriesOfCluster / members_up));
  }
  next_wave_ = now;
  if (allowed_ == 0) return Stop();
  if (joining_until_.is_never()) joining_until_ = now + kJoiningFor;
}

void Hints::Stop() {
  next_wave_ = TimePoint::Never();
  had_turn_.clear();
}

std::vector<Address> Hints::TakeWave(TimePoint now, size_t in_flight) {
  const size_t room = in_flight < kInFlightMax ? kInFlightMax - in_flight : 0;
  const size_t count = std::min({wave_, room, allowed_ - taken_});
  const auto begin = addresses_.begin() + static_cast<std::ptrdiff_t>(taken_);
  std::vector<Address> wave(begin, begin + static_cast<std::ptrdiff_t>(count));
  taken_ += count;
  had_turn_.insert(wave.begin(), wave.end());
  wave_ = std::min(2 * wave_, kInFlightMax);
  next_wave_ = now + kWaveEvery;
  if (taken_ == allowed_) Stop();
  return wave;
}

}  // namespace muster::core
