#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace muster::api {

// What follows the method in a request line: "/v1/members/web-1?wait=30s".
struct Target {
  static constexpr size_t kParametersMax = 32;

  std::vector<std::string> path;  // decoded segments: "v1", "members", "web-1"
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in order

  // Null when it was not given.
  const std::string* Find(std::string_view key) const;

  // kInvalidArgument: no leading slash, a broken percent escape, a zero byte, or too many
  // parameters. An empty last segment (a trailing slash) is dropped.
  static absl::StatusOr<Target> Parse(std::string_view text);
};

}  // namespace muster::api
