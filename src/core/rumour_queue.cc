#include "src/core/rumour_queue.h"

#include <algorithm>

#include "src/base/check.h"
#include "src/wire/limits.h"

namespace muster::core {
namespace {

// What one byte costs a class on its clock: shares of 30, 30, 20 and 20 % are 3:3:2:2.
constexpr uint64_t kByteCosts[kRumourClasses] = {2, 2, 3, 3};

// How far a class may lag behind the others: one packet of the largest size. It lags while nothing
// that it has to tell is for the peers that are told.
constexpr uint64_t kLagMax = 3 * wire::limits::kDatagramBytesMax;

// How many pieces too large for what is left of a packet are passed over in search of a smaller
// one.
constexpr int kPassedOverMax = 8;

}  // namespace

RumourQueue::Turn RumourQueue::TurnOf(const Entry& entry, uint32_t slot) {
  return {entry.birth, slot, entry.told};
}

void RumourQueue::Put(const HostId& subject, RumourClass rumour_class, std::string_view encoded,
                      int copies, const HostId& source) {
  MUSTER_CHECK(copies <= kCopiesMax);
  Drop(subject);
  if (copies <= 0) return;
  uint32_t slot = 0;
  if (free_.empty()) {
    slot = static_cast<uint32_t>(entries_.size());
    entries_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  Entry& entry = entries_[slot];
  entry.subject = subject;
  entry.source = source.hi;
  entry.encoded = pool_->Intern(encoded);
  entry.rumour_class = rumour_class;
  entry.copies_left = static_cast<uint16_t>(copies);
  entry.birth = ++births_;
  MUSTER_CHECK(by_subject_.Insert(slot));
  const auto c = static_cast<size_t>(rumour_class);
  // What a class did not tell while it had nothing to tell gives it no claim to more now.
  if (turns_[c].empty()) clocks_[c] = std::max(clocks_[c], clock_);
  turns_[c].insert(TurnOf(entry, slot));
}

void RumourQueue::Drop(const HostId& subject) {
  if (const uint32_t* slot = by_subject_.Find(subject); slot != nullptr) Remove(*slot);
}

void RumourQueue::DropTold() {
  std::vector<uint32_t> told;
  for (const RumourClass c : {RumourClass::kRefutation, RumourClass::kJoin}) {
    for (const Turn& turn : turns_[static_cast<size_t>(c)]) {
      if (turn.told > 0) told.push_back(turn.slot);
    }
  }
  for (const uint32_t slot : told) Remove(slot);
}

void RumourQueue::Remove(uint32_t slot) {
  Entry& entry = entries_[slot];
  turns_[static_cast<size_t>(entry.rumour_class)].erase(TurnOf(entry, slot));
  by_subject_.Erase(entry.subject);
  entry = Entry();
  if (by_subject_.empty()) {
    // A burst's memory is given back when it is over.
    by_subject_.Reset();
    std::deque<Entry>().swap(entries_);
    std::vector<uint32_t>().swap(free_);
  } else {
    free_.push_back(slot);
  }
}

void RumourQueue::SpendCopy(uint32_t slot) {
  Entry& entry = entries_[slot];
  if (entry.copies_left == 1) {
    Remove(slot);
    return;
  }
  --entry.copies_left;
  auto& turns = turns_[static_cast<size_t>(entry.rumour_class)];
  turns.erase(TurnOf(entry, slot));
  ++entry.told;
  turns.insert(TurnOf(entry, slot));
}

bool RumourQueue::MayTake(const Entry& entry, const Packet& packet) const {
  return !entry.is_taken && entry.subject != packet.to && entry.source != packet.to.hi &&
         entry.encoded->size() <= packet.budget;
}

void RumourQueue::Take(uint32_t slot, Packet* packet, std::string* out) {
  Entry& entry = entries_[slot];
  entry.is_taken = true;
  out->append(entry.encoded->bytes());
  packet->room -= entry.encoded->size();
  --packet->pieces;
  packet->slots.push_back(slot);
}

void RumourQueue::TakeByShares(Packet* packet, std::string* out) {
  Turns::const_iterator next[kRumourClasses];
  bool waits[kRumourClasses] = {};
  for (size_t c = 0; c < kRumourClasses; ++c) {
    next[c] = turns_[c].begin();
    clocks_[c] = std::max(clocks_[c], clock_ - std::min(clock_, kLagMax));
  }
  while (packet->pieces > 0) {
    size_t best = kRumourClasses;
    for (size_t c = 0; c < kRumourClasses; ++c) {
      while (next[c] != turns_[c].end() && !MayTake(entries_[next[c]->slot], *packet)) ++next[c];
      if (waits[c] || next[c] == turns_[c].end()) continue;
      if (best == kRumourClasses || clocks_[c] < clocks_[best]) best = c;
    }
    if (best == kRumourClasses) return;
    const uint32_t slot = next[best]->slot;
    const size_t size = entries_[slot].encoded->size();
    if (size > packet->room) {
      waits[best] = true;
      continue;
    }
    clock_ = clocks_[best];
    clocks_[best] += size * kByteCosts[best];
    Take(slot, packet, out);
  }
}

void RumourQueue::TakeSmaller(Packet* packet, std::string* out) {
  for (const Turns& turns : turns_) {
    int passed_over = 0;
    for (const Turn& turn : turns) {
      if (packet->pieces == 0 || passed_over == kPassedOverMax) break;
      const Entry& entry = entries_[turn.slot];
      if (!MayTake(entry, *packet)) continue;
      if (entry.encoded->size() > packet->room) {
        ++passed_over;
      } else {
        Take(turn.slot, packet, out);
      }
    }
  }
}

size_t RumourQueue::Fill(size_t budget, size_t max_pieces, const HostId& to, std::string* out) {
  if (empty() || max_pieces == 0) return 0;
  Packet packet{budget, budget, max_pieces, to, {}};
  TakeByShares(&packet, out);
  TakeSmaller(&packet, out);
  for (const uint32_t slot : packet.slots) {
    entries_[slot].is_taken = false;
    SpendCopy(slot);
  }
  return budget - packet.room;
}

}  // namespace muster::core
