#pragma once

#include <string>

#include "absl/status/status.h"
#include "src/agent/settings.h"

namespace muster::agent {

// Sends glog's lines to standard error, or to `log_file` (appended to, mode 0640) and nowhere else.
// Once per process.
absl::Status StartLogging(LogLevel level, const std::string& log_file);

// Any time after StartLogging.
void SetLogLevel(LogLevel level);

// Opens the log file again under its name, after a rotation moved it. On failure the old one stays
// in use. Does nothing without a file.
absl::Status ReopenLog();

// Flushes, and ends what StartLogging began.
void StopLogging();

}  // namespace muster::agent
