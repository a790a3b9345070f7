#pragma once

#include <cstdint>
#include <vector>

#include "src/base/deadline_heap.h"
#include "src/base/ids.h"
#include "src/base/rng.h"
#include "src/base/time.h"
#include "src/core/rings.h"

namespace muster::core {

// The observer's half of paced rings (README.md): when to probe each target next, and which of them
// still owe us the word when that is to be. The target's half is `Pacer`.
class ProbeSchedule {
 public:
  // Whom to probe from now on. A new target is first due at a random moment of `spread`, above
  // zero.
  void SetTargets(const std::vector<Rings::Target>& targets, TimePoint now, Duration spread,
                  Rng* rng);
  bool contains(const HostId& id) const { return due_.contains(id); }
  TimePoint next() const { return due_.next(); }

  // Takes the earliest target that is due: false if there is none. It is due again at `again`,
  // unless it says otherwise, for which it is asked from now on.
  bool PopDue(TimePoint now, TimePoint again, HostId* id);
  // Probes a target no later than at `at`; others are left alone.
  void Hasten(const HostId& id, TimePoint at);

  // The ring to name in a ping to `id`, 1-based, which asks it for a pace: the next ping that
  // samples its losses makes up for one that was lost, or whose ack was. 0: no target, or one that
  // has answered.
  uint8_t RingToAsk(const HostId& id) const;
  // A target said when to come back. False, and nothing changes, unless it is being asked.
  bool SetPace(const HostId& id, TimePoint at);

 private:
  struct Entry {
    Rings::Target target;
    bool is_asked = false;
  };
  Entry* Find(const HostId& id);

  DeadlineHeap<HostId> due_;
  std::vector<Entry> entries_;  // one a target, as many as there are rings at most
};

}  // namespace muster::core
