#pragma once

#include <string>

#include "src/api/agent_info.h"
#include "src/api/backend.h"

namespace muster::api {

inline constexpr char kMetricsContentType[] = "text/plain; version=0.0.4; charset=utf-8";

// All figures of this agent in the text format of Prometheus, made anew for each scrape. Base units
// (seconds, bytes), `_total` on counters of this run, no member named in a label: the number of
// series does not grow with the cluster. Without a datastore there is no `muster_store_*`.
std::string MetricsText(const Backend& backend, const RunFacts& facts);

}  // namespace muster::api
