#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "src/api/client.h"
#include "src/cli/context.h"
#include "src/cli/output.h"

// What the commands need of the process they run in; the counterparts of the fakes in tests.

namespace muster::cli {

class SystemClock : public Clock {
 public:
  TimePoint Now() override;
  int64_t UnixMicros() override;
};

class ClientTransport : public Transport {
 public:
  explicit ClientTransport(api::Client client) : client_(std::move(client)) {}
  const std::string& url() const override { return client_.url(); }
  absl::StatusOr<api::Response> Call(std::string_view method, std::string_view path,
                                     std::string_view body, Duration timeout) override {
    return client_.Call(method, path, body, timeout);
  }
  absl::StatusOr<api::Response> Stream(
      std::string_view path, Duration timeout,
      const std::function<bool(std::string_view line)>& on_line) override {
    return client_.Stream(path, timeout, on_line);
  }

 private:
  api::Client client_;
};

std::optional<std::string> GetEnv(const std::string& name);
Terminal DescribeTerminal();
// Writes all of it to standard output or standard error; an Output::Writer.
bool WriteAll(Output::Stream stream, std::string_view text);

bool StderrIsTerminal();
// Writes `line` to the terminal on standard error in place of the one before; empty: only takes
// that one away.
void ShowProgress(std::string_view line);

// From now on SIGINT ends the process at once with exit code 130. Output is written in whole lines,
// so that nothing is lost that was printed.
void ExitOnInterrupt();

// The token in that file, without the line end. kError when it cannot be read or is empty.
Result<std::string> ReadToken(const std::string& path);

}  // namespace muster::cli
