#include "src/core/name_watch.h"

#include <utility>

namespace muster::core {

void NameWatch::Arrived(TimePoint now, const HostId& id) {
  if (arrivals_.size() >= kMax || index_.Find(id) != nullptr) return;
  arrivals_.push_back(id);
  index_.Insert(static_cast<uint32_t>(arrivals_.size() - 1));
  if (next_.is_never()) next_ = now + kGather;
}

std::vector<uint32_t> NameWatch::TakeShared(TimePoint now, const MemberTable& table) {
  if (next_ > now) return {};
  std::vector<uint32_t> live;
  index_.Reset();
  for (const HostId& id : std::exchange(arrivals_, {})) {
    const int64_t index = table.IndexOf(id);
    if (index < 0 || table[static_cast<size_t>(index)].is_tombstone()) continue;
    live.push_back(static_cast<uint32_t>(index));
  }
  next_ = TimePoint::Never();
  return live.empty() ? live : table.WithNamesakes(live);
}

}  // namespace muster::core
