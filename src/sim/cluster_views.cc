// What Cluster shows to callers and to the checkers; its moving parts are in cluster.cc.

#include <algorithm>
#include <utility>

#include "src/sim/cluster.h"

namespace muster::sim {
namespace {

// A host that loses this much is sick, not silent: protocol.md 4.9 rules it, not the promise.
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

bool Cluster::Agreed() const {
  // One cell a cluster name; there are few names.
  struct Expected {
    const std::string* cluster;
    wire::ViewCell cell;
    size_t running;
    size_t up;
  };
  std::vector<Expected> expected;
  for (const auto& host : hosts_) {
    if (!host->is_running()) continue;
    const core::MemberTable& members = host->node()->members();
    auto it = std::find_if(expected.begin(), expected.end(),
                           [&](const Expected& e) { return *e.cluster == host->config().cluster; });
    if (it == expected.end()) {
      expected.push_back({&host->config().cluster, members.view_cell(), 1, members.up_count()});
      continue;
    }
    if (it->cell != members.view_cell()) return false;
    ++it->running;
  }
  return std::all_of(expected.begin(), expected.end(),
                     [](const Expected& e) { return e.up == e.running; });
}

uint64_t Cluster::digest() const {
  Digest digest = digest_;
  for (const auto& host : hosts_) {
    if (host->node() != nullptr) digest.Add(host->node()->digest());
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
  watched = seen;
  entries_.clear();
  for (const core::MemberView& member : members.all()) {
    entries_.push_back({member.id(), member.incarnation, member.state});
  }
  checkers_.ObserveTable(now_, host, node.run(), entries_, node.node()->leaving());
}

void Cluster::ObserveFailed(int host, const core::Event& event) {
  Checkers::FailedReport report;
  report.observer = host;
  report.observer_id = this->host(host).disk().id;
  report.subject_id = event.member;
  report.incarnation = event.incarnation;
  report.by = event.by;
  Duration tolerance = this->host(host).config().options.tolerance;
  if (event.record) {
    tolerance = std::max(
        tolerance, Duration::Millis(static_cast<int64_t>(event.record->attributes.tolerance_ms)));
  }
  report.tolerance = tolerance;
  if (const Home* home = homes_.Find(event.member)) {
    report.subject = home->host;
    report.ended_at = home->runs ? TimePoint::Never() : home->ended_at;
  }
  checkers_.ObserveFailed(now_, report);
}

std::vector<uint32_t> Cluster::Groups() const {
  const size_t n = hosts_.size();
  std::vector<uint32_t> groups(n, SilenceLog::kNoGroup);
  for (size_t i = 0; i < n; ++i) {
    if (hosts_[i]->is_running()) groups[i] = 1;
  }
  if (!network_.has_cuts()) return groups;
  // Both directions of one transport at least.
  const auto linked = [this](size_t a, size_t b) {
    const int i = static_cast<int>(a);
    const int j = static_cast<int>(b);
    const auto passes = [&](Transports t) {
      return !network_.Blocked(i, j, t) && !network_.Blocked(j, i, t);
    };
    return passes(kUdp) || passes(kTcp);
  };
  uint32_t next = 2;
  std::vector<size_t> open;
  for (size_t start = 0; start < n; ++start) {
    if (groups[start] != 1) continue;
    groups[start] = next;
    open.assign(1, start);
    while (!open.empty()) {
      const size_t at = open.back();
      open.pop_back();
      for (size_t other = 0; other < n; ++other) {
        if (groups[other] == 1 && linked(at, other)) {
          groups[other] = next;
          open.push_back(other);
        }
      }
    }
    ++next;
  }
  return groups;
}

void Cluster::NoteHosts() {
  const std::vector<uint32_t> groups = Groups();
  std::vector<SilenceLog::HostState> states(groups.size());
  for (size_t i = 0; i < groups.size(); ++i) {
    states[i].group = groups[i];
    states[i].impaired = network_.WorstHostLossPpm(static_cast<int>(i)) >= kImpairedPpm;
  }
  checkers_.ObserveHosts(now_, std::move(states));
}

}  // namespace muster::sim
