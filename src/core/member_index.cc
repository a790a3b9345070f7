#include "src/core/member_index.h"

#include "src/base/check.h"
#include "src/core/member_table.h"

namespace muster::core {
namespace {

constexpr uint32_t kPositionMask = (uint32_t{1} << 24) - 1;

// Of the first half: it is all that short updates tell.
uint64_t HashOf(const HostId& id) { return Mix64(id.hi); }
uint64_t HashOf(const MemberView& member) { return HashOf(member.id()); }

uint32_t Tag(uint64_t hash) { return static_cast<uint32_t>(hash) << 24; }

uint32_t Pack(uint64_t hash, size_t position) {
  return Tag(hash) | static_cast<uint32_t>(position + 1);
}

size_t PositionOf(uint32_t slot) { return (slot & kPositionMask) - 1; }

}  // namespace

// Maps the high half of the hash onto the slots by multiplication, so that their number need not be
// a power of two and can follow the vector's modest growth. The tag is from the low half.
size_t MemberIndex::Home(uint64_t hash) const {
  return static_cast<size_t>((hash >> 32) * slots_.size() >> 32);
}

void MemberIndex::Rebuild(size_t capacity, const std::vector<MemberView>& members) {
  MUSTER_CHECK(members.size() <= capacity && capacity <= kPositionMax + 1);
  std::vector<uint32_t>(capacity + capacity / 2 + 2, 0).swap(slots_);  // at most 2/3 full
  for (size_t i = 0; i < members.size(); ++i) Insert(i, members);
}

int64_t MemberIndex::Find(const HostId& id, const std::vector<MemberView>& members) const {
  if (slots_.empty()) return -1;
  const uint64_t hash = HashOf(id);
  for (size_t slot = Home(hash); slots_[slot] != 0; slot = Next(slot)) {
    if ((slots_[slot] & ~kPositionMask) != Tag(hash)) continue;
    const size_t position = PositionOf(slots_[slot]);
    const HostId& found = members[position].id();
    if (found.hi != id.hi) continue;
    return found == id || !id.is_whole() ? static_cast<int64_t>(position) : -1;
  }
  return -1;
}

void MemberIndex::Insert(size_t position, const std::vector<MemberView>& members) {
  const uint64_t hash = HashOf(members[position]);
  size_t slot = Home(hash);
  while (slots_[slot] != 0) slot = Next(slot);
  slots_[slot] = Pack(hash, position);
}

size_t MemberIndex::SlotOf(size_t position, const std::vector<MemberView>& members) const {
  const uint64_t hash = HashOf(members[position]);
  const uint32_t wanted = Pack(hash, position);
  size_t slot = Home(hash);
  while (slots_[slot] != wanted) {
    MUSTER_CHECK(slots_[slot] != 0);
    slot = Next(slot);
  }
  return slot;
}

// Backward shift: each later entry of the run that may stand in the gap (its home is not between
// the gap and itself) moves there, so that no lookup ever meets a hole in its run.
void MemberIndex::Erase(size_t position, const std::vector<MemberView>& members) {
  size_t gap = SlotOf(position, members);
  const size_t count = slots_.size();
  for (size_t slot = Next(gap); slots_[slot] != 0; slot = Next(slot)) {
    const size_t home = Home(HashOf(members[PositionOf(slots_[slot])]));
    const size_t from_home = (slot + count - home) % count;
    const size_t from_gap = (slot + count - gap) % count;
    if (from_home < from_gap) continue;
    slots_[gap] = slots_[slot];
    gap = slot;
  }
  slots_[gap] = 0;
}

void MemberIndex::Move(size_t from, size_t to, const std::vector<MemberView>& members) {
  slots_[SlotOf(from, members)] = Pack(HashOf(members[from]), to);
}

void MemberIndex::Swap(size_t a, size_t b, const std::vector<MemberView>& members) {
  const size_t slot_of_a = SlotOf(a, members);
  const size_t slot_of_b = SlotOf(b, members);
  slots_[slot_of_a] = Pack(HashOf(members[a]), b);
  slots_[slot_of_b] = Pack(HashOf(members[b]), a);
}

}  // namespace muster::core
