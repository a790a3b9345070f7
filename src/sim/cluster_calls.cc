// What happens at a host: input reaches its node, and the node's effects are carried out.

#include <algorithm>
#include <utility>

#include "src/base/check.h"
#include "src/sim/cluster.h"
#include "src/sim/core_process.h"

namespace muster::sim {

using core::Event;
using core::EventType;
using core::StreamEnd;
using core::StreamId;

void Cluster::DeliverDatagram(const SimEvent& event) {
  const int host = event.host;
  SimNode& node = At(host);
  digest_.Add(static_cast<uint64_t>(now_.micros()));
  digest_.Add(static_cast<uint64_t>(host));
  if (node.config().address != event.to || node.state() == ProcessState::kStopped) return;
  Traffic& traffic = traffic_[static_cast<size_t>(host)];
  ++traffic.received_datagrams;
  traffic.received_bytes += event.bytes.size();
  if (!node.reads()) {
    const bool is_held = node.HoldDatagram(event.from, event.bytes);
    ++(is_held ? faults_.held_inputs : faults_.dropped_full);
    return;
  }
  node.process()->OnDatagram(LocalTime(host), event.from, event.bytes, OutputsFor(host));
  AfterCall(host);
}

TimePoint Cluster::DueOf(const SimNode& node) const {
  return node.clock.ToTrue(node.process()->NextDeadline());
}

void Cluster::ServeDeadline(const SimEvent& event) {
  const int host = event.host;
  SimNode& node = At(host);
  if (node.run() != event.run || node.armed != now_) return;
  node.armed = TimePoint::Never();
  // It is armed again when it resumes, or gets its next slice.
  if (!node.is_running() || !node.is_on_cpu()) return;
  const TimePoint wanted = node.due;
  const TimePoint due = wanted + node.lateness;
  if (due > now_) {
    PushDeadline(host);
    return;
  }
  if (wanted < now_) ++faults_.late_deadlines;
  core::Backlog backlog = core::Backlog::kDrained;
  if (node.is_blocked()) {
    ++faults_.blocked_deadlines;
    if (node.has_waiting() && !config_.blocked_backlog_is_hidden) backlog = core::Backlog::kMore;
  } else if (node.has_waiting()) {
    backlog = core::Backlog::kMore;  // it is reading it
  }
  const TimePoint latest = std::max(due, node.called_at);
  node.process()->OnDeadline(LocalTime(host), backlog, OutputsFor(host));
  AfterCall(host);
  // A process that never moves its deadline would keep time from passing.
  const TimePoint next = node.is_running() ? node.due : TimePoint::Never();
  if (!checkers_.ObserveDeadline(now_, host, latest, next)) EndProcess(host, Exit::kKilled);
}

void Cluster::FeedMessages(int host, StreamId stream, std::string_view bytes) {
  const uint32_t run = At(host).run();
  while (!bytes.empty()) {
    // It may have ended with the message before.
    if (At(host).run() != run || !At(host).is_running()) return;
    Process& process = ProcessAt(host);
    const size_t size = process.MessageSize(bytes);
    MUSTER_CHECK(size > 0 && size <= bytes.size());
    process.OnStreamMessage(LocalTime(host), stream, bytes.substr(0, size), OutputsFor(host));
    AfterCall(host);
    bytes.remove_prefix(size);
  }
}

void Cluster::Feed(int host, const SimNode::Waiting& input) {
  Process& process = ProcessAt(host);
  const TimePoint now = LocalTime(host);
  switch (input.kind) {
    case SimNode::Waiting::Kind::kDatagram:
      process.OnDatagram(now, input.from, input.bytes, OutputsFor(host));
      break;
    case SimNode::Waiting::Kind::kOpened:
      process.OnStreamOpened(now, input.stream, input.from, OutputsFor(host));
      break;
    case SimNode::Waiting::Kind::kMessages:
      FeedMessages(host, input.stream, input.bytes);
      return;
    case SimNode::Waiting::Kind::kEnded:
      process.OnStreamEnded(now, input.stream, input.end, OutputsFor(host));
      break;
  }
  AfterCall(host);
}

void Cluster::FeedWaiting(int host, std::deque<SimNode::Waiting> waiting) {
  streams_.BuffersRead(host);
  // The cells that it is about to hear are old ones.
  watched_[static_cast<size_t>(host)] = Watched();
  const uint32_t run = At(host).run();
  for (size_t i = 0; i < waiting.size(); ++i) {
    SimNode& node = At(host);
    if (!node.is_running() || node.run() != run) return;
    if (!node.reads()) {  // its slice is used up
      node.PutBack(std::move(waiting), i);
      break;
    }
    Feed(host, waiting[i]);
  }
  if (At(host).is_running() && At(host).run() == run) Arm(host);
}

void Cluster::Drain(int host) {
  SimNode& node = At(host);
  if (!node.has_waiting()) return FeedWaiting(host, {});
  node.BeginDrain();
  PushRead(now_, host);
}

void Cluster::PushRead(TimePoint at, int host) {
  SimEvent& event = queue_.Push(at);
  event.kind = SimEvent::Kind::kRead;
  event.host = host;
  event.run = At(host).drains();
}

void Cluster::ReadNext(const SimEvent& event) {
  const int host = event.host;
  SimNode& node = At(host);
  if (!node.is_draining() || node.drains() != event.run) return;
  const SimNode::Waiting input = node.TakeFirst();
  const bool is_last = !node.has_waiting();
  if (!is_last) PushRead(now_ + config_.read_cost, host);
  streams_.BuffersRead(host);
  // What it hears are old cells.
  watched_[static_cast<size_t>(host)] = Watched();
  if (is_last) node.EndDrain();
  Feed(host, input);
}

// ---- After a call ----

Outputs& Cluster::OutputsFor(int host) {
  outputs_.set_blocked(At(host).is_blocked());
  return outputs_;
}

void Cluster::AfterCall(int host) {
  Exit exit = Exit::kNone;
  At(host).ChargeCpu();
  CarryOut(host, &exit);
  outputs_.Clear();
  At(host).called_at = now_;
  Watch(host);
  if (exit != Exit::kNone) {
    EndProcess(host, exit);
  } else if (At(host).is_running()) {
    Arm(host);
  }
}

void Cluster::CarryOut(int host, Exit* exit) {
  const core::Effects& effects = outputs_.effects();
  if (At(host).is_blocked()) {
    HoldOutputs(host);
  } else {
    for (const core::Effects::Datagram& datagram : effects.datagrams()) {
      SendDatagram(host, datagram.to, effects.bytes(datagram));
    }
    for (const core::Effects::StreamAction& action : effects.stream_actions()) {
      switch (action.verb) {
        case core::Effects::StreamVerb::kOpen:
          OpenStream(host, action.stream, action.to, action.budget);
          break;
        case core::Effects::StreamVerb::kSend:
          SendOnStream(host, action.stream, effects.bytes(action));
          break;
        case core::Effects::StreamVerb::kClose:
          streams_.Close(now_, host, action.stream);
          break;
      }
    }
  }
  for (const Event& event : effects.events()) HandleEvent(host, event, exit);
  for (const Sighting& sighting : outputs_.sightings()) {
    Show(host, sighting.sight, sighting.subject, sighting.own);
  }
  if (outputs_.exits()) *exit = Exit::kLeft;
}

void Cluster::HoldOutputs(int host) {
  const core::Effects& effects = outputs_.effects();
  faults_.blocked_sends += effects.datagrams().size() + effects.stream_actions().size();
  for (const core::Effects::Datagram& datagram : effects.datagrams()) {
    SimNode::Outgoing outgoing;
    outgoing.is_datagram = true;
    outgoing.to = datagram.to;
    outgoing.tag = datagram.probe_sequence;
    outgoing.bytes.assign(effects.bytes(datagram));
    At(host).HoldOutgoing(std::move(outgoing));
  }
  for (const core::Effects::StreamAction& action : effects.stream_actions()) {
    SimNode::Outgoing outgoing;
    outgoing.verb = action.verb;
    outgoing.stream = action.stream;
    outgoing.to = action.to;
    outgoing.budget = action.budget;
    outgoing.bytes.assign(effects.bytes(action));
    At(host).HoldOutgoing(std::move(outgoing));
  }
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
    case EventType::kVerdictHeld:
    case EventType::kMemberFailed:
      ObserveFailed(host, event);
      break;
    default:
      break;
  }
  digest_.Add(static_cast<uint64_t>(event.type));
  digest_.Add(event.member.Hash());
  Sight sight;
  if (sighting_listener_ && SightOf(event, &sight)) {
    const uint32_t own = static_cast<uint32_t>(At(host).disk().id.hi >> 32);
    Show(host, sight, HostOf(event.member), event.by == own);
  }
  if (!config_.record_events && !listener_) return;
  Recorded recorded{now_, host, event};
  if (listener_) listener_(recorded);
  if (config_.record_events) events_.push_back(std::move(recorded));
}

