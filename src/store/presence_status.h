#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace muster::store {

// How an agent and its datastore get along, as `muster status` and the metrics show it. Times are
// wall clock, microseconds since the Unix epoch; 0: never.
struct PresenceStatus {
  enum class State : uint8_t {
    kOff,       // --datastore none
    kStarting,  // no operation has ended yet
    kOk,
    kFailing,  // the last operation failed
  };
  State state = State::kOff;
  std::string kind = "none";  // "none", "sqlite", "redis", "postgresql"
  std::string url = "none";   // without secrets
  std::string error;          // of the last operation while failing
  int64_t since_us = 0;       // when `state` began
  size_t rows = 0;            // live rows when last counted
  int64_t last_refresh_us = 0;
  int64_t next_refresh_us = 0;
  int64_t last_look_us = 0;
  // Counters of this run.
  uint64_t refreshes = 0;
  uint64_t refresh_errors = 0;
  uint64_t looks = 0;
  uint64_t look_errors = 0;
  uint64_t erases = 0;
  uint64_t erase_errors = 0;
  uint64_t damaged_rows = 0;
  uint64_t notices = 0;  // files moved aside and the like
};

// "off", "starting", "ok", "failing".
const char* PresenceStateName(PresenceStatus::State state);

}  // namespace muster::store
