#include "src/core/joiner.h"

#include <algorithm>
#include <utility>

#include "src/base/check.h"

namespace muster::core {
namespace {

bool Contains(const std::vector<Address>& addresses, const Address& address) {
  return std::find(addresses.begin(), addresses.end(), address) != addresses.end();
}

}  // namespace

void Joiner::SetSeeds(TimePoint now, std::vector<Address> configured,
                      std::vector<Address> remembered) {
  const auto drop_self = [this](std::vector<Address>* list) { std::erase(*list, self_); };
  drop_self(&configured);
  drop_self(&remembered);
  std::erase_if(remembered, [&](const Address& a) { return Contains(configured, a); });
  bool has_new = false;
  for (const Address& address : configured) has_new |= !Contains(configured_, address);
  for (const Address& address : remembered) has_new |= !Contains(remembered_, address);
  configured_ = std::move(configured);
  remembered_ = std::move(remembered);
  if (has_new && !joined_) next_round_ = now;
}

std::vector<Address> Joiner::StartRound(TimePoint now, Rng& rng) {
  std::vector<Address> round = configured_;
  std::vector<Address> others = remembered_;
  rng.Shuffle(&others);
  round.insert(round.end(), others.begin(), others.end());
  if (round.size() > kParallelMax) round.resize(kParallelMax);
  std::erase_if(round, [this](const Address& address) { return IsTrying(address); });
  // Up to a quarter later than the back-off says, so that hosts that start together spread out.
  next_round_ = now + backoff_ +
                Duration::Micros(static_cast<int64_t>(
                    rng.Below(static_cast<uint64_t>(backoff_.micros() / 4) + 1)));
  backoff_ = std::min(backoff_ * 2, retry_max_);
  return round;
}

void Joiner::RetrySoon(TimePoint now) {
  if (!joined_) next_round_ = std::min(next_round_, now + kSoon);
}

const Joiner::Attempt* Joiner::Find(StreamId stream) const {
  for (const Attempt& attempt : attempts_) {
    if (attempt.stream == stream) return &attempt;
  }
  return nullptr;
}

bool Joiner::IsTrying(const Address& address) const {
  return std::any_of(attempts_.begin(), attempts_.end(), [&](const Attempt& attempt) {
    return attempt.request == 0 && attempt.address == address;
  });
}

size_t Joiner::hint_attempts() const {
  return static_cast<size_t>(std::count_if(attempts_.begin(), attempts_.end(),
                                           [](const Attempt& attempt) { return attempt.hint; }));
}

Joiner::Attempt Joiner::Finish(StreamId stream, const std::string& error) {
  auto it = std::find_if(attempts_.begin(), attempts_.end(),
                         [stream](const Attempt& attempt) { return attempt.stream == stream; });
  MUSTER_CHECK(it != attempts_.end());
  const Attempt attempt = *it;
  attempts_.erase(it);
  if (!error.empty() && !joined_) {
    last_error_ = error;
    if (attempt.request == 0 && !std::any_of(attempts_.begin(), attempts_.end(),
                                             [](const Attempt& a) { return a.request == 0; })) {
      ++failed_rounds_;
    }
  }
  return attempt;
}

void Joiner::Joined() {
  joined_ = true;
  next_round_ = TimePoint::Never();
  last_error_.clear();
}

bool Joiner::IsConfigured(const Address& address) const { return Contains(configured_, address); }

}  // namespace muster::core
