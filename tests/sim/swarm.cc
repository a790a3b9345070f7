#include "tests/sim/swarm.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace muster::sim {
namespace {

// Labels of generators: of the run, and, with its number added, of each fault.
constexpr uint64_t kRunRng = 1;
constexpr uint64_t kFaultRng = 1000;

ClusterConfig ConfigFor(uint64_t seed, bool local) {
  ClusterConfig config;
  config.seed = seed;
  config.options = core::Options::For(local ? core::Profile::kLocal : core::Profile::kLan);
  // So that those who were barred in the chaos are back before the calm is judged.
  config.options.probation_min = Duration::Seconds(2);
  config.options.probation_max = Duration::Seconds(8);
  return config;
}

}  // namespace

Swarm::Swarm(const SwarmPlan& plan)
    : plan_(plan),
      rng_(Rng(plan.seed).Fork(kRunRng)),
      drawn_(static_cast<int>(rng_.Between(16, 32))),
      hosts_(plan.members > 0 ? std::min(plan.members, drawn_) : drawn_),
      local_(rng_.Chance(1, 3)),
      enabled_(0),
      cluster_(std::make_unique<Cluster>(ConfigFor(plan.seed, local_))) {
  std::sort(plan_.faults.begin(), plan_.faults.end());
  while (enabled_ == 0) {
    for (int i = 0; i < kFaultCount; ++i) {
      if (rng_.Chance(2, 3)) enabled_ |= 1u << i;
    }
  }
}

void Swarm::Later(Duration after, std::function<void()> action) {
  repairs_.push_back({cluster_->now() + after, std::move(action)});
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

bool Swarm::IsUntroubled() const {
  for (int host = 0; host < hosts_; ++host) {
    if (!cluster_->host(host).is_running()) return false;
    const core::MemberTable& members = cluster_->node(host).members();
    if (members.count(wire::State::kAlive) != static_cast<size_t>(hosts_)) return false;
  }
  return true;
}

void Swarm::Calm() {
  const TimePoint since = cluster_->now();
  const Duration bound = CalmBound(cluster_->host(0).config().options);
  const auto is_calm = [this] {
    cluster_->Inspect();
    return cluster_->Agreed() && IsUntroubled();
  };
  cluster_->RunFor(kSettle);
  const Duration left = bound - kSettle + Duration::Millis(100);
  const bool converged = cluster_->RunUntil(is_calm, left, Duration::Millis(100));
  Log(absl::StrCat(converged ? "all agree" : "NOT all agree"));
  cluster_->checkers().ObserveCalm(cluster_->now(), since, bound, converged);
  if (!converged) report_.disagreement = Disagreement();
  report_.stayed_calm =
      converged && !cluster_->RunUntil([&is_calm] { return !is_calm(); }, Duration::Seconds(20),
                                       Duration::Millis(100));
  if (converged && !report_.stayed_calm) report_.disagreement = Disagreement();
}

void Swarm::Collect() {
  report_.members = hosts_;
  report_.violations = cluster_->checkers().violations();
  report_.network = cluster_->network().counts();
  report_.streams = cluster_->stream_counts();
  report_.host_faults = cluster_->fault_counts();
  for (int host = 0; host < hosts_; ++host) {
    if (cluster_->host(host).node() == nullptr) continue;
    const core::Stats& stats = cluster_->node(host).stats();
    report_.refutations += stats.refutations;
    report_.verdicts += stats.verdicts;
    report_.relayed += stats.probes_relayed;
  }
  report_.digest = cluster_->digest();
}

SwarmReport Swarm::Run() {
  for (int host = 0; host < hosts_; ++host) {
    cluster_->AddHost(absl::StrCat("n", host + 1));
    cluster_->config(host).seeds = {Cluster::DefaultAddress(0), Cluster::DefaultAddress(1)};
  }
  cluster_->SetListener([this](const Recorded& recorded) { LogEvent(recorded); });
  for (int host = 0; host < hosts_; ++host) cluster_->Start(host);
  const TimePoint end = cluster_->now() + kChaos;
  for (int number = 0; cluster_->now() < end; ++number) {
    rng_ = Rng(plan_.seed).Fork(kFaultRng + static_cast<uint64_t>(number));
    cluster_->RunFor(Duration::Millis(rng_.Between(50, 2'000)));
    cluster_->Inspect();
    RunRepairs();
    Inject(number);
  }
  Mend();
  Calm();
  Collect();
  return report_;
}

}  // namespace muster::sim
