// The faults of a swarm run, and how each is mended.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/sim/swarm.h"

namespace muster::sim {
namespace {

constexpr Fault kNetworkFaults[] = {Fault::kPartition, Fault::kOneWayCut, Fault::kLoss,
                                    Fault::kNoise, Fault::kBursts};

bool IsHostFault(Fault fault) {
  return std::find(std::begin(kNetworkFaults), std::end(kNetworkFaults), fault) ==
         std::end(kNetworkFaults);
}

std::string Names(std::vector<int> hosts) {
  std::sort(hosts.begin(), hosts.end());
  std::string text;
  for (const int host : hosts) absl::StrAppend(&text, text.empty() ? "n" : " n", host + 1);
  return text;
}

}  // namespace

bool Swarm::IsPlanned(int number) const {
  return plan_.all_faults || std::binary_search(plan_.faults.begin(), plan_.faults.end(), number);
}

// Every fault draws from a generator of its own, so that one left out does not move the others.
void Swarm::Inject(int number) {
  const Fault fault = static_cast<Fault>(rng_.Below(kFaultCount));
  const int host = static_cast<int>(rng_.Below(static_cast<uint64_t>(drawn_)));
  if (!Enabled(fault) || !IsPlanned(number)) return;
  if (!IsHostFault(fault)) {
    InjectOnNetwork(fault);
  } else if (host >= hosts_ || !InjectOnHost(fault, host)) {
    return;
  }
  ++report_.fired[static_cast<int>(fault)];
  report_.faults.push_back(number);
}

std::vector<int> Swarm::RandomHosts() {
  std::vector<int> all;
  for (int host = 0; host < drawn_; ++host) all.push_back(host);
  rng_.Shuffle(&all);
  all.resize(1 + rng_.Below(static_cast<uint64_t>(drawn_) / 2));
  std::erase_if(all, [this](int host) { return host >= hosts_; });
  return all;
}

// ---- Hosts ----

bool Swarm::InjectOnHost(Fault fault, int host) {
  Cluster& cluster = *cluster_;
  const SimNode& node = cluster.host(host);
  if (!node.is_running() || node.is_blocked() || cluster.node(host).leaving()) return false;
  Log(absl::StrCat(FaultName(fault), " n", host + 1));
  switch (fault) {
    case Fault::kCrash:
    case Fault::kPowerOff:
    case Fault::kLostDisk:
    case Fault::kLeave:
      EndProcessOf(fault, host);
      return true;
    case Fault::kPause:
    case Fault::kLongPause:
    case Fault::kBlock:
      PauseFor(fault, host);
      return true;
    case Fault::kUdpOff: {
      std::vector<int> all;
      for (int other = 0; other < hosts_; ++other) all.push_back(other);
      const Cluster::CutId out = cluster.Cut({host}, all, kUdp);
      const Cluster::CutId in = cluster.Cut(all, {host}, kUdp);
      Later(Duration::Millis(rng_.Between(100, 15'000)), [this, out, in, host] {
        Log(absl::StrCat("udp on n", host + 1));
        cluster_->Heal(out);
        cluster_->Heal(in);
      });
      return true;
    }
    case Fault::kClock:
      Unhinge(host);
      return true;
    case Fault::kTags:
      (void)cluster.SetTags(host, {{"round", std::to_string(rng_.Below(1000))}});
      return true;
    default:
      SlowDown(fault, host);
      return true;
  }
}

void Swarm::EndProcessOf(Fault fault, int host) {
  Duration away = Duration::Millis(rng_.Between(100, 15'000));
  if (fault == Fault::kLeave) {
    if (!cluster_->Leave(host).ok()) return;
    away += Duration::Seconds(6);
  } else if (fault == Fault::kPowerOff) {
    cluster_->PowerOff(host);
  } else {
    cluster_->Crash(host);
  }
  Later(away, [this, host, lost_disk = fault == Fault::kLostDisk] {
    Log(absl::StrCat("restart n", host + 1));
    RestartOptions options;
    options.lost_disk = lost_disk;
    cluster_->Restart(host, options);
  });
}

void Swarm::PauseFor(Fault fault, int host) {
  const int64_t tolerance_ms = cluster_->host(host).config().options.tolerance.millis();
  const int64_t ms = fault == Fault::kPause ? rng_.Between(tolerance_ms / 8, tolerance_ms - 100)
                     : fault == Fault::kLongPause
                         ? rng_.Between(tolerance_ms, 3 * tolerance_ms)
                         : rng_.Between(tolerance_ms / 8, 3 * tolerance_ms);
  if (fault == Fault::kBlock) {
    cluster_->Block(host);
    Later(Duration::Millis(ms), [this, host] {
      Log(absl::StrCat("unblock n", host + 1));
      cluster_->Unblock(host);
    });
    return;
  }
  cluster_->Pause(host);
  Later(Duration::Millis(ms), [this, host] {
    if (cluster_->host(host).state() != ProcessState::kPaused) return;
    Log(absl::StrCat("resume n", host + 1));
    cluster_->Resume(host);
  });
}

void Swarm::SlowDown(Fault fault, int host) {
  const Duration soon = Duration::Millis(rng_.Between(100, 15'000));
  switch (fault) {
    case Fault::kLateness:
      cluster_->SetLateness(host, Duration::Millis(rng_.Between(50, 1500)));
      Later(soon, [this, host] { cluster_->SetLateness(host, Duration::Zero()); });
      break;
    case Fault::kCpuShare: {
      const Duration slice = Duration::Millis(3);
      cluster_->SetCpu(host, {slice * rng_.Between(4, 64), slice, Duration::Micros(50)});
      Later(soon, [this, host] { cluster_->SetCpu(host, CpuShare()); });
      break;
    }
    case Fault::kHostLoss: {
      const auto loss = [this] { return static_cast<uint32_t>(rng_.Between(0, 300'000)); };
      const bool both = rng_.Chance(1, 3);
      const bool out = both || rng_.Chance(1, 2);
      cluster_->SetHostLoss(host, out ? loss() : 0, both || !out ? loss() : 0);
      Later(soon, [this, host] { cluster_->SetHostLoss(host, 0, 0); });
      break;
    }
    default: {
      const LinkRate rate = {static_cast<uint64_t>(rng_.Between(20'000, 200'000)), 16'000};
      cluster_->network().SetHostRate(host, rate, rate);
      const Duration delay = Duration::Millis(rng_.Between(1, 30));
      cluster_->network().SetHostDelay(host, delay, delay);
      Later(soon, [this, host] {
        cluster_->network().SetHostRate(host, {}, {});
        cluster_->network().SetHostDelay(host, Duration::Zero(), Duration::Zero());
      });
      break;
    }
  }
}

void Swarm::Unhinge(int host) {
  switch (rng_.Below(3)) {
    case 0:
      cluster_->SetClockSkew(host, rng_.Between(-200, 200));
      break;
    case 1:
      cluster_->JumpClock(host, Duration::Millis(rng_.Between(1, 5'000)));
      break;
    default:
      cluster_->StepWallClock(host, Duration::Seconds(rng_.Between(-3600, 3600)));
      break;
  }
}

// ---- Network ----

void Swarm::InjectOnNetwork(Fault fault) {
  if (fault == Fault::kPartition || fault == Fault::kOneWayCut) {
    CutOff(fault);
  } else {
    LosePackets(fault);
  }
}

void Swarm::CutOff(Fault fault) {
  const Duration soon = Duration::Millis(rng_.Between(500, 20'000));
  const std::vector<int> one = RandomHosts();
  if (fault == Fault::kPartition) {
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
    return;
  }
  const std::vector<int> to = RandomHosts();
  Log(absl::StrCat("one-way cut from ", Names(one), " to ", Names(to)));
  const Cluster::CutId cut = cluster_->Cut(one, to, kBoth);
  Later(soon, [this, cut] {
    Log("one-way cut heals");
    cluster_->Heal(cut);
  });
}

void Swarm::LosePackets(Fault fault) {
  const Duration soon = Duration::Millis(rng_.Between(500, 20'000));
  Log(FaultName(fault));
  if (fault == Fault::kNoise) {
    cluster_->network().SetNoise(100'000, 20'000, 100'000);
    Later(soon, [this] { cluster_->network().SetNoise(0, 0, 0); });
    return;
  }
  const uint32_t burst = fault == Fault::kBursts ? static_cast<uint32_t>(rng_.Between(2, 8)) : 1;
  cluster_->SetLoss(static_cast<uint32_t>(rng_.Between(1'000, 150'000)), burst);
  Later(soon, [this] { cluster_->SetLoss(0); });
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

}  // namespace muster::sim
