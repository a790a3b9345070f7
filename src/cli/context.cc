#include "src/cli/context.h"

#include <optional>

#include "src/base/strings.h"
#include "src/cli/answers.h"
#include "src/cli/text.h"

namespace muster::cli {
namespace {

ExitCode ExitOfHttp(int status) {
  switch (status) {
    case 400:
      return ExitCode::kUsage;
    case 401:
    case 403:
      return ExitCode::kNotPermitted;
    case 404:
      return ExitCode::kNoMatch;
    default:
      return ExitCode::kError;
  }
}

Failure FailureOfStatus(const absl::Status& status, const std::string& url, Duration timeout) {
  Failure failure;
  std::string_view fact = ToStd(status.message());
  const std::string prefix = "the agent at " + url + ": ";
  if (fact.starts_with(prefix)) fact.remove_prefix(prefix.size());
  failure.fact = fact;
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kNotFound:
      failure.exit = ExitCode::kUnreachable;
      failure.what = "cannot reach the agent at " + url;
      failure.remedy = "start one with 'muster agent', or name another one with --agent";
      break;
    case absl::StatusCode::kPermissionDenied:
      failure.exit = ExitCode::kNotPermitted;
      failure.what = "not permitted to talk to the agent at " + url;
      failure.remedy = "run as the agent's user, or join the group of its --socket-group";
      break;
    case absl::StatusCode::kDeadlineExceeded:
      failure.exit = ExitCode::kTimedOut;
      failure.what = "no answer from the agent at " + url + " within " + FormatSpan(timeout);
      failure.remedy = "a longer --timeout, or look at the agent's log";
      break;
    case absl::StatusCode::kCancelled:
      failure.exit = ExitCode::kInterrupted;
      failure.what = "interrupted";
      failure.fact.clear();
      break;
    default:
      failure.what = "the request to the agent at " + url + " failed";
      break;
  }
  return failure;
}

Failure FailureOfResponse(const api::Response& response, const std::string& url) {
  Failure failure;
  failure.exit = ExitOfHttp(response.status);
  const std::string source = "the agent at " + url + " answered " + std::to_string(response.status);
  const std::optional<ErrorAnswer> error = ReadError(response.body);
  if (!error) {
    failure.what = source;
    failure.remedy = "check that --agent names the API of a muster agent";
    return failure;
  }
  failure.what = error->message.empty() ? error->code : error->message;
  failure.fact = source + " " + error->code;
  failure.remedy = error->hint;
  return failure;
}

}  // namespace

Result<api::Response> Call(Context& context, std::string_view method, std::string_view path,
                           std::string_view body, Duration timeout) {
  const std::string& url = context.transport.url();
  context.output.Detail(std::string(method) + " " + std::string(path) + " at " + url);
  absl::StatusOr<api::Response> response = context.transport.Call(method, path, body, timeout);
  if (!response.ok()) return FailureOfStatus(response.status(), url, timeout);
  if (response->status < 200 || response->status > 299) return FailureOfResponse(*response, url);
  return *std::move(response);
}

ExitCode Stream(Context& context, std::string_view path, Duration timeout,
                const std::function<bool(std::string_view line)>& on_line) {
  const std::string& url = context.transport.url();
  context.output.Detail("stream " + std::string(path) + " at " + url);
  bool stopped = false;
  const absl::StatusOr<api::Response> response =
      context.transport.Stream(path, timeout, [&](std::string_view line) {
        stopped = !on_line(line);
        return !stopped;
      });
  if (stopped) return ExitCode::kOk;
  if (!response.ok()) {
    Failure failure = FailureOfStatus(response.status(), url, timeout);
    if (failure.exit == ExitCode::kTimedOut) {
      // The stream ran as long as it was allowed to, which is no fault of the agent.
      failure = {failure.exit, "stopped after " + FormatSpan(timeout), "", ""};
    }
    return context.output.Fail(failure);
  }
  if (response->status != 200) return context.output.Fail(FailureOfResponse(*response, url));
  return context.output.Fail({ExitCode::kUnreachable, "the agent at " + url + " closed the stream",
                              "it is stopping, or this reader was too slow",
                              "muster status, then start again"});
}

Failure StrangeAnswer(const Context& context, std::string_view path) {
  return {ExitCode::kError, "cannot read the answer to " + std::string(path),
          "what " + context.transport.url() + " sent is not in the shape of this API",
          "check that --agent names a muster agent of a like version ('muster --version')"};
}

void PrintAnswer(Output& output, const std::string& body, const std::string& name,
                 const std::function<void()>& for_people) {
  switch (output.format()) {
    case Format::kJson:
      output.DataLine(body);
      break;
    case Format::kJsonl:
      output.DataLine(OneLine(body));
      break;
    case Format::kName:
      if (!name.empty()) output.DataLine(TerminalSafe(name));
      break;
    case Format::kTable:
    case Format::kWide:
      for_people();
      break;
  }
}

std::string MemberPath(std::string_view name) {
  return "/v1/members/" + api::Client::EscapePath(name);
}

}  // namespace muster::cli
