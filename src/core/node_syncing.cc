#include <algorithm>
#include <utility>

#include "src/base/check.h"
#include "src/core/merge_rules.h"
#include "src/core/node_impl.h"

// Streamed reconciliation of two tables that differ (README.md). sync.h has the exchange;
// node_comparing.cc its part about ranges of hash space.

namespace muster::core {
namespace {

// Fresh news is still on its way by gossip; wait for it before comparing tables.
constexpr Duration kQuietFor = Duration::Millis(100);
// While news is more than gossip can tell, nobody waits for it: tables are compared this often.
constexpr Duration kMassSyncEvery = Duration::Millis(200);
// Of more members than this that only one side knows, gossip brings the last ones late.
constexpr uint32_t kFarApart = 32;
// Tables sent on demand may run up a debt of bulk bytes that takes so long to pay: with the burst
// three seconds' bytes at once, beside those of joins.
constexpr Duration kDebtMax = Duration::Seconds(2);
// Of what an exchange brought, so many records are told on in any case; of more only where we gave
// the other side at least this share of what we got. Else it was we who lagged behind.
constexpr size_t kToldOn = 8;
constexpr size_t kToldOnShare = 4;
// Room left in a frame for everything that is no update.
constexpr size_t kFrameReserve = 2048;
// Of a frame of records: updates up to 32 KB, wanted ids 16 KB, wanted prints 8 KB.
constexpr size_t kUpdateBytes = 32 * 1024;
constexpr size_t kWantedIds = 1024;
constexpr size_t kWantedPrints = 2048;

// The next `count` of `from`, or what is left.
template <typename T>
std::vector<T> TakeNext(const std::vector<T>& from, size_t count, size_t* taken) {
  const auto begin = from.begin() + static_cast<std::ptrdiff_t>(*taken);
  count = std::min(count, from.size() - *taken);
  *taken += count;
  return std::vector<T>(begin, begin + static_cast<std::ptrdiff_t>(count));
}

}  // namespace

void Node::Impl::ConsiderSync(const HostId& peer, const Address& address, bool tombstones) {
  if (leaving_ || syncs_.has_own()) return;
  size_t theirs = tombstones_theirs_.count;
  if (tombstones) {
    if (table_.tombstone_cell() == futile_tombstones_ours_ &&
        tombstones_theirs_ == futile_tombstones_theirs_) {
      return;
    }
  } else {
    if (!peer_cells_.WorthReconciling(peer, table_.view_cell())) return;
    // A mass of changes is fetched while it goes on, a table every now and then.
    const bool is_far =
        now_ < mass_until_ || peer_cells_.CountApart(peer, table_.view_cell()) > kFarApart;
    if (is_far ? now_ - last_sync_ < kMassSyncEvery : now_ - last_change_ < kQuietFor) return;
    // What waits to be told may be the whole difference, for a while.
    if (!is_far && !rumours_.empty() && now_ - last_change_ < options_.period * 2) return;
    theirs = peer_cells_.CountOf(peer);
  }
  if (bulk_bucket_.AvailableAt(now_, 1) > now_) return;
  BeginSync(peer, address, tombstones, theirs);
}

void Node::Impl::BeginSync(const HostId& peer, const Address& address, bool tombstones,
                           size_t their_count) {
  last_sync_ = now_;
  const StreamId stream = OpenStream(address, StreamRole::kSync, options_.stream_budget);
  SyncSession* session = syncs_.Begin(stream, peer, tombstones, table_.version());
  const wire::ViewCell ours = tombstones ? table_.tombstone_cell() : table_.view_cell();
  // Ranges do not compare who is suspected; whole tables tell it, and users wait for the verdicts.
  session->by_ranges = Syncs::ByRanges(ours.count, their_count) && !AreManySuspected() &&
                       !peer_cells_.WantsWholeTables(now_, peer);
  session->reads_common = session->by_ranges;
  session->ranges.max_age = options_.tombstone_for - options_.tombstone_quiet;
  if (session->by_ranges) {
    session->ranges.salt = rng_.Next();
    session->ranges.bits = Ranges::BitsFor(std::max<size_t>(ours.count, their_count));
    ++stats_.syncs_by_ranges;
  }
  ++stats_.syncs;
}

// Sends message_ with pieces_ as that type, and empties both.
void Node::Impl::SendSyncFrame(const SyncSession& session, wire::StreamType type, bool last) {
  message_.type = type;
  message_.tombstones = session.ranges.tombstones;
  message_.last = last;
  message_.reads_common = type == wire::StreamType::kSyncSummary;
  const uint64_t before = stats_.frame_bytes_out;
  MUSTER_CHECK(out_.SendFrame(session.stream, message_, pieces_));
  bulk_bucket_.Force(now_, static_cast<int64_t>(stats_.frame_bytes_out - before));
  message_ = wire::StreamMessage();
  pieces_.clear();
}

void Node::Impl::SendSummary(SyncSession& session) {
  message_ = wire::StreamMessage();
  pieces_.clear();
  session.step = SyncSession::Step::kSummary;
  size_t count = 0;
  for (uint32_t i = 0; i < table_.size(); ++i) {
    if (!session.ranges.Covers(now_, table_[i])) continue;
    AppendUpdateFor(i, false, &pieces_);
    if (++count % wire::limits::kUpdatesPerFrameMax == 0 ||
        pieces_.size() > wire::limits::kFrameBytesMax - kFrameReserve) {
      SendSyncFrame(session, wire::StreamType::kSyncSummary, false);
    }
  }
  SendSyncFrame(session, wire::StreamType::kSyncSummary, true);
}

void Node::Impl::CollectDifference(const wire::Update& theirs, SyncSession* session) {
  if (theirs.id == identity_.id) {
    // A claim about us that is not ours to the letter is answered with ours.
    if (theirs.incarnation < table_.self().incarnation) session->owed.push_back({theirs.id, true});
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
  // Who has the attributes needs no more than the claim.
  const bool full = theirs.attributes_hash != member->attributes_hash();
  if (order > 0 || theirs.attributes_hash == 0) session->owed.push_back({theirs.id, full});
}

// More subjects in one exchange are an attack.
size_t Node::Impl::SyncedMax() const {
  return 2 * static_cast<size_t>(options_.members_max + options_.tombstones_max);
}

SyncSession* Node::Impl::AcceptSync(StreamId stream) {
  SyncSession* session = syncs_.FindOrAccept(stream, message_in_.sender, table_.version());
  if (session == nullptr) {
    EndStreamOutOfOrder(stream);
    return nullptr;
  }
  session->ranges.tombstones = message_in_.tombstones;
  session->ranges.max_age = options_.tombstone_for - options_.tombstone_quiet;
  return session;
}

// Whole tables are large, and whoever asks gets one: not more of them than we can pay for.
bool Node::Impl::IsInSyncDebt() const {
  return bulk_bucket_.AvailableAt(now_, 1) > now_ + kDebtMax;
}

// What only those send who began an exchange.
void Node::Impl::HandleSyncRequest(StreamId stream) {
  switch (message_in_.type) {
    case wire::StreamType::kSyncCells:
      return HandleSyncCells(stream);
    case wire::StreamType::kSyncPrints:
      return HandleSyncPrints(stream);
    default:
      return HandleSyncSummary(stream);
  }
}

void Node::Impl::HandleSyncSummary(StreamId stream) {
  if (IsInSyncDebt()) return HandleStreamClosed(stream, StreamEnd::kBroken);
  SyncSession* session = AcceptSync(stream);
  if (session == nullptr) return;
  if (session->step != SyncSession::Step::kNone && session->step != SyncSession::Step::kSummary) {
    return EndStreamOutOfOrder(stream);
  }
  session->step = SyncSession::Step::kSummary;
  session->reads_common = message_in_.reads_common;
  const Source source{message_in_.sender, *stream_peers_.Find(stream)};
  told_later_ = &session->learnt;
  for (const wire::Update& theirs : message_in_.updates) {
    // Each subject once: what is owed and wanted grows no faster than `seen`.
    if (!session->seen.Insert(theirs.id)) continue;
    Learn(theirs, source);
    CollectDifference(theirs, session);
    if (session->seen.size() > SyncedMax()) {
      told_later_ = nullptr;
      Reject(wire::Reject::kLimit);
      return HandleStreamClosed(stream, StreamEnd::kBroken);
    }
  }
  told_later_ = nullptr;
  if (!message_in_.last) return;
  Syncs::AddUnmentioned(table_, now_, session);
  session->step = SyncSession::Step::kRecords;
  SendRecords(*session);
}

void Node::Impl::SendRecords(SyncSession& session) {
  message_ = wire::StreamMessage();
  pieces_.clear();
  const wire::Attributes& own = identity_.attributes;
  wire::CommonAttributes common;
  if (session.reads_common) common = {own.address.port(), own.tolerance_ms, own.agent};
  size_t ids_sent = 0;
  size_t prints_sent = 0;
  const auto flush = [&] {
    message_.view = table_.view_cell();
    message_.common = common;
    message_.wanted = TakeNext(session.wanted, kWantedIds, &ids_sent);
    message_.hashes = TakeNext(session.wanted_prints, kWantedPrints, &prints_sent);
    return ids_sent == session.wanted.size() && prints_sent == session.wanted_prints.size();
  };
  size_t count = 0;
  for (const Owed& record : session.owed) {
    const int64_t index = table_.IndexOf(record.id);
    if (index < 0) continue;
    const bool named = !table_[static_cast<size_t>(index)].attributes().name.empty();
    AppendUpdateFor(static_cast<uint32_t>(index), record.full && named, &pieces_, &common);
    ++session.given;
    if (++count % wire::limits::kUpdatesPerFrameMax == 0 || pieces_.size() > kUpdateBytes) {
      flush();
      SendSyncFrame(session, wire::StreamType::kSyncRecords, false);
    }
  }
  for (bool last = false; !last;) {
    last = flush();
    SendSyncFrame(session, wire::StreamType::kSyncRecords, last);
  }
  session.owed.clear();
  session.wanted.clear();
  session.wanted_prints.clear();
}

void Node::Impl::HandleSyncRecords(StreamId stream) {
  SyncSession* session = syncs_.Find(stream);
  if (!session->ExpectsRecords()) return EndStreamOutOfOrder(stream);
  if (!IsFromSyncPeer(*session)) return;
  const Source source{message_in_.sender, *stream_peers_.Find(stream), false, session->initiator};
  // What we hold higher goes back, so that one exchange settles both tables.
  const bool answers = session->initiator || session->by_ranges;
  if (message_in_.common.port != 0) session->reads_common = true;
  told_later_ = &session->learnt;
  for (const wire::Update& theirs : message_in_.updates) {
    Learn(theirs, source);
    if (answers && session->seen.Insert(theirs.id)) CollectDifference(theirs, session);
    if (session->seen.size() > SyncedMax()) {
      told_later_ = nullptr;
      Reject(wire::Reject::kLimit);
      return HandleStreamClosed(stream, StreamEnd::kBroken);
    }
  }
  told_later_ = nullptr;
  if (session->initiator) session->NoteWanted(message_in_, table_.size());
  if (message_in_.last) RecordsRead(session);
}

// All records of the other side have come: what we owe goes out, and who has nothing more to say,
// or had the last word, ends it.
void Node::Impl::RecordsRead(SyncSession* session) {
  using Step = SyncSession::Step;
  const StreamId stream = session->stream;
  // Records come in full; what an attacker sent short is not asked for.
  session->wanted.clear();
  Syncs::AddWanted(table_, now_, session);
  if (session->step == Step::kAnswer || session->owed.empty()) return CloseSync(stream, true);
  const bool is_answered = session->initiator && session->by_ranges;
  session->step = Step::kAnswer;
  SendRecords(*session);
  if (!is_answered) CloseSync(stream, true);
}

// What an exchange brought is news to others too, unless it was only we who lacked it.
void Node::Impl::TellOn(const SyncSession& session) {
  const size_t count = session.learnt.size();
  if (count > kToldOn && session.given * kToldOnShare < count) {
    if (count > static_cast<size_t>(options_.queue_high)) NoteMass();
    return;
  }
  for (const Owed& record : session.learnt) {
    const int64_t index = table_.IndexOf(record.id);
    if (index <= 0 || table_[static_cast<size_t>(index)].state != wire::State::kAlive) continue;
    PutRumour(static_cast<uint32_t>(index),
              record.full ? RumourClass::kJoin : RumourClass::kRefutation, record.full,
              session.peer);
  }
}

// The end of an exchange and of its stream. `is_complete`: both sides have said all they had to
// say.
void Node::Impl::CloseSync(StreamId stream, bool is_complete) {
  const SyncSession* session = syncs_.Find(stream);
  if (session == nullptr) return;
  const bool changed = table_.version() != session->version_before;
  if (changed) ++stats_.syncs_changed;
  TellOn(*session);
  if (session->initiator && is_complete && !changed) {
    if (session->ranges.tombstones) {
      futile_tombstones_ours_ = table_.tombstone_cell();
      futile_tombstones_theirs_ = tombstones_theirs_;
    } else {
      peer_cells_.MarkFutile(session->peer, table_.view_cell());
    }
  }
  syncs_.End(stream);
  CloseStream(stream);
}

void Node::Impl::SyncStreamEnded(StreamId stream, StreamEnd end) {
  const SyncSession* session = syncs_.Find(stream);
  if (session == nullptr) return;
  const bool in_order = end == StreamEnd::kClosed;
  // A release that does not know the message closes the stream, or resets it.
  const bool is_answered = session->step != SyncSession::Step::kCells;
  if (session->initiator && !is_answered && (in_order || end == StreamEnd::kBroken)) {
    ++stats_.syncs_refused;
    peer_cells_.NoteRefusal(now_, session->peer);
  }
  CloseSync(stream, in_order && session->step == SyncSession::Step::kAnswer);
}

}  // namespace muster::core
