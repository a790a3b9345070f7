#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bench/cluster/event_log.h"
#include "bench/cluster/samples.h"
#include "src/base/time.h"
#include "tests/e2e/harness/agent.h"
#include "tests/e2e/harness/cluster.h"

namespace muster::bench {

// Does nothing for `span`, so that nothing disturbs what is measured meanwhile.
void Idle(Duration span);

// How long agents that were started together took to know each other.
struct StartTimes {
  Duration all;       // until the last agent had seen all
  Duration median;    // until half of them had
  double cpu_ms = 0;  // CPU time of one agent, mean
};

// Many agents n1, n2, ... that write event logs, which alone are read: no agent is ever asked.
class Fleet {
 public:
  // `more`: further flags of every agent.
  Fleet(size_t count, const std::string& profile, const std::vector<std::string>& more = {});

  // Starts the seed and right after it all others, which join through it. An error if some agent
  // has not seen all within `budget`, with how many have.
  absl::StatusOr<StartTimes> StartTogether(Duration budget);

  // Starts an agent that ended again, from its disk: it has seen nobody yet.
  absl::Status Restart(size_t index);

  // Time stamps at which each running agent, except the one named `member`, logged the first event
  // of one of these types about `member` after `since_us`. An error names those that did not
  // within `budget`.
  absl::StatusOr<std::vector<int64_t>> WaitLogged(const std::vector<std::string>& types,
                                                  const std::string& member, int64_t since_us,
                                                  Duration budget);
  // Events in (from_us, to_us] over all agents.
  int Count(int64_t from_us, int64_t to_us, const std::function<bool(const LoggedEvent&)>& wanted);
  // Every agent holds every other one for alive, by its log. Waits up to `budget`.
  bool WaitWhole(Duration budget);

  // Agents that do not run now. Where none should be down, they crashed.
  size_t CountDown();

  e2e::Agent& operator[](size_t index) { return *agents_[index]; }
  size_t size() const { return agents_.size(); }
  std::vector<pid_t> pids() const;

 private:
  // What an agent's log says so far of who is up.
  struct Sight {
    std::vector<bool> up;
    size_t up_count = 0;
    size_t events_taken = 0;
    int64_t whole_since_us = 0;  // 0: does not see all now
  };

  void Poll();
  void Take(const LoggedEvent& event, Sight* sight);
  size_t WholeCount();

  e2e::ScratchFolder folder_;
  std::vector<std::unique_ptr<e2e::Agent>> agents_;
  std::vector<LogFollower> logs_;
  std::vector<Sight> sights_;
};

}  // namespace muster::bench
