#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "src/api/handlers.h"
#include "src/api/lookup.h"
#include "src/api/presence_shapes.h"
#include "src/base/strings.h"

// GET /v1/events, and the way of an event from the driver to the streams.

namespace muster::api {
namespace {

constexpr std::string_view kTypes[] = {
    "hello",          "member.joined",   "member.suspected", "member.refuted", "member.failed",
    "member.leaving", "member.left",     "member.returned",  "member.updated", "member.reaped",
    "conflict",       "self.health",     "self.isolated",    "self.probation", "agreement",
    "store.failed",   "store.recovered", "store.replaced",   "user",           "gap",
    "reset"};

// A comma-separated list of types; empty for all.
absl::StatusOr<std::vector<std::string>> ParseTypes(const Target& target) {
  std::vector<std::string> types;
  for (const auto& [key, value] : target.query) {
    if (key != "type") continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const std::string_view type = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(rest.size(), type.size() + 1));
      if (std::find(std::begin(kTypes), std::end(kTypes), type) == std::end(kTypes)) {
        return absl::InvalidArgumentError(
            absl::StrCat("no event type is named '", ToAbsl(type), "'"));
      }
      types.emplace_back(type);
    }
  }
  return types;
}

Framing FramingFor(const std::string& accept) {
  for (const char* type :
       {"application/jsonl", "application/x-ndjson", "application/x-jsonlines"}) {
    if (accept.find(type) != std::string::npos) return Framing::kJsonLines;
  }
  return Framing::kServerSent;
}

StreamEvent MakeHello(const Context& context) {
  const EventFrame frame = context.Frame();
  const Json hello = HelloShape(MembersShape(*context.backend), frame);
  return {frame.id, "hello", DumpWithMembers(hello, VisibleMembers(*context.backend))};
}

}  // namespace

void StreamEvents(const std::shared_ptr<Context>& context, const Call& call) {
  absl::StatusOr<std::vector<std::string>> types = ParseTypes(call.target);
  if (!types.ok()) {
    call.exchange->Answer(MakeError(types.status()));
    return;
  }
  EventHub::Subscriber subscriber;
  subscriber.framing = FramingFor(call.request().accept);
  subscriber.types = *std::move(types);
  subscriber.hello = MakeHello(*context);
  subscriber.wake = [weak = std::weak_ptr<Exchange>(call.exchange)] {
    if (const auto exchange = weak.lock()) exchange->Wake();
  };
  const char* content_type =
      subscriber.framing == Framing::kJsonLines ? "application/jsonl" : "text/event-stream";
  std::unique_ptr<ByteSource> stream = context->hub.Subscribe(std::move(subscriber));
  if (stream == nullptr) {
    call.exchange->Answer(MakeError(
        "busy", absl::StrCat(context->limits.streams_max, " event streams are open already"),
        "close one of them"));
    return;
  }
  call.exchange->AnswerStream(content_type, std::move(stream));
}

void PublishEvent(Context& context, const core::Event& event) {
  ++context.events;
  if (context.hub.streams() == 0) return;
  const EventFrame frame = context.Frame();
  context.hub.Publish({frame.id, core::EventTypeName(event.type),
                       DumpJson(EventShape(*context.backend, event, frame))});
}

void PublishStoreEvent(Context& context, StoreEvent event, const std::string& detail) {
  ++context.events;
  if (context.hub.streams() == 0) return;
  const EventFrame frame = context.Frame();
  context.hub.Publish({frame.id, StoreEventName(event),
                       DumpJson(StoreEventShape(*context.backend, event, detail, frame))});
}

}  // namespace muster::api
