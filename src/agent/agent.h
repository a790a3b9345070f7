#pragma once

#include "src/agent/config.h"
#include "src/agent/exit_codes.h"

namespace muster::agent {

// Runs one agent until it is told to stop, and returns the exit code. Errors go to standard error,
// three lines at the most. Sets up logging and signals of the whole process: call it once, from
// main, with no other thread running.
//
// SIGTERM, SIGINT: leave, then end with 0. A second one, or SIGQUIT: end at once, in the eyes of
// others as by a crash; with 130, SIGQUIT with 0. SIGHUP: open the log file again, and take tags
// and log level from the config file.
int Run(const Config& config);

}  // namespace muster::agent
