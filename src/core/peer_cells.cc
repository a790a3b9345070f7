#include "src/core/peer_cells.h"

#include <algorithm>

#include "src/core/seeded_bug.h"

namespace muster::core {
namespace {

constexpr int kRefusals = 2;
constexpr Duration kWholeFor = Duration::Seconds(60);

}  // namespace

void PeerCells::Judge(TimePoint now, const wire::ViewCell& ours, Peer* peer) {
  const bool agrees = peer->cell == ours;
  if (agrees == peer->agrees) return;
  peer->agrees = agrees;
  if (agrees) {
    --differing_;
  } else {
    ++differing_;
    peer->differs_since = now;
  }
}

PeerCells::Peer* PeerCells::Find(const HostId& id) {
  for (Peer& peer : peers_) {
    if (peer.id == id) return &peer;
  }
  return nullptr;
}

const PeerCells::Peer* PeerCells::Find(const HostId& id) const {
  for (const Peer& peer : peers_) {
    if (peer.id == id) return &peer;
  }
  return nullptr;
}

void PeerCells::Note(TimePoint now, const HostId& id, const wire::ViewCell& theirs,
                     const wire::ViewCell& ours) {
  Peer* peer = Find(id);
  if (peer == nullptr) {
    if (peers_.size() >= kMax) {
      auto oldest =
          std::min_element(peers_.begin(), peers_.end(),
                           [](const Peer& a, const Peer& b) { return a.heard_at < b.heard_at; });
      differing_ -= oldest->agrees ? 0 : 1;
      peers_.erase(oldest);
    }
    peers_.emplace_back();
    ++differing_;
    peer = &peers_.back();
    peer->id = id;
    peer->differs_since = now;
  }
  peer->heard_at = now;
  if (!HasBug(SeededBug::kFirstCellStays) || peer->cell == wire::ViewCell()) peer->cell = theirs;
  Judge(now, ours, peer);
}

void PeerCells::OwnCellChanged(TimePoint now, const wire::ViewCell& ours) {
  for (Peer& peer : peers_) Judge(now, ours, &peer);
}

bool PeerCells::WorthReconciling(const HostId& id, const wire::ViewCell& ours) const {
  const Peer* peer = Find(id);
  if (peer == nullptr || peer->agrees) return false;
  return !(peer->futile && peer->futile_ours == ours && peer->futile_theirs == peer->cell);
}

uint32_t PeerCells::CountOf(const HostId& id) const {
  const Peer* peer = Find(id);
  return peer == nullptr ? 0 : peer->cell.count;
}

uint32_t PeerCells::CountApart(const HostId& id, const wire::ViewCell& ours) const {
  const Peer* peer = Find(id);
  if (peer == nullptr) return 0;
  return std::max(peer->cell.count, ours.count) - std::min(peer->cell.count, ours.count);
}

void PeerCells::MarkFutile(const HostId& id, const wire::ViewCell& ours) {
  Peer* peer = Find(id);
  if (peer == nullptr) return;
  peer->futile = true;
  peer->futile_ours = ours;
  peer->futile_theirs = peer->cell;
}

void PeerCells::NoteRefusal(TimePoint now, const HostId& id) {
  Peer* peer = Find(id);
  if (peer == nullptr || ++peer->refused < kRefusals) return;
  peer->whole_until = now + kWholeFor;
}

void PeerCells::NoteComparison(const HostId& id) {
  if (Peer* peer = Find(id)) peer->refused = 0;
}

bool PeerCells::WantsWholeTables(TimePoint now, const HostId& id) const {
  const Peer* peer = Find(id);
  return peer != nullptr && now < peer->whole_until;
}

void PeerCells::Forget(const HostId& id) {
  const Peer* peer = Find(id);
  if (peer == nullptr) return;
  differing_ -= peer->agrees ? 0 : 1;
  peers_.erase(peers_.begin() + (peer - peers_.data()));
}

size_t PeerCells::CountSince(TimePoint since, size_t* agreeing) const {
  size_t heard = 0;
  *agreeing = 0;
  for (const Peer& peer : peers_) {
    if (peer.heard_at < since) continue;
    ++heard;
    *agreeing += peer.agrees ? 1 : 0;
  }
  return heard;
}

bool PeerCells::AllAgreeSince(TimePoint since) const {
  return differing_ == 0 || std::none_of(peers_.begin(), peers_.end(), [since](const Peer& peer) {
           return peer.heard_at >= since && !peer.agrees;
         });
}

bool PeerCells::LastAgree(size_t count) const {
  TimePoint differed_at;
  for (const Peer& peer : peers_) {
    if (!peer.agrees) differed_at = std::max(differed_at, peer.heard_at);
  }
  const auto agreeing = std::count_if(peers_.begin(), peers_.end(), [&](const Peer& peer) {
    return peer.agrees && peer.heard_at > differed_at;
  });
  return static_cast<size_t>(agreeing) >= count;
}

}  // namespace muster::core
