// What happens at a host: input reaches its node, and the node's effects are carried out.

#include <algorithm>
#include <utility>

#include "src/base/check.h"
#include "src/sim/cluster.h"

namespace muster::sim {

using core::Event;
using core::EventType;
using core::StreamEnd;
using core::StreamId;

void Cluster::DeliverDatagram(const SimEvent& event) {
  SimNode& node = At(event.host);
  digest_.Add(static_cast<uint64_t>(now_.micros()));
  digest_.Add(static_cast<uint64_t>(event.host));
  if (node.config().address != event.to || node.state() == ProcessState::kStopped) return;
  if (node.state() == ProcessState::kPaused) {
    if (!node.HoldDatagram(event.from, event.bytes)) ++datagrams_dropped_full_;
    return;
  }
  node.node()->HandlePacket(now_, event.from, event.bytes, effects_);
  AfterCall(event.host);
}

void Cluster::ServeDeadline(const SimEvent& event) {
  SimNode& node = At(event.host);
  if (node.run() != event.run || node.armed != now_) return;
  node.armed = TimePoint::Never();
  if (!node.is_running()) return;  // a paused one is armed again when it resumes
  const TimePoint due = node.node()->NextDeadline() + node.lateness;
  if (due > now_) {
    Arm(event.host);
    return;
  }
  node.node()->HandleDeadline(now_, core::Backlog::kDrained, effects_);
  const TimePoint latest = std::max(due, node.called_at);
  // A core that never moves its deadline would keep time from passing: there is no going on.
  MUSTER_CHECK(checkers_.ObserveDeadline(now_, event.host, latest, node.node()->NextDeadline()));
  AfterCall(event.host);
}

void Cluster::FeedFrames(int host, StreamId stream, std::string_view frames) {
  const uint32_t run = At(host).run();
  reader_.Append(frames);
  std::string_view body;
  wire::FrameReader::Result result;
  while ((result = reader_.Next(&body)) == wire::FrameReader::Result::kFrame) {
    // The node may have ended with the frame before; its bytes are read off all the same.
    if (At(host).run() != run || !At(host).is_running()) continue;
    At(host).node()->HandleStreamMessage(now_, stream, body, effects_);
    AfterCall(host);
  }
  MUSTER_CHECK(result == wire::FrameReader::Result::kNeedMore && reader_.buffered_bytes() == 0);
}

void Cluster::Feed(int host, const SimNode::Waiting& input) {
  core::Node* node = At(host).node();
  switch (input.kind) {
    case SimNode::Waiting::Kind::kDatagram:
      node->HandlePacket(now_, input.from, input.bytes, effects_);
      break;
    case SimNode::Waiting::Kind::kOpened:
      node->HandleStreamOpened(now_, input.stream, input.from, effects_);
      break;
    case SimNode::Waiting::Kind::kFrames:
      FeedFrames(host, input.stream, input.bytes);
      return;
    case SimNode::Waiting::Kind::kEnded:
      node->HandleStreamClosed(now_, input.stream, input.end, effects_);
      break;
  }
  AfterCall(host);
}

// ---- After a call ----

void Cluster::AfterCall(int host) {
  Exit exit = Exit::kNone;
  CarryOut(host, &exit);
  effects_.Clear();
  At(host).called_at = now_;
  Watch(host);
  if (exit != Exit::kNone) {
    EndProcess(host, exit);
  } else if (At(host).is_running()) {
    Arm(host);
  }
}

void Cluster::CarryOut(int host, Exit* exit) {
  for (const core::Effects::Datagram& datagram : effects_.datagrams()) {
    SendDatagram(host, datagram.to, effects_.bytes(datagram));
  }
  for (const core::Effects::StreamAction& action : effects_.stream_actions()) {
    switch (action.verb) {
      case core::Effects::StreamVerb::kOpen:
        streams_.Open(now_, host, action.stream, action.to, action.budget);
        break;
      case core::Effects::StreamVerb::kSend:
        streams_.Send(now_, host, action.stream, effects_.bytes(action));
        break;
      case core::Effects::StreamVerb::kClose:
        streams_.Close(now_, host, action.stream);
        break;
    }
  }
  for (const Event& event : effects_.events()) HandleEvent(host, event, exit);
}

void Cluster::HandleEvent(int host, const Event& event, Exit* exit) {
  switch (event.type) {
    case EventType::kEpochRaised:
      At(host).disk().epoch = std::max(At(host).disk().epoch, event.value);
      break;
    case EventType::kLeaveDone:
      *exit = Exit::kLeft;
      break;
    case EventType::kStopConflict:
      *exit = Exit::kConflict;
      break;
    case EventType::kStopRefused:
      *exit = Exit::kRefused;
      break;
    case EventType::kStopEvicted:
      *exit = Exit::kEvicted;
      break;
    case EventType::kMemberFailed:
      ObserveFailed(host, event);
      break;
    default:
      break;
  }
  digest_.Add(static_cast<uint64_t>(event.type));
  digest_.Add(event.member.Hash());
  if (!config_.record_events && !listener_) return;
  Recorded recorded{now_, host, event};
  if (listener_) listener_(recorded);
  if (config_.record_events) events_.push_back(std::move(recorded));
}

void Cluster::SendDatagram(int host, const Address& to, std::string_view bytes) {
  checkers_.ObserveDatagram(now_, host, bytes.size());
  const int target = HostAt(to);
  if (target < 0) return;
  const Network::Fate fate = network_.DatagramFate(host, target, bytes);
  for (int copy = 0; copy < fate.copies; ++copy) {
    SimEvent& event = queue_.Push(now_ + fate.delay[copy]);
    event.kind = SimEvent::Kind::kDatagram;
    event.host = target;
    event.from = At(host).config().address;
    event.to = to;
    event.bytes.assign(bytes);
    if (fate.corrupt && copy == 0) network_.Corrupt(&event.bytes);
  }
}

void Cluster::Arm(int host) {
  SimNode& node = At(host);
  const TimePoint next = node.node()->NextDeadline();
  if (next.is_never()) return;
  const TimePoint at = std::max(next + node.lateness, now_);
  if (at >= node.armed) return;  // the event that is queued looks again
  node.armed = at;
  SimEvent& event = queue_.Push(at);
  event.kind = SimEvent::Kind::kDeadline;
  event.host = host;
  event.run = node.run();
}

// ---- StreamTable::Hosts ----

int Cluster::HostAt(const Address& address) const {
  const int* host = by_address_.Find(address);
  return host == nullptr ? -1 : *host;
}

StreamTable::Listener Cluster::ListenerAt(int host) const {
  const SimNode& node = this->host(host);
  if (!node.machine_is_up()) return StreamTable::Listener::kNothing;
  if (node.state() == ProcessState::kStopped) return StreamTable::Listener::kRefuses;
  return node.backlog_is_full() ? StreamTable::Listener::kNothing : StreamTable::Listener::kAccepts;
}

Address Cluster::AddressOf(int host) const { return this->host(host).config().address; }

bool Cluster::Reads(int host) const { return this->host(host).is_running(); }

StreamId Cluster::NextAcceptedId(int host) { return At(host).NextAcceptedId(); }

Duration Cluster::AcceptedBudget(int host) const {
  return this->host(host).config().options.stream_budget;
}

void Cluster::OnStreamOpened(int host, StreamId stream, const Address& peer) {
  SimNode::Waiting input;
  input.kind = SimNode::Waiting::Kind::kOpened;
  input.stream = stream;
  input.from = peer;
  if (Reads(host)) {
    Feed(host, input);
  } else {
    At(host).Hold(std::move(input));
  }
}

void Cluster::OnStreamFrames(int host, StreamId stream, std::string_view frames) {
  if (Reads(host)) {
    FeedFrames(host, stream, frames);
    return;
  }
  SimNode::Waiting input;
  input.kind = SimNode::Waiting::Kind::kFrames;
  input.stream = stream;
  input.bytes.assign(frames);
  At(host).Hold(std::move(input));
}

void Cluster::OnStreamEnded(int host, StreamId stream, StreamEnd end) {
  SimNode::Waiting input;
  input.kind = SimNode::Waiting::Kind::kEnded;
  input.stream = stream;
  input.end = end;
  if (Reads(host)) {
    Feed(host, input);
  } else {
    At(host).Hold(std::move(input));
  }
}

}  // namespace muster::sim
