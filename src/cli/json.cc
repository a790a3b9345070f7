#include "src/cli/json.h"

#include <charconv>

namespace muster::cli {
namespace {

constexpr int kDepthMax = 32;

}  // namespace

std::optional<Json> ParseJson(std::string_view text) {
  // A callback that refuses a value drops it silently: remember that it happened.
  bool too_deep = false;
  const auto guard = [&](int depth, Json::parse_event_t event, Json&) {
    const bool opens =
        event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
    too_deep = too_deep || (opens && depth >= kDepthMax);
    return !too_deep;
  };
  Json json = Json::parse(text.begin(), text.end(), guard, /*allow_exceptions=*/false);
  if (too_deep || json.is_discarded()) return std::nullopt;
  return json;
}

std::string DumpJson(const Json& json) {
  return json.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

const Json& Field(const Json& json, const char* key) {
  static const Json kNull;
  if (!json.is_object()) return kNull;
  const auto it = json.find(key);
  return it != json.end() ? *it : kNull;
}

std::string StringField(const Json& json, const char* key) {
  const Json& field = Field(json, key);
  if (field.is_string()) return field.get_ref<const std::string&>();
  return field.is_number() ? field.dump() : std::string();
}

int64_t IntField(const Json& json, const char* key) {
  const Json& field = Field(json, key);
  if (field.is_number_integer()) return field.get<int64_t>();
  if (!field.is_string()) return 0;
  const std::string& text = field.get_ref<const std::string&>();
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : 0;
}

double NumberField(const Json& json, const char* key) {
  const Json& field = Field(json, key);
  return field.is_number() ? field.get<double>() : 0;
}

bool BoolField(const Json& json, const char* key) {
  const Json& field = Field(json, key);
  return field.is_boolean() && field.get<bool>();
}

}  // namespace muster::cli
