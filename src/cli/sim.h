#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/agent/config.h"
#include "src/base/time.h"
#include "src/cli/failure.h"
#include "src/cli/output.h"

// `muster sim` and `muster explain`: the commands that ask no agent, but the simulator.

namespace muster::cli {

struct SimOptions {
  std::optional<int64_t> members = {};
  std::string loss = {};  // "5%"; texts are as typed, empty: not given
  std::optional<int64_t> slow = {};
  std::optional<int64_t> crash = {};
  std::string profile = {};
  std::string tolerance = {};
  std::string period = {};
  std::optional<Duration> latency = {};
  std::optional<Duration> duration = {};
  std::optional<int64_t> seed = {};
  std::string scenario = {};  // path as the user meant it
  std::string report = {};    // the same
};

// How a run gets on, for a terminal: a text without line end that replaces the one before; an empty
// one at the end. May be null.
using ProgressLine = std::function<void(std::string_view line)>;

ExitCode RunSim(Output& output, const SimOptions& options, const ProgressLine& progress);

struct ExplainOptions {
  std::optional<int64_t> members = {};
  std::string loss = {};
  std::optional<Duration> latency = {};
};

// For the settings that an agent with this `config` would have.
ExitCode RunExplain(Output& output, const agent::Config& config, const ExplainOptions& options);

}  // namespace muster::cli
