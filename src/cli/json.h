#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace muster::cli {

// Keeps the order of fields, so that what is printed again looks like what the agent sent.
using Json = nlohmann::ordered_json;

// The JSON value that `text` holds; nullopt when it holds something else or nests deeper than 32.
// Never throws.
std::optional<Json> ParseJson(std::string_view text);

// On one line. Bytes that are not UTF-8 become U+FFFD. Never throws.
std::string DumpJson(const Json& json);

// A field of an object, or the default when `json` is no object, the field is missing, or it is of
// another type. Integers of 64 bits travel as strings: both forms are read.
std::string StringField(const Json& json, const char* key);
int64_t IntField(const Json& json, const char* key);
double NumberField(const Json& json, const char* key);
bool BoolField(const Json& json, const char* key);
// Null when there is no such field.
const Json& Field(const Json& json, const char* key);

}  // namespace muster::cli
