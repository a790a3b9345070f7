#include <algorithm>

#include "src/core/node_impl.h"
#include "src/core/seeded_bug.h"

// Rumours out (README.md, "Gossip"), pulls of full records, and the agreement report.

namespace muster::core {
namespace {

// A record is asked for again when it has not come by then, and given up after this many asks'
// time; reconciliation brings it later.
constexpr Duration kPullAgain = Duration::Millis(300);
constexpr size_t kPullsMax = 256;
// After a burst of changes a node compares its view with random peers this often until three in a
// row agree, at most this many times.
constexpr Duration kSettleEvery = Duration::Millis(100);
constexpr int kSettleTries = 50;
// So many peers each time while users wait for peers to agree.
constexpr size_t kSettlePeers = 2;
// Where one push tells everybody, arrivals that users wait for are known everywhere soon: for a
// while so often, at as many peers as must agree.
constexpr Duration kSettleSoon = Duration::Millis(20);
constexpr Duration kSettleSoonFor = Duration::Millis(200);
constexpr int kSettleAgreed = 3;
// Peers count for the agreement report for this many periods.
constexpr int64_t kAgreementPeriods = 10;

}  // namespace

void Node::Impl::NewsArrived() {
  const TimePoint soonest = std::max(now_, last_push_ + options_.push_gap_min);
  push_at_ = std::min(push_at_, soonest);
}

void Node::Impl::SendPieces(const Address& to) {
  packet_ = wire::Packet();
  packet_.type = wire::PacketType::kGossip;
  out_.Send(to, packet_, pieces_, false);
}

void Node::Impl::Push() {
  if (!HasBug(SeededBug::kStuckDeadline) || !rumours_.empty()) push_at_ = TimePoint::Never();
  if (rumours_.empty()) return;
  last_push_ = now_;
  // Where the copies suffice for everybody, everybody is told at once: drawn at random, a member
  // may be missed by all. Neither the source of a fact nor its subject is told, so that two copies
  // may go with probes meanwhile.
  const bool reaches_all = PushReachesAll();
  const std::vector<const MemberView*> chosen = DrawUpMembers(
      reaches_all ? others_up() : static_cast<size_t>(options_.push_fanout), HostId());
  packet_ = wire::Packet();
  packet_.type = wire::PacketType::kGossip;
  const size_t room = out_.RoomBeside(packet_);
  bool told = false;
  for (const MemberView* peer : chosen) {
    if (!gossip_bucket_.Take(now_, static_cast<int64_t>(room))) {
      push_at_ = gossip_bucket_.AvailableAt(now_, static_cast<int64_t>(room));
      return;
    }
    pieces_.clear();
    AppendClaimAbout(peer->id(), &pieces_);
    told |= rumours_.Fill(room - pieces_.size(), wire::limits::kUpdatesPerPacketMax - 1, peer->id(),
                          &pieces_) > 0;
    // Only what was used is paid for.
    gossip_bucket_.Force(now_, static_cast<int64_t>(pieces_.size()) - static_cast<int64_t>(room));
    if (!pieces_.empty()) SendPieces(peer->attributes().address);
  }
  // What nobody there may be told (its source, its subject) waits for the next arrival.
  const bool nobody_to_tell = !told && chosen.size() == others_up();
  if (!rumours_.empty() && !nobody_to_tell) {
    push_at_ = std::min(push_at_, now_ + options_.push_interval);
  }
}

void Node::Impl::RequestRecord(const HostId& id, const Source& source) {
  const MemberView* holder = table_.Find(source.sender);
  if (!source.known || holder == nullptr) return;
  std::erase_if(pulls_, [this](const Pull& p) { return p.sent && now_ - p.at > kPullAgain; });
  for (const Pull& pull : pulls_) {
    if (pull.id == id) return;
  }
  if (pulls_.size() >= kPullsMax) return;
  pulls_.push_back({id, source.sender, source.from, now_, false});
}

void Node::Impl::FlushPulls() {
  for (size_t i = 0; i < pulls_.size(); ++i) {
    if (pulls_[i].sent) continue;
    packet_ = wire::Packet();
    packet_.type = wire::PacketType::kPull;
    for (size_t j = i; j < pulls_.size(); ++j) {
      if (pulls_[j].sent || pulls_[j].from != pulls_[i].from) continue;
      if (packet_.wanted.size() >= wire::limits::kPullIdsMax) break;
      packet_.wanted.push_back(pulls_[j].id);
      pulls_[j].sent = true;
    }
    out_.Send(pulls_[i].address, packet_, {}, false);
  }
}

void Node::Impl::NoteCell(const Source& source, const wire::ViewCell& theirs, bool may_sync) {
  const MemberView* peer = table_.Find(source.sender);
  if (peer == nullptr || !peer->is_up()) return;
  peer_cells_.Note(now_, source.sender, theirs, table_.view_cell());
  has_news_for_users_ = true;
  const bool equal = theirs == table_.view_cell();
  if (settle_left_ > 0 && may_sync) {
    settle_agreed_ = equal ? settle_agreed_ + 1 : 0;
    // Whoever holds our very table knows what we still have to tell of it.
    if (settle_agreed_ >= kSettleAgreed) rumours_.DropTold();
  }
  if (!equal && may_sync) {
    ConsiderSync(source.sender, peer->attributes().address, false);
  }
  ReportAgreement();
}

void Node::Impl::ReportAgreement() {
  const bool agreed = peer_cells_.AllAgreeSince(now_ - options_.period * kAgreementPeriods);
  if (agreed == agreed_) return;
  agreed_ = agreed;
  out_.effects().AddEvent(EventType::kAgreement).value = agreed ? 1 : 0;
}

bool Node::Impl::PushReachesAll() const {
  return others_up() <= static_cast<size_t>(options_.copies);
}

bool Node::Impl::SettlesSoon() const {
  return PushReachesAll() && batcher_.count(Batcher::Kind::kArrival) > 0 &&
         now_ - batcher_.since(Batcher::Kind::kArrival) < kSettleSoonFor;
}

void Node::Impl::StartSettling() {
  settle_left_ = kSettleTries;
  settle_agreed_ = 0;
  settle_at_ = std::min(settle_at_, now_ + kSettleEvery);
}

void Node::Impl::SettleForUsers() {
  if (settle_at_.is_never()) StartSettling();
  if (SettlesSoon()) settle_at_ = std::min(settle_at_, now_ + kSettleSoon);
}

// What is more than gossip tells in time is fetched, table by table, until peers agree.
void Node::Impl::NoteMass() {
  mass_until_ = now_ + options_.period * 2;
  if (settle_left_ == 0) StartSettling();
}

void Node::Impl::Settle() {
  settle_at_ = TimePoint::Never();
  // Users wait for the others' news too.
  const bool is_waited_for = !batcher_.empty();
  const bool is_over = --settle_left_ <= 0 || settle_agreed_ >= kSettleAgreed;
  if ((is_over && !is_waited_for) || leaving_) {
    settle_left_ = 0;
    return;
  }
  const bool is_soon = SettlesSoon();
  settle_at_ = now_ + (is_soon ? kSettleSoon : kSettleEvery);
  const size_t peers = is_soon ? Batcher::kPeersAgreed : is_waited_for ? kSettlePeers : 1;
  for (const MemberView* peer : DrawUpMembers(peers, HostId())) {
    if (Flight* flight = StartFlight(*peer, ProbeKind::kGate, now_)) SendPing(*flight);
  }
}

Node::Agreement Node::Impl::agreement(TimePoint now) const {
  Agreement result;
  const TimePoint since = now - options_.period * kAgreementPeriods;
  result.peers = peer_cells_.CountSince(since, &result.agreeing);
  for (const PeerCells::Peer& peer : peer_cells_.all()) {
    if (peer.heard_at >= since && !peer.agrees) {
      result.differing.push_back({peer.id, peer.differs_since});
    }
  }
  return result;
}

}  // namespace muster::core
