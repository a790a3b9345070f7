#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace muster::bench {

// What a process has used up since it started.
struct Usage {
  int64_t cpu_ns = 0;             // on its own CPU clock
  uint64_t context_switches = 0;  // voluntary and not, of all its threads
};
Usage ReadUsage(pid_t pid);

// Private pages in KiB (USS): Private_Clean + Private_Dirty of smaps_rollup.
int64_t ReadPrivateKib(pid_t pid);

// CPU time of the whole machine since boot: busy time over all its cores.
int64_t ReadMachineBusyNs();

// What a set of processes used over a span during which nobody touches them.
struct UsageRates {
  std::vector<double> cpu_percent;     // of one core, one per process
  std::vector<double> switches_per_s;  // one per process
  double machine_busy_percent = 0;     // of one core, the processes included
  double seconds = 0;
};

// Brackets the span: made before it, Finish() after it.
class UsageMeter {
 public:
  explicit UsageMeter(std::vector<pid_t> pids);
  UsageRates Finish() const;

 private:
  std::vector<pid_t> pids_;
  std::vector<Usage> before_;
  int64_t begin_us_ = 0;
  int64_t busy_ns_ = 0;
};

}  // namespace muster::bench
