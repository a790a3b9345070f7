#pragma once

namespace muster::cli {

// What a command's exit code says; the same in every command, so that scripts can rely on it.
enum class ExitCode : int {
  kOk = 0,
  kError = 1,         // the agent refused, or something broke
  kUsage = 2,         // the command line makes no sense
  kNoMatch = 3,       // nothing matched, or an expectation was not met
  kTimedOut = 4,      // the time given ran out
  kUnreachable = 5,   // no agent answers
  kNotPermitted = 6,  // the agent or the system says no to this user
  kInterrupted = 130  // SIGINT
};

}  // namespace muster::cli
