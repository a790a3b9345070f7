// Targets kept one arrival and departure at a time equal those of rings sorted anew.

#include "src/core/rings.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "src/base/hash.h"
#include "tests/unit/core/claims.h"

namespace muster::core {
namespace {

using Targets = std::vector<std::pair<HostId, int>>;

// By the definition: ring j sorts all that are up by H(j, id); ours is the next one round.
Targets SortedAnew(const HostId& self, const std::set<HostId>& others, size_t rings) {
  const auto place = [&self](size_t ring, const HostId& id) {
    const uint64_t salt = Mix64(ring + 1);
    return id.Hash(salt) - self.Hash(salt);
  };
  const auto ring_of = [&](size_t ring) {
    std::vector<HostId> sorted(others.begin(), others.end());
    std::sort(sorted.begin(), sorted.end(),
              [&](const HostId& a, const HostId& b) { return place(ring, a) < place(ring, b); });
    return sorted;
  };
  Targets targets;
  if (others.size() <= rings) {
    for (const HostId& id : ring_of(0)) targets.emplace_back(id, 1);
    return targets;
  }
  std::set<HostId> seen;
  for (size_t ring = 0; ring < rings; ++ring) {
    const HostId next = ring_of(ring).front();
    if (seen.insert(next).second) targets.emplace_back(next, static_cast<int>(ring) + 1);
  }
  return targets;
}

Targets TargetsOf(const Rings& rings) {
  Targets targets;
  for (const Rings::Target& target : rings.targets()) targets.emplace_back(target.id, target.ring);
  return targets;
}

RC_GTEST_PROP(Rings, EqualRingsSortedAnewAfterEveryChange, ()) {
  const auto ring_count = *rc::gen::inRange(1, 10);
  const auto ids = *rc::gen::inRange<uint64_t>(2, 40);
  RecordPool pool;
  MemberTable table(&pool, 1000, 1000);
  AddAlive(1, &table);
  Rings rings(IdOf(0), ring_count);
  std::set<HostId> up;
  const auto steps = *rc::gen::inRange<uint64_t>(1, 150);
  for (uint64_t step = 1; step <= steps; ++step) {
    const auto n = *rc::gen::inRange<uint64_t>(1, ids);
    const HostId id = IdOf(n);
    const Targets before = TargetsOf(rings);
    bool changed = false;
    if (up.erase(id) == 1) {
      table.Apply(At(0), Full(n, step, wire::State::kFailed));
      changed = rings.MemberDown(id, table);
    } else {
      up.insert(id);
      table.Apply(At(0), Full(n, step, wire::State::kAlive));
      changed = rings.MemberUp(id, table);
    }
    RC_ASSERT(TargetsOf(rings) == SortedAnew(IdOf(0), up, static_cast<size_t>(ring_count)));
    RC_ASSERT(changed == (TargetsOf(rings) != before));
    for (uint64_t i = 0; i < ids; ++i) {
      const auto is_i = [i](const auto& target) { return target.first == IdOf(i); };
      const Targets now = TargetsOf(rings);
      RC_ASSERT(rings.observes(IdOf(i)) == std::any_of(now.begin(), now.end(), is_i));
    }
  }
}

// Each member is the successor of exactly one other in each ring: nobody goes unobserved, and
// nobody has more observers than there are rings.
RC_GTEST_PROP(Rings, WithEqualTablesEveryMemberIsObserved, ()) {
  const auto ring_count = *rc::gen::inRange(1, 10);
  const auto members = *rc::gen::inRange<uint64_t>(2, 30);
  RecordPool pool;
  std::map<HostId, size_t> observers;
  for (uint64_t self = 0; self < members; ++self) {
    // Each node has itself first in its table.
    MemberTable own(&pool, 1000, 1000);
    own.Apply(At(0), Full(self, 1, wire::State::kAlive));
    Rings rings(IdOf(self), ring_count);
    for (uint64_t n = 0; n < members; ++n) {
      own.Apply(At(0), Full(n, 1, wire::State::kAlive));
      rings.MemberUp(IdOf(n), own);
    }
    for (const Rings::Target& target : rings.targets()) ++observers[target.id];
  }
  for (uint64_t n = 0; n < members; ++n) {
    RC_ASSERT(observers[IdOf(n)] >= 1u);
    RC_ASSERT(observers[IdOf(n)] <= Rings::ObserversOf(members, ring_count));
  }
}

}  // namespace
}  // namespace muster::core
