#pragma once

#include "src/cli/command_line.h"
#include "src/cli/context.h"
#include "src/cli/exit_codes.h"

namespace muster::cli {

// Runs the command that `line` names against an agent. Any but `agent`, which is no client of one.
ExitCode RunCommand(Context& context, const CommandLine& line);

}  // namespace muster::cli
