#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "src/base/time.h"

namespace muster::api {

// What an agent answered. `body` is JSON; `status` an HTTP status.
struct Response {
  int status = 0;
  std::string body;
  std::string etag;
};

// A blocking client of one agent's HTTP API, over a unix socket or TCP; what the CLI and tests use.
// One thread at a time.
class Client {
 public:
  // `url`: "unix:PATH" or "http://HOST:PORT". kInvalidArgument otherwise. Opens nothing yet.
  static absl::StatusOr<Client> Create(std::string_view url);
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  void set_token(std::string token);  // sent as "Authorization: Bearer ..."
  const std::string& url() const;

  // `path` begins with "/v1/" or "/metrics"; already escaped (see EscapePath). An HTTP error status
  // is not an error here. kUnavailable: cannot reach the agent, the text has the URL and the cause;
  // kDeadlineExceeded: no whole answer within `timeout`; kCancelled: interrupted by a signal.
  absl::StatusOr<Response> Call(std::string_view method, std::string_view path,
                                std::string_view body, Duration timeout);
  // GET with Accept: application/jsonl; `on_line` gets each line as it comes and returns false to
  // stop. Ends with kOk when stopped or closed by the agent; `timeout` bounds the whole stream
  // (Duration::Max(): none). A status other than 200 comes back in the Response.
  absl::StatusOr<Response> Stream(std::string_view path, Duration timeout,
                                  const std::function<bool(std::string_view line)>& on_line);

  static std::string EscapePath(
      std::string_view segment);  // percent-encodes one path or query part

 private:
  struct Impl;
  explicit Client(Impl* impl);
  Impl* impl_;
};

}  // namespace muster::api
