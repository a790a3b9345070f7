#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "src/base/ids.h"
#include "src/base/time.h"
#include "src/core/member_table.h"
#include "src/wire/limits.h"

// How two tables find what differs, at a cost that follows the difference (README.md, "View cells
// and reconciliation"). Each member falls into one of 2^bits ranges of hash space and into one of
// the range's leaves. A leaf and a range have the sum of 32-bit hashes of what a table says of its
// members. Where sums differ, prints are compared: half an id, half a state, and the incarnation,
// so that of each record the one side learns that it is behind and the other sends nothing. Nothing
// here is kept between messages: each sum is one walk over the table.
//
// Members are spread by a salt of the initiator's, drawn for each exchange: nobody can choose ids
// that meet in one leaf, and a sum that hid a difference (2^-32), or a print that looked like
// another member's (2^-16 for two of one leaf), does so in one exchange only.

namespace muster::core {

// One way to spread one kind of members.
struct Ranges {
  uint64_t salt = 0;
  uint8_t bits = 0;         // at most wire::limits::kRangeBitsMax
  bool tombstones = false;  // these rather than the live view
  Duration max_age;         // tombstones older than this are not compared

  // Enough ranges for about five members a leaf. Ten thousand members: 128 ranges, 2,048 leaves.
  static uint8_t BitsFor(size_t members);

  size_t leaves() const { return wire::limits::kLeavesPerRange << bits; }
  uint32_t LeafOf(const HostId& id) const;
  uint32_t SumOf(const MemberView& member) const;
  // 16 bits of its id, which tell members of one leaf apart, and 16 of what the table says of it.
  uint32_t PrintOf(const MemberView& member) const;
  bool Covers(TimePoint now, const MemberView& member) const;
};

// A member as an entry of its leaf.
struct LeafPrint {
  uint32_t leaf = 0;
  uint32_t print = 0;
  Incarnation incarnation;
  friend auto operator<=>(const LeafPrint&, const LeafPrint&) = default;
};

std::vector<uint32_t> LeafSums(const Ranges& ranges, TimePoint now, const MemberTable& table);
// The sums of the ranges from those of their leaves.
std::vector<uint32_t> RangeSums(const std::vector<uint32_t>& leaf_sums);
// What the table holds in the leaves that are set in `wanted`, ascending.
std::vector<LeafPrint> PrintsIn(const Ranges& ranges, TimePoint now, const MemberTable& table,
                                const std::vector<bool>& wanted);

// A record to be sent; in full where the receiver does not have the attributes.
struct Owed {
  HostId id;
  bool full = true;
  friend bool operator==(const Owed&, const Owed&) = default;
};

struct Difference {
  std::vector<Owed> owed;        // what the other side lacks, in the table's order
  std::vector<uint32_t> wanted;  // prints of what it has and the table has not, ascending
};

// What `table` and the other side, whose prints in the leaves `named` are `theirs`, hold
// differently: owed where the table is ahead, wanted where it is behind, both where the incarnation
// does not tell. A live member of theirs that is a tombstone here at the same incarnation is owed
// the verdict, short, and not wanted. `theirs` is sorted on return.
Difference Compare(const Ranges& ranges, TimePoint now, const MemberTable& table,
                   const std::vector<bool>& named, std::vector<LeafPrint>* theirs);

}  // namespace muster::core
