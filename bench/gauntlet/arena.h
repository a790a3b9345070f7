#pragma once

#include <cstdint>
#include <vector>

#include "bench/gauntlet/mode.h"
#include "src/sim/cluster.h"
#include "src/sim/scorer.h"

namespace muster::gauntlet {

struct ArenaConfig {
  Mode mode = Mode::kMusterE;
  Constants constants = Constants::kShipped;
  int members = 128;
  uint64_t seed = 1;
  uint32_t loss_ppm = 1000;    // in bursts of 3 in the mean
  bool is_loopback = false;    // 50 to 100 us, no loss, no skew: Lifeguard's machine
  std::vector<int> faulty;     // whom the scenario hurts
  int seeds = 1;               // through how many members Muster's agents join
  bool counts_traffic = true;  // keeps every second's bytes of every member
};

// One cluster of one mode in the simulator, scored. Members 0 to `members` - 1.
class Arena {
 public:
  explicit Arena(const ArenaConfig& config);

  // All are born knowing all. Then `rest`, after which they must agree: false if they do not.
  bool StartTogether(Duration rest);
  // All start now and join through the first members; returns at once.
  void StartByJoining();

  sim::Cluster& cluster() { return cluster_; }
  const sim::Scorer& scorer() const { return scorer_; }
  const ArenaConfig& config() const { return config_; }
  TimePoint now() const { return cluster_.now(); }
  Duration tolerance() const {
    return ToleranceOf(config_.mode, config_.constants, config_.members);
  }
  void RunFor(Duration span);
  // Runs until `condition` holds, looking every 50 ms, at most for `limit`.
  template <typename Condition>
  bool RunUntil(const Condition& condition, Duration limit) {
    const TimePoint end = now() + limit;
    while (!condition()) {
      if (now() >= end) return false;
      RunFor(Duration::Millis(50));
    }
    return true;
  }
  bool ViewsAreEqual(bool only_healthy) const;
  // Every healthy member that runs holds this one as failed.
  bool AllHoldFailed(int subject) const;

  // Bytes sent by each member in each whole second of RunFor so far, headers included.
  const std::vector<double>& bytes_per_second() const { return bytes_per_second_; }
  // Appends (seconds since `from`, size) for each size that some running member shows.
  void AddSizes(TimePoint from, std::vector<double>* pairs) const;

  // Sent since the start, of all members.
  double total_bytes() const;
  double bytes_of(int member) const { return static_cast<double>(BytesOf(member)); }
  // Sent and received, headers included.
  double bytes_both_ways(int member) const;
  double total_packets() const;
  // Forgets what was counted and told so far.
  void BeginScore();

 private:
  static sim::ClusterConfig Config(const ArenaConfig& config);
  void AddHosts(int model_seed);
  uint64_t BytesOf(int member) const;
  void CloseSecond();

  ArenaConfig config_;
  sim::Cluster cluster_;
  sim::Scorer scorer_;
  std::vector<bool> faulty_;
  TimePoint second_ends_;
  std::vector<uint64_t> bytes_before_;
  std::vector<double> bytes_per_second_;
};

}  // namespace muster::gauntlet
