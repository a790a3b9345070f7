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
  kBlock,     // input and output stand still, timers run
  kCpuShare,  // a few slices of CPU a second
  kClock,     // skew, a jump, or a step of the wall clock
  kBursts,    // loss in bursts
  kHostLoss,  // of one host, one way or both
  kSlowLine,  // delay, and a rate with a short queue
};
inline constexpr int kFaultCount = 19;
const char* FaultName(Fault fault);

// Which run: a seed decides everything, and the rest takes parts of it away. What is left happens
// as it would have happened, at the same instants.
struct SwarmPlan {
  uint64_t seed = 1;
  int members = 0;          // only the first so many; 0: all
  bool all_faults = true;   // false: only those listed
  std::vector<int> faults;  // by number, in the order of happening
};
// The arguments of swarm_test that repeat it: "--seed=17 --members=9 --faults=3,17".
std::string PlanArguments(const SwarmPlan& plan);

struct SwarmReport {
  std::vector<Violation> violations;
  bool stayed_calm = false;  // nobody was doubted once the faults were over
  std::string disagreement;  // who shows what, where it did not converge
  uint64_t fired[kFaultCount] = {};
  NetworkCounts network;
  StreamCounts streams;
  uint64_t refutations = 0;
  uint64_t verdicts = 0;
  uint64_t relayed = 0;
  HostFaultCounts host_faults;
  int members = 0;
  std::vector<int> faults;  // that happened, by number
  bool failed() const { return !violations.empty() || !stayed_calm; }
  uint64_t digest = 0;
  std::string log;  // one line a fault, repair or accusation, for the reader of a failure
};

// One run: 16 to 32 hosts of the local or lan profile, a minute of random faults, then calm: all is
// mended, and all must agree within CalmBound (Rule::kConvergence) and doubt nobody after that.
class Swarm {
 public:
  static constexpr Duration kChaos = Duration::Seconds(60);
  // Probes that were in the air when the calm began may still fail.
  static constexpr Duration kSettle = Duration::Seconds(3);

  explicit Swarm(const SwarmPlan& plan);
  explicit Swarm(uint64_t seed) : Swarm(SwarmPlan{seed, 0, true, {}}) {}
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
  // Draws fault `number` and does it, unless the plan leaves it out.
  void Inject(int number);
  bool IsPlanned(int number) const;
  // False where it is not possible now.
  bool InjectOnHost(Fault fault, int host);
  void EndProcessOf(Fault fault, int host);
  void PauseFor(Fault fault, int host);
  void SlowDown(Fault fault, int host);
  void Unhinge(int host);  // its clocks
  void InjectOnNetwork(Fault fault);
  void CutOff(Fault fault);
  void LosePackets(Fault fault);
  void Mend();
  void Calm();
  void Collect();
  void Log(const std::string& line);
  void LogPacket(int from, int to, Transports transport, std::string_view bytes);
  void LogEvent(const Recorded& recorded);
  std::string Disagreement() const;
  bool IsUntroubled() const;
  std::vector<int> RandomHosts();

  SwarmPlan plan_;
  Rng rng_;    // of the run; then of the fault that is being drawn
  int drawn_;  // members that the seed makes
  int hosts_;  // members that the plan leaves
  bool local_;
  uint32_t enabled_;
  std::unique_ptr<Cluster> cluster_;
  std::vector<Repair> repairs_;
  wire::Codec codec_{"default"};  // for the trace
  SwarmReport report_;
};

}  // namespace muster::sim
