#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/ids.h"
#include "src/base/time.h"
#include "src/core/member_index.h"
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
  // The attributes held are of a lower incarnation: those of this one are not known yet.
  uint8_t outdated : 1 = 0;
  wire::Reason reason : 4 = wire::Reason::kNone;  // as the claim that is held gave it

  const HostId& id() const { return record->id; }
  const wire::Attributes& attributes() const { return record->attributes; }
  // Of the attributes at this incarnation; 0 where they are not known.
  uint32_t attributes_hash() const { return outdated ? 0 : record->hash; }
  TimePoint since() const { return TimePoint::FromMicros(since_us); }
  // Counted as up by users and load balancers.
  bool is_up() const { return state == wire::State::kAlive || state == wire::State::kSuspect; }
  bool is_tombstone() const { return IsTombstone(state); }
  static bool IsTombstone(wire::State state) {
    return state == wire::State::kFailed || state >= wire::State::kLeft;
  }
};
static_assert(sizeof(MemberView) <= 32);

// What a live member adds to the view cell: (id, incarnation, attributes hash). Up and leaving look
// alike: a suspicion is no difference between tables.
uint64_t LiveHash(const MemberView& member);
// What a member adds to the cell that counts it: for a tombstone its state too, for verdicts must
// agree.
uint64_t CellHash(const MemberView& member);

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
    kHalfTaken,          // unknown, and another member's id begins like its id
  };
  Kind kind = Kind::kNone;
  uint32_t index = 0;  // of the member in the table; meaningless for the last three
  wire::State from = wire::State::kAlive;
  wire::State to = wire::State::kAlive;
  MemberView before;  // what the table held, where the state changed; else without a record
  bool attributes_changed = false;
  bool wants_attributes = false;  // the claim's attributes hash is not ours: pull the full record
  RecordHandle evicted;  // of the oldest tombstone, if it had to go to keep their limit; else null
  bool is_news() const { return kind >= Kind::kRaised && kind <= Kind::kAdded; }
};

// The view: every member this node knows, itself at index 0, tombstones included. A dense vector
// (iteration order is deterministic: order of arrival, a removal moves the last into the gap) and
// an id index of at most 7 bytes an entry. Not thread-safe.
class MemberTable {
 public:
  // `up_max` and `tombstones_max` are Options::members_max and Options::tombstones_max. Unknown
  // members are not added beyond `up_max` that are up or leaving; of too many tombstones the oldest
  // goes, which may move members to other positions.
  MemberTable(RecordPool* pool, size_t up_max, size_t tombstones_max);

  size_t size() const { return members_.size(); }
  const MemberView& operator[](size_t index) const { return members_[index]; }
  const std::vector<MemberView>& all() const { return members_; }
  const MemberView& self() const { return members_[0]; }
  // By a whole id or by its first half. Null when unknown. Valid until the next Apply or Remove.
  const MemberView* Find(const HostId& id) const;
  int64_t IndexOf(const HostId& id) const;  // -1 when unknown
  // Members that are up or leaving and advertise this name or address, by walking all: for the door
  // and for users, not for the packet path.
  std::vector<uint32_t> FindByName(std::string_view name) const;
  std::vector<uint32_t> FindByAddress(const Address& address) const;
  // The name to show: its own, or "name~1a2b" where it is live (up or leaving) and a live member
  // with a lower id has the same. A tombstone whose name was never learnt shows as "~1a2b". One
  // walk over all members for a first call and a binary search for further ones, until the next
  // change.
  std::string DisplayName(size_t index) const;
  // Those of `among` whose name another live member has, in their order. One walk over all members.
  std::vector<uint32_t> WithNamesakes(const std::vector<uint32_t>& among) const;

  size_t count(wire::State state) const { return counts_[static_cast<size_t>(state)]; }
  size_t up_count() const { return count(wire::State::kAlive) + count(wire::State::kSuspect); }
  size_t tombstone_count() const;
  // Rises with every change that users can see: states, attributes, members that come and go. Not
  // with an incarnation alone.
  uint64_t version() const { return version_; }
  // Over alive, suspect and leaving members: (id, incarnation, attributes hash), order-free.
  wire::ViewCell view_cell() const { return view_cell_; }
  // Over failed, left and pruned ones.
  wire::ViewCell tombstone_cell() const { return tombstone_cell_; }

  // Merges a claim by the rules of merge_rules.h; stored incarnations rise under any admitted
  // claim. Attributes are merged apart from the state, since they belong to an incarnation alone:
  //   raised incarnation   those carried replace the held ones; if none are carried and their
  //                        hash is another, the held ones stay, marked as outdated
  //   equal incarnation    the greater set wins; any set wins over outdated ones
  //   lower incarnation    taken only where none were ever known
  // An unknown subject's failed or left is kept as a tombstone (with empty attributes if the claim
  // carries none); an up or leaving one whose attributes are not known is not admitted.
  // since() is `now`, or the age of the claim before it for a tombstone; the same claim again may
  // age a tombstone, never rejuvenate it.
  Change Apply(TimePoint now, const wire::Update& update);
  // Takes over another table of the same pool, all of it alive, that holds this one's only member
  // just as this does. Its order stays, but that the first member and the own one change places.
  void CopyFrom(const MemberTable& other);
  // Removes a tombstone. The index must not be 0.
  void Remove(uint32_t index);

  // Fields outside the merge.
  void SetHealth(uint32_t index, uint8_t health) { members_[index].health = health & 15; }
  void SetUdpImpaired(uint32_t index, bool impaired) { members_[index].udp_impaired = impaired; }
  void AddRttSample(uint32_t index, Duration rtt);  // rtt.h

  // The update that states what the table holds of a member: short, or with attributes if those of
  // its incarnation are known. Without age_s and elapsed_ms, which depend on the time of sending.
  wire::Update ToUpdate(uint32_t index, bool full) const;

  // Bytes this table takes beside the records; for status and for the memory benchmark.
  size_t BytesUsed() const;

 private:
  // What a claim teaches about attributes.
  struct Lesson {
    bool replaces = false;  // take those that the claim carries
    bool outdated = false;  // what MemberView::outdated becomes
    bool wanted = false;
  };
  static Lesson Learn(const MemberView& held, const wire::Update& update);

  void Count(const MemberView& member, int sign);
  Change Add(TimePoint now, const wire::Update& update);
  void Raise(TimePoint now, const wire::Update& update, MemberView* member);
  void Append(MemberView member);
  // Makes tombstones fit their limit; `*index` is spared, and follows its member if that moves.
  RecordHandle EvictBeyondLimit(uint32_t* index);
  // -1: there is none but index 0 and `spared`.
  int64_t OldestTombstone(size_t spared) const;
  void Changed(bool visible);

  // The live member of the lowest id among those with the name of the one at `index`; -1: none.
  int64_t FirstNamesake(size_t index) const;
  void SortNames() const;

  RecordPool* pool_;
  size_t up_max_;
  size_t tombstones_max_;
  std::vector<MemberView> members_;
  MemberIndex index_;
  mutable size_t last_found_ = 0;  // by IndexOf; may have moved or gone since
  size_t counts_[wire::kStateCount] = {};
  uint64_t version_ = 0;
  uint64_t revision_ = 1;  // rises with every change of a state, a record or a position
  wire::ViewCell view_cell_;
  wire::ViewCell tombstone_cell_;
  // Live members by (name, id), made when names are asked for twice at one revision.
  mutable std::vector<uint32_t> by_name_;
  mutable uint64_t by_name_revision_ = 0;
  mutable uint64_t names_asked_revision_ = 0;
};

}  // namespace muster::core
