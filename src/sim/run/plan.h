#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/base/time.h"
#include "src/core/options.h"
#include "src/sim/network.h"

namespace muster::sim {

// What can happen to members of a run.
enum class Deed : uint8_t {
  kCrash,      // its process is killed; the machine refuses connections
  kPowerOff,   // the machine is gone; nothing answers
  kRestart,    // a new process on the same disk, joining as at the first start
  kPause,      // the process stands still (SIGSTOP) ...
  kResume,     // ... and goes on
  kBlock,      // its input and output stand still while its timers run ...
  kUnblock,    // ... and go on
  kCpu,        // gets `share_ppm` of its CPU from now on
  kLoss,       // `loss_ppm` of each packet: of `members` where given, else everywhere
  kCut,        // `groups[0]` reaches `groups[1]` no more, one way
  kPartition,  // the groups reach each other no more
  kHeal,       // ends all cuts and partitions
  kLeave,      // leaves of its own will
  kJoin,       // `count` new members start
};
const char* DeedName(Deed deed);  // as scenario files write it: "power-off"
bool ParseDeed(const std::string& name, Deed* deed);

// One event of a run. Only the fields that its deed names mean anything.
struct Action {
  Duration at;  // from when all members had met
  Deed deed = Deed::kCrash;
  std::vector<int> members;
  std::vector<std::vector<int>> groups;
  Transports transports = kBoth;
  uint32_t loss_ppm = 0;
  bool ingress = true;  // of kLoss with members: which way
  bool egress = true;
  uint32_t share_ppm = kPpm;
  bool lost_disk = false;
  int count = 0;
};

// A run of the simulator as a user asks for it. Members are named n0, n1 ...
struct Plan {
  int members = 100;
  Duration duration = Duration::Seconds(300);
  uint64_t seed = 1;
  core::Options options = core::Options::For(core::Profile::kLan);
  Duration latency = Duration::Micros(250);  // median one way; the 99th percentile is ten times it
  uint32_t loss_ppm = 0;                     // from the first packet on
  std::vector<Action> actions;               // in the order of their times

  int joiners() const;  // of all kJoin actions
};

inline constexpr int kPlanMembersMin = 2;
inline constexpr int kPlanMembersMax = 20'000;
// Members times virtual seconds; 10,000 members for 100 minutes. About half an hour of one core.
inline constexpr int64_t kPlanWorkMax = 60'000'000;

// Adds `crash` crashes of different members, each at a random moment of the middle of the run (10
// to 60 %), and `slow` members whose input and output block again and again: for a quarter to one
// and a half tolerances, then free for one to three, until 80 % of the
// run are over. Nobody that the plan's actions name already is
// chosen, nor the first three, through which all join. False, and nothing added, where too few
// members are left.
bool AddRandomFaults(int slow, int crash, Plan* plan);

// Members to whom something happens that can make them silent.
std::vector<bool> DisturbedOf(const Plan& plan);

}  // namespace muster::sim
