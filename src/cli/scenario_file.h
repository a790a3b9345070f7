#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/time.h"
#include "src/cli/failure.h"
#include "src/sim/run/plan.h"

namespace muster::cli {

// "5%", "0.5%" as parts per million; false for anything else, and above 100 %.
bool ParsePercent(std::string_view text, uint32_t* ppm);

// What a file of `muster sim --scenario` says: settings, which flags go before, and events.
struct ScenarioFile {
  std::optional<int64_t> members;
  std::optional<int64_t> seed;
  std::optional<Duration> duration;
  std::optional<Duration> latency;
  std::string loss;  // as typed; empty: not given, as the rest
  std::string profile;
  std::string tolerance;
  std::string period;
  std::vector<sim::Action> actions;  // in the order of their times
};

// Reads TOML text. `members` and `duration` are those of the flags, if given; else those of the
// file count, else the defaults of sim::Plan. Every error is kUsage, names `path`, the line, the
// value and what to write instead.
Result<ScenarioFile> ParseScenario(std::string_view text, const std::string& path,
                                   std::optional<int64_t> members,
                                   std::optional<Duration> duration);

}  // namespace muster::cli
