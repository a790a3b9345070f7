#pragma once

#include "src/agent/config.h"

namespace muster::agent {

// Exit codes of the program that an agent can end with.
inline constexpr int kExitOk = 0;
inline constexpr int kExitError = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitTimedOut = 4;

// Runs one agent until it is told to stop, and returns the exit code. Errors go to standard error,
// three lines at the most. Sets up logging and signals of the whole process: call it once, from
// main, with no other thread running.
int Run(const Config& config);

}  // namespace muster::agent
