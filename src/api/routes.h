#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/types/span.h"
#include "src/api/context.h"

namespace muster::api {

// What a route does to the agent, and so who may take it.
enum class Kind : uint8_t {
  kHealth,  // tells no more than "ready": anybody
  kRead,    // anybody on this host
  kWrite,   // the agent's own user and root, over the unix socket
};

struct Route {
  std::string_view method;
  std::string_view pattern;  // {member} stands for one segment
  Kind kind;
  std::string_view parameters;  // names of the query's parameters, a blank between two
  void (*handler)(const std::shared_ptr<Context>& context, const Call& call);
};

// The whole API, one line a route.
absl::Span<const Route> Routes();

// The segment for {member} where the path fits the pattern (empty where the pattern has none).
bool MatchesPattern(const Target& target, std::string_view pattern, std::string* member);

}  // namespace muster::api
