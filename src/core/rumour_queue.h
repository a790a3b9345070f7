#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "absl/container/btree_set.h"
#include "src/base/ids.h"
#include "src/base/position_index.h"
#include "src/core/piece.h"

namespace muster::core {

// What a rumour is about, in order of urgency. While there is more to tell than a packet holds, the
// classes that have something to tell share its bytes in the proportions below, so that none
// starves: start-time fair queueing (Goyal, Vin, Cheng 1996) over the classes.
enum class RumourClass : uint8_t {
  kRefutation = 0,  // alive again after a suspicion or verdict: 30 %
  kVerdict = 1,     // failed, leaving, left: 30 %
  kSuspicion = 2,   // 20 %
  kJoin = 3,        // new members and attributes: 20 %
};
inline constexpr int kRumourClasses = 4;

// Facts waiting to be told: at most one a subject, the newest; so the queue never holds more than
// the cluster has members. A fact is encoded once, when learnt, and spliced into packets until its
// copies are spent. Within a class those told least go first, then the newest. A rumour costs some
// 80 bytes beside its piece, which nodes of one pool share; 10,000 that start at once have 10,000
// each. Not thread-safe.
class RumourQueue {
 public:
  static constexpr int kCopiesMax = 1000;

  // `pool` must outlive the queue.
  explicit RumourQueue(PiecePool* pool) : pool_(pool) {}
  RumourQueue(const RumourQueue&) = delete;
  RumourQueue& operator=(const RumourQueue&) = delete;

  // Queues `encoded` (one wire::EncodeUpdate piece) for `copies` tellings, in place of any older
  // rumour about `subject`. `source` is who told us (zero: nobody); it is not told back. `copies`
  // is at most kCopiesMax; without any this is a Drop.
  void Put(const HostId& subject, RumourClass rumour_class, std::string_view encoded, int copies,
           const HostId& source);
  void Drop(const HostId& subject);
  // Drops what the view cell covers, joins and refutations, and has been told at least once.
  void DropTold();

  // Appends pieces to `*out`, at most `budget` bytes and `max_pieces`, for the peer `to`: nothing
  // whose source or whose subject is `to` (a member is told about itself by other means). Counts
  // one copy of each. Returns the bytes appended.
  size_t Fill(size_t budget, size_t max_pieces, const HostId& to, std::string* out);

  size_t size() const { return by_subject_.size(); }
  bool empty() const { return by_subject_.empty(); }

 private:
  struct Entry {
    HostId subject;
    uint64_t source = 0;  // the first half of its id
    uint64_t birth = 0;   // counts the Puts
    Piece encoded;
    uint16_t copies_left = 0;  // 0: the slot is free
    uint16_t told = 0;
    RumourClass rumour_class = RumourClass::kJoin;
    bool is_taken = false;  // by the Fill that is under way
  };
  static_assert(sizeof(Entry) <= 48 && kCopiesMax <= UINT16_MAX);
  struct SubjectAt {
    const std::deque<Entry>* entries;
    const HostId& operator()(uint32_t slot) const { return (*entries)[slot].subject; }
  };
  // Told least first, then the newest: the order in which a class is told.
  struct Turn {
    uint64_t birth;
    uint32_t slot;
    uint16_t told;
    friend bool operator<(const Turn& a, const Turn& b) {
      return std::tie(a.told, b.birth) < std::tie(b.told, a.birth);
    }
  };
  using Turns = absl::btree_set<Turn>;
  // One packet being filled.
  struct Packet {
    size_t budget;
    size_t room;
    size_t pieces;
    const HostId& to;
    std::vector<uint32_t> slots;
  };

  static Turn TurnOf(const Entry& entry, uint32_t slot);
  void Remove(uint32_t slot);
  void SpendCopy(uint32_t slot);
  bool MayTake(const Entry& entry, const Packet& packet) const;
  void Take(uint32_t slot, Packet* packet, std::string* out);
  // Fills by the classes' clocks. A class whose next piece is larger than the room left waits: its
  // clock stands still, so that the next packet begins with that piece.
  void TakeByShares(Packet* packet, std::string* out);
  // Fills what is left with smaller pieces, by urgency.
  void TakeSmaller(Packet* packet, std::string* out);

  PiecePool* pool_;
  std::deque<Entry> entries_;  // by slot
  PositionIndex<HostId, SubjectAt> by_subject_{SubjectAt{&entries_}};
  std::vector<uint32_t> free_;
  Turns turns_[kRumourClasses];
  uint64_t clocks_[kRumourClasses] = {};  // bytes told by the class, times its weight
  uint64_t clock_ = 0;                    // of the class that told last, before it told
  uint64_t births_ = 0;
};

}  // namespace muster::core
