#include "src/api/context.h"

#include "absl/strings/str_cat.h"
#include "src/base/check.h"
#include "src/base/strings.h"

namespace muster::api {
namespace {

struct Code {
  std::string_view name;
  int status;
};
constexpr Code kCodes[] = {{"bad_request", 400}, {"forbidden", 403},          {"not_found", 404},
                           {"conflict", 409},    {"method_not_allowed", 405}, {"too_large", 413},
                           {"busy", 429},        {"unavailable", 503}};

std::string_view CodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return "bad_request";
    case absl::StatusCode::kNotFound:
      return "not_found";
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAlreadyExists:
      return "conflict";
    case absl::StatusCode::kPermissionDenied:
      return "forbidden";
    case absl::StatusCode::kResourceExhausted:
      return "busy";
    default:
      return "unavailable";
  }
}

}  // namespace

Context::Context(Backend* backend_in, RunFacts facts_in, Limits limits_in)
    : backend(backend_in),
      facts(std::move(facts_in)),
      limits(limits_in),
      hub(&limits,
          [this](uint64_t missed) {
            const EventFrame frame = Frame();
            return StreamEvent{frame.id, "gap", DumpJson(GapShape(frame, missed))};
          }),
      waiters(&timers, limits.waiters_max),
      changed_us(facts.info.started_us) {}

EventFrame Context::Frame() const {
  return {absl::StrCat(backend->epoch(), "-", events), backend->ToUnixMicros(backend->now())};
}

Reply MakeReply(const Json& json) {
  Reply reply;
  reply.body = DumpJson(json);
  reply.body.push_back('\n');
  return reply;
}

Reply MakeError(std::string_view code, std::string_view message, std::string_view hint) {
  Reply reply = MakeReply(ErrorShape(code, message, hint));
  reply.status = 0;
  for (const Code& known : kCodes) {
    if (known.name == code) reply.status = known.status;
  }
  MUSTER_CHECK(reply.status != 0);
  return reply;
}

Reply MakeError(const absl::Status& status, std::string_view hint) {
  return MakeError(CodeOf(status), ToStd(status.message()), hint);
}

Reply MemberError(const absl::Status& status) {
  const bool shared = status.code() == absl::StatusCode::kFailedPrecondition;
  return MakeError(
      status, shared ? "give the id, or rename one of them" : "muster members lists the names");
}

absl::Status ParseFlag(const Target& target, std::string_view key, bool* value) {
  *value = false;
  const std::string* text = target.Find(key);
  if (text == nullptr || *text == "0" || *text == "false") return absl::OkStatus();
  *value = text->empty() || *text == "1" || *text == "true";
  if (*value) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(ToAbsl(key), " '", *text, "' is neither 0 nor 1"));
}

}  // namespace muster::api
