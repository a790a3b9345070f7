#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "src/base/address.h"
#include "src/base/ids.h"
#include "src/base/time.h"

namespace muster::core {

// Pings that this node sent on behalf of others (SWIM 2002, section 3.1): when the subject answers,
// the asker gets the ack; when it has not by 80 % of the asker's patience, a nack.
class Relays {
 public:
  static constexpr size_t kMax = 256;

  struct Duty {
    uint32_t sequence = 0;  // of our ping
    HostId subject;
    Address asker;
    uint32_t asker_sequence = 0;  // of its request
    TimePoint nack_at;            // Never: the nack was sent
    TimePoint forget_at;          // a late ack is passed on until then
  };

  bool full() const { return duties_.size() >= kMax; }
  void Add(const Duty& duty) { duties_.push_back(duty); }
  // Takes the duty whose ping of `subject` has this sequence; false when there is none.
  bool Take(uint32_t sequence, const HostId& subject, Duty* duty);
  // Copies the next duty whose nack is due and marks it sent; forgets old ones. False: none due.
  bool PopNackDue(TimePoint now, Duty* duty);
  TimePoint next() const;

 private:
  std::vector<Duty> duties_;
};

}  // namespace muster::core
