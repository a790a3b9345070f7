#include "src/api/presence_shapes.h"

#include <cstdint>
#include <utility>

#include "src/wire/codec.h"

namespace muster::api {
namespace {

Json TimeOrNull(int64_t unix_us) {
  return unix_us == 0 ? Json(nullptr) : Json(FormatTime(unix_us));
}

Json RowShape(const Backend& backend, const store::PresenceRow& row, int64_t now_us) {
  const store::PresenceRecord& record = row.record;
  Json json = MemberReference(record.name, record.id, record.address);
  json["incarnation"] = std::to_string(record.incarnation.raw());
  Json tags = Json::object();
  for (const auto& [key, value] : record.tags) tags[key] = value;
  json["tags"] = std::move(tags);
  json["agent"] = record.agent;
  json["created"] = TimeOrNull(record.created_us);
  json["refreshed"] = FormatTime(Duration::SaturatingSub(now_us, row.age.micros()));
  json["expires"] = FormatTime(Duration::SaturatingAdd(now_us, row.expires_in.micros()));
  json["age_ms"] = row.age.millis();
  json["status"] = StatusInView(backend, record.id);
  json["self"] = record.id == backend.self();
  return json;
}

}  // namespace

Json StoreShape(const Presence* presence) {
  const store::PresenceStatus status =
      presence == nullptr ? store::PresenceStatus() : presence->status();
  Json json;
  json["kind"] = status.kind;
  json["url"] = status.url;
  json["state"] = store::PresenceStateName(status.state);
  json["error"] = status.error.empty() ? Json(nullptr) : Json(status.error);
  json["since"] = TimeOrNull(status.since_us);
  json["rows"] = status.rows;
  json["last_refresh"] = TimeOrNull(status.last_refresh_us);
  json["next_refresh"] = TimeOrNull(status.next_refresh_us);
  json["last_look"] = TimeOrNull(status.last_look_us);
  json["refreshes"] = std::to_string(status.refreshes);
  json["refresh_errors"] = std::to_string(status.refresh_errors);
  json["looks"] = std::to_string(status.looks);
  json["look_errors"] = std::to_string(status.look_errors);
  json["erases"] = std::to_string(status.erases);
  json["erase_errors"] = std::to_string(status.erase_errors);
  json["damaged_rows"] = std::to_string(status.damaged_rows);
  json["notices"] = std::to_string(status.notices);
  return json;
}

std::string StatusInView(const Backend& backend, const HostId& id) {
  const int64_t index = backend.IndexOf(id);
  if (index < 0) return "unknown";
  const wire::State state = backend.member(static_cast<size_t>(index)).state;
  return state == wire::State::kPruned ? "unknown" : wire::StateName(state);
}

std::string PresenceText(const Backend& backend, const std::vector<store::PresenceRow>& rows) {
  const int64_t now_us = backend.ToUnixMicros(backend.now());
  Json frame;
  frame["store"] = StoreShape(backend.presence());
  frame["rows"] = Json::array();
  return DumpWithList(frame, "rows", rows.size(),
                      [&](size_t i) { return RowShape(backend, rows[i], now_us); });
}

const char* StoreEventName(StoreEvent event) {
  switch (event) {
    case StoreEvent::kFailed:
      return "store.failed";
    case StoreEvent::kRecovered:
      return "store.recovered";
    case StoreEvent::kReplaced:
      return "store.replaced";
  }
  return "store.failed";
}

Json StoreEventShape(const Backend& backend, StoreEvent event, const std::string& detail,
                     const EventFrame& frame) {
  Json json = EventStart(frame, StoreEventName(event));
  json["detail"] = detail;
  json["version"] = std::to_string(backend.version());
  return json;
}

}  // namespace muster::api