void Cluster::Show(int host, Sight sight, int subject, bool own) {
  if (sighting_listener_ && subject != host) sighting_listener_({now_, host, sight, subject, own});
}

void Cluster::SendDatagram(int host, const Address& to, std::string_view bytes) {
  Traffic& traffic = traffic_[static_cast<size_t>(host)];
  ++traffic.sent_datagrams;
  traffic.sent_bytes += bytes.size();
  checkers_.ObserveDatagram(now_, host, bytes.size(), ProcessAt(host).DatagramBytesMax());
  const int target = HostAt(to);
  if (target < 0) return;
  const Network::Fate fate = network_.DatagramFate(now_, host, target, bytes);
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

void Cluster::SendOnStream(int host, StreamId stream, std::string_view bytes) {
  Traffic& traffic = traffic_[static_cast<size_t>(host)];
  ++traffic.sent_stream_messages;
  traffic.sent_stream_bytes += bytes.size();
  streams_.Send(now_, host, stream, bytes);
}

void Cluster::OpenStream(int host, StreamId stream, const Address& to, Duration budget) {
  ++traffic_[static_cast<size_t>(host)].opened_streams;
  streams_.Open(now_, host, stream, to, budget);
}

void Cluster::Arm(int host) {
  SimNode& node = At(host);
  node.due = DueOf(node);
  PushDeadline(host);
}

void Cluster::PushDeadline(int host) {
  SimNode& node = At(host);
  if (node.due.is_never()) return;
  const TimePoint at = std::max(node.due + node.lateness, now_);
  if (at >= node.armed) return;  // the event that is queued looks again
  node.armed = at;
  SimEvent& event = queue_.Push(at);
  event.kind = SimEvent::Kind::kDeadline;
  event.host = host;
  event.run = node.run();
}

void Cluster::ArmAnew(int host) {
  SimNode& node = At(host);
  node.called_at = now_;
  node.armed = TimePoint::Never();
  if (node.is_running()) Arm(host);
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

bool Cluster::Reads(int host) const { return this->host(host).reads(); }

StreamId Cluster::NextAcceptedId(int host) { return At(host).NextAcceptedId(); }

Duration Cluster::AcceptedBudget(int host) const {
  return this->host(host).process()->StreamBudget();
}

void Cluster::Hold(int host, SimNode::Waiting input) {
  ++faults_.held_inputs;
  At(host).Hold(std::move(input));
}

void Cluster::OnStreamOpened(int host, StreamId stream, const Address& peer) {
  SimNode::Waiting input;
  input.kind = SimNode::Waiting::Kind::kOpened;
  input.stream = stream;
  input.from = peer;
  if (Reads(host)) {
    Feed(host, input);
  } else {
    Hold(host, std::move(input));
  }
}

void Cluster::OnStreamFrames(int host, StreamId stream, std::string_view frames) {
  traffic_[static_cast<size_t>(host)].received_stream_bytes += frames.size();
  if (Reads(host)) {
    FeedMessages(host, stream, frames);
    return;
  }
  SimNode::Waiting input;
  input.kind = SimNode::Waiting::Kind::kMessages;
  input.stream = stream;
  input.bytes.assign(frames);
  Hold(host, std::move(input));
}

void Cluster::OnStreamEnded(int host, StreamId stream, StreamEnd end) {
  SimNode::Waiting input;
  input.kind = SimNode::Waiting::Kind::kEnded;
  input.stream = stream;
  input.end = end;
  if (Reads(host)) {
    Feed(host, input);
  } else {
    Hold(host, std::move(input));
  }
}

void Cluster::OnBytesKeptBack(int host, TimePoint written, TimePoint arrives) {
  // They may tell of cells that are history: the checkers are shown that the host catches up.
  if (arrives - written > Checkers::kTransit) watched_[static_cast<size_t>(host)] = Watched();
}

}  // namespace muster::sim
