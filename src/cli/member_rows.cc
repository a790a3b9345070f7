#include "src/cli/member_rows.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "src/cli/text.h"

namespace muster::cli {
namespace {

const std::vector<std::string>& Statuses() {
  static const std::vector<std::string> kStatuses = {"alive", "suspect", "failed", "leaving",
                                                     "left"};
  return kStatuses;
}

// The place of a status in the order of the table; unknown ones come last.
size_t RankOfStatus(const std::string& status) {
  const auto it = std::find(Statuses().begin(), Statuses().end(), status);
  return static_cast<size_t>(it - Statuses().begin());
}

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

bool Less(Order order, const Member& a, const Member& b) {
  switch (order) {
    case Order::kStatus: {
      const size_t rank_a = RankOfStatus(a.status), rank_b = RankOfStatus(b.status);
      if (rank_a != rank_b) return rank_a < rank_b;
      break;
    }
    case Order::kName:
      break;
    case Order::kAddress:
      if (a.address != b.address) return NaturalLess(a.address, b.address);
      break;
    case Order::kSince: {
      // The latest change first: it is what one looks for.
      const int64_t since_a = a.since_us.value_or(0), since_b = b.since_us.value_or(0);
      if (since_a != since_b) return since_a > since_b;
      break;
    }
    case Order::kRtt: {
      if (a.rtt_ms.has_value() != b.rtt_ms.has_value()) return a.rtt_ms.has_value();
      const double rtt_a = a.rtt_ms.value_or(0), rtt_b = b.rtt_ms.value_or(0);
      if (rtt_a != rtt_b) return rtt_a < rtt_b;
      break;
    }
  }
  return a.name != b.name ? NaturalLess(a.name, b.name) : a.id < b.id;
}

std::string Summary(const std::vector<const Member*>& rows) {
  std::string text = std::to_string(rows.size()) + (rows.size() == 1 ? " member" : " members");
  const char* separator = ": ";
  bool has_self = false;
  for (const std::string& status : Statuses()) {
    const auto count = std::count_if(rows.begin(), rows.end(),
                                     [&](const Member* row) { return row->status == status; });
    if (count == 0) continue;
    text += separator + std::to_string(count) + " " + status;
    separator = ", ";
  }
  for (const Member* row : rows) has_self = has_self || row->self;
  return text + (has_self ? "     * this agent\n" : "\n");
}

}  // namespace

Result<Order> ReadOrder(const std::string& text) {
  static const std::vector<std::string> kNames = {"status", "name", "address", "since", "rtt"};
  if (text.empty()) return Order::kStatus;
  const auto it = std::find(kNames.begin(), kNames.end(), text);
  if (it != kNames.end()) return static_cast<Order>(it - kNames.begin());
  return Failure{ExitCode::kUsage, "--sort: no order is named '" + text + "'",
                 "the orders are " + Joined(kNames), "--sort " + Nearest(text, kNames)};
}

std::vector<const Member*> SortedRows(const Members& answer, Order order) {
  std::vector<const Member*> rows;
  for (const Member& member : answer.members) rows.push_back(&member);
  std::sort(rows.begin(), rows.end(),
            [&](const Member* a, const Member* b) { return Less(order, *a, *b); });
  return rows;
}

Paint PaintOfStatus(const std::string& status) {
  if (status == "alive") return Paint::kGood;
  if (status == "suspect") return Paint::kWarning;
  if (status == "failed") return Paint::kBad;
  return Paint::kFaint;
}

std::string FormatRtt(const Member& member) {
  const bool is_up = member.status == "alive" || member.status == "suspect";
  if (!member.rtt_ms || !is_up) return "-";
  char text[32];
  std::snprintf(text, sizeof text, *member.rtt_ms < 100 ? "%.1fms" : "%.0fms", *member.rtt_ms);
  return text;
}

std::string FormatTags(const std::vector<std::pair<std::string, std::string>>& tags) {
  std::string text;
  for (const auto& [key, value] : tags) {
    text += (text.empty() ? "" : ",") + TerminalSafe(key) + "=" + TerminalSafe(value);
  }
  return text;
}

std::string FormatSince(std::optional<int64_t> since_us, int64_t now_us) {
  return since_us ? FormatAge(Duration::Micros(now_us - *since_us)) : "-";
}

std::string RenderMembers(const std::vector<const Member*>& rows, int64_t now_us, bool wide,
                          const Output& output) {
  Table table;
  if (output.headers()) {
    std::vector<Table::Cell> header;
    for (const char* title : {"NAME", "STATUS", "ADDRESS", "SINCE", "RTT"}) {
      header.push_back({title, Paint::kBold});
    }
    if (wide) {
      for (const char* title : {"HEALTH", "INCARNATION", "ID"}) {
        header.push_back({title, Paint::kBold});
      }
    }
    header.push_back({"TAGS", Paint::kBold});
    table.AddRow(std::move(header));
  }
  for (const Member* row : rows) {
    std::vector<Table::Cell> cells;
    cells.push_back({TerminalSafe(row->name) + (row->self ? " *" : "")});
    cells.push_back({TerminalSafe(row->status), PaintOfStatus(row->status)});
    cells.push_back({TerminalSafe(row->address)});
    cells.push_back({FormatSince(row->since_us, now_us)});
    cells.push_back({FormatRtt(*row)});
    if (wide) {
      cells.push_back({std::to_string(row->health)});
      cells.push_back({TerminalSafe(row->incarnation)});
      cells.push_back({TerminalSafe(row->id)});
    }
    cells.push_back({FormatTags(row->tags)});
    table.AddRow(std::move(cells));
  }
  return table.Render(output) + (output.headers() ? Summary(rows) : std::string());
}

}  // namespace muster::cli
