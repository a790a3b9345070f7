#pragma once

#include <string>
#include <vector>

#include "src/api/backend.h"
#include "src/api/json.h"
#include "src/api/presence.h"
#include "src/api/shapes.h"
#include "src/store/presence_store.h"

// The JSON of the datastore and of what it holds.

namespace muster::api {

// {"kind", "url", "state", "error", "since", "rows", ...}; times and error are null where there is
// none. Null: no datastore, which has a shape too.
Json StoreShape(const Presence* presence);

// The text of {"store": {...}, "rows": [...]}. Instants are by this agent's clock, counted from the
// ages that the store tells; a row's "status" is what this agent's view says of that host.
std::string PresenceText(const Backend& backend, const std::vector<store::PresenceRow>& rows);

// "alive" and so on, or "unknown": what this agent's view says of the host with that id.
std::string StatusInView(const Backend& backend, const HostId& id);

const char* StoreEventName(StoreEvent event);  // "store.failed"
Json StoreEventShape(const Backend& backend, StoreEvent event, const std::string& detail,
                     const EventFrame& frame);

}  // namespace muster::api
