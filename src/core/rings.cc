#include "src/core/rings.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "src/base/check.h"
#include "src/base/hash.h"

namespace muster::core {
namespace {

// H(j, .) must be the same function on every host.
uint64_t Salt(size_t ring) { return Mix64(ring + 1); }

}  // namespace

Rings::Rings(const HostId& self, int rings) : self_(self) {
  MUSTER_CHECK(rings >= 1);
  for (size_t ring = 0; ring < static_cast<size_t>(rings); ++ring) {
    self_position_.push_back(self.Hash(Salt(ring)));
    successors_.push_back({HostId(), 0});
  }
}

bool Rings::observes(const HostId& id) const {
  return std::any_of(targets_.begin(), targets_.end(),
                     [&id](const Target& target) { return target.id == id; });
}

size_t Rings::ObserversOf(size_t up, int rings) {
  const size_t others = up > 1 ? up - 1 : 1;
  return std::min(others, static_cast<size_t>(rings));
}

std::vector<HostId> Rings::ObserversOf(const HostId& subject, const MemberTable& table) const {
  std::vector<HostId> observers;
  const bool everyone = table.up_count() <= successors_.size() + 1;
  for (size_t ring = 0; ring < (everyone ? 0 : successors_.size()); ++ring) {
    const uint64_t position = subject.Hash(Salt(ring));
    HostId nearest;
    uint64_t distance = 0;
    for (const MemberView& member : table.all()) {
      if (!member.is_up() || member.id() == subject) continue;
      const uint64_t d = position - member.id().Hash(Salt(ring));
      if (!nearest.is_zero() && std::tie(distance, nearest) < std::tie(d, member.id())) continue;
      nearest = member.id();
      distance = d;
    }
    if (std::find(observers.begin(), observers.end(), nearest) == observers.end()) {
      observers.push_back(nearest);
    }
  }
  if (!everyone) return observers;
  for (const MemberView& member : table.all()) {
    if (member.is_up() && member.id() != subject) observers.push_back(member.id());
  }
  return observers;
}

bool Rings::MemberUp(const HostId& id, const MemberTable& table) {
  if (id != self_) {
    for (size_t ring = 0; ring < successors_.size(); ++ring) Offer(ring, id);
  }
  return RebuildTargets(table);
}

bool Rings::MemberDown(const HostId& id, const MemberTable& table) {
  for (size_t ring = 0; ring < successors_.size(); ++ring) {
    if (successors_[ring].id == id) Recompute(ring, table);
  }
  return RebuildTargets(table);
}

bool Rings::Rebuild(const MemberTable& table) {
  for (size_t ring = 0; ring < successors_.size(); ++ring) Recompute(ring, table);
  return RebuildTargets(table);
}

uint64_t Rings::Distance(size_t ring, const HostId& id) const {
  return id.Hash(Salt(ring)) - self_position_[ring];
}

void Rings::Offer(size_t ring, const HostId& id) {
  Successor& held = successors_[ring];
  const uint64_t distance = Distance(ring, id);
  const bool is_nearer = distance < held.distance || (distance == held.distance && id < held.id);
  if (held.id.is_zero() || is_nearer) {
    held = {id, distance};
  }
}

void Rings::Recompute(size_t ring, const MemberTable& table) {
  successors_[ring] = {HostId(), 0};
  for (const MemberView& member : table.all()) {
    if (member.is_up() && member.id() != self_) Offer(ring, member.id());
  }
}

std::vector<Rings::Target> Rings::Everyone(const MemberTable& table) const {
  std::vector<Target> everyone;
  for (const MemberView& member : table.all()) {
    if (member.is_up() && member.id() != self_) everyone.push_back({member.id(), 1});
  }
  std::sort(everyone.begin(), everyone.end(), [this](const Target& a, const Target& b) {
    return std::make_tuple(Distance(0, a.id), a.id) < std::make_tuple(Distance(0, b.id), b.id);
  });
  return everyone;
}

bool Rings::RebuildTargets(const MemberTable& table) {
  const bool self_is_up = table.size() > 0 && table.self().id() == self_ && table.self().is_up();
  const size_t others = table.up_count() - (self_is_up ? 1 : 0);
  std::vector<Target> fresh;
  if (others <= successors_.size()) {
    fresh = Everyone(table);
  } else {
    for (size_t ring = 0; ring < successors_.size(); ++ring) {
      const HostId& id = successors_[ring].id;
      if (id.is_zero()) continue;  // in the table, but not announced to us yet
      const bool known = std::any_of(fresh.begin(), fresh.end(),
                                     [&id](const Target& target) { return target.id == id; });
      if (!known) fresh.push_back({id, static_cast<uint8_t>(ring + 1)});
    }
  }
  if (fresh == targets_) return false;
  targets_ = std::move(fresh);
  return true;
}

}  // namespace muster::core
