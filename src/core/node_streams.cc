#include <algorithm>

#include "src/base/check.h"
#include "src/core/node_impl.h"

// Streams: who opened what for which purpose, probes by stream, and leave notices.

namespace muster::core {
namespace {

// Receipts that a graceful leave asks for (README.md, "Leaving").
constexpr int kLeaveReceipts = 3;
// What an inbound stream is for is said within a round trip and a retransmission (RFC 6298: 1 s).
constexpr Duration kTimeToSpeak = Duration::Millis(1500);
// Members drawn in search of one not asked yet.
constexpr size_t kLeaveCandidates = 16;

}  // namespace

StreamId Node::Impl::OpenStream(const Address& to, StreamRole role, Duration budget) {
  const StreamId stream = out_.Open(to, budget);
  roles_.Insert(stream, role);
  stream_peers_.Insert(stream, to);
  return stream;
}

void Node::Impl::CloseStream(StreamId stream) {
  const StreamRole* role = roles_.Find(stream);
  if (role == nullptr) return;
  if (*role == StreamRole::kInbound) {
    std::erase_if(inbound_, [stream](const auto& inbound) { return inbound.first == stream; });
    door_.Gone(stream);
  }
  roles_.Erase(stream);
  stream_peers_.Erase(stream);
  out_.Close(stream);
}

// Streams whose other end is gone, or never speaks, are there until their budget ends. The oldest
// that had time to speak and is in no exchange makes room, or who can be reached by TCP alone would
// fall silent.
bool Node::Impl::MakeRoomForStream() {
  if (inbound_.size() < static_cast<size_t>(options_.streams_max)) return true;
  ++stats_.streams_refused;
  const auto idle = std::find_if(inbound_.begin(), inbound_.end(), [this](const auto& inbound) {
    return syncs_.Find(inbound.first) == nullptr && !door_.IsWaiting(inbound.first);
  });
  if (idle == inbound_.end() || now_ - idle->second < kTimeToSpeak) return false;
  CloseStream(idle->first);
  return true;
}

void Node::Impl::HandleStreamOpened(StreamId stream, const Address& peer) {
  const StreamRole* role = roles_.Find(stream);
  if (role == nullptr) {
    if (stream % 2 == 1) return;  // one of ours that we have closed meanwhile
    if (!MakeRoomForStream()) return out_.Close(stream);
    roles_.Insert(stream, StreamRole::kInbound);
    stream_peers_.Insert(stream, peer);
    inbound_.emplace_back(stream, now_);
    return;
  }
  switch (*role) {
    case StreamRole::kInbound:
      return;
    case StreamRole::kProbe:
      if (Flight* flight = flights_.FindByStream(stream)) {
        SendStreamPing(stream, flight->kind == ProbeKind::kDoor ? HostId() : flight->target);
      }
      return;
    case StreamRole::kConflict:
      return SendStreamPing(stream, HostId());
    case StreamRole::kJoin:
      return SendJoin(stream);
    case StreamRole::kSync:
      if (SyncSession* session = syncs_.Find(stream)) {
        session->by_ranges ? SendCells(*session) : SendSummary(*session);
      }
      return;
    case StreamRole::kLeave: {
      message_ = wire::StreamMessage();
      message_.type = wire::StreamType::kLeave;
      pieces_.clear();
      AppendUpdateFor(0, false, &pieces_);
      out_.SendFrame(stream, message_, pieces_);
      return;
    }
  }
}

void Node::Impl::SendStreamPing(StreamId stream, const HostId& target) {
  message_ = wire::StreamMessage();
  message_.type = wire::StreamType::kPing;
  message_.target = target;
  message_.view = table_.view_cell();
  pieces_.clear();
  AppendClaimAbout(target, &pieces_, true);
  out_.SendFrame(stream, message_, pieces_);
}

void Node::Impl::HandleStreamMessage(StreamId stream, std::string_view body) {
  ++stats_.frames_in;
  stats_.frame_bytes_in += body.size();
  out_.digest().Add(body.size());
  const StreamRole* role = roles_.Find(stream);
  if (role == nullptr) return;
  const wire::Reject reject = out_.codec().DecodeFrame(body, &message_in_);
  if (reject == wire::Reject::kCluster) {
    Reject(reject);
    return HandleWrongCluster(stream);
  }
  const bool from_self =
      message_in_.sender == identity_.id && message_in_.boot == identity_.attributes.boot;
  if (reject != wire::Reject::kNone || from_self) {
    Reject(reject == wire::Reject::kNone ? wire::Reject::kState : reject);
    return HandleStreamClosed(stream, StreamEnd::kBroken);
  }
  answer_about_self_ = false;
  Heard({message_in_.sender, Address()});
  const StreamRole own = *role;
  // Who waits at the door has nothing else to say: an answer to one joiner must not decide on
  // another.
  const bool inbound = own == StreamRole::kInbound && !door_.IsWaiting(stream);
  switch (message_in_.type) {
    case wire::StreamType::kJoin:
      if (inbound) return HandleJoin(stream);
      break;
    case wire::StreamType::kJoinAnswer:
      if (own == StreamRole::kJoin) return HandleJoinAnswer(stream);
      break;
    case wire::StreamType::kPing:
      if (inbound) return HandleStreamPing(stream);
      break;
    case wire::StreamType::kAck:
      if (own == StreamRole::kProbe || own == StreamRole::kConflict) {
        return HandleStreamAck(stream);
      }
      break;
    case wire::StreamType::kSyncSummary:
    case wire::StreamType::kSyncCells:
    case wire::StreamType::kSyncPrints:
      if (inbound) return HandleSyncRequest(stream);
      break;
    case wire::StreamType::kSyncSplit:
      if (own == StreamRole::kSync) return HandleSyncSplit(stream);
      break;
    case wire::StreamType::kSyncRecords:
      if (syncs_.Find(stream) != nullptr && !door_.IsWaiting(stream)) {
        return HandleSyncRecords(stream);
      }
      break;
    case wire::StreamType::kLeave:
      if (inbound) return HandleLeaveNotice(stream);
      break;
    case wire::StreamType::kReceipt:
      if (own == StreamRole::kLeave) {
        ++leave_.confirmed;
        --leave_.open;
        CloseStream(stream);
        if (leave_.open == 0) FinishLeave();
        return;
      }
      break;
    case wire::StreamType::kWrongCluster:
      break;
  }
  Reject(wire::Reject::kStreamProtocol);
  HandleStreamClosed(stream, StreamEnd::kBroken);
}

void Node::Impl::HandleStreamPing(StreamId stream) {
  const Source source{message_in_.sender, *stream_peers_.Find(stream)};
  LearnAll(message_in_.updates, source);
  message_ = wire::StreamMessage();
  message_.type = wire::StreamType::kAck;
  message_.view = table_.view_cell();
  pieces_.clear();
  if (answer_about_self_) AppendUpdateFor(0, false, &pieces_);
  AppendClaimAbout(source.sender, &pieces_, true);
  out_.SendFrame(stream, message_, pieces_);
}

void Node::Impl::HandleStreamAck(StreamId stream) {
  if (stream == conflict_stream_) {
    conflict_stream_ = 0;
    const uint64_t their_boot = message_in_.boot;
    const bool same_id = message_in_.sender == identity_.id;
    const Address where = *stream_peers_.Find(stream);
    CloseStream(stream);
    if (!same_id || their_boot == identity_.attributes.boot) return;
    Event& event = out_.effects().AddEvent(EventType::kConflict);
    event.member = identity_.id;
    event.address = where;
    event.detail = "this host id also runs at " + where.ToString();
    if (identity_.attributes.boot <= their_boot) return;
    Event& stop = out_.effects().AddEvent(EventType::kStopConflict);
    stop.address = where;
    stop.detail = "host id " + identity_.id.ToHex() + " also runs at " + where.ToString() +
                  " and started earlier; give this agent a data folder of its own";
    return;
  }
  Flight* flight = flights_.FindByStream(stream);
  if (flight == nullptr) return CloseStream(stream);
  const HostId sender = message_in_.sender;
  const bool for_door = flight->kind == ProbeKind::kDoor;
  if (!for_door && sender != flight->target) {
    Reject(wire::Reject::kNotForUs);
    return HandleStreamClosed(stream, StreamEnd::kBroken);
  }
  ++answers_heard_;
  const Address address = flight->address;
  LearnAll(message_in_.updates, {sender, address, !for_door, !for_door});
  // Learning may have begun new flights.
  flight = flights_.FindByStream(stream);
  if (flight == nullptr) return;
  if (const int64_t index = table_.IndexOf(sender); index > 0 && !for_door && !flight->done) {
    table_.SetUdpImpaired(static_cast<uint32_t>(index), true);
  }
  if (!for_door) suspicions_.NoteRoundTrip(flight->sent, now_);
  if (!flight->done) ++stats_.probes_relayed;
  if (IsSample(flight->kind)) losses_.Silent(now_, flight->target);
  Answered(*flight, {true, sender, message_in_.boot});
  if (!for_door && message_in_.view.has_value()) {
    NoteCell({sender, address, true, true}, *message_in_.view, true);
  }
}

void Node::Impl::ProbeStreamEnded(StreamId stream, StreamEnd end) {
  if (stream == conflict_stream_) conflict_stream_ = 0;
  Flight* flight = flights_.FindByStream(stream);
  if (flight == nullptr) return;
  flight->stream = 0;
  if (end != StreamEnd::kRefused) return;
  // The host answers and the agent's port is closed: our path is fine, the agent is not there.
  flight->stream_refused = true;
  ++answers_heard_;
  Suspicion* suspicion = suspicions_.Find(flight->target);
  if (suspicion != nullptr && !suspicion->path_proven) {
    suspicion->path_proven = true;
    const TimePoint end_of_window = suspicion->began + ToleranceOf(flight->target);
    if (suspicion->accuser && suspicion->window_end > end_of_window) {
      suspicions_.SetWindowEnd(now_, flight->target, end_of_window);
    }
  }
}

void Node::Impl::HandleStreamClosed(StreamId stream, StreamEnd end) {
  const StreamRole* found = roles_.Find(stream);
  if (found == nullptr) return;
  const StreamRole role = *found;
  if (role == StreamRole::kJoin) {
    static constexpr const char* kEnds[] = {
        "closed without an answer", "connection refused", "unreachable",
        "no answer in time",        "connection broken",  "answered with junk"};
    const Address to = *stream_peers_.Find(stream);
    return EndJoinAttempt(stream, to.ToString() + ": " + kEnds[static_cast<size_t>(end)],
                          wire::JoinVerdict::kRetry);
  }
  CloseStream(stream);
  switch (role) {
    case StreamRole::kProbe:
    case StreamRole::kConflict:
      return ProbeStreamEnded(stream, end);
    case StreamRole::kSync:
    case StreamRole::kInbound:
      return SyncStreamEnded(stream, end);
    case StreamRole::kLeave:
      --leave_.open;
      return TellNextPeerOfLeave();
    case StreamRole::kJoin:
      return;
  }
}

void Node::Impl::HandleLeaveNotice(StreamId stream) {
  const Source source{message_in_.sender, *stream_peers_.Find(stream)};
  // Only a member's word about itself is a leave.
  if (message_in_.updates.size() != 1 || message_in_.updates[0].id != message_in_.sender ||
      message_in_.updates[0].state != wire::State::kLeft) {
    Reject(wire::Reject::kStreamProtocol);
    return HandleStreamClosed(stream, StreamEnd::kBroken);
  }
  LearnAll(message_in_.updates, source);
  message_ = wire::StreamMessage();
  message_.type = wire::StreamType::kReceipt;
  out_.SendFrame(stream, message_, {});
}

void Node::Impl::TellNextPeerOfLeave() {
  if (leave_.done || leave_.deadline.is_never()) return;
  for (const MemberView* peer : DrawUpMembers(kLeaveCandidates, HostId())) {
    if (leave_.open + static_cast<int>(leave_.confirmed) >= kLeaveReceipts) break;
    if (std::find(leave_.tried.begin(), leave_.tried.end(), peer->id()) != leave_.tried.end()) {
      continue;
    }
    leave_.tried.push_back(peer->id());
    ++leave_.open;
    leave_.asked = std::max(leave_.asked, static_cast<uint64_t>(leave_.open) + leave_.confirmed);
    OpenStream(peer->attributes().address, StreamRole::kLeave, leave_.deadline - now_);
  }
  if (leave_.open == 0) FinishLeave();
}

void Node::Impl::FinishLeave() {
  leave_.deadline = TimePoint::Never();
  if (leave_.done) return;
  leave_.done = true;
  Event& event = out_.effects().AddEvent(EventType::kLeaveDone);
  event.value = leave_.confirmed;
  event.asked = leave_.asked;
}

void Node::Impl::ProbeConflict(const wire::Attributes& claimed) {
  // One look at a time, and not more than one a second: forged claims cost no more than that.
  if (conflict_stream_ != 0 || now_ - last_conflict_probe_ < Duration::Seconds(1)) return;
  last_conflict_probe_ = now_;
  conflict_stream_ = OpenStream(claimed.address, StreamRole::kConflict, Duration::Seconds(3));
}

}  // namespace muster::core
