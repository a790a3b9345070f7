#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "bench/baselines/packet.h"

namespace muster::baselines {

// Room for updates in one datagram.
struct Room {
  uint32_t bytes = 0;
  uint32_t alive_bytes = 0;  // what an alive update takes, with its overhead
  uint32_t other_bytes = 0;  // what a suspect or dead one takes
  int count = 1 << 30;       // updates at most

  uint32_t Of(const Update& update) const {
    return update.state == State::kAlive ? alive_bytes : other_bytes;
  }
  bool full() const { return count <= 0 || (bytes < alive_bytes && bytes < other_bytes); }
};

// Updates waiting to be told, at most one a subject: those told least often go first, newer before
// older (SWIM section 4.1; memberlist queue.go). Each is dropped after its last transmission.
class BroadcastQueue {
 public:
  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  // Replaces whatever is queued about the subject.
  void Push(const Update& update);
  // Appends to `*out` what the room lets in, and counts a transmission of each; `limit` is how
  // many transmissions an update has in all. Returns the bytes taken.
  uint32_t Take(int limit, Room room, std::vector<Update>* out);

 private:
  void Place(size_t sent, const Update& update);

  // by_sent_[i]: told i times so far; the newest stands last.
  std::vector<std::vector<Update>> by_sent_;
  std::vector<uint8_t> place_;  // of each subject: 1 + its index in by_sent_; 0: not queued
  std::vector<size_t> taken_;   // scratch: the levels of what Take took
  size_t size_ = 0;
};

}  // namespace muster::baselines
