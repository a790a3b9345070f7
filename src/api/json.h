#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

namespace muster::api {

// Fields keep the order in which they were set: answers are read by people too.
using Json = nlohmann::ordered_json;

inline constexpr int kJsonDepthMax = 16;  // arrays and objects inside each other

// Never throws. kInvalidArgument: not JSON, or nested more than kJsonDepthMax deep.
absl::StatusOr<Json> ParseJson(std::string_view text);

// Compact. Bytes that are no UTF-8 become U+FFFD, so that one odd tag cannot spoil a whole answer.
std::string DumpJson(const Json& value);

}  // namespace muster::api
