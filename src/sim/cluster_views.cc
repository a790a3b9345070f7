// What Cluster shows to callers and to the checkers; its moving parts are in cluster.cc.

#include <algorithm>
#include <utility>

#include "src/sim/cluster.h"

namespace muster::sim {
namespace {

// A host that loses this much is sick, not silent: outside the promise of src/core/README.md.
constexpr uint32_t kImpairedPpm = 400'000;

}  // namespace

int Cluster::HostOf(const HostId& id) const {
  const Home* home = homes_.Find(id);
  return home == nullptr ? -1 : home->host;
}

const core::MemberView* Cluster::View(int observer, const HostId& id) const {
  const core::Node* node = host(observer).node();
  return node == nullptr ? nullptr : node->member(id);
}

Standing Cluster::StandingOf(int observer, int subject) const {
  const Process* process = host(observer).process();
  return process == nullptr ? Standing::kUnknown
                            : process->StandingOf(subject, host(subject).disk().id);
}

size_t Cluster::UpCount(int observer) const {
  const Process* process = host(observer).process();
  return process == nullptr ? 0 : process->UpCount();
}

bool Cluster::Agreed() const {
  // One view a cluster name; there are few names.
  struct Expected {
    const std::string* cluster;
    uint64_t hash;
    size_t running;
    size_t up;
  };
  std::vector<Expected> expected;
  for (const auto& host : hosts_) {
    if (!host->is_running()) continue;
    const Process& process = *host->process();
    auto it = std::find_if(expected.begin(), expected.end(),
                           [&](const Expected& e) { return *e.cluster == host->config().cluster; });
    if (it == expected.end()) {
      expected.push_back({&host->config().cluster, process.ViewHash(), 1, process.ViewCount()});
      continue;
    }
    if (it->hash != process.ViewHash()) return false;
    ++it->running;
  }
  return std::all_of(expected.begin(), expected.end(),
                     [](const Expected& e) { return e.up == e.running; });
}

uint64_t Cluster::digest() const {
  Digest digest = digest_;
  for (const auto& host : hosts_) {
    if (host->process() != nullptr) digest.Add(host->process()->digest());
  }
  digest.Add(static_cast<uint64_t>(now_.micros()));
  digest.Add(steps_);
  return digest.value();
}

void Cluster::Watch(int host) {
  const SimNode& node = this->host(host);
  if (host >= config_.watched_observers_max || node.node() == nullptr) return;
  const core::MemberTable& members = node.node()->members();
  Watched& watched = watched_[static_cast<size_t>(host)];
  // The cells show every incarnation, the version every state.
  const Watched seen{node.run(), members.version(), members.view_cell(), members.tombstone_cell()};
  if (watched == seen) return;
  const bool has_new_cell = !(watched.run == seen.run && watched.view == seen.view);
  watched = seen;
  entries_.clear();
  for (const core::MemberView& member : members.all()) {
    entries_.push_back({member.id(), member.incarnation, member.state, member.attributes_hash()});
  }
  checkers_.ObserveTable(now_, host, node.run(), entries_, node.node()->leaving());
  if (has_new_cell) {
    checkers_.ObserveCell(now_, host, node.disk().id, members.view_cell(), entries_);
  }
  Checkers::Bounds bounds;
  bounds.queue = node.node()->queue_depth();
  bounds.members = members.size();
  bounds.tombstones = members.tombstone_count();
  bounds.live = members.size() - bounds.tombstones;
  bounds.live_max = static_cast<size_t>(node.node()->options().members_max);
  bounds.tombstones_max = static_cast<size_t>(node.node()->options().tombstones_max);
  checkers_.ObserveBounds(now_, host, bounds);
}

void Cluster::Inspect() {
  for (int host = 0; host < static_cast<int>(hosts_.size()); ++host) {
    const SimNode& node = this->host(host);
    if (!node.is_running()) continue;
    if (node.is_on_cpu()) {
      checkers_.ObservePending(now_, host, std::max(DueOf(node) + node.lateness, node.called_at));
    }
    // Whom a report may mean is known only where every table is watched.
    const bool all_watched = static_cast<int>(hosts_.size()) <= config_.watched_observers_max;
    if (all_watched && node.node() != nullptr) InspectAgreement(host);
  }
}

void Cluster::InspectAgreement(int host) {
  constexpr int64_t kAgreementPeriods = 10;  // core::Node::Agreement
  const core::Node& node = this->node(host);
  const core::Node::Agreement agreement = node.agreement(LocalTime(host));
  Checkers::AgreementReport report;
  report.observer = host;
  report.id = node.id();
  report.heard_since =
      this->host(host).clock.ToTrue(LocalTime(host) - node.options().period * kAgreementPeriods);
  report.agreeing = agreement.agreeing;
  for (const core::Differing& peer : agreement.differing) report.differing.push_back(peer.id);
  checkers_.ObserveAgreement(now_, report);
}

void Cluster::ObserveFailed(int host, const core::Event& event) {
  Checkers::FailedReport report;
  report.observer = host;
  report.observer_id = this->host(host).disk().id;
  report.subject_id = event.member;
  report.incarnation = event.incarnation;
  report.by = event.by;
  report.is_lossy = event.reason == wire::Reason::kLossy;
  Duration tolerance = this->host(host).config().options.tolerance;
  if (event.record) {
    tolerance = std::max(
        tolerance, Duration::Millis(static_cast<int64_t>(event.record->attributes.tolerance_ms)));
  }
  // Its own clock may be fast, or have jumped.
  const HostClock& clock = this->host(host).clock;
  report.tolerance = now_ - clock.ToTrue(clock.ToLocal(now_) - tolerance);
  if (const Home* home = homes_.Find(event.member)) {
    report.subject = home->host;
    report.ended_at = home->runs ? TimePoint::Never() : home->ended_at;
    for (const Network::Mute& mute : network_.MutesOf(home->host, now_)) {
      report.mutes.push_back({mute.from, mute.to});
    }
  }
  if (hosts_changed_) TellHosts();
  checkers_.ObserveFailed(now_, report);
}

std::vector<uint32_t> Cluster::Groups(std::vector<std::vector<int>>* members) const {
  std::vector<uint32_t> groups(hosts_.size());
  LookupMap<uint64_t, uint32_t> by_signature;
  for (size_t i = 0; i < hosts_.size(); ++i) {
    const uint64_t signature = network_.CutSignature(static_cast<int>(i));
    if (by_signature.Insert(signature, static_cast<uint32_t>(members->size()))) {
      members->emplace_back();
    }
    groups[i] = by_signature[signature];
    (*members)[groups[i]].push_back(static_cast<int>(i));
  }
  return groups;
}

// Two hosts answer each other if packets pass both ways by one transport, or if half of all running
// hosts can relay (relays are asked by UDP, and at random: a few among many are no sure way).
SilencePaths Cluster::Paths(const std::vector<std::vector<int>>& members,
                            std::vector<size_t>* by_udp) const {
  SilencePaths paths;
  const size_t n = members.size();
  by_udp->assign(n, hosts_.size());
  if (!network_.has_cuts()) return paths;
  const auto passes = [this, &members](size_t a, size_t b, Transports transport) {
    const int i = members[a].front();
    const int j = members[b].back();  // in one group: another host, where there is one
    return !network_.Blocked(i, j, transport) && !network_.Blocked(j, i, transport);
  };
  std::vector<uint8_t> udp(n * n);
  std::vector<size_t> running(n);
  size_t all_running = 0;
  paths.groups = static_cast<uint32_t>(n);
  paths.flags.resize(n * n);
  for (size_t a = 0; a < n; ++a) {
    running[a] =
        static_cast<size_t>(std::count_if(members[a].begin(), members[a].end(), [this](int host) {
          return this->host(host).is_running();
        }));
    all_running += running[a];
    for (size_t b = 0; b < n; ++b) {
      udp[a * n + b] = passes(a, b, kUdp);
      paths.flags[a * n + b] = udp[a * n + b] != 0 || passes(a, b, kTcp);
    }
  }
  for (size_t a = 0; a < n; ++a) {
    (*by_udp)[a] = 0;
    for (size_t b = 0; b < n; ++b) {
      if (udp[a * n + b] != 0) (*by_udp)[a] += running[b];
      size_t relays = 0;
      for (size_t r = 0; r < n; ++r) {
        if (udp[a * n + r] != 0 && udp[r * n + b] != 0) relays += running[r];
      }
      if (relays > 0 && relays * 2 >= all_running) paths.flags[a * n + b] = 1;
    }
  }
  return paths;
}

void Cluster::TellHosts() {
  hosts_changed_ = false;
  std::vector<std::vector<int>> members;
  const std::vector<uint32_t> groups = Groups(&members);
  std::vector<size_t> by_udp;
  SilencePaths paths = Paths(members, &by_udp);
  std::vector<SilenceLog::HostState> states(groups.size());
  for (size_t i = 0; i < groups.size(); ++i) {
    const uint32_t loss = network_.WorstHostLossPpm(static_cast<int>(i));
    // What is left to a host without datagrams is one connection at a time: any loss can stall it.
    const bool by_tcp_only = by_udp[groups[i]] * 2 < hosts_.size();
    states[i].group = groups[i];
    states[i].answers = hosts_[i]->is_running() && !hosts_[i]->is_blocked();
    states[i].is_lossy = loss > 0;
    states[i].is_deaf = hosts_[i]->is_blocked();
    states[i].impaired = loss >= kImpairedPpm || (loss > 0 && by_tcp_only);
  }
  checkers_.ObserveHosts(now_, std::move(states), std::move(paths));
}

}  // namespace muster::sim
