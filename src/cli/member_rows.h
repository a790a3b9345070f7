#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "src/cli/answers.h"
#include "src/cli/failure.h"
#include "src/cli/output.h"

namespace muster::cli {

// The order of rows.
enum class Order { kStatus, kName, kAddress, kSince, kRtt };

// Empty: by status (alive, suspect, failed, leaving, left), then by name, which puts what needs
// care next to the summary. kUsage for a word that names no order.
Result<Order> ReadOrder(const std::string& text);

// The members of `answer` in that order; equals by name, then id. They point into `answer`.
std::vector<const Member*> SortedRows(const Members& answer, Order order);

Paint PaintOfStatus(const std::string& status);
std::string FormatRtt(
    const Member& member);  // "0.4ms"; "-" when unknown, or of a member that is gone
// "role=web,zone=a", escaped.
std::string FormatTags(const std::vector<std::pair<std::string, std::string>>& tags);
// Age of an instant of Unix time, "-" without one.
std::string FormatSince(std::optional<int64_t> since_us, int64_t now_us);

// The table that README.md shows, header and summary unless --no-headers; `wide` adds columns.
std::string RenderMembers(const std::vector<const Member*>& rows, int64_t now_us, bool wide,
                          const Output& output);

}  // namespace muster::cli
