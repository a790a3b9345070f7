#include "src/core/token_bucket.h"

#include <algorithm>

#include "src/base/check.h"

namespace muster::core {
namespace {

constexpr int64_t kScale = 1'000'000;

}  // namespace

TokenBucket::TokenBucket(int64_t bytes_per_second, int64_t burst_bytes, TimePoint now)
    : bytes_per_second_(bytes_per_second),
      burst_bytes_(burst_bytes),
      level_(Duration::SaturatingMul(burst_bytes, kScale)),
      refilled_at_(now) {
  MUSTER_CHECK(bytes_per_second > 0 && burst_bytes > 0);
}

void TokenBucket::Refill(TimePoint now) {
  if (now <= refilled_at_) return;
  const int64_t gained = Duration::SaturatingMul((now - refilled_at_).micros(), bytes_per_second_);
  level_ = std::min(Duration::SaturatingAdd(level_, gained),
                    Duration::SaturatingMul(burst_bytes_, kScale));
  refilled_at_ = now;
}

bool TokenBucket::Take(TimePoint now, int64_t bytes) {
  Refill(now);
  const int64_t cost = Duration::SaturatingMul(bytes, kScale);
  if (level_ < cost) return false;
  level_ -= cost;
  return true;
}

void TokenBucket::Force(TimePoint now, int64_t bytes) {
  Refill(now);
  // The debt has a floor, so that its negation is a number too.
  level_ = std::max(Duration::SaturatingAdd(level_, -Duration::SaturatingMul(bytes, kScale)),
                    -Duration::Max().micros());
}

TimePoint TokenBucket::AvailableAt(TimePoint now, int64_t bytes) const {
  if (bytes > burst_bytes_) return TimePoint::Never();
  const int64_t missing = Duration::SaturatingAdd(Duration::SaturatingMul(bytes, kScale), -level_);
  if (missing <= 0) return now;
  const int64_t wait = (missing - 1) / bytes_per_second_ + 1;
  return std::max(now, refilled_at_ + Duration::Micros(wait));
}

}  // namespace muster::core
