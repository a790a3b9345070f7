#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "src/base/ids.h"

namespace muster::core {

struct MemberView;

// Where each host id stands in a dense vector of members: open addressing with linear probing and
// four bytes a slot, which hold a position and eight bits of the hash. The ids themselves are read
// from the members, so that an entry costs six bytes and not thirty. The first halves of the ids
// are unique, and find a member by themselves. All calls are given the very vector that the
// positions refer to. Not thread-safe.
class MemberIndex {
 public:
  // The highest position that fits beside the hash bits.
  static constexpr size_t kPositionMax = (size_t{1} << 24) - 2;

  // Makes room for `capacity` members and enters all of `members`.
  void Rebuild(size_t capacity, const std::vector<MemberView>& members);
  // The position of `id`, whole or its first half, or -1.
  int64_t Find(const HostId& id, const std::vector<MemberView>& members) const;
  // Enters the member at `position`, the first half of whose id must not be in the index. Rebuild
  // made the room.
  void Insert(size_t position, const std::vector<MemberView>& members);
  // Forgets the id of the member at `position`, which must still stand there.
  void Erase(size_t position, const std::vector<MemberView>& members);
  // The member at `from` is about to move to `to`, whose id was erased before.
  void Move(size_t from, size_t to, const std::vector<MemberView>& members);

  // The members at `a` and `b` are about to change places.
  void Swap(size_t a, size_t b, const std::vector<MemberView>& members);

  size_t BytesUsed() const { return slots_.capacity() * sizeof(uint32_t); }

 private:
  size_t Home(uint64_t hash) const;
  size_t Next(size_t slot) const { return slot + 1 == slots_.size() ? 0 : slot + 1; }
  // The slot that holds `position`; it must be there.
  size_t SlotOf(size_t position, const std::vector<MemberView>& members) const;

  std::vector<uint32_t> slots_;  // 0: empty; else hash bits << 24 | position + 1
};

}  // namespace muster::core
