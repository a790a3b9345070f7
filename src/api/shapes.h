#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "src/api/agent_info.h"
#include "src/api/backend.h"
#include "src/api/json.h"
#include "src/base/time.h"
#include "src/core/event.h"

// The JSON of every answer, in one place. Integers of 64 bits are strings, because many readers
// keep numbers as doubles; times are RFC 3339 in UTC with milliseconds; ids are 32 hex digits.

namespace muster::api {

std::string FormatTime(int64_t unix_us);  // "2026-01-31T12:00:00.250Z"

Json RttShape(Duration rtt);  // milliseconds, or null where it was never measured

// `shown` is its display name.
Json MemberShape(const Member& member, std::string_view shown);
Json AddressOrNull(const Address& address);  // null when it is not set
// "name", "id", "address" alone.
Json MemberReference(std::string_view shown, const HostId& id, const Address& address);
// The frame of a list, its "members" still empty.
Json MembersShape(const Backend& backend);
struct Listed {
  Member member;
  std::string shown;
};
// The text of an object whose `key` is an empty list, with `size` items put in. Each item becomes
// text at once: the tree of a large list would take many times the room of its text.
std::string DumpWithList(const Json& frame, std::string_view key, size_t size,
                         const std::function<Json(size_t)>& item);
// The same for "members".
std::string DumpWithMembers(const Json& frame, const std::vector<Listed>& members);

// `changed_us`: wall clock of the last change that users could see.
Json StatusShape(const Backend& backend, const RunFacts& facts, int64_t changed_us);

// "isolated", "on probation", "joining", "leaving": why the agent is not ready; empty when it is.
std::vector<std::string> ReasonsNotReady(const StatusView& status);

// {"error": {...}}; no "hint" when it is empty.
Json ErrorShape(std::string_view code, std::string_view message, std::string_view hint);

// True for events that streams carry.
bool IsPublic(core::EventType type);
struct EventFrame {
  std::string id;       // "<epoch>-<counter>"
  int64_t time_us = 0;  // wall clock
};
// What every event begins with: "id", "time", "type".
Json EventStart(const EventFrame& frame, const char* type);
Json EventShape(const Backend& backend, const core::Event& event, const EventFrame& frame);
// First event of a stream: the members shape with an event's frame.
Json HelloShape(Json members, const EventFrame& frame);
// Told to a stream that was too slow: `missed` events were dropped.
Json GapShape(const EventFrame& frame, uint64_t missed);

}  // namespace muster::api
