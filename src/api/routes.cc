#include "src/api/routes.h"

#include "src/api/handlers.h"

namespace muster::api {
namespace {

constexpr Route kRoutes[] = {
    {"GET", "/v1/members", Kind::kRead, "status tag name limit cursor wait index", ListMembers},
    {"GET", "/v1/members/{member}", Kind::kRead, "wait index", ShowMember},
    {"DELETE", "/v1/members/{member}", Kind::kWrite, "prune evict", DoForceLeave},
    {"POST", "/v1/members/{member}/ping", Kind::kWrite, "", DoPing},
    {"GET", "/v1/status", Kind::kRead, "wait index", ShowStatus},
    {"PUT", "/v1/self/tags", Kind::kWrite, "", DoSetTags},
    {"POST", "/v1/join", Kind::kWrite, "", DoJoin},
    {"POST", "/v1/leave", Kind::kWrite, "", DoLeave},
    {"POST", "/v1/reachability", Kind::kWrite, "timeout", CheckReachability},
    {"GET", "/v1/presence", Kind::kRead, "", ListPresence},
    {"DELETE", "/v1/presence/{member}", Kind::kWrite, "", PurgePresence},
    {"GET", "/v1/events", Kind::kRead, "type", StreamEvents},
    {"GET", "/v1/health/live", Kind::kHealth, "", ShowLive},
    {"GET", "/v1/health/ready", Kind::kHealth, "", ShowReady},
    {"GET", "/metrics", Kind::kRead, "", ShowMetrics},
};

}  // namespace

absl::Span<const Route> Routes() { return kRoutes; }

bool MatchesPattern(const Target& target, std::string_view pattern, std::string* member) {
  member->clear();
  for (const std::string& segment : target.path) {
    if (pattern.empty()) return false;
    pattern.remove_prefix(1);  // the slash
    const std::string_view expected = pattern.substr(0, pattern.find('/'));
    pattern.remove_prefix(expected.size());
    if (expected == "{member}") {
      if (segment.empty()) return false;
      *member = segment;
    } else if (segment != expected) {
      return false;
    }
  }
  return pattern.empty();
}

}  // namespace muster::api
