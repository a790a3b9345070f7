#include "bench/baselines/broadcast_queue.h"

#include <algorithm>

namespace muster::baselines {

void BroadcastQueue::Place(size_t sent, const Update& update) {
  if (by_sent_.size() <= sent) by_sent_.resize(sent + 1);
  by_sent_[sent].push_back(update);
  place_[static_cast<size_t>(update.subject)] = static_cast<uint8_t>(sent + 1);
  ++size_;
}

void BroadcastQueue::Push(const Update& update) {
  const size_t subject = static_cast<size_t>(update.subject);
  if (place_.size() <= subject) place_.resize(subject + 1, 0);
  if (place_[subject] != 0) {
    std::vector<Update>& level = by_sent_[place_[subject] - 1u];
    std::erase_if(level, [&](const Update& old) { return old.subject == update.subject; });
    --size_;
  }
  Place(0, update);
}

uint32_t BroadcastQueue::Take(int limit, Room room, std::vector<Update>* out) {
  const size_t begin = out->size();
  const uint32_t bytes_before = room.bytes;
  taken_.clear();
  for (size_t sent = 0; sent < by_sent_.size() && !room.full(); ++sent) {
    std::vector<Update>& level = by_sent_[sent];
    for (size_t i = level.size(); i-- > 0 && !room.full();) {
      const uint32_t bytes = room.Of(level[i]);
      if (bytes > room.bytes) continue;
      room.bytes -= bytes;
      --room.count;
      --size_;
      place_[static_cast<size_t>(level[i].subject)] = 0;
      out->push_back(level[i]);
      taken_.push_back(sent + 1);
      level.erase(level.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  for (size_t k = 0; k < taken_.size(); ++k) {
    if (taken_[k] < static_cast<size_t>(limit)) Place(taken_[k], (*out)[begin + k]);
  }
  return bytes_before - room.bytes;
}

}  // namespace muster::baselines
