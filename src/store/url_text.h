#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace muster::store {

// What back ends need to take their URLs apart. Errors quote nothing of what was given: with a '/'
// or '@' that should have been escaped, any part of it may belong to the password.

// Stands for a secret in what is shown.
inline constexpr std::string_view kHiddenSecret = "***";
// The remedy where a special character may be the fault.
inline constexpr std::string_view kHowToEscape =
    "in user and password write %25 for '%', %40 for '@', %3A for ':', %2F for '/', %3F for '?' "
    "and %23 for '#'";

// kInvalidArgument: "the datastore URL <fault>; <remedy>".
absl::Status InvalidUrl(std::string_view fault, std::string_view remedy);

// A letter, a digit, '-', '.' or '_'.
bool IsHostByte(char c);

// Unset for a '%' without two hex digits, and for a zero byte.
std::optional<std::string> PercentDecode(std::string_view text);
// All but host bytes and '~' as %XX.
std::string PercentEncode(std::string_view text);

// Digits only, `low` to `high`.
std::optional<int> ParseNumber(std::string_view text, int low, int high);

// host, host:port, [ipv6], [ipv6]:port, into its two parts; the port is empty when there is none.
// `form` is the remedy that errors name.
absl::Status SplitHostPort(std::string_view text, std::string_view form, std::string_view* host,
                           std::string_view* port);

}  // namespace muster::store
