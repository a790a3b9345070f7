#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "src/base/time.h"
#include "src/sim/run/plan.h"

namespace muster::sim {

// How the news of one member's crash, departure or arrival went round. Seconds; negative: not
// within the run.
struct Spread {
  int member = 0;
  Deed deed = Deed::kCrash;  // kCrash, kPowerOff, kLeave or kJoin
  double at = 0;             // from when all had met
  double first = -1;         // until one other member knew
  double all = -1;           // until every member did that ran all the time, undisturbed
};

struct RunResult {
  bool met = false;    // all members knew each other within two minutes of the start
  double meeting = 0;  // how long that took, or two minutes
  std::vector<Spread> spreads;
  // Failed verdicts, at any member. False: about members that nothing happened to, leavers among
  // them; `disturbed`: about those that something happened to, but that were not stopped for good.
  uint64_t false_failures = 0;
  uint64_t false_failures_at_healthy = 0;  // at members that nothing happened to
  uint64_t disturbed_failures = 0;
  uint64_t suspicions = 0;    // about anybody, at any member
  uint64_t broken_rules = 0;  // of src/sim/checkers.h: a defect of Muster
  std::string first_broken_rule;
  std::vector<std::string> void_actions;  // that found their member in no state for them

  // Sent by a running member a second of the run; bytes with 28 of headers a datagram, and the
  // payload of streams.
  double bytes_mean = 0;
  double bytes_p99 = 0;  // of single members' 1-s windows, to 16 bytes
  double packets_mean = 0;

  // Seconds from the last action (0 without any) until all views were equal and stayed so;
  // negative: they were not at the end. To one tick.
  double converged = -1;
  size_t up_at_end = 0;  // members shown as up at the end, by the most
  size_t running_at_end = 0;
  std::vector<size_t> sizes;  // distinct numbers of members that were shown as up, rising

  struct SizeSeen {
    double at = 0;
    size_t size = 0;
  };
  std::vector<SizeSeen> sizes_seen;     // each size that some running member showed at a tick
  std::vector<double> bytes_by_second;  // mean of all running members in that second
  uint64_t steps = 0;                   // events of the simulator
  uint64_t digest = 0;                  // of everything that happened
};

// Runs the plan; `progress` is told now and then how far it is, and may be null. Everything follows
// from the plan: equal plans give equal results.
using Progress = std::function<void(Duration done, Duration duration)>;
RunResult Run(const Plan& plan, const Progress& progress = nullptr);

}  // namespace muster::sim
