#pragma once

#include <optional>

#include "src/cli/command_line.h"
#include "src/cli/context.h"
#include "src/cli/exit_codes.h"
#include "src/cli/failure.h"

namespace muster::cli {

// What is wrong with the options of that command, as far as no agent is needed to tell.
std::optional<Failure> CheckOptions(const CommandLine& line);

// Runs the command that `line` names against an agent. Any but `agent`, `sim` and `explain`, which
// are no clients of one.
ExitCode RunCommand(Context& context, const CommandLine& line);

}  // namespace muster::cli
