#include "src/sim/cluster.h"

#include <algorithm>
#include <utility>

#include "src/base/check.h"

namespace muster::sim {
namespace {

enum Purpose : uint64_t { kNetworkRng = 1, kIdRng, kNodeRng, kCpuRng };

// Not zero, so that code which takes a default-made instant for "now" shows.
constexpr TimePoint kStart = TimePoint::FromMicros(1'000'000'000);
// Virtual wall clock at kStart, microseconds since the Unix epoch; names the runs of processes.
constexpr uint64_t kBootOrigin = 1'700'000'000'000'000;

Rng Forked(uint64_t seed, uint64_t purpose) { return Rng(seed).Fork(purpose); }

}  // namespace

Cluster::Cluster(const ClusterConfig& config)
    : config_(config),
      id_rng_(Forked(config.seed, kIdRng)),
      node_rng_(Forked(config.seed, kNodeRng)),
      cpu_rng_(Forked(config.seed, kCpuRng)),
      network_(config.network, Forked(config.seed, kNetworkRng)),
      streams_(&queue_, &network_, this),
      now_(kStart) {}

Cluster::~Cluster() {
  events_.clear();
  outputs_.Clear();
  hosts_.clear();
}

// ---- Hosts ----

Address Cluster::DefaultAddress(int host) {
  return Address::V4((10u << 24) + static_cast<uint32_t>(host) + 1, kDefaultPort);
}

HostId Cluster::FreshId() { return {id_rng_.Next(), id_rng_.Next()}; }

int Cluster::Add(HostConfig config, Disk disk) {
  const int index = static_cast<int>(hosts_.size());
  if (!config.address.is_set()) config.address = DefaultAddress(index);
  const Address address = config.address;
  hosts_.push_back(std::make_unique<SimNode>(std::move(config), std::move(disk), index));
  network_.AddHost();
  streams_.AddHost();
  watched_.emplace_back();
  traffic_.emplace_back();
  by_address_[address] = index;
  NoteHosts();
  return index;
}

int Cluster::AddHost(HostConfig config) {
  Disk disk;
  disk.id = FreshId();
  return Add(std::move(config), std::move(disk));
}

int Cluster::AddHost(const std::string& name) {
  HostConfig config;
  config.name = name;
  config.options = config_.options;
  return AddHost(std::move(config));
}

int Cluster::Clone(int host, HostConfig config) {
  Disk disk = At(host).disk();
  return Add(std::move(config), std::move(disk));
}

const core::Node& Cluster::node(int host) const {
  const core::Node* node = hosts_[static_cast<size_t>(host)]->node();
  MUSTER_CHECK(node != nullptr);
  return *node;
}

core::Node& Cluster::NodeAt(int host) {
  core::Node* node = At(host).node();
  MUSTER_CHECK(node != nullptr);
  return *node;
}

void Cluster::SetAddress(int host, const Address& address) {
  SimNode& node = At(host);
  const int* holder = by_address_.Find(node.config().address);
  if (holder != nullptr && *holder == host) by_address_.Erase(node.config().address);
  node.config().address = address;
  by_address_[address] = host;
}

// ---- Processes ----

void Cluster::Boot(int host) {
  SimNode& node = At(host);
  // Two processes never start in one microsecond of wall time, as long as no clock is set.
  const Duration wall = LocalTime(host) - kStart + node.clock.wall_offset();
  const uint64_t boot = kBootOrigin + static_cast<uint64_t>(wall.micros() + host);
  node.Boot(LocalTime(host), boot, node_rng_.Next(), &pool_);
  homes_[node.disk().id] = {host, TimePoint(), true};
  NoteHosts();
}

void Cluster::Start(int host) {
  Boot(host);
  ProcessAt(host).OnStart(LocalTime(host), OutputsFor(host));
  AfterCall(host);
}

void Cluster::StartTogether() {
  core::MemberTable all(&pool_, hosts_.size(), 0);
  for (int host = 0; host < static_cast<int>(hosts_.size()); ++host) {
    Boot(host);
    if (const core::Node* node = At(host).node()) {
      (void)all.Apply(now_, node->members().ToUpdate(0, true));
    }
  }
  for (int host = 0; host < static_cast<int>(hosts_.size()); ++host) {
    Outputs& outputs = OutputsFor(host);
    if (core::Node* node = At(host).node()) {
      node->AdoptTable(LocalTime(host), all, outputs.effects());
    }
    ProcessAt(host).OnStart(LocalTime(host), outputs);
    AfterCall(host);
  }
}

void Cluster::EndProcess(int host, Exit exit) {
  SimNode& node = At(host);
  if (node.state() == ProcessState::kStopped) return;
  digest_.Add(node.process()->digest());
  digest_.Add(static_cast<uint64_t>(exit));
  Home* home = homes_.Find(node.disk().id);
  if (home != nullptr && home->host == host) *home = {host, now_, false};
  checkers_.ObserveCellEnd(now_, node.disk().id);
  node.End(now_, exit);
  if (exit == Exit::kKilled) {
    streams_.ProcessDied(now_, host, node.machine_is_up());
  } else {
    streams_.ProcessExited(now_, host);
  }
  NoteHosts();
}

void Cluster::Crash(int host) { EndProcess(host, Exit::kKilled); }

void Cluster::PowerOff(int host) {
  At(host).PowerOff();
  EndProcess(host, Exit::kKilled);
}

void Cluster::Restart(int host, const RestartOptions& options) {
  EndProcess(host, Exit::kKilled);
  SimNode& node = At(host);
  if (options.lost_disk) {
    node.disk() = Disk();
    node.disk().id = FreshId();
  }
  if (options.no_seeds) node.config().seeds.clear();
  if (options.address.is_set()) SetAddress(host, options.address);
  Start(host);
}

void Cluster::Pause(int host) {
  MUSTER_CHECK(At(host).is_running());
  At(host).Pause();
  NoteHosts();
}

void Cluster::Resume(int host) {
  std::deque<SimNode::Waiting> waiting;
  At(host).Resume(&waiting);
  At(host).called_at = now_;
  NoteHosts();
  FeedWaiting(host, std::move(waiting));
}

// ---- Commands ----

absl::Status Cluster::Join(int host, const std::vector<Address>& addresses) {
  core::Node& node = NodeAt(host);
  const absl::Status status =
      node.Join(LocalTime(host), absl::MakeConstSpan(addresses), OutputsFor(host).effects())
          .status();
  AfterCall(host);
  return status;
}

absl::Status Cluster::Leave(int host) {
  absl::Status status = absl::OkStatus();
  if (core::Node* node = At(host).node()) {
    status = node->Leave(LocalTime(host), OutputsFor(host).effects());
  } else {
    ProcessAt(host).OnLeave(LocalTime(host), OutputsFor(host));
  }
  AfterCall(host);
  return status;
}

absl::Status Cluster::ForceLeave(int host, const HostId& subject, bool prune, bool evict) {
  const absl::Status status =
      NodeAt(host).ForceLeave(LocalTime(host), subject, prune, evict, OutputsFor(host).effects());
  AfterCall(host);
  return status;
}

absl::Status Cluster::SetTags(int host, wire::Tags tags) {
  const absl::Status status =
      NodeAt(host).SetTags(LocalTime(host), tags, OutputsFor(host).effects());
  if (status.ok()) At(host).config().tags = std::move(tags);
  AfterCall(host);
  return status;
}

// ---- Time ----

void Cluster::RunFor(Duration span) {
  const TimePoint end = now_ + span;
  while (Step(end)) {
  }
  now_ = end;
}

bool Cluster::RunUntil(const std::function<bool()>& condition, Duration limit, Duration step) {
  const TimePoint end = now_ + limit;
  while (!condition()) {
    if (now_ >= end) return false;
    RunFor(std::min(step, end - now_));
  }
  return true;
}

bool Cluster::Step(TimePoint limit) {
  if (hosts_changed_) TellHosts();
  if (queue_.empty() || queue_.next() > limit) return false;
  MUSTER_CHECK(queue_.next() >= now_);
  const SimQueue::Slot slot = queue_.Pop(&now_);
  const SimEvent& event = queue_[slot];
  ++steps_;
  switch (event.kind) {
    case SimEvent::Kind::kDatagram:
      DeliverDatagram(event);
      break;
    case SimEvent::Kind::kDeadline:
      ServeDeadline(event);
      break;
    case SimEvent::Kind::kStream:
      streams_.Handle(now_, event);
      break;
    case SimEvent::Kind::kSlice:
      TurnSlice(event);
      break;
    case SimEvent::Kind::kRead:
      ReadNext(event);
      break;
  }
  queue_.Release(slot);
  return true;
}

}  // namespace muster::sim
