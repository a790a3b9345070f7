#include "src/core/loss_history.h"

#include <algorithm>
#include <bit>

namespace muster::core {
namespace {

// After a loss the next probes follow soon until so many in a row were answered: enough to tell a
// lossy member from a lost packet, few enough that 5 % of loss cost a third more probes.
constexpr int kCleanProbes = 3;

}  // namespace

void LossWindow::Add(bool lost) {
  bits_ = static_cast<uint16_t>((bits_ << 1 | (lost ? 1 : 0)) & ((1 << kProbes) - 1));
}

void LossWindow::Forgive() { bits_ &= static_cast<uint16_t>(bits_ - 1); }

int LossWindow::lost() const { return std::popcount(bits_); }

bool LossWindow::IsCleanFor(int n) const { return (bits_ & ((1 << n) - 1)) == 0; }

const LossHistory::Peer* LossHistory::Find(const HostId& id) const {
  for (const Peer& peer : peers_) {
    if (peer.id == id) return &peer;
  }
  return nullptr;
}

LossHistory::Peer& LossHistory::Get(TimePoint now, const HostId& id) {
  auto peer = std::find_if(peers_.begin(), peers_.end(), [&](const Peer& p) { return p.id == id; });
  if (peer == peers_.end()) {
    if (peers_.size() >= kMax) {
      peers_.erase(std::min_element(peers_.begin(), peers_.end(),
                                    [](const Peer& a, const Peer& b) { return a.at < b.at; }));
    }
    peers_.push_back({id, now, LossWindow()});
    peer = peers_.end() - 1;
  }
  peer->at = now;
  return *peer;
}

void LossHistory::InTime(TimePoint now, const HostId& id) {
  own_.Add(false);
  Peer& peer = Get(now, id);
  if (peer.silent) peer.window.Add(true);
  peer.silent = false;
  peer.window.Add(false);
}

void LossHistory::NotInTime(TimePoint now) {
  own_.Add(true);
  if (own_.is_lossy()) well_since_ = now;
}

void LossHistory::ByRelay(TimePoint now, const HostId& id) {
  Peer& peer = Get(now, id);
  peer.silent = false;
  peer.window.Add(true);
}

void LossHistory::Silent(TimePoint now, const HostId& id) { Get(now, id).silent = true; }

void LossHistory::Spoke(const HostId& id) {
  for (Peer& peer : peers_) {
    if (peer.id != id || !peer.silent) continue;
    peer.silent = false;
    peer.window.Add(true);
  }
}

void LossHistory::Late(const HostId& id) {
  for (Peer& peer : peers_) {
    if (peer.id == id) peer.silent = false;
  }
}

void LossHistory::Forgive(const HostId& id) {
  own_.Forgive();
  for (Peer& peer : peers_) {
    if (peer.id == id) peer.window.Forgive();
  }
}

void LossHistory::Forget(const HostId& id) {
  std::erase_if(peers_, [&id](const Peer& peer) { return peer.id == id; });
}

bool LossHistory::IsLossy(const HostId& id) const {
  const Peer* subject = Find(id);
  if (subject == nullptr || !subject->window.is_lossy() ||
      subject->window.IsCleanFor(kCleanProbes)) {
    return false;
  }
  size_t others = 0;
  size_t clean = 0;
  for (const Peer& peer : peers_) {
    if (peer.id == id) continue;
    ++others;
    clean += peer.window.lost() == 0 && !peer.silent ? 1 : 0;
  }
  return clean * 2 > others;
}

bool LossHistory::IsDoubtful(const HostId& id) const {
  const Peer* peer = Find(id);
  return peer != nullptr && (peer->silent || !peer->window.IsCleanFor(kCleanProbes));
}

bool LossHistory::IsSilent(const HostId& id) const {
  const Peer* peer = Find(id);
  return peer != nullptr && peer->silent;
}

}  // namespace muster::core
