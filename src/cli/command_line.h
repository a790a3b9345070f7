#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "src/agent/config.h"
#include "src/base/time.h"
#include "src/cli/commands.h"
#include "src/cli/failure.h"
#include "src/cli/output.h"
#include "src/cli/sim.h"

namespace muster::cli {

enum class Command {
  kAgent,
  kMembers,
  kMember,
  kStatus,
  kJoin,
  kLeave,
  kForceLeave,
  kWait,
  kReachability,
  kEvents,
  kPresenceList,
  kPresencePurge,
  kSim,
  kExplain
};

// Flags that every command has, before or after its name.
struct GlobalOptions {
  std::string agent;       // --agent, MUSTER_AGENT
  std::string token_file;  // --token-file, MUSTER_TOKEN_FILE
  OutputOptions output;
  Duration timeout = Duration::Seconds(10);
  bool timeout_given = false;
};

// What the user asked for. Only the options of `command` are filled in.
struct CommandLine {
  Command command = Command::kStatus;
  GlobalOptions global;
  agent::Config agent;
  MembersOptions members;
  MemberOptions member;
  StatusOptions status;
  JoinOptions join;
  ForceLeaveOptions force_leave;
  WaitOptions wait;
  EventsOptions events;
  PresencePurgeOptions presence_purge;
  SimOptions sim;
  ExplainOptions explain;  // beside `agent`
};

// Where settings come from, in the order of their precedence: the arguments (without the program's
// name), the environment, and the file that --config names.
struct Sources {
  std::vector<std::string> args;
  std::function<std::optional<std::string>(const std::string& name)> env;
  // A relative path as the user meant it.
  std::function<std::string(const std::string& path)> from_user_folder;
};

// A text means: print it to standard output and be done (--help, --version).
using Parsed = std::variant<CommandLine, std::string, Failure>;
Parsed ParseCommandLine(const Sources& sources);

}  // namespace muster::cli
