#include "src/api/service.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/api/context.h"
#include "src/api/handlers.h"
#include "src/api/permissions.h"
#include "src/api/routes.h"
#include "src/base/strings.h"

namespace muster::api {
namespace {

bool Knows(std::string_view parameters, std::string_view name) {
  while (!parameters.empty()) {
    const std::string_view known = parameters.substr(0, parameters.find(' '));
    if (known == name) return true;
    parameters.remove_prefix(std::min(parameters.size(), known.size() + 1));
  }
  return false;
}

// A HEAD is a GET whose body the transport leaves out; an endless answer has no such form.
bool Allows(const Route& route, std::string_view method) {
  if (route.method == method) return true;
  return method == "HEAD" && route.method == "GET" && route.handler != StreamEvents;
}

Reply NoRoute(const Request& request, const std::string& allow) {
  const std::string path = request.target.substr(0, request.target.find('?'));
  if (allow.empty()) {
    return MakeError("not_found", absl::StrCat("there is no '", path.substr(0, 200), "'"),
                     "the API begins at /v1/members and /v1/status");
  }
  Reply reply =
      MakeError("method_not_allowed", absl::StrCat(request.method, " is not for '", path, "'"),
                absl::StrCat("use ", allow));
  reply.allow = allow;
  return reply;
}

const Route* FindRoute(const Request& request, Call* call, std::string* allow) {
  for (const Route& route : Routes()) {
    if (!MatchesPattern(call->target, route.pattern, &call->member)) continue;
    if (Allows(route, request.method)) return &route;
    absl::StrAppend(allow, allow->empty() ? "" : ", ", ToAbsl(route.method));
    if (Allows(route, "HEAD")) absl::StrAppend(allow, ", HEAD");
  }
  return nullptr;
}

}  // namespace

Service::Service(Backend* backend, RunFacts facts, const Limits& limits,
                 std::function<void()> on_left, std::function<void()> on_earlier)
    : context_(std::make_shared<Context>(backend, std::move(facts), limits)),
      version_(backend->version()) {
  context_->on_left = std::move(on_left);
  context_->timers.set_on_earlier(std::move(on_earlier));
}

Service::~Service() = default;

void Service::HandleRequest(std::shared_ptr<Exchange> exchange) {
  if (context_->stopping) {
    exchange->Answer(MakeError("unavailable", "the agent is stopping"));
    return;
  }
  const Request& request = exchange->request();
  absl::StatusOr<Target> target = Target::Parse(request.target);
  if (!target.ok()) {
    exchange->Answer(MakeError(target.status()));
    return;
  }
  Call call{exchange, *std::move(target), ""};
  std::string allow;
  const Route* route = FindRoute(request, &call, &allow);
  if (route == nullptr) {
    exchange->Answer(NoRoute(request, allow));
    return;
  }
  if (std::optional<Reply> refusal = CheckPermission(request, route->kind)) {
    exchange->Answer(*std::move(refusal));
    return;
  }
  for (const auto& [name, value] : call.target.query) {
    if (Knows(route->parameters, name)) continue;
    const std::string hint = route->parameters.empty()
                                 ? "this takes no parameters"
                                 : absl::StrCat("known are: ", ToAbsl(route->parameters));
    exchange->Answer(MakeError("bad_request",
                               absl::StrCat("unknown parameter '", name.substr(0, 80), "'"), hint));
    return;
  }
  route->handler(context_, call);
  KeepBeating();
}

void Service::HandleEvent(TimePoint now, const core::Event& event) {
  if (event.version > version_) {
    version_ = event.version;
    table_changed_ = true;
    context_->changed_us = context_->backend->ToUnixMicros(now);
  }
  if (event.type == core::EventType::kLeaveDone) {
    context_->leave.outcome = {event.asked, event.value};
    leave_done_ = true;
  }
  if (!IsPublic(event.type)) return;
  PublishEvent(*context_, event);
}

void Service::HandleStoreEvent(StoreEvent event, const std::string& detail) {
  PublishStoreEvent(*context_, event, detail);
}

TimePoint Service::NextDeadline() const {
  return table_changed_ || leave_done_ ? TimePoint() : context_->timers.next();
}

void Service::Run(TimePoint now) {
  if (std::exchange(table_changed_, false)) context_->waiters.Wake(context_->backend->version());
  if (std::exchange(leave_done_, false)) FinishLeave(context_);
  context_->timers.Run(now);
}

// While somebody listens or waits: a sign of life on silent streams, and an end to reads whose
// client has hung up. Without either there is no alarm, and an idle agent sleeps.
void Service::KeepBeating() {
  if (beating_ || context_->stopping) return;
  if (context_->hub.streams() == 0 && context_->waiters.size() == 0) return;
  beating_ = true;
  context_->timers.Set(context_->backend->now() + context_->limits.heartbeat, [this] { Beat(); });
}

void Service::Beat() {
  beating_ = false;
  context_->hub.Beat();
  context_->waiters.DropVanished();
  KeepBeating();
}

void Service::Stop() {
  context_->stopping = true;
  context_->timers.set_on_earlier(nullptr);
  context_->hub.Close();
  context_->waiters.Clear();
}

}  // namespace muster::api
