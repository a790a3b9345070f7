#include "src/core/ranges.h"

#include <algorithm>

#include "src/base/hash.h"

namespace muster::core {
namespace {

constexpr size_t kMembersPerLeaf = 5;
constexpr int kLeafBits = 4;
static_assert(wire::limits::kLeavesPerRange == size_t{1} << kLeafBits);

constexpr uint32_t kHalf = 0xffff;

uint32_t Sum(const Ranges& ranges, uint64_t hash) {
  return static_cast<uint32_t>(HashCombine(ranges.salt, hash));
}

uint32_t Print(const Ranges& ranges, const HostId& id, uint64_t hash) {
  return static_cast<uint32_t>(id.Hash(ranges.salt) & kHalf) << 16 | (Sum(ranges, hash) & kHalf);
}

}  // namespace

uint8_t Ranges::BitsFor(size_t members) {
  uint8_t bits = 0;
  while (bits < wire::limits::kRangeBitsMax &&
         (wire::limits::kLeavesPerRange << bits) * kMembersPerLeaf < members) {
    ++bits;
  }
  return bits;
}

uint32_t Ranges::LeafOf(const HostId& id) const {
  return static_cast<uint32_t>(id.Hash(salt) >> (64 - kLeafBits - bits));
}

uint32_t Ranges::SumOf(const MemberView& member) const { return Sum(*this, CellHash(member)); }

uint32_t Ranges::PrintOf(const MemberView& member) const {
  return Print(*this, member.id(), CellHash(member));
}

bool Ranges::Covers(TimePoint now, const MemberView& member) const {
  if (member.is_tombstone() != tombstones) return false;
  return !tombstones || now - member.since() <= max_age;
}

std::vector<uint32_t> LeafSums(const Ranges& ranges, TimePoint now, const MemberTable& table) {
  std::vector<uint32_t> sums(ranges.leaves(), 0);
  for (const MemberView& member : table.all()) {
    if (ranges.Covers(now, member)) sums[ranges.LeafOf(member.id())] += ranges.SumOf(member);
  }
  return sums;
}

std::vector<uint32_t> RangeSums(const std::vector<uint32_t>& leaf_sums) {
  std::vector<uint32_t> sums(leaf_sums.size() / wire::limits::kLeavesPerRange, 0);
  for (size_t leaf = 0; leaf < leaf_sums.size(); ++leaf) {
    sums[leaf / wire::limits::kLeavesPerRange] += leaf_sums[leaf];
  }
  return sums;
}

std::vector<LeafPrint> PrintsIn(const Ranges& ranges, TimePoint now, const MemberTable& table,
                                const std::vector<bool>& wanted) {
  std::vector<LeafPrint> prints;
  for (const MemberView& member : table.all()) {
    if (!ranges.Covers(now, member)) continue;
    const uint32_t leaf = ranges.LeafOf(member.id());
    if (wanted[leaf]) prints.push_back({leaf, ranges.PrintOf(member), member.incarnation});
  }
  std::sort(prints.begin(), prints.end());
  return prints;
}

Difference Compare(const Ranges& ranges, TimePoint now, const MemberTable& table,
                   const std::vector<bool>& named, std::vector<LeafPrint>* theirs) {
  Difference difference;
  std::sort(theirs->begin(), theirs->end());
  theirs->erase(std::unique(theirs->begin(), theirs->end()), theirs->end());
  std::vector<bool> explained(theirs->size(), false);
  const auto first_of = [&](uint32_t leaf, uint32_t print) {
    return static_cast<size_t>(
        std::lower_bound(theirs->begin(), theirs->end(), LeafPrint{leaf, print, Incarnation()}) -
        theirs->begin());
  };
  // Whether the other side holds the member just so.
  const auto explain = [&](uint32_t leaf, uint32_t print, Incarnation incarnation) {
    for (size_t i = first_of(leaf, print); i < theirs->size(); ++i) {
      const LeafPrint& entry = (*theirs)[i];
      if (entry.leaf != leaf || entry.print != print) return false;
      if (entry.incarnation != incarnation) continue;
      explained[i] = true;
      return true;
    }
    return false;
  };
  std::vector<const MemberView*> differ;
  for (const MemberView& member : table.all()) {
    const uint32_t leaf = ranges.LeafOf(member.id());
    if (!named[leaf]) continue;
    if (ranges.Covers(now, member)) {
      if (!explain(leaf, ranges.PrintOf(member), member.incarnation)) differ.push_back(&member);
    } else if (!ranges.tombstones && now - member.since() <= ranges.max_age) {
      const uint32_t print = Print(ranges, member.id(), LiveHash(member));
      if (explain(leaf, print, member.incarnation)) difference.owed.push_back({member.id(), false});
    }
  }
  for (const MemberView* member : differ) {
    const uint32_t leaf = ranges.LeafOf(member->id());
    const uint32_t print = ranges.PrintOf(*member);
    bool is_behind = false;
    for (size_t i = first_of(leaf, print & ~kHalf); i < theirs->size(); ++i) {
      const LeafPrint& entry = (*theirs)[i];
      if (entry.leaf != leaf || (entry.print | kHalf) != (print | kHalf)) break;
      if (explained[i]) continue;
      is_behind = entry.incarnation > member->incarnation;
      explained[i] = entry.incarnation < member->incarnation;
      break;
    }
    if (!is_behind) difference.owed.push_back({member->id(), true});
  }
  for (size_t i = 0; i < theirs->size(); ++i) {
    if (!explained[i]) difference.wanted.push_back((*theirs)[i].print);
  }
  std::sort(difference.wanted.begin(), difference.wanted.end());
  return difference;
}

}  // namespace muster::core
