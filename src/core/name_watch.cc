#include "src/core/name_watch.h"

#include <algorithm>

namespace muster::core {

void NameWatch::Arrived(TimePoint now, const HostId& id) {
  if (arrivals_.size() >= kMax ||
      std::find(arrivals_.begin(), arrivals_.end(), id) != arrivals_.end()) {
    return;
  }
  arrivals_.push_back(id);
  if (next_.is_never()) next_ = now + kGather;
}

std::vector<uint32_t> NameWatch::TakeShared(TimePoint now, const MemberTable& table) {
  std::vector<uint32_t> shared;
  if (next_ > now) return shared;
  for (const HostId& id : arrivals_) {
    const int64_t index = table.IndexOf(id);
    if (index < 0 || table[static_cast<size_t>(index)].is_tombstone()) continue;
    if (table.IsNameShared(static_cast<size_t>(index))) {
      shared.push_back(static_cast<uint32_t>(index));
    }
  }
  arrivals_.clear();
  next_ = TimePoint::Never();
  return shared;
}

}  // namespace muster::core
