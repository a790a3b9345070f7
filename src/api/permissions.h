#pragma once

#include <optional>
#include <string_view>

#include "src/api/exchange.h"
#include "src/api/routes.h"

namespace muster::api {

// The refusal, if there must be one. Over the unix socket its file decides who may look at all;
// changes are for the agent's own user and root. Over TCP there is no proof of who asks: this host
// may look, others learn no more than whether the agent is ready, and nobody changes anything.
std::optional<Reply> CheckPermission(const Request& request, Kind kind);

// True for "localhost", an IP address, or nothing, with or without a port. A web page can make a
// browser on this host send requests here by giving its own name this host's address (DNS
// rebinding), but it cannot change the Host that the browser sends.
bool IsTrustedHost(std::string_view host);

}  // namespace muster::api
