#include "tests/e2e/harness/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "tests/e2e/harness/clock.h"

namespace muster::e2e {
namespace {

int OpenForAppend(const std::string& path) {
  return open(path.empty() ? "/dev/null" : path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
              0600);
}

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// Runs between fork and exec: only calls that are safe there. Ends with 127 when exec fails.
[[noreturn]] void BecomeProgram(char* const* argv, char* const* environment, int out, int err,
                                pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  const int in = open("/dev/null", O_RDONLY);
  if (in < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0) _exit(127);
  execve(argv[0], argv, environment);
  _exit(127);
}

int crash_count = 0;

int ExitCodeOf(int wait_status) {
  if (!WIFSIGNALED(wait_status)) return WEXITSTATUS(wait_status);
  const int ended_by = WTERMSIG(wait_status);
  for (const int own : {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP}) {
    if (ended_by == own) ++crash_count;
  }
  return 128 + ended_by;
}

}  // namespace

absl::StatusOr<Process> Process::Start(const ProcessOptions& options) {
  if (options.argv.empty() || access(options.argv[0].c_str(), X_OK) != 0) {
    return absl::NotFoundError(
        absl::StrCat("no program at '", options.argv.empty() ? "" : options.argv[0], "'"));
  }
  std::vector<std::string> variables = {
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/nonexistent",
      "TZ=UTC", "LC_ALL=C"};
  for (const auto& [key, value] : options.environment) {
    variables.push_back(absl::StrCat(key, "=", value));
  }
  const std::vector<char*> argv = Pointers(options.argv);
  const std::vector<char*> environment = Pointers(variables);
  const int out =
      options.stdout_fd >= 0 ? dup(options.stdout_fd) : OpenForAppend(options.stdout_path);
  const int err =
      options.stderr_fd >= 0 ? dup(options.stderr_fd) : OpenForAppend(options.stderr_path);
  const pid_t parent = getpid();
  const pid_t pid = out < 0 || err < 0 ? -1 : fork();
  if (pid == 0) BecomeProgram(argv.data(), environment.data(), out, err, parent);
  const int cause = errno;
  if (out >= 0) close(out);
  if (err >= 0) close(err);
  if (pid < 0) {
    return absl::InternalError(
        absl::StrCat("cannot start ", options.argv[0], ": ", strerror(cause)));
  }
  Process process;
  process.pid_ = pid;
  return process;
}

Process& Process::operator=(Process&& other) noexcept {
  if (this == &other) return *this;
  Kill();
  pid_ = std::exchange(other.pid_, -1);
  exit_code_ = std::exchange(other.exit_code_, std::nullopt);
  return *this;
}

bool Process::running() {
  if (pid_ < 0 || exit_code_.has_value()) return false;
  int wait_status = 0;
  if (waitpid(pid_, &wait_status, WNOHANG) != pid_) return true;
  exit_code_ = ExitCodeOf(wait_status);
  return false;
}

void Process::Signal(int signal_number) {
  if (running()) kill(pid_, signal_number);
}

void Process::Kill() {
  if (!running()) return;
  kill(pid_, SIGKILL);
  int wait_status = 0;
  while (waitpid(pid_, &wait_status, 0) < 0 && errno == EINTR) continue;
  exit_code_ = ExitCodeOf(wait_status);
}

std::optional<int> Process::WaitExit(Duration budget) {
  WaitUntil(
      budget, [this] { return !running(); }, Duration::Millis(1));
  return exit_code_;
}

int Process::CrashCount() { return crash_count; }

CommandResult RunCommand(ProcessOptions options, Duration budget) {
  CommandResult result;
  const TimePoint begin = Now();
  std::array<int, 2> out = {-1, -1};
  std::array<int, 2> err = {-1, -1};
  if (pipe2(out.data(), O_CLOEXEC) != 0 || pipe2(err.data(), O_CLOEXEC) != 0) {
    result.err = absl::StrCat("pipe: ", strerror(errno));
    return result;
  }
  options.stdout_fd = out[1];
  options.stderr_fd = err[1];
  absl::StatusOr<Process> process = Process::Start(options);
  close(out[1]);
  close(err[1]);
  std::array<pollfd, 2> ends = {pollfd{out[0], POLLIN, 0}, pollfd{err[0], POLLIN, 0}};
  std::array<std::string*, 2> texts = {&result.out, &result.err};
  const TimePoint deadline = begin + budget;
  while (process.ok() && (ends[0].fd >= 0 || ends[1].fd >= 0)) {
    const Duration left = deadline - Now();
    if (left <= Duration::Zero()) {
      result.timed_out = true;
      process->Kill();
      break;
    }
    if (poll(ends.data(), ends.size(), static_cast<int>(left.millis_ceil())) <= 0) continue;
    for (size_t i = 0; i < ends.size(); ++i) {
      if (ends[i].fd < 0 || ends[i].revents == 0) continue;
      std::array<char, 65536> buffer;
      const ssize_t got = read(ends[i].fd, buffer.data(), buffer.size());
      if (got > 0) texts[i]->append(buffer.data(), static_cast<size_t>(got));
      if (got <= 0) ends[i].fd = -1;
    }
  }
  close(out[0]);
  close(err[0]);
  if (!process.ok()) {
    result.err = std::string(process.status().message());
    return result;
  }
  const Duration left = deadline - Now();
  const std::optional<int> code = process->WaitExit(std::max(left, Duration::Zero()));
  result.timed_out = result.timed_out || !code.has_value();
  if (code.has_value()) result.exit_code = *code;
  result.elapsed = Now() - begin;
  return result;
}

}  // namespace muster::e2e
