#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/ids.h"
#include "src/base/time.h"
#include "src/core/member_record.h"
#include "src/wire/message.h"

namespace muster::core {

// One member as this node sees it. 32 bytes; with its share of the id index at most 48.
struct MemberView {
  RecordHandle record;  // never null in the table: id is always known
  Incarnation incarnation;
  int64_t since_us = 0;     // TimePoint of the last state change
  uint16_t srtt_us8 = 0;    // smoothed round trip, units of 8 us; 0: never measured
  uint16_t rttvar_us8 = 0;  // its mean deviation, same units
  wire::State state : 3 = wire::State::kAlive;
  uint8_t health : 4 = 0;        // the member's own, as last heard
  uint8_t udp_impaired : 1 = 0;  // answers by stream only

  const HostId& id() const { return record->id; }
  const wire::Attributes& attributes() const { return record->attributes; }
  TimePoint since() const { return TimePoint::FromMicros(since_us); }
  // Counted as up by users and load balancers.
  bool is_up() const { return state == wire::State::kAlive || state == wire::State::kSuspect; }
  bool is_tombstone() const { return state == wire::State::kFailed || state >= wire::State::kLeft; }
};
static_assert(sizeof(MemberView) <= 32);

// What one Apply changed, for whoever must react to it (rings, rumours, events).
struct Change {
  enum class Kind : uint8_t {
    kNone,               // nothing new: the table already held this or something higher
    kStale,              // the same as kNone, and the table holds a strictly higher claim
    kRaised,             // the incarnation rose, nothing that users see changed
    kState,              // the state changed (`from` -> `to`)
    kAttributes,         // the state stayed, the attributes changed
    kAdded,              // a subject not known before
    kUnknownAttributes,  // an up member that cannot be added before its full record is pulled
    kFull,               // unknown, and the table is at its limit
  };
  Kind kind = Kind::kNone;
  uint32_t index = 0;  // of the member in the table; meaningless for the last two
  wire::State from = wire::State::kAlive;
  wire::State to = wire::State::kAlive;
  bool attributes_changed = false;
  bool wants_attributes = false;  // the claim's attributes hash is not ours: pull the full record
  bool is_news() const { return kind >= Kind::kRaised && kind <= Kind::kAdded; }
};

// The view: every member this node knows, itself at index 0, tombstones included. A dense vector
// (iteration order is deterministic: order of arrival, a removal moves the last into the gap) and
// an id index of 4 bytes an entry. Not thread-safe.
class MemberTable {
 public:
  // `up_max` and `tombstones_max` are Options::members_max and Options::tombstones_max.
  MemberTable(RecordPool* pool, size_t up_max, size_t tombstones_max);

  size_t size() const { return members_.size(); }
  const MemberView& operator[](size_t index) const { return members_[index]; }
  const std::vector<MemberView>& all() const { return members_; }
  const MemberView& self() const { return members_[0]; }
  // Null when unknown. Valid until the next Apply or Remove.
  const MemberView* Find(const HostId& id) const;
  int64_t IndexOf(const HostId& id) const;  // -1 when unknown
  // Members that are up or leaving and advertise this name or address, by walking all: for the door
  // and for users, not for the packet path.
  std::vector<uint32_t> FindByName(std::string_view name) const;
  std::vector<uint32_t> FindByAddress(const Address& address) const;
  // The name to show: its own, or "name~1a2b" where a live member with a lower id has the same.
  std::string DisplayName(size_t index) const;
  // True when another live member has the same name.
  bool IsNameShared(size_t index) const;

  size_t count(wire::State state) const { return counts_[static_cast<size_t>(state)]; }
  size_t up_count() const { return count(wire::State::kAlive) + count(wire::State::kSuspect); }
  size_t tombstone_count() const;
  // Rises by one with every change that users can see.
  uint64_t version() const { return version_; }
  // Over alive, suspect and leaving members: (id, incarnation, attributes hash), order-free.
  wire::ViewCell view_cell() const { return view_cell_; }
  // Over failed, left and pruned ones.
  wire::ViewCell tombstone_cell() const { return tombstone_cell_; }

  // Merges a claim by the rules of merge_rules.h. An unknown subject's failed or left is kept as a
  // tombstone (with empty attributes if the claim carries none); an unknown subject's alive,
  // suspect or leaving needs attributes. Stored incarnations rise under any admitted claim.
  Change Apply(TimePoint now, const wire::Update& update);
  // Removes a tombstone. The index must not be 0.
  void Remove(uint32_t index);

  // Fields outside the merge.
  void SetHealth(uint32_t index, uint8_t health) { members_[index].health = health & 15; }
  void SetUdpImpaired(uint32_t index, bool impaired) { members_[index].udp_impaired = impaired; }
  void AddRttSample(uint32_t index, Duration rtt);  // rtt.h

  // The update that states what the table holds of a member: short, or with attributes.
  wire::Update ToUpdate(uint32_t index, bool full) const;

  // Bytes this table takes beside the records; for status and for the memory benchmark.
  size_t BytesUsed() const;

 private:
  void Count(const MemberView& member, int sign);
  Change Add(TimePoint now, const wire::Update& update);

  RecordPool* pool_;
  size_t up_max_;
  size_t tombstones_max_;
  std::vector<MemberView> members_;
  // The index stores positions and hashes through members_; see member_table.cc.
  struct Index;
  std::unique_ptr<Index, void (*)(Index*)> index_;
  size_t counts_[wire::kStateCount] = {};
  uint64_t version_ = 0;
  wire::ViewCell view_cell_;
  wire::ViewCell tombstone_cell_;
};

}  // namespace muster::core
