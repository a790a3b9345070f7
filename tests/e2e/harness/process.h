#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "src/base/time.h"

namespace muster::e2e {

// What to start and with which files. The environment is a small fixed one (PATH,
// HOME=/nonexistent, TZ=UTC, LC_ALL=C) plus `environment`; nothing of the caller's leaks in.
struct ProcessOptions {
  std::vector<std::string> argv;  // argv[0] is the path of the program
  std::vector<std::pair<std::string, std::string>> environment;
  std::string stdout_path;  // appended to; empty: /dev/null
  std::string stderr_path;  // appended to; empty: /dev/null
  int stdout_fd = -1;       // instead of stdout_path
  int stderr_fd = -1;
};

// One child process, always reaped: the destructor kills it. The kernel kills it too should this
// process die first, so nothing survives a crashed test. Start it from the main thread, because the
// kernel watches the starting thread.
class Process {
 public:
  // kNotFound, kInternal: with the program and the cause.
  static absl::StatusOr<Process> Start(const ProcessOptions& options);

  Process() = default;
  Process(Process&& other) noexcept { *this = std::move(other); }
  Process& operator=(Process&& other) noexcept;
  ~Process() { Kill(); }

  pid_t pid() const { return pid_; }
  bool running();  // started and not yet ended; reaps
  // Sends a signal; nothing when the process has ended.
  void Signal(int signal_number);
  // SIGKILL, also to a stopped process, and reaps it. Nothing when it has ended.
  void Kill();
  // Its exit code (128 + n when signal n ended it), or nothing if it still runs after `budget`.
  std::optional<int> WaitExit(Duration budget);

  // How many processes were ended by a signal of their own making (abort, bad access) so far. No
  // test may raise it, whatever else it looks at.
  static int CrashCount();

 private:
  pid_t pid_ = -1;
  std::optional<int> exit_code_;
};

// What a finished command said.
struct CommandResult {
  int exit_code = -1;  // 128 + n when signal n ended it
  bool timed_out = false;
  std::string out;
  std::string err;
  Duration elapsed;
};

// Runs a command to its end, or kills it after `budget`.
CommandResult RunCommand(ProcessOptions options, Duration budget = Duration::Seconds(20));

}  // namespace muster::e2e
