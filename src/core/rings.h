#pragma once

#include <cstdint>
#include <vector>

#include "src/base/ids.h"
#include "src/core/member_table.h"

namespace muster::core {

// Whom this member observes (README.md, "Paced rings"). Ring j sorts the members that are up by
// H(j, id); this member observes its successor in each ring. With at most rings + 1 members up,
// everyone observes everyone. Successors are kept, the rings themselves never are: an arrival costs
// O(rings), the departure of a successor one walk over the table.
class Rings {
 public:
  Rings(const HostId& self, int rings);

  struct Target {
    HostId id;
    uint8_t ring;  // 1-based, the first ring in which it is our successor; 1 when everyone is
    friend bool operator==(const Target&, const Target&) = default;
  };
  // Distinct, in order of the ring; never more than there are rings.
  const std::vector<Target>& targets() const { return targets_; }
  bool observes(const HostId& id) const;

  // The member came up or went down (the table already shows it, with us at index 0). True when
  // targets() changed. A repeated call, or one about ourselves, does no harm.
  bool MemberUp(const HostId& id, const MemberTable& table);
  bool MemberDown(const HostId& id, const MemberTable& table);
  // Finds all successors anew, whatever was announced before.
  bool Rebuild(const MemberTable& table);
  // Who observes `subject` by this table, distinct, in order of the ring; ourselves among them
  // where we do. One walk over the table a ring.
  std::vector<HostId> ObserversOf(const HostId& subject, const MemberTable& table) const;
  // How many distinct observers a member has when `up` members are up: min(rings, up - 1), at least
  // 1. An upper estimate where successors coincide.
  static size_t ObserversOf(size_t up, int rings);

 private:
  struct Successor {
    HostId id;          // zero: none
    uint64_t distance;  // H(j, id) - H(j, self), modulo 2^64
  };
  uint64_t Distance(size_t ring, const HostId& id) const;
  // Makes `id` the successor if it is nearer than the present one; of equally near ones the lower.
  void Offer(size_t ring, const HostId& id);
  void Recompute(size_t ring, const MemberTable& table);
  bool RebuildTargets(const MemberTable& table);
  // Those up besides us, nearest in the first ring first.
  std::vector<Target> Everyone(const MemberTable& table) const;

  HostId self_;
  std::vector<uint64_t> self_position_;  // per ring
  std::vector<Successor> successors_;    // per ring, also while everyone observes everyone
  std::vector<Target> targets_;
};

}  // namespace muster::core
