#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace muster::api {

// What the agent tells of itself beside what its node knows; constant for a run.
struct AgentInfo {
  std::string version;     // of the software
  std::string profile;     // "local", "lan", "wan"
  int64_t started_us = 0;  // wall clock, microseconds since the Unix epoch
};

// The same with what the server itself adds.
struct RunFacts {
  AgentInfo info;
  std::vector<std::string> urls;  // what clients dial
};

}  // namespace muster::api
