#include "src/core/relays.h"

#include <algorithm>

namespace muster::core {

bool Relays::Take(uint32_t sequence, const HostId& subject, Duty* duty) {
  for (size_t i = 0; i < duties_.size(); ++i) {
    if (duties_[i].sequence != sequence || duties_[i].subject != subject) continue;
    *duty = duties_[i];
    duties_.erase(duties_.begin() + static_cast<std::ptrdiff_t>(i));
    return true;
  }
  return false;
}

bool Relays::PopNackDue(TimePoint now, Duty* duty) {
  std::erase_if(duties_, [now](const Duty& d) { return d.forget_at <= now; });
  for (Duty& d : duties_) {
    if (d.nack_at > now) continue;
    *duty = d;
    d.nack_at = TimePoint::Never();
    return true;
  }
  return false;
}

TimePoint Relays::next() const {
  TimePoint next = TimePoint::Never();
  for (const Duty& duty : duties_) next = std::min(next, duty.nack_at);
  return next;
}

}  // namespace muster::core
