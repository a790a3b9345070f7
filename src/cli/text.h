#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/time.h"

namespace muster::cli {

// `text` with everything escaped that could steer a terminal or mislead a reader: control
// characters (C0, DEL, C1) and bytes that are not UTF-8 become \xNN, invisible and direction
// characters of Unicode become \u{...}. Printable text passes unchanged.
std::string TerminalSafe(std::string_view text);

// Orders names as people count: runs of digits by their value, so that web-2 is before web-10.
// A total order: texts that count alike are ordered byte by byte.
bool NaturalLess(std::string_view a, std::string_view b);

// The parts between commas, without the empty ones.
std::vector<std::string> SplitAtCommas(std::string_view text);

// `text` without spaces and line ends at both ends.
std::string_view Trim(std::string_view text);

// A span at one glance, as in "3s", "12m", "5h", "12d"; the unit grows when two of the next would
// be full, and below zero is "0s".
std::string FormatAge(Duration age);

// A span in full, as users write it: "10s", "250ms", "1m30s", "1.500s".
std::string FormatSpan(Duration d);

// RFC 3339 in UTC, "2026-11-20T12:00:00.123Z", as microseconds since 1970; nullopt for anything
// else. The fraction may be missing.
std::optional<int64_t> ParseTimestamp(std::string_view text);

// The candidate with the fewest edits from `typed` (insert, delete, replace, swap of neighbours);
// one that begins with `typed` counts as one edit away. Empty only without candidates.
std::string Nearest(std::string_view typed, const std::vector<std::string>& candidates);

}  // namespace muster::cli
