#include "src/core/probe_schedule.h"

#include <algorithm>
#include <utility>

#include "src/base/check.h"

namespace muster::core {

ProbeSchedule::Entry* ProbeSchedule::Find(const HostId& id) {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&id](const Entry& entry) { return entry.target.id == id; });
  return found == entries_.end() ? nullptr : &*found;
}

void ProbeSchedule::SetTargets(const std::vector<Rings::Target>& targets, TimePoint now,
                               Duration spread, Rng* rng) {
  MUSTER_CHECK(spread > Duration::Zero());
  std::vector<Entry> entries;
  for (const Rings::Target& target : targets) {
    const Entry* held = Find(target.id);
    entries.push_back({target, held != nullptr && held->is_asked});
  }
  entries_.swap(entries);
  for (const Entry& old : entries) {
    if (Find(old.target.id) == nullptr) due_.Clear(old.target.id);
  }
  for (const Rings::Target& target : targets) {
    if (due_.contains(target.id)) continue;
    const uint64_t offset = rng->Below(static_cast<uint64_t>(spread.micros()));
    due_.Set(target.id, now + Duration::Micros(static_cast<int64_t>(offset)));
  }
}

bool ProbeSchedule::PopDue(TimePoint now, TimePoint again, HostId* id) {
  if (!due_.PopDue(now, id)) return false;
  due_.Set(*id, again);
  Find(*id)->is_asked = true;
  return true;
}

void ProbeSchedule::Hasten(const HostId& id, TimePoint at) {
  if (due_.contains(id)) due_.Set(id, std::min(due_.at(id), at));
}

uint8_t ProbeSchedule::RingToAsk(const HostId& id) const {
  for (const Entry& entry : entries_) {
    if (entry.target.id == id) return entry.is_asked ? entry.target.ring : 0;
  }
  return 0;
}

bool ProbeSchedule::SetPace(const HostId& id, TimePoint at) {
  Entry* entry = Find(id);
  if (entry == nullptr || !std::exchange(entry->is_asked, false)) return false;
  due_.Set(id, at);
  return true;
}

}  // namespace muster::core
