#include "src/core/pacer.h"

#include <algorithm>

#include "src/base/check.h"

namespace muster::core {
namespace {

// The first slot that is not before `t`. Times are above zero.
int64_t SlotFrom(TimePoint t, Duration period) {
  return (t.micros() + period.micros() - 1) / period.micros();
}

}  // namespace

Pacer::Pacer(Duration period) : period_(period) { MUSTER_CHECK(period > Duration::Zero()); }

bool Pacer::IsTaken(int64_t index) const {
  return std::any_of(slots_.begin(), slots_.end(),
                     [index](const Slot& slot) { return slot.index == index; });
}

Duration Pacer::NextProbe(TimePoint now, const HostId& observer) {
  const Duration memory = period_ * 2 * static_cast<int64_t>(std::max<size_t>(slots_.size(), 1));
  std::erase_if(slots_, [&](const Slot& slot) {
    return slot.observer == observer || slot.heard_at + memory < now;
  });
  // Slots stand in the order in which their observers were heard.
  if (slots_.size() >= kSlotsMax) slots_.erase(slots_.begin());
  const Duration round = period_ * (static_cast<int64_t>(slots_.size()) + 1);
  const int64_t last = (now + round + round / 2).micros() / period_.micros();
  int64_t index = SlotFrom(now + round / 2, period_);
  while (index < last && IsTaken(index)) ++index;
  slots_.push_back({observer, index, now});
  return TimePoint::FromMicros(index * period_.micros()) - now;
}

}  // namespace muster::core
