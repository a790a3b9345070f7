#include "src/cli/process.h"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "src/cli/text.h"

namespace muster::cli {
namespace {

constexpr size_t kTokenBytesMax = 4096;

extern "C" void HandleInterrupt(int) { _exit(static_cast<int>(ExitCode::kInterrupted)); }

template <typename Source>
int64_t MicrosOf() {
  return std::chrono::duration_cast<std::chrono::microseconds>(Source::now().time_since_epoch())
      .count();
}

}  // namespace

TimePoint SystemClock::Now() {
  return TimePoint::FromMicros(MicrosOf<std::chrono::steady_clock>());
}

int64_t SystemClock::UnixMicros() { return MicrosOf<std::chrono::system_clock>(); }

std::optional<std::string> GetEnv(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
}

Terminal DescribeTerminal() {
  Terminal terminal;
  terminal.stdout_is_terminal = isatty(STDOUT_FILENO) == 1;
  terminal.no_color = !GetEnv("NO_COLOR").value_or("").empty();
  return terminal;
}

bool WriteAll(Output::Stream stream, std::string_view text) {
  const int fd = stream == Output::Stream::kData ? STDOUT_FILENO : STDERR_FILENO;
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) text.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

bool StderrIsTerminal() { return isatty(STDERR_FILENO) == 1; }

void ShowProgress(std::string_view line) {
  WriteAll(Output::Stream::kTalk, "\r\x1b[K" + std::string(line));
}

void ExitOnInterrupt() {
  struct sigaction action {};
  action.sa_handler = HandleInterrupt;
  sigaction(SIGINT, &action, nullptr);
}

Result<std::string> ReadToken(const std::string& path) {
  const auto failed = [&](const char* fact) {
    return Failure{ExitCode::kError, "cannot read the token file " + path, fact,
                   "check --token-file (or MUSTER_TOKEN_FILE) and the file's permissions"};
  };
  std::FILE* const file = std::fopen(path.c_str(), "rbe");
  if (file == nullptr) return failed(std::strerror(errno));
  char buffer[kTokenBytesMax + 1];
  const size_t got = std::fread(buffer, 1, sizeof buffer, file);
  const int error = std::ferror(file) != 0 ? errno : 0;
  std::fclose(file);
  if (error != 0) return failed(std::strerror(error));
  if (got > kTokenBytesMax) return failed("it is larger than 4096 bytes");
  std::string token(Trim(std::string_view(buffer, got)));
  if (token.empty()) return failed("it is empty");
  return token;
}

}  // namespace muster::cli
