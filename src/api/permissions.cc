#include "src/api/permissions.h"

#include "absl/strings/str_cat.h"
#include "src/base/address.h"

namespace muster::api {

bool IsTrustedHost(std::string_view host) {
  if (host.empty()) return true;
  if (host == "localhost" || host.starts_with("localhost:")) return true;
  return Address::Parse(host, 80).ok();
}

std::optional<Reply> CheckPermission(const Request& request, Kind kind) {
  const bool over_tcp = request.caller == Caller::kLoopback || request.caller == Caller::kRemote;
  if (over_tcp && !IsTrustedHost(request.host)) {
    return MakeError("forbidden",
                     absl::StrCat("the request is for host '", request.host.substr(0, 200), "'"),
                     "name the agent's API by IP address or as localhost");
  }
  if (kind == Kind::kHealth) return std::nullopt;
  if (kind == Kind::kRead) {
    if (request.caller != Caller::kRemote) return std::nullopt;
    return MakeError("forbidden", "reads over TCP are for this host alone",
                     "ask on the agent's host, or over its unix socket");
  }
  if (request.caller == Caller::kOwner) return std::nullopt;
  if (request.caller == Caller::kOtherUser) {
    return MakeError("forbidden", "changes are for the agent's own user and root",
                     "run as that user");
  }
  return MakeError("forbidden", "changes over TCP need a token, and this agent has none",
                   "use the agent's unix socket");
}

}  // namespace muster::api
