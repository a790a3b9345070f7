#include <algorithm>
#include <utility>

#include "src/core/merge_rules.h"
#include "src/core/node_impl.h"

// Streamed reconciliation of two tables that differ (README.md). sync.h has the exchange.

namespace muster::core {
namespace {

// Fresh news is still on its way by gossip; wait for it before comparing tables.
constexpr Duration kQuietFor = Duration::Millis(200);
// Of more members than this that only one side knows, gossip brings the last ones late.
constexpr uint32_t kFarApart = 32;
// Tables sent on demand may run up a debt of bulk bytes that takes so long to pay.
constexpr Duration kDebtMax = Duration::Seconds(4);
// Room left in a frame for everything that is no update.
constexpr size_t kFrameReserve = 2048;

}  // namespace

void Node::Impl::ConsiderSync(const HostId& peer, const Address& address, bool tombstones) {
  if (leaving_ || syncs_.has_own()) return;
  if (tombstones) {
    if (table_.tombstone_cell() == futile_tombstones_ours_ &&
        tombstones_theirs_ == futile_tombstones_theirs_) {
      return;
    }
  } else {
    if (!peer_cells_.WorthReconciling(peer, table_.view_cell())) return;
    // A mass of changes is fetched while it goes on, a table every now and then.
    const bool is_far = peer_cells_.CountApart(peer, table_.view_cell()) > kFarApart ||
                        rumours_.size() > static_cast<size_t>(options_.queue_high);
    if (now_ - (is_far ? last_sync_ : last_change_) < kQuietFor) return;
    // What waits to be told may be the whole difference, for a while.
    if (!is_far && !rumours_.empty() && now_ - last_change_ < options_.period * 2) return;
  }
  if (bulk_bucket_.AvailableAt(now_, 1) > now_) return;
  last_sync_ = now_;
  const StreamId stream = OpenStream(address, StreamRole::kSync, options_.stream_budget);
  syncs_.Begin(stream, peer, tombstones, table_.version());
  ++stats_.syncs;
}

void Node::Impl::SendSummary(SyncSession& session) {
  const Duration max_age = options_.tombstone_for - options_.tombstone_quiet;
  const auto flush = [&](bool last) {
    message_ = wire::StreamMessage();
    message_.type = wire::StreamType::kSyncSummary;
    message_.tombstones = session.tombstones;
    message_.last = last;
    bulk_bucket_.Force(now_, static_cast<int64_t>(pieces_.size()));
    out_.SendFrame(session.stream, message_, pieces_);
    pieces_.clear();
  };
  pieces_.clear();
  size_t count = 0;
  for (uint32_t i = 0; i < table_.size(); ++i) {
    const MemberView& member = table_[i];
    if (InTombstones(member.state) != session.tombstones) continue;
    if (session.tombstones && now_ - member.since() > max_age) continue;
    AppendUpdateFor(i, false, &pieces_);
    if (++count % wire::limits::kUpdatesPerFrameMax == 0 ||
        pieces_.size() > wire::limits::kFrameBytesMax - kFrameReserve) {
      flush(false);
    }
  }
  flush(true);
}

void Node::Impl::CollectDifference(const wire::Update& theirs, SyncSession* session) {
  if (theirs.id == identity_.id) {
    // A claim about us that is not ours to the letter is answered with ours.
    if (theirs.incarnation < table_.self().incarnation) session->owed.push_back(theirs.id);
    return;
  }
  const MemberView* member = table_.Find(theirs.id);
  if (member == nullptr || member->attributes().name.empty() ||
      (member->incarnation == theirs.incarnation && theirs.attributes_hash != 0 &&
       member->record->hash != theirs.attributes_hash)) {
    if (theirs.attributes_hash != 0 && !theirs.attributes.has_value()) {
      session->wanted.push_back(theirs.id);
    }
    if (member == nullptr) return;
  }
  const int order =
      CompareClaims({member->incarnation, member->state}, {theirs.incarnation, theirs.state});
  if (order > 0 || theirs.attributes_hash == 0) session->owed.push_back(theirs.id);
}

size_t Node::Impl::SyncedMax() const {
  return 2 * static_cast<size_t>(options_.members_max + options_.tombstones_max);
}

void Node::Impl::HandleSyncSummary(StreamId stream) {
  // Whole tables are large, and whoever asks gets one: not more of them than we can pay for.
  const bool in_debt = bulk_bucket_.AvailableAt(now_, 1) > now_ + kDebtMax;
  if (in_debt) return HandleStreamClosed(stream, StreamEnd::kBroken);
  SyncSession* session = syncs_.FindOrAccept(stream, message_in_.sender, table_.version());
  if (session == nullptr || session->summary_done) {
    Reject(wire::Reject::kStreamProtocol);
    return HandleStreamClosed(stream, StreamEnd::kBroken);
  }
  session->tombstones = message_in_.tombstones;
  const Source source{message_in_.sender, *stream_peers_.Find(stream)};
  const bool last = message_in_.last;
  for (const wire::Update& theirs : message_in_.updates) {
    // Each subject once: what is owed and wanted grows no faster than `seen`.
    if (!session->seen.Insert(theirs.id)) continue;
    Learn(theirs, source);
    CollectDifference(theirs, session);
    if (session->seen.size() > SyncedMax()) {
      Reject(wire::Reject::kLimit);
      return HandleStreamClosed(stream, StreamEnd::kBroken);
    }
  }
  if (!last) return;
  session->summary_done = true;
  const Duration max_age = options_.tombstone_for - options_.tombstone_quiet;
  Syncs::AddUnmentioned(table_, now_, max_age, session);
  SendRecords(*session);
}

void Node::Impl::SendRecords(SyncSession& session) {
  size_t wanted_sent = 0;
  const auto flush = [&](bool last) {
    message_ = wire::StreamMessage();
    message_.type = wire::StreamType::kSyncRecords;
    message_.tombstones = session.tombstones;
    message_.view = table_.view_cell();
    const size_t wanted_left = session.wanted.size() - wanted_sent;
    const size_t wanted_now = std::min<size_t>(wanted_left, 1024);
    for (size_t i = 0; i < wanted_now; ++i) {
      message_.wanted.push_back(session.wanted[wanted_sent++]);
    }
    message_.last = last && wanted_sent == session.wanted.size();
    bulk_bucket_.Force(now_, static_cast<int64_t>(pieces_.size()));
    out_.SendFrame(session.stream, message_, pieces_);
    pieces_.clear();
  };
  pieces_.clear();
  size_t count = 0;
  // Wanted ids take up to 24 KB of a frame, updates up to 32 KB.
  constexpr size_t kUpdateBytes = 32 * 1024;
  for (const HostId& id : session.owed) {
    const int64_t index = table_.IndexOf(id);
    if (index < 0) continue;
    const bool full = !table_[static_cast<size_t>(index)].attributes().name.empty();
    AppendUpdateFor(static_cast<uint32_t>(index), full, &pieces_);
    if (++count % wire::limits::kUpdatesPerFrameMax == 0 || pieces_.size() > kUpdateBytes) {
      flush(false);
    }
  }
  session.owed.clear();
  do {
    flush(true);
  } while (wanted_sent < session.wanted.size());
  session.wanted.clear();
}

void Node::Impl::HandleSyncRecords(StreamId stream) {
  SyncSession* session = syncs_.Find(stream);
  const Source source{message_in_.sender, *stream_peers_.Find(stream), false, session->initiator};
  if (session->initiator && session->peer != message_in_.sender) {
    // Another agent has taken the address: nothing of it is ours to reconcile with.
    Reject(wire::Reject::kNotForUs);
    return HandleStreamClosed(stream, StreamEnd::kBroken);
  }
  for (const wire::Update& theirs : message_in_.updates) {
    Learn(theirs, source);
    // What we hold higher goes back, so that one exchange settles both tables.
    if (session->initiator && session->seen.Insert(theirs.id)) CollectDifference(theirs, session);
    if (session->seen.size() > SyncedMax()) {
      Reject(wire::Reject::kLimit);
      return HandleStreamClosed(stream, StreamEnd::kBroken);
    }
  }
  session->wanted.clear();
  for (const HostId& id : message_in_.wanted) {
    if (session->owed.size() >= table_.size() * 2) break;
    session->owed.push_back(id);
  }
  if (!message_in_.last) return;
  if (!session->initiator) return EndSync(stream);
  SendRecords(*session);
  EndSync(stream);
}

void Node::Impl::EndSync(StreamId stream) {
  const SyncSession* session = syncs_.Find(stream);
  const bool changed = table_.version() != session->version_before;
  if (changed) ++stats_.syncs_changed;
  if (session->initiator && !changed) {
    if (session->tombstones) {
      futile_tombstones_ours_ = table_.tombstone_cell();
      futile_tombstones_theirs_ = tombstones_theirs_;
    } else {
      peer_cells_.MarkFutile(session->peer, table_.view_cell());
    }
  }
  syncs_.End(stream);
  CloseStream(stream);
}

}  // namespace muster::core
