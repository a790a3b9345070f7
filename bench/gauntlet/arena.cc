#include "bench/gauntlet/arena.h"

#include <algorithm>
#include <string>
#include <utility>

namespace muster::gauntlet {
namespace {

constexpr uint64_t kHeaderBytes = 28;  // IPv4 and UDP
constexpr int64_t kSkewPpmMax = 100;

std::vector<bool> Flags(const std::vector<int>& members, int size) {
  std::vector<bool> flags(static_cast<size_t>(size), false);
  for (const int member : members) flags[static_cast<size_t>(member)] = true;
  return flags;
}

}  // namespace

sim::ClusterConfig Arena::Config(const ArenaConfig& config) {
  sim::ClusterConfig cluster;
  cluster.seed = config.seed;
  cluster.record_events = false;
  cluster.watched_observers_max = 0;
  if (config.is_loopback) {
    cluster.network.latency =
        sim::LatencyModel::Uniform(Duration::Micros(50), Duration::Micros(100));
  }
  return cluster;
}

Arena::Arena(const ArenaConfig& config)
    : config_(config),
      cluster_(Config(config)),
      scorer_(config.members, Flags(config.faulty, config.members)),
      faulty_(Flags(config.faulty, config.members)) {
  // First sights count for nothing here, and 10,000 that start at once have 10,000 each.
  cluster_.SetSightingListener([this](const sim::Sighting& s) {
    if (s.sight != sim::Sight::kJoined) scorer_.Add(s);
  });
}

void Arena::AddHosts(int model_seed) {
  Rng rng = Rng(config_.seed).Fork(0x61726e);
  for (int member = 0; member < config_.members; ++member) {
    sim::HostConfig host;
    host.name = "n" + std::to_string(member);
    if (IsMuster(config_.mode)) {
      host.options = MusterOptions(config_.mode, config_.constants, config_.members);
      for (int seed = 0; seed < config_.seeds; ++seed) {
        if (member != seed) host.seeds.push_back(sim::Cluster::DefaultAddress(seed));
      }
    } else {
      const ModelStart how{config_.members, model_seed};
      const ModelFactory factory = ModelOf(config_.mode, config_.constants);
      host.factory = [how, factory](const sim::ProcessStart& start) {
        // Whoever restarts knows nobody.
        const ModelStart again{how.members, 0};
        return std::make_unique<ModelProcess>(start, start.epoch == 1 ? how : again, factory);
      };
    }
    cluster_.AddHost(std::move(host));
    if (!config_.is_loopback) {
      cluster_.SetClockSkew(member, rng.Between(-kSkewPpmMax, kSkewPpmMax));
    }
  }
}

bool Arena::StartTogether(Duration rest) {
  AddHosts(-1);
  cluster_.StartTogether();
  BeginScore();
  // Loss-free until here, so that every mode begins with the same truth.
  RunFor(Duration::Seconds(1));
  const bool agreed = ViewsAreEqual(false);
  if (!config_.is_loopback && config_.loss_ppm > 0) cluster_.SetLoss(config_.loss_ppm, 3);
  RunFor(rest);
  BeginScore();
  return agreed;
}

void Arena::StartByJoining() {
  AddHosts(0);
  for (int member = 0; member < config_.members; ++member) cluster_.Start(member);
  BeginScore();
}

void Arena::BeginScore() {
  scorer_ = sim::Scorer(config_.members, faulty_);
  bytes_per_second_.clear();
  bytes_before_.resize(static_cast<size_t>(config_.members));
  for (int member = 0; member < config_.members; ++member) {
    bytes_before_[static_cast<size_t>(member)] = BytesOf(member);
  }
  second_ends_ = now() + Duration::Seconds(1);
}

void Arena::RunFor(Duration span) {
  const TimePoint end = now() + span;
  while (second_ends_ <= end) {
    cluster_.RunFor(second_ends_ - now());
    CloseSecond();
  }
  cluster_.RunFor(end - now());
}

void Arena::CloseSecond() {
  second_ends_ += Duration::Seconds(1);
  if (!config_.counts_traffic) return;
  for (int member = 0; member < config_.members; ++member) {
    uint64_t& before = bytes_before_[static_cast<size_t>(member)];
    const uint64_t bytes = BytesOf(member);
    if (cluster_.host(member).is_running()) {
      bytes_per_second_.push_back(static_cast<double>(bytes - before));
    }
    before = bytes;
  }
}

uint64_t Arena::BytesOf(int member) const {
  const sim::Traffic& traffic = cluster_.traffic(member);
  return traffic.sent_bytes + traffic.sent_datagrams * kHeaderBytes + traffic.sent_stream_bytes;
}

double Arena::bytes_both_ways(int member) const {
  const sim::Traffic& traffic = cluster_.traffic(member);
  return static_cast<double>(BytesOf(member) + traffic.received_bytes +
                             traffic.received_datagrams * kHeaderBytes +
                             traffic.received_stream_bytes);
}

double Arena::total_bytes() const {
  uint64_t sum = 0;
  for (int member = 0; member < config_.members; ++member) sum += BytesOf(member);
  return static_cast<double>(sum);
}

double Arena::total_packets() const {
  uint64_t sum = 0;
  for (int member = 0; member < config_.members; ++member) {
    sum += cluster_.traffic(member).sent_datagrams;
  }
  return static_cast<double>(sum);
}

bool Arena::ViewsAreEqual(bool only_healthy) const {
  const auto wanted = [&](int member) {
    const bool counts = !only_healthy || !faulty_[static_cast<size_t>(member)];
    return counts && cluster_.host(member).is_running();
  };
  size_t running = 0;
  for (int member = 0; member < config_.members; ++member) running += wanted(member) ? 1 : 0;
  uint64_t hash = 0;
  bool is_first = true;
  for (int member = 0; member < config_.members; ++member) {
    if (!wanted(member)) continue;
    const sim::Process& process = *cluster_.host(member).process();
    if (process.UpCount() != running) return false;
    if (is_first) hash = process.ViewHash();
    if (process.ViewHash() != hash) return false;
    is_first = false;
  }
  return true;
}

void Arena::AddSizes(TimePoint from, std::vector<double>* pairs) const {
  std::vector<bool> seen(static_cast<size_t>(config_.members) + 1, false);
  const double second = static_cast<double>((now() - from).micros()) / 1e6;
  for (int member = 0; member < config_.members; ++member) {
    if (!cluster_.host(member).is_running()) continue;
    const size_t size = cluster_.UpCount(member);
    if (size >= seen.size() || seen[size]) continue;
    seen[size] = true;
    pairs->push_back(second);
    pairs->push_back(static_cast<double>(size));
  }
}

bool Arena::AllHoldFailed(int subject) const {
  for (int member = 0; member < config_.members; ++member) {
    if (member == subject || faulty_[static_cast<size_t>(member)]) continue;
    if (!cluster_.host(member).is_running()) continue;
    if (cluster_.StandingOf(member, subject) != sim::Standing::kFailed) return false;
  }
  return true;
}

}  // namespace muster::gauntlet
