#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/hash.h"
#include "src/base/lookup_map.h"
#include "src/base/rng.h"
#include "src/base/time.h"
#include "src/sim/latency.h"

namespace muster::sim {

// Which transports a cut blocks.
enum Transports : uint8_t { kUdp = 1, kTcp = 2, kBoth = 3 };

inline constexpr uint32_t kPpm = 1'000'000;  // ratios are parts per million

struct NetworkConfig {
  LatencyModel latency;
  uint32_t loss_ppm = 0;  // of each datagram and each TCP segment, on every link
  // The mean length of a burst of that loss, in packets of one sender. 1: each packet for itself.
  uint32_t loss_burst = 1;
  uint32_t duplicate_ppm = 0;  // a datagram arrives twice, each copy at a time of its own
  uint32_t corrupt_ppm = 0;    // one bit of a datagram is flipped
  uint32_t reorder_ppm = 0;    // a datagram is held back by up to `reorder_by`
  Duration reorder_by = Duration::Millis(20);
};

// A link with a queue before it: what would make the queue longer than `queue_bytes` is dropped.
// 0 bytes a second: as fast as one likes, and no queue.
struct LinkRate {
  uint64_t bytes_per_second = 0;
  uint64_t queue_bytes = 0;
};

// What became of the packets handed to the network; every fault counts itself, so that a run can
// prove that its faults fired.
struct NetworkCounts {
  uint64_t datagrams = 0;
  uint64_t datagram_bytes = 0;
  uint64_t lost = 0;
  uint64_t cut = 0;
  uint64_t filtered = 0;
  uint64_t duplicated = 0;
  uint64_t corrupted = 0;
  uint64_t held_back = 0;
  uint64_t bursts = 0;      // of general loss that began
  uint64_t delayed = 0;     // packets that a host's own delay held up
  uint64_t queued = 0;      // packets that waited for a slow link
  uint64_t tail_drops = 0;  // packets that found its queue full
  uint64_t segments_lost = 0;
  uint64_t segments_cut = 0;
};

// Decides what happens to each packet between two hosts, named by their dense index. It holds no
// packet itself and knows neither processes nor addresses. Each purpose draws from a generator of
// its own, so that turning one fault on does not move the others. Not thread-safe.
class Network {
 public:
  using CutId = uint32_t;
  // Says whether to drop; sees the bytes before corruption.
  using Filter = std::function<bool(int from, int to, Transports, std::string_view bytes)>;

  Network(const NetworkConfig& config, Rng rng);
  void AddHost() { hosts_.emplace_back(); }
  size_t hosts() const { return hosts_.size(); }

  // ---- Faults ----
  // Blocks what goes from a host of `from` to a host of `to`, one way.
  CutId Cut(const std::vector<int>& from, const std::vector<int>& to, Transports transports);
  void Heal(CutId id);
  void HealAll() { cuts_.clear(); }
  bool has_cuts() const { return !cuts_.empty(); }
  // The general loss. With a mean burst above 1 it follows Gilbert and Elliott: each sender is in a
  // good state, in which everything passes, or in a bad one, in which nothing does, and the two
  // alternate so that `ppm` are lost in the long run.
  void SetLoss(uint32_t ppm, uint32_t burst = 1);
  void SetHostLoss(int host, uint32_t egress_ppm, uint32_t ingress_ppm);
  // On top of the latency of each packet that the host sends or gets.
  void SetHostDelay(int host, Duration egress, Duration ingress);
  // The host's own line, each way. Packets queue in the order of sending.
  void SetHostRate(int host, const LinkRate& egress, const LinkRate& ingress);
  // The general model, from now on.
  void SetLatency(const LatencyModel& latency) { config_.latency = latency; }
  // One direction of one link, in place of the general model or on top of the general loss.
  void SetLinkLatency(int from, int to, const LatencyModel& latency);
  void SetLinkLoss(int from, int to, uint32_t ppm);
  void SetNoise(uint32_t duplicate_ppm, uint32_t corrupt_ppm, uint32_t reorder_ppm);
  void SetFilter(Filter filter) { filter_ = std::move(filter); }

