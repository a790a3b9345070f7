#include "src/api/json.h"

#include "absl/status/status.h"

namespace muster::api {

absl::StatusOr<Json> ParseJson(std::string_view text) {
  // A callback that returns false leaves a value out without failing the parse: note the excess.
  bool too_deep = false;
  const auto within_depth = [&too_deep](int depth, Json::parse_event_t event, Json&) {
    const bool opens =
        event == Json::parse_event_t::array_start || event == Json::parse_event_t::object_start;
    too_deep = too_deep || (opens && depth >= kJsonDepthMax);  // depth: how many enclose it
    return !too_deep;
  };
  Json value = Json::parse(text.begin(), text.end(), within_depth, /*allow_exceptions=*/false);
  if (too_deep) return absl::InvalidArgumentError("the JSON is nested too deep");
  if (value.is_discarded()) return absl::InvalidArgumentError("the body is not JSON");
  return value;
}

std::string DumpJson(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace muster::api
