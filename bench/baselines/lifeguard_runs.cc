#include "bench/baselines/lifeguard_runs.h"

#include <algorithm>

namespace muster::baselines {
namespace {

constexpr Duration kRest = Duration::Seconds(15);
constexpr Duration kRunTime = Duration::Seconds(120);  // from the start

// Agents on one machine over loopback (paper, section V-B).
WorldConfig Loopback(uint64_t seed) {
  WorldConfig config;
  config.seed = seed;
  config.members = kLifeguardMembers;
  config.latency = sim::LatencyModel::Uniform(Duration::Micros(50), Duration::Micros(100));
  return config;
}

// The first `count` of a shuffled list.
std::vector<int> Pick(int count, uint64_t seed) {
  std::vector<int> members;
  for (int i = 0; i < kLifeguardMembers; ++i) members.push_back(i);
  Rng rng = Rng(seed).Fork(77);
  rng.Shuffle(&members);
  members.resize(static_cast<size_t>(count));
  return members;
}

World::Factory Agents(const MemberlistOptions& options) {
  return [&options](int self, Io* io) { return std::make_unique<Memberlist>(options, self, io); };
}

std::vector<bool> Flags(const std::vector<int>& members) {
  std::vector<bool> flags(kLifeguardMembers, false);
  for (const int member : members) flags[static_cast<size_t>(member)] = true;
  return flags;
}

void CountFalsePositives(const World& world, const std::vector<bool>& is_anomalous,
                         LifeguardRun* run) {
  for (const World::Report& report : world.reports()) {
    if (report.state != State::kDead || is_anomalous[static_cast<size_t>(report.subject)]) continue;
    ++run->false_positives;
    if (!is_anomalous[static_cast<size_t>(report.observer)]) ++run->false_positives_healthy;
  }
  const World::Traffic total = world.total();
  run->packets = total.packets;
  run->bytes = total.bytes;
  run->stream_bytes = total.stream_bytes;
}

bool AllSeeAll(const World& world) {
  for (int member = 0; member < world.members(); ++member) {
    if (world.model(member).ViewSize() != world.members()) return false;
  }
  return true;
}

void MeasureDetections(const World& world, const std::vector<int>& anomalous, TimePoint from,
                       LifeguardRun* run) {
  const std::vector<bool> is_anomalous = Flags(anomalous);
  for (const int subject : anomalous) {
    TimePoint first = TimePoint::Never();
    TimePoint last = from;
    std::vector<bool> seen(kLifeguardMembers, false);
    int healthy = 0;
    for (const World::Report& report : world.reports()) {
      if (report.subject != subject || report.state != State::kDead) continue;
      first = std::min(first, report.at);
      const size_t observer = static_cast<size_t>(report.observer);
      if (is_anomalous[observer] || seen[observer]) continue;
      seen[observer] = true;
      ++healthy;
      last = std::max(last, report.at);
    }
    if (first.is_never()) continue;
    run->first_detection.push_back(static_cast<double>((first - from).micros()) / 1e6);
    if (healthy < kLifeguardMembers - static_cast<int>(anomalous.size())) continue;
    run->full_dissemination.push_back(static_cast<double>((last - from).micros()) / 1e6);
  }
}

}  // namespace

LifeguardRun& LifeguardRun::operator+=(const LifeguardRun& other) {
  false_positives += other.false_positives;
  false_positives_healthy += other.false_positives_healthy;
  packets += other.packets;
  bytes += other.bytes;
  stream_bytes += other.stream_bytes;
  first_detection.insert(first_detection.end(), other.first_detection.begin(),
                         other.first_detection.end());
  full_dissemination.insert(full_dissemination.end(), other.full_dissemination.begin(),
                            other.full_dissemination.end());
  return *this;
}

std::vector<LifeguardCell> ThresholdCells(int repeats, const std::vector<int>& counts) {
  std::vector<LifeguardCell> cells;
  for (int repeat = 0; repeat < repeats; ++repeat) {
    for (const int c : kLifeguardC) {
      if (!counts.empty() && std::find(counts.begin(), counts.end(), c) == counts.end()) continue;
      for (const int d : kLifeguardD) {
        const uint64_t seed =
            static_cast<uint64_t>(repeat * 1000 + c) * 100'000 + static_cast<uint64_t>(d);
        cells.push_back({c, Duration::Millis(d), Duration::Zero(), seed});
      }
    }
  }
  return cells;
}

std::vector<LifeguardCell> IntervalCells(int repeats, const std::vector<int>& counts) {
  std::vector<LifeguardCell> cells;
  for (const LifeguardCell& cell : ThresholdCells(repeats, counts)) {
    for (const int i : kLifeguardI) {
      cells.push_back(cell);
      cells.back().normal = Duration::Millis(i);
      cells.back().seed += static_cast<uint64_t>(i) << 32;
    }
  }
  return cells;
}

LifeguardRun RunThreshold(const MemberlistOptions& options, const LifeguardCell& cell) {
  World world(Loopback(cell.seed), Agents(options));
  const std::vector<int> anomalous = Pick(cell.anomalous, cell.seed);
  const TimePoint start = world.now();
  world.StartTogether();
  world.RunUntil(start + kRest);
  const TimePoint from = world.now();
  for (const int member : anomalous) world.Block(member);
  world.RunUntil(from + cell.anomaly);
  for (const int member : anomalous) world.Unblock(member);
  do {
    world.RunUntil(world.now() + Duration::Seconds(1));
  } while (!AllSeeAll(world) && world.now() < start + kRunTime);
  LifeguardRun run;
  CountFalsePositives(world, Flags(anomalous), &run);
  MeasureDetections(world, anomalous, from, &run);
  return run;
}

LifeguardRun RunInterval(const MemberlistOptions& options, const LifeguardCell& cell) {
  World world(Loopback(cell.seed), Agents(options));
  const std::vector<int> anomalous = Pick(cell.anomalous, cell.seed);
  const TimePoint start = world.now();
  world.StartTogether();
  world.RunUntil(start + kRest);
  while (true) {
    for (const int member : anomalous) world.Block(member);
    world.RunUntil(world.now() + cell.anomaly);
    for (const int member : anomalous) world.Unblock(member);
    if (world.now() >= start + kRunTime) break;
    world.RunUntil(world.now() + cell.normal);
  }
  LifeguardRun run;
  CountFalsePositives(world, Flags(anomalous), &run);
  return run;
}

}  // namespace muster::baselines