  // ---- Queries ----
  bool Blocked(int from, int to, Transports transport) const;
  // Equal for two hosts that every cut treats alike.
  uint64_t CutSignature(int host) const;
  // Loss of the link as a whole, 0 to kPpm: general, egress, ingress and its own together.
  uint32_t LossPpm(int from, int to) const;
  uint32_t WorstHostLossPpm(int host) const;
  // A time in which loss took all that a host sent, from the first of three packets at the least to
  // the next that came through: to the others it was silent. Such times of `host`, oldest first;
  // the last may go on until `until`. Only those of 0.3 s and more are kept, the last 256 of all
  // hosts.
  struct Mute {
    int host = 0;
    TimePoint from;
    TimePoint to;
  };
  std::vector<Mute> MutesOf(int host, TimePoint until) const;

  // ---- Packets ----
  // Up to two copies of a datagram, each with its own delay.
  struct Fate {
    int copies = 0;
    Duration delay[2];
    bool corrupt = false;
  };
  Fate DatagramFate(TimePoint now, int from, int to, std::string_view bytes);
  // Flips one bit; `bytes` is not empty.
  void Corrupt(std::string* bytes);
  // One attempt to bring a TCP segment across; on success its latency.
  bool SegmentPasses(TimePoint now, int from, int to, std::string_view bytes, Duration* delay);

  const NetworkCounts& counts() const { return counts_; }

 private:
  struct CutSet {
    CutId id;
    Transports transports;
    std::vector<uint8_t> from;  // one flag a host; hosts added later are outside
    std::vector<uint8_t> to;
  };
  struct Link {
    LatencyModel latency;
    bool has_latency = false;
    uint32_t loss_ppm = 0;
  };
  static uint64_t Key(int from, int to) {
    return static_cast<uint64_t>(static_cast<uint32_t>(from)) << 32 | static_cast<uint32_t>(to);
  }
  const Link* FindLink(int from, int to) const {
    return links_.empty() ? nullptr : links_.Find(Key(from, to));
  }
  // One direction of a host's line.
  struct Line {
    uint32_t loss_ppm = 0;
    Duration delay;
    LinkRate rate;
    TimePoint busy_until;
  };
  struct Host {
    bool in_burst = false;
    uint32_t lost_in_row = 0;  // packets that loss took since one came through
    TimePoint lost_from;       // the first of these
    Line egress;
    Line ingress;
  };
  const Host& At(int host) const { return hosts_[static_cast<size_t>(host)]; }
  // Whether the packet is lost, to whatever kind of loss.
  bool IsLost(TimePoint now, int from, int to);
  bool DrawLoss(int from, int to);
  static bool IsMute(const Host& host, TimePoint until);
  bool IsLostInBurst(Host* sender);
  Duration Latency(int from, int to);
  // Adds what the two hosts' own lines cost; false where a queue is full.
  bool PassLines(TimePoint now, int from, int to, size_t bytes, Duration* delay);
  bool PassLine(TimePoint at, size_t bytes, Line* line, Duration* delay);

  NetworkConfig config_;
  Rng latency_rng_;
  Rng loss_rng_;
  Rng duplicate_rng_;
  Rng corrupt_rng_;
  Rng reorder_rng_;
  std::vector<Host> hosts_;
  std::deque<Mute> mutes_;        // that are over
  bool has_lossy_hosts_ = false;  // some host ever had a loss of its own
  bool has_slow_lines_ = false;   // some host ever had a delay or a rate
  std::vector<CutSet> cuts_;
  LookupMap<uint64_t, Link> links_;
  Filter filter_;
  CutId next_cut_ = 1;
  NetworkCounts counts_;
};

}  // namespace muster::sim
