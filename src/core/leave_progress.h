#pragma once

#include <cstdint>
#include <vector>

#include "src/base/ids.h"
#include "src/base/time.h"

namespace muster::core {

// Whom a member that leaves has told so by stream, and who confirmed it ("Leaving" in README.md).
struct LeaveProgress {
  TimePoint deadline = TimePoint::Never();  // of the whole leave; never: there is none, or it ended
  std::vector<HostId> tried;
  uint64_t asked = 0;      // at most, at one time: those open and those that had confirmed
  uint64_t confirmed = 0;  // receipts
  int open = 0;            // streams without a receipt yet
  bool done = false;
};

}  // namespace muster::core
