#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "src/api/client.h"
#include "src/base/time.h"
#include "src/cli/failure.h"
#include "src/cli/output.h"

namespace muster::cli {

// The way to one agent; api::Client with its contract behind an interface, so that a command is a
// function of its arguments and of what the agent answers.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual const std::string& url() const = 0;
  virtual absl::StatusOr<api::Response> Call(std::string_view method, std::string_view path,
                                             std::string_view body, Duration timeout) = 0;
  virtual absl::StatusOr<api::Response> Stream(
      std::string_view path, Duration timeout,
      const std::function<bool(std::string_view line)>& on_line) = 0;
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint Now() = 0;       // monotonic
  virtual int64_t UnixMicros() = 0;  // for ages
};

// What every command works with. One thread.
struct Context {
  Transport& transport;
  Output& output;
  Clock& clock;
  Duration timeout = Duration::Seconds(10);  // --timeout
  bool timeout_given = false;                // by the user: bounds what otherwise runs for ever
};

// One request; an HTTP error status becomes the failure it stands for (404: no match, 403: not
// permitted, 400: usage), and so do a missing answer and an interruption.
Result<api::Response> Call(Context& context, std::string_view method, std::string_view path,
                           std::string_view body, Duration timeout);
inline Result<api::Response> Call(Context& context, std::string_view method, std::string_view path,
                                  std::string_view body = {}) {
  return Call(context, method, path, body, context.timeout);
}

// The same for a stream: kOk when `on_line` stopped it, a failure otherwise, also when the agent
// closed it.
ExitCode Stream(Context& context, std::string_view path, Duration timeout,
                const std::function<bool(std::string_view line)>& on_line);

// The agent answered, but not with what this program knows.
Failure StrangeAnswer(const Context& context, std::string_view path);

// Prints an answer that is one object: as it came (json), on one line (jsonl), the escaped `name`
// (name; nothing where there is none), or whatever `for_people` prints (table, wide).
void PrintAnswer(Output& output, const std::string& body, const std::string& name,
                 const std::function<void()>& for_people);

// "/v1/members/NAME", escaped.
std::string MemberPath(std::string_view name);

}  // namespace muster::cli
