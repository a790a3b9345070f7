#pragma once

#include <functional>
#include <string>

#include "src/cli/failure.h"

namespace muster::cli {

// Where the agent is that a command talks to.
struct AgentPlaces {
  std::string given;  // --agent or MUSTER_AGENT: unix:PATH or http://HOST:PORT; empty: look around
  std::string data_base;  // the folder of agents without --data-dir; empty: unknown
  // A relative path as the user meant it.
  std::function<std::string(const std::string&)> from_user_folder;
};

// The URL of the agent, ready for api::Client. Without one given it is the one live socket among
// DATA_BASE/agent.sock and DATA_BASE/*/agent.sock; a socket is live when something accepts on it,
// others are left-overs and skipped. kUsage when several are live, with a list, or when the URL
// makes no sense; kUnreachable when none is; kNotPermitted when all that may be are closed to this
// user.
Result<std::string> FindAgent(const AgentPlaces& places);

}  // namespace muster::cli
