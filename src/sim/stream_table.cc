#include "src/sim/stream_table.h"

#include <algorithm>

#include "src/base/check.h"

namespace muster::sim {
namespace {

using core::StreamEnd;
using core::StreamId;
using Step = SimEvent::Step;

// RFC 6298 and Linux: the first segment is repeated after 1 s, later ones after 0.2 s, doubling.
constexpr Duration kSynTimeout = Duration::Seconds(1);
constexpr Duration kSendTimeout = Duration::Millis(200);
constexpr Duration kTimeoutMax = Duration::Seconds(60);
// A sender asks again this often whether a full receiver has read.
constexpr Duration kWindowProbe = Duration::Millis(200);
// What a kernel holds for a process that does not read.
constexpr size_t kReceiveBufferBytes = 256 * 1024;
constexpr uint32_t kFirstPort = 32768;
constexpr uint32_t kPorts = 28232;

}  // namespace

SimEvent& StreamTable::Schedule(TimePoint at, Step step, uint32_t connection, int end) {
  SimEvent& event = queue_->Push(at);
  event.kind = SimEvent::Kind::kStream;
  event.step = step;
  event.connection = connection;
  event.run = connections_[connection].run;
  event.end = static_cast<uint8_t>(end);
  event.fin = false;
  event.bytes.clear();
  return event;
}

uint32_t StreamTable::Allocate() {
  uint32_t slot;
  if (free_.empty()) {
    slot = static_cast<uint32_t>(connections_.size());
    connections_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  Connection& c = connections_[slot];
  const uint32_t run = c.run + 1;
  c = Connection();
  c.run = run;
  c.used = true;
  c.syn_timeout = kSynTimeout;
  for (Direction& direction : c.sends) direction.timeout = kSendTimeout;
  ++open_connections_;
  return slot;
}

void StreamTable::FreeIfDone(uint32_t connection) {
  Connection& c = connections_[connection];
  if (!c.used || c.ends[0].open || c.ends[1].open || c.in_flight > 0) return;
  if (!c.sends[0].pending.empty() || !c.sends[1].pending.empty()) return;
  c.used = false;
  ++c.run;  // whatever is still scheduled for it is void
  --open_connections_;
  free_.push_back(connection);
}

void StreamTable::Forget(End* end) {
  end->open = false;
  by_id_[static_cast<size_t>(end->host)].Erase(end->id);
}

void StreamTable::Open(TimePoint now, int host, StreamId stream, const Address& to,
                       Duration budget) {
  const uint32_t slot = Allocate();
  Connection& c = connections_[slot];
  c.to = to;
  c.opener =
      hosts_->AddressOf(host).WithPort(static_cast<uint16_t>(kFirstPort + next_port_++ % kPorts));
  c.ends[0] = {host, stream, true, 0};
  MUSTER_CHECK(by_id_[static_cast<size_t>(host)].Insert(stream, slot));
  ++counts_.opened;
  // A late process may ask for a time that is over.
  Schedule(now + std::max(budget, Duration::Zero()), Step::kBudget, slot, 0);
  SendSyn(now, slot);
}

void StreamTable::SendSyn(TimePoint now, uint32_t connection) {
  Connection& c = connections_[connection];
  const int target = hosts_->HostAt(c.to);
  Duration delay;
  if (target >= 0 && network_->SegmentPasses(now, c.ends[0].host, target, {}, &delay)) {
    Schedule(now + delay, Step::kSyn, connection, 1).host = target;
  }
  Schedule(now + c.syn_timeout, Step::kSynRetry, connection, 0);
  c.syn_timeout = std::min(c.syn_timeout * 2, kTimeoutMax);
}

void StreamTable::HandleSyn(TimePoint now, uint32_t connection, int host) {
  Connection& c = connections_[connection];
  const Listener listener = hosts_->ListenerAt(host);
  if (listener == Listener::kNothing) return;
  Duration delay;
  const bool answered = network_->SegmentPasses(now, host, c.ends[0].host, {}, &delay);
  if (listener == Listener::kRefuses) {
    if (answered) Schedule(now + delay, Step::kRefusal, connection, 0);
    return;
  }
  const bool is_first = c.ends[1].host < 0;
  if (is_first) {
    c.ends[1] = {host, hosts_->NextAcceptedId(host), true, 0};
    MUSTER_CHECK(by_id_[static_cast<size_t>(host)].Insert(c.ends[1].id, connection));
    ++counts_.accepted;
    Schedule(now + hosts_->AcceptedBudget(host), Step::kBudget, connection, 1);
  }
  if (answered && !c.sends[1].connected) {
    c.sends[1].connected = true;
    c.sends[1].last_arrival = now + delay;
    Schedule(now + delay, Step::kSynAck, connection, 0);
    Flush(now, connection, 1);
  }
  // Last: the node that runs now may send on the stream, or close it.
  if (is_first) hosts_->OnStreamOpened(host, c.ends[1].id, c.opener);
}

void StreamTable::HandleSynAck(TimePoint now, uint32_t connection) {
  Connection& c = connections_[connection];
  if (c.sends[0].connected) return;
  c.sends[0].connected = true;
  Flush(now, connection, 0);
  if (c.ends[0].open) hosts_->OnStreamOpened(c.ends[0].host, c.ends[0].id, c.to);
}

void StreamTable::Send(TimePoint now, int host, StreamId stream, std::string_view frames) {
  const uint32_t* connection = by_id_[static_cast<size_t>(host)].Find(stream);
  if (connection == nullptr) return;
  const Connection& c = connections_[*connection];
  counts_.bytes += frames.size();
  const int end = c.ends[0].host == host && c.ends[0].id == stream ? 0 : 1;
  SendChunk(now, *connection, end, frames, false);
}

void StreamTable::SendChunk(TimePoint now, uint32_t connection, int end, std::string_view bytes,
                            bool fin) {
  Direction& direction = connections_[connection].sends[end];
  const bool is_clear = direction.connected && !direction.waiting && direction.pending.empty();
  if (is_clear && TrySend(now, connection, end, bytes, fin)) return;
  direction.pending.push_back({std::string(bytes), fin, now});
}

bool StreamTable::TrySend(TimePoint now, uint32_t connection, int end, std::string_view bytes,
                          bool fin) {
  Connection& c = connections_[connection];
  Direction& direction = c.sends[end];
  const End& receiver = c.ends[1 - end];
  Duration delay;
  const bool is_full = receiver.held_bytes >= kReceiveBufferBytes;
  if (is_full || !network_->SegmentPasses(now, c.ends[end].host, receiver.host, bytes, &delay)) {
    direction.waiting = true;
    Schedule(now + (is_full ? kWindowProbe : direction.timeout), Step::kSendRetry, connection, end);
    if (!is_full) direction.timeout = std::min(direction.timeout * 2, kTimeoutMax);
    return false;
  }
  direction.timeout = kSendTimeout;
  direction.last_arrival = std::max(direction.last_arrival, now + delay);
  SimEvent& event = Schedule(direction.last_arrival, Step::kData, connection, 1 - end);
  event.fin = fin;
  event.bytes.assign(bytes);
  ++c.in_flight;
  return true;
}

void StreamTable::Flush(TimePoint now, uint32_t connection, int end) {
  Direction& direction = connections_[connection].sends[end];
  if (!direction.connected || direction.waiting) return;
  const int receiver = connections_[connection].ends[1 - end].host;
  size_t sent = 0;
  for (; sent < direction.pending.size(); ++sent) {
    const Chunk& chunk = direction.pending[sent];
    if (!TrySend(now, connection, end, chunk.bytes, chunk.fin)) break;
    hosts_->OnBytesKeptBack(receiver, chunk.written, direction.last_arrival);
  }
  direction.pending.erase(direction.pending.begin(),
                          direction.pending.begin() + static_cast<ptrdiff_t>(sent));
}

void StreamTable::CloseEnd(TimePoint now, uint32_t connection, int end) {
  Forget(&connections_[connection].ends[end]);
  SendChunk(now, connection, end, {}, true);
}

void StreamTable::Close(TimePoint now, int host, StreamId stream) {
  const uint32_t* found = by_id_[static_cast<size_t>(host)].Find(stream);
  if (found == nullptr) return;
  const uint32_t connection = *found;
  const Connection& c = connections_[connection];
  CloseEnd(now, connection, c.ends[0].host == host && c.ends[0].id == stream ? 0 : 1);
}

void StreamTable::SendReset(TimePoint now, uint32_t connection, int to_end) {
  const Connection& c = connections_[connection];
  Duration delay;
  if (!c.ends[to_end].open || c.ends[1 - to_end].host < 0) return;
  if (network_->SegmentPasses(now, c.ends[1 - to_end].host, c.ends[to_end].host, {}, &delay)) {
    Schedule(now + delay, Step::kReset, connection, to_end);
  }
}

void StreamTable::ProcessDied(TimePoint now, int host, bool machine_is_up) {
  for (uint32_t slot = 0; slot < connections_.size(); ++slot) {
    Connection& c = connections_[slot];
    for (int end = 0; c.used && end < 2; ++end) {
      if (c.ends[end].host != host) continue;
      if (c.ends[end].open) Forget(&c.ends[end]);
      c.sends[end].pending.clear();
      if (machine_is_up) SendReset(now, slot, 1 - end);
    }
    FreeIfDone(slot);
  }
}

void StreamTable::ProcessExited(TimePoint now, int host) {
  for (uint32_t slot = 0; slot < connections_.size(); ++slot) {
    for (int end = 0; connections_[slot].used && end < 2; ++end) {
      const End& e = connections_[slot].ends[end];
      if (e.host == host && e.open) CloseEnd(now, slot, end);
    }
  }
}

void StreamTable::BuffersRead(int host) {
  for (Connection& c : connections_) {
    for (End& end : c.ends) {
      if (end.host == host) end.held_bytes = 0;
    }
  }
}

void StreamTable::EndStream(uint32_t connection, int end, StreamEnd how) {
  Connection& c = connections_[connection];
  if (how == StreamEnd::kTimedOut) ++counts_.timed_out;
  if (how == StreamEnd::kRefused) ++counts_.refused;
  if (how == StreamEnd::kBroken) ++counts_.broken;
  const int host = c.ends[end].host;
  const StreamId id = c.ends[end].id;
  Forget(&c.ends[end]);
  c.sends[end].pending.clear();
  FreeIfDone(connection);
  hosts_->OnStreamEnded(host, id, how);
}

void StreamTable::HandleData(TimePoint now, const SimEvent& event) {
  Connection& c = connections_[event.connection];
  End& end = c.ends[event.end];
  --c.in_flight;
  if (!end.open) {
    // The kernel resets a connection whose process is gone or has closed it.
    if (!event.fin && hosts_->ListenerAt(end.host) != Listener::kNothing) {
      SendReset(now, event.connection, 1 - event.end);
    }
    FreeIfDone(event.connection);
    return;
  }
  if (event.fin) {
    EndStream(event.connection, event.end, StreamEnd::kClosed);
    return;
  }
  if (!hosts_->Reads(end.host)) end.held_bytes += event.bytes.size();
  hosts_->OnStreamFrames(end.host, end.id, event.bytes);
}

void StreamTable::HandleBudget(TimePoint now, uint32_t connection, int end) {
  Connection& c = connections_[connection];
  c.sends[end].pending.clear();
  if (!c.ends[end].open) {
    FreeIfDone(connection);
    return;
  }
  SendReset(now, connection, 1 - end);
  EndStream(connection, end, StreamEnd::kTimedOut);
}

void StreamTable::Handle(TimePoint now, const SimEvent& event) {
  const uint32_t slot = event.connection;
  Connection& c = connections_[slot];
  if (!c.used || c.run != event.run) return;
  switch (event.step) {
    case Step::kSynRetry:
      if (!c.sends[0].connected) SendSyn(now, slot);
      return;
    case Step::kSyn:
      HandleSyn(now, slot, event.host);
      return;
    case Step::kSynAck:
      HandleSynAck(now, slot);
      return;
    case Step::kRefusal:
      if (c.ends[0].open) EndStream(slot, 0, StreamEnd::kRefused);
      return;
    case Step::kData:
      HandleData(now, event);
      return;
    case Step::kSendRetry:
      c.sends[event.end].waiting = false;
      Flush(now, slot, event.end);
      FreeIfDone(slot);
      return;
    case Step::kReset:
      if (c.ends[event.end].open) EndStream(slot, event.end, StreamEnd::kBroken);
      return;
    case Step::kBudget:
      HandleBudget(now, slot, event.end);
      return;
  }
}

}  // namespace muster::sim
