#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "src/base/ids.h"
#include "src/base/lookup_map.h"

namespace muster::core {

// What a rumour is about, in order of urgency. Each class has a share of every packet that the
// others leave to it while it has something to tell, so that none starves (protocol.md 5).
enum class RumourClass : uint8_t {
  kRefutation = 0,  // alive again after a suspicion or verdict: 30 %
  kVerdict = 1,     // failed, leaving, left: 30 %
  kSuspicion = 2,   // 20 %
  kJoin = 3,        // new members and attributes: 20 %
};
inline constexpr int kRumourClasses = 4;

// Facts waiting to be told: at most one a subject, the newest; so the queue never holds more than
// the cluster has members. A fact is encoded once, when learnt, and spliced into packets until its
// copies are spent. Within a class those told least go first, then the newest.
class RumourQueue {
 public:
  // Queues `encoded` (one wire::EncodeUpdate piece) for `copies` tellings, in place of any older
  // rumour about `subject`. `source` is who told us (zero: nobody); it is not told back.
  void Put(const HostId& subject, RumourClass rumour_class, std::string encoded, int copies,
           const HostId& source);
  void Drop(const HostId& subject);

  // Appends pieces to `*out`, at most `budget` bytes and `max_pieces`, for the peer `to`: nothing
  // whose source or whose subject is `to` (a member is told about itself by other means). Counts
  // one copy of each. `*taken`, if not null, gets the subjects, for Known().
  size_t Fill(size_t budget, size_t max_pieces, const HostId& to, std::string* out,
              std::vector<HostId>* taken);
  // The peer knew it already: one more copy is spent (Demers et al. 1987, feedback).
  void Known(const HostId& subject);

  size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }

 private:
  struct Entry {
    HostId subject;
    HostId source;
    std::string encoded;
    RumourClass rumour_class;
    int copies_left;
    int told;
  };
  LookupMap<HostId, uint32_t> by_subject_;
  std::vector<Entry> entries_;
  std::deque<HostId> order_[kRumourClasses];
};

}  // namespace muster::core
