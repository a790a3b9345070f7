// What a script does to the network and to hosts, beside starting and ending processes.

#include <utility>

#include "src/base/check.h"
#include "src/sim/cluster.h"

namespace muster::sim {

// ---- Network ----

Cluster::CutId Cluster::Cut(const std::vector<int>& from, const std::vector<int>& to,
                            Transports transports) {
  const CutId id = network_.Cut(from, to, transports);
  NoteHosts();
  return id;
}

std::vector<Cluster::CutId> Cluster::Partition(const std::vector<std::vector<int>>& groups) {
  std::vector<CutId> cuts;
  for (size_t i = 0; i < groups.size(); ++i) {
    for (size_t j = 0; j < groups.size(); ++j) {
      if (i != j) cuts.push_back(network_.Cut(groups[i], groups[j], kBoth));
    }
  }
  NoteHosts();
  return cuts;
}

void Cluster::Heal(CutId id) {
  network_.Heal(id);
  NoteHosts();
}

void Cluster::HealAll() {
  network_.HealAll();
  NoteHosts();
}

void Cluster::SetLoss(uint32_t ppm, uint32_t burst) {
  network_.SetLoss(ppm, burst);
  NoteHosts();
}

void Cluster::SetHostLoss(int host, uint32_t egress_ppm, uint32_t ingress_ppm) {
  network_.SetHostLoss(host, egress_ppm, ingress_ppm);
  NoteHosts();
}

void Cluster::Inject(const Address& from, int to, std::string_view bytes) {
  SimEvent& event = queue_.Push(now_ + Duration::Micros(1));
  event.kind = SimEvent::Kind::kDatagram;
  event.host = to;
  event.from = from;
  event.to = At(to).config().address;
  event.bytes.assign(bytes);
}

// ---- Hosts ----

void Cluster::Block(int host) {
  SimNode& node = At(host);
  if (node.state() == ProcessState::kStopped || node.is_blocked()) return;
  node.SetBlocked(true);
  NoteHosts();
}

void Cluster::Unblock(int host) {
  SimNode& node = At(host);
  if (!node.is_blocked() || node.state() == ProcessState::kStopped) return;
  // What it sent would leave a process that stands still.
  MUSTER_CHECK(node.is_running());
  node.SetBlocked(false);
  NoteHosts();
  watched_[static_cast<size_t>(host)] = Watched();  // what it sends now tells an old cell
  for (const SimNode::Outgoing& outgoing : node.TakeOutgoing()) SendHeld(host, outgoing);
  const uint32_t run = node.run();
  node.process()->OnUnblocked(LocalTime(host), OutputsFor(host));
  AfterCall(host);
  if (node.is_running() && node.run() == run && node.reads()) {
    Drain(host);
  }
}

void Cluster::SendHeld(int host, const SimNode::Outgoing& outgoing) {
  if (outgoing.is_datagram) {
    SendDatagram(host, outgoing.to, outgoing.bytes);
    if (outgoing.tag != 0) ProcessAt(host).OnLateSend(LocalTime(host), outgoing.tag);
    return;
  }
  switch (outgoing.verb) {
    case core::Effects::StreamVerb::kOpen:
      OpenStream(host, outgoing.stream, outgoing.to, outgoing.budget);
      break;
    case core::Effects::StreamVerb::kSend:
      SendOnStream(host, outgoing.stream, outgoing.bytes);
      break;
    case core::Effects::StreamVerb::kClose:
      streams_.Close(now_, host, outgoing.stream);
      break;
  }
}

void Cluster::SetLateness(int host, Duration lateness) {
  At(host).lateness = lateness;
  ArmAnew(host);
}

void Cluster::SetCpu(int host, const CpuShare& cpu) {
  SimNode& node = At(host);
  node.SetCpu(cpu);
  if (cpu.period > Duration::Zero()) {
    PushSlice(now_ + Duration::Micros(cpu_rng_.Between(0, cpu.period.micros())), host, true);
    return;
  }
  node.called_at = now_;
  if (node.reads()) {
    FeedWaiting(host, node.TakeWaiting());
  } else {
    ArmAnew(host);  // a blocked one has its timers
  }
}

void Cluster::PushSlice(TimePoint at, int host, bool begins) {
  SimEvent& event = queue_.Push(at);
  event.kind = SimEvent::Kind::kSlice;
  event.host = host;
  event.run = At(host).cpu_changes();
  event.fin = !begins;
}

void Cluster::TurnSlice(const SimEvent& event) {
  const int host = event.host;
  SimNode& node = At(host);
  if (node.cpu_changes() != event.run) return;
  const CpuShare& cpu = node.cpu();
  if (event.fin) {
    node.EndSlice();
    PushSlice(now_ + (cpu.period - cpu.slice), host, true);
    return;
  }
  ++faults_.cpu_slices;
  PushSlice(now_ + cpu.slice, host, false);
  node.BeginSlice();
  node.called_at = now_;
  if (node.reads()) {
    FeedWaiting(host, node.TakeWaiting());
  } else if (node.is_running()) {
    Arm(host);
  }
}

void Cluster::SetClockSkew(int host, int64_t ppm) {
  At(host).clock.SetSkew(now_, ppm);
  ++faults_.clock_changes;
  ArmAnew(host);
}

void Cluster::JumpClock(int host, Duration span) {
  At(host).clock.Jump(now_, span);
  ++faults_.clock_changes;
  ArmAnew(host);
}

void Cluster::StepWallClock(int host, Duration offset) {
  At(host).clock.StepWall(offset);
  ++faults_.clock_changes;
}

}  // namespace muster::sim
