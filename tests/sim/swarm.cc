#include "tests/sim/swarm.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/wire/codec.h"

namespace muster::sim {
namespace {

constexpr Fault kHostFaults[] = {Fault::kCrash,    Fault::kPowerOff,  Fault::kLostDisk,
                                 Fault::kPause,    Fault::kLongPause, Fault::kUdpOff,
                                 Fault::kLateness, Fault::kLeave,     Fault::kTags};

bool IsHostFault(Fault fault) {
  return std::find(std::begin(kHostFaults), std::end(kHostFaults), fault) != std::end(kHostFaults);
}

std::string Names(std::vector<int> hosts) {
  std::sort(hosts.begin(), hosts.end());
  std::string text;
  for (const int host : hosts) absl::StrAppend(&text, text.empty() ? "n" : " n", host + 1);
  return text;
}

ClusterConfig ConfigFor(uint64_t seed, bool local) {
  ClusterConfig config;
  config.seed = seed;
  config.options = core::Options::For(local ? core::Profile::kLocal : core::Profile::kLan);
  return config;
}

}  // namespace

const char* FaultName(Fault fault) {
  constexpr const char* kNames[kFaultCount] = {
      "crash",   "power-off", "lost-disk", "pause",    "long-pause", "partition", "one-way-cut",
      "udp-off", "loss",      "noise",     "lateness", "leave",      "tags"};
  return kNames[static_cast<int>(fault)];
}

Swarm::Swarm(uint64_t seed)
    : seed_(seed),
      rng_(Rng(seed).Fork(1)),
      hosts_(static_cast<int>(rng_.Between(16, 32))),
      local_(rng_.Chance(1, 3)),
      enabled_(0),
      cluster_(std::make_unique<Cluster>(ConfigFor(seed, local_))) {
  while (enabled_ == 0) {
    for (int i = 0; i < kFaultCount; ++i) {
      if (rng_.Chance(2, 3)) enabled_ |= 1u << i;
    }
  }
}

std::string Swarm::Describe() const {
  std::string text = absl::StrCat("seed ", seed_, ", ", hosts_, " hosts, ",
                                  local_ ? "local" : "lan", " profile, faults:");
  for (int i = 0; i < kFaultCount; ++i) {
    const Fault fault = static_cast<Fault>(i);
    if (Enabled(fault)) absl::StrAppend(&text, " ", FaultName(fault), "*", report_.fired[i]);
  }
  return text;
}

void Swarm::Later(Duration after, std::function<void()> action) {
  repairs_.push_back({cluster_->now() + after, std::move(action)});
}

void Swarm::Log(const std::string& line) {
  absl::StrAppend(&report_.log, "  ", cluster_->now().micros() / 1000, " ms ", line, "\n");
}

void Swarm::TracePackets(TimePoint from, TimePoint to) {
  cluster_->network().SetFilter(
      [this, from, to](int sender, int receiver, Transports transport, std::string_view bytes) {
        const TimePoint now = cluster_->now();
        if (now >= from && now <= to) LogPacket(sender, receiver, transport, bytes);
        return false;
      });
}

void Swarm::LogPacket(int from, int to, Transports transport, std::string_view bytes) {
  constexpr const char* kTypes[] = {"?", "ping", "ping-request", "ack", "nack", "pull", "gossip"};
  std::string line = absl::StrCat("    n", from + 1, " > n", to + 1, " ");
  wire::Packet packet;
  if (transport == kTcp) {
    absl::StrAppend(&line, "tcp ", bytes.size());
  } else if (codec_.DecodePacket(bytes, &packet) == wire::Reject::kNone) {
    absl::StrAppend(&line, kTypes[static_cast<int>(packet.type)], " ", packet.sequence);
    if (packet.answers != 0) absl::StrAppend(&line, " to ", packet.answers);
    for (const wire::Update& update : packet.updates) {
      absl::StrAppend(&line, ", n", cluster_->HostOf(update.id) + 1, " ",
                      wire::StateName(update.state), " ", update.incarnation.epoch(), ".",
                      update.incarnation.counter());
    }
  }
  if (cluster_->network().Blocked(from, to, transport)) line += " (cut)";
  Log(line);
}

// Only what begins at this host; what it heard from others would drown the rest.
void Swarm::LogEvent(const Recorded& recorded) {
  const core::Event& event = recorded.event;
  const HostId own = cluster_->host(recorded.host).disk().id;
  const bool is_accuser = event.by == static_cast<uint32_t>(own.hi >> 32);
  const std::string subject = absl::StrCat(" n", cluster_->HostOf(event.member) + 1);
  switch (event.type) {
    case core::EventType::kMemberSuspected:
      if (is_accuser) Log(absl::StrCat("n", recorded.host + 1, " suspects", subject));
      break;
    case core::EventType::kMemberFailed:
      if (is_accuser) Log(absl::StrCat("n", recorded.host + 1, " fails", subject));
      break;
    case core::EventType::kRefutedSelf:
      Log(absl::StrCat("n", recorded.host + 1, " refutes"));
      break;
    case core::EventType::kStopConflict:
    case core::EventType::kStopRefused:
      Log(absl::StrCat("n", recorded.host + 1, " stops: ", event.detail));
      break;
    default:
      break;
  }
}

void Swarm::RunRepairs() {
  for (size_t i = 0; i < repairs_.size();) {
    if (repairs_[i].at > cluster_->now()) {
      ++i;
      continue;
    }
    const std::function<void()> action = std::move(repairs_[i].action);
    repairs_.erase(repairs_.begin() + static_cast<ptrdiff_t>(i));
    action();
  }
}

std::vector<int> Swarm::RandomHosts() {
  std::vector<int> all;
  for (int host = 0; host < hosts_; ++host) all.push_back(host);
  rng_.Shuffle(&all);
  all.resize(1 + rng_.Below(static_cast<uint64_t>(hosts_) / 2));
  return all;
}

void Swarm::InjectOnHost(Fault fault, int host) {
  Cluster& cluster = *cluster_;
  const Duration soon = Duration::Millis(rng_.Between(100, 15'000));
  Log(absl::StrCat(FaultName(fault), " n", host + 1));
  const auto restart = [this, host](bool lost_disk) {
    Log(absl::StrCat("restart n", host + 1));
    RestartOptions options;
    options.lost_disk = lost_disk;
    cluster_->Restart(host, options);
  };
  switch (fault) {
    case Fault::kCrash:
      cluster.Crash(host);
      Later(soon, [restart] { restart(false); });
      break;
    case Fault::kPowerOff:
      cluster.PowerOff(host);
      Later(soon, [restart] { restart(false); });
      break;
    case Fault::kLostDisk:
      cluster.Crash(host);
      Later(soon, [restart] { restart(true); });
      break;
    case Fault::kPause:
    case Fault::kLongPause: {
      const int64_t tolerance_ms = cluster.host(host).config().options.tolerance.micros() / 1000;
      const int64_t ms = fault == Fault::kPause ? rng_.Between(tolerance_ms / 8, tolerance_ms - 100)
                                                : rng_.Between(tolerance_ms, 3 * tolerance_ms);
      cluster.Pause(host);
      Later(Duration::Millis(ms), [this, host] {
        if (cluster_->host(host).state() != ProcessState::kPaused) return;
        Log(absl::StrCat("resume n", host + 1));
        cluster_->Resume(host);
      });
      break;
    }
    case Fault::kUdpOff: {
      std::vector<int> all;
      for (int other = 0; other < hosts_; ++other) all.push_back(other);
      const Cluster::CutId out = cluster.Cut({host}, all, kUdp);
      const Cluster::CutId in = cluster.Cut(all, {host}, kUdp);
      Later(soon, [this, out, in, host] {
        Log(absl::StrCat("udp on n", host + 1));
        cluster_->Heal(out);
        cluster_->Heal(in);
      });
      break;
    }
    case Fault::kLateness:
      cluster.SetLateness(host, Duration::Millis(rng_.Between(50, 1500)));
      Later(soon, [this, host] { cluster_->SetLateness(host, Duration::Zero()); });
      break;
    case Fault::kLeave:
      if (cluster.Leave(host).ok())
        Later(soon + Duration::Seconds(6), [restart] { restart(false); });
      break;
    default:
      (void)cluster.SetTags(host, {{"round", std::to_string(rng_.Below(1000))}});
      break;
  }
}

void Swarm::InjectOnNetwork(Fault fault) {
  const Duration soon = Duration::Millis(rng_.Between(500, 20'000));
  switch (fault) {
    case Fault::kPartition: {
      const std::vector<int> one = RandomHosts();
      std::vector<int> other;
      for (int host = 0; host < hosts_; ++host) {
        if (std::find(one.begin(), one.end(), host) == one.end()) other.push_back(host);
      }
      Log(absl::StrCat("partition ", Names(one), " | the rest"));
      const std::vector<Cluster::CutId> cuts = cluster_->Partition({one, other});
      Later(soon, [this, cuts] {
        Log("partition heals");
        for (const Cluster::CutId cut : cuts) cluster_->Heal(cut);
      });
      break;
    }
    case Fault::kOneWayCut: {
      const std::vector<int> from = RandomHosts();
      const std::vector<int> to = RandomHosts();
      Log(absl::StrCat("one-way cut from ", Names(from), " to ", Names(to)));
      const Cluster::CutId cut = cluster_->Cut(from, to, kBoth);
      Later(soon, [this, cut] {
        Log("one-way cut heals");
        cluster_->Heal(cut);
      });
      break;
    }
    case Fault::kLoss:
      Log("loss");
      cluster_->SetLoss(static_cast<uint32_t>(rng_.Between(1'000, 150'000)));
      Later(soon, [this] { cluster_->SetLoss(0); });
      break;
    default:
      cluster_->network().SetNoise(100'000, 20'000, 100'000);
      Later(soon, [this] { cluster_->network().SetNoise(0, 0, 0); });
      break;
  }
}

void Swarm::Inject(Fault fault) {
  if (IsHostFault(fault)) {
    const int host = static_cast<int>(rng_.Below(static_cast<uint64_t>(hosts_)));
    if (!cluster_->host(host).is_running() || cluster_->node(host).leaving()) return;
    InjectOnHost(fault, host);
  } else {
    InjectOnNetwork(fault);
  }
  ++report_.fired[static_cast<int>(fault)];
}

void Swarm::Mend() {
  Log("calm");
  for (Repair& repair : repairs_) repair.at = TimePoint();
  RunRepairs();
  cluster_->HealAll();
  cluster_->SetLoss(0);
  cluster_->network().SetNoise(0, 0, 0);
  for (int host = 0; host < hosts_; ++host) {
    cluster_->SetLateness(host, Duration::Zero());
    // Whoever left, was refused or is on its way out starts again.
    const bool is_out =
        cluster_->host(host).state() == ProcessState::kStopped || cluster_->node(host).leaving();
    if (is_out) cluster_->Restart(host, RestartOptions());
  }
}

bool Swarm::IsUntroubled() const {
  for (int host = 0; host < hosts_; ++host) {
    if (!cluster_->host(host).is_running()) return false;
    const core::MemberTable& members = cluster_->node(host).members();
    if (members.count(wire::State::kAlive) != static_cast<size_t>(hosts_)) return false;
  }
  return true;
}

std::string Swarm::Disagreement() const {
  std::string text;
  for (int host = 0; host < hosts_; ++host) {
    const SimNode& node = cluster_->host(host);
    absl::StrAppend(&text, "n", host + 1, " ");
    if (node.node() == nullptr) {
      absl::StrAppend(&text, "stopped: ", ExitName(node.exit()), "\n");
      continue;
    }
    const core::MemberTable& members = node.node()->members();
    absl::StrAppend(&text, members.up_count(), " up");
    for (const core::MemberView& member : members.all()) {
      const int other = cluster_->HostOf(member.id());
      const bool is_current = other >= 0 && cluster_->host(other).disk().id == member.id();
      if (is_current && member.state == wire::State::kAlive) continue;
      if (!is_current && !member.is_up()) continue;
      absl::StrAppend(&text, ", n", other + 1, is_current ? " " : ".old ",
                      wire::StateName(member.state));
    }
    absl::StrAppend(&text, "\n");
  }
  return text;
}

SwarmReport Swarm::Run() {
  for (int host = 0; host < hosts_; ++host) {
    cluster_->AddHost(absl::StrCat("n", host + 1));
    cluster_->config(host).seeds = {Cluster::DefaultAddress(0), Cluster::DefaultAddress(1)};
  }
  cluster_->SetListener([this](const Recorded& recorded) { LogEvent(recorded); });
  for (int host = 0; host < hosts_; ++host) cluster_->Start(host);
  const TimePoint end = cluster_->now() + kChaos;
  while (cluster_->now() < end) {
    cluster_->RunFor(Duration::Millis(rng_.Between(50, 2'000)));
    RunRepairs();
    const Fault fault = static_cast<Fault>(rng_.Below(kFaultCount));
    if (Enabled(fault)) Inject(fault);
  }
  Mend();
  cluster_->RunFor(kSettle);
  report_.converged = cluster_->RunUntil([this] { return cluster_->Agreed() && IsUntroubled(); },
                                         kCalmBound, Duration::Millis(100));
  if (!report_.converged) report_.disagreement = Disagreement();
  report_.stayed_calm = !cluster_->RunUntil([this] { return !IsUntroubled(); },
                                            Duration::Seconds(20), Duration::Millis(100));
  if (report_.converged && !report_.stayed_calm) report_.disagreement = Disagreement();

  report_.violations = cluster_->checkers().violations();
  report_.network = cluster_->network().counts();
  report_.streams = cluster_->stream_counts();
  report_.dropped_full = cluster_->datagrams_dropped_full();
  for (int host = 0; host < hosts_; ++host) {
    if (cluster_->host(host).node() == nullptr) continue;
    const core::Stats& stats = cluster_->node(host).stats();
    report_.refutations += stats.refutations;
    report_.verdicts += stats.verdicts;
    report_.relayed += stats.probes_relayed;
  }
  report_.digest = cluster_->digest();
  return report_;
}

}  // namespace muster::sim
