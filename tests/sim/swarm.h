#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/rng.h"
#include "src/base/time.h"
#include "src/sim/cluster.h"
#include "src/wire/codec.h"

namespace muster::sim {

// Kinds of faults that a swarm run may inject. Each run turns on a random part of them, so that
// some runs are full of one kind and free of another (swarm testing, Groce et al. 2012).
enum class Fault : uint8_t {
  kCrash,
  kPowerOff,
  kLostDisk,
  kPause,
  kLongPause,
  kPartition,
  kOneWayCut,
  kUdpOff,
  kLoss,
  kNoise,  // duplicates, flipped bits, packets held back
  kLateness,
  kLeave,
  kTags,
};
inline constexpr int kFaultCount = 13;
const char* FaultName(Fault fault);

struct SwarmReport {
  std::vector<Violation> violations;
  bool converged = false;    // all running members in every table, within the bound
  bool stayed_calm = false;  // nobody was doubted once the faults were over
  std::string disagreement;  // who shows what, where it did not converge
  uint64_t fired[kFaultCount] = {};
  NetworkCounts network;
  StreamCounts streams;
  uint64_t refutations = 0;
  uint64_t verdicts = 0;
  uint64_t relayed = 0;
  uint64_t dropped_full = 0;
  uint64_t digest = 0;
  std::string log;  // one line a fault, repair or accusation, for the reader of a failure
};

// One run: 16 to 32 hosts of the local or lan profile, a minute of random faults, then calm: all is
// mended, and all must agree within kCalmBound and doubt nobody after that. Everything follows
// from the seed.
class Swarm {
 public:
  static constexpr Duration kChaos = Duration::Seconds(60);
  // Probes that were in the air when the calm began may still fail.
  static constexpr Duration kSettle = Duration::Seconds(3);
  static constexpr Duration kCalmBound = Duration::Seconds(40);

  explicit Swarm(uint64_t seed);
  // Every packet of this part of the run goes into the log. Call before Run.
  void TracePackets(TimePoint from, TimePoint to);
  SwarmReport Run();
  // What the run is made of, for the head of a failure.
  std::string Describe() const;

 private:
  struct Repair {
    TimePoint at;
    std::function<void()> action;
  };

  bool Enabled(Fault fault) const { return (enabled_ >> static_cast<int>(fault) & 1) != 0; }
  void Later(Duration after, std::function<void()> action);
  void RunRepairs();
  void Inject(Fault fault);
  void InjectOnHost(Fault fault, int host);
  void InjectOnNetwork(Fault fault);
  void Mend();
  void Log(const std::string& line);
  void LogPacket(int from, int to, Transports transport, std::string_view bytes);
  void LogEvent(const Recorded& recorded);
  std::string Disagreement() const;
  bool IsUntroubled() const;
  std::vector<int> RandomHosts();

  uint64_t seed_;
  Rng rng_;
  int hosts_;
  bool local_;
  uint32_t enabled_;
  std::unique_ptr<Cluster> cluster_;
  std::vector<Repair> repairs_;
  wire::Codec codec_{"default"};  // for the trace
  SwarmReport report_;
};

}  // namespace muster::sim
