#include <algorithm>

#include "src/cli/answers.h"
#include "src/cli/commands.h"
#include "src/cli/member_rows.h"
#include "src/cli/store_state.h"
#include "src/cli/text.h"

// presence list, presence purge.

namespace muster::cli {
namespace {

constexpr char kPath[] = "/v1/presence";

std::string Expires(const PresenceRow& row, int64_t now_us) {
  return row.expires_us ? FormatAge(Duration::Micros(*row.expires_us - now_us)) : "-";
}

std::vector<Table::Cell> Header(bool wide) {
  std::vector<Table::Cell> header;
  for (const char* title : {"NAME", "ADDRESS", "AGE", "EXPIRES", "STATUS"}) {
    header.push_back({title, Paint::kBold});
  }
  if (wide) {
    for (const char* title : {"CREATED", "AGENT", "INCARNATION", "ID"}) {
      header.push_back({title, Paint::kBold});
    }
  }
  header.push_back({"TAGS", Paint::kBold});
  return header;
}

std::string Render(const PresenceAnswer& answer, int64_t now_us, bool wide, const Output& output) {
  Table table;
  if (output.headers() && !answer.rows.empty()) table.AddRow(Header(wide));
  bool has_self = false;
  for (const PresenceRow& row : answer.rows) {
    has_self = has_self || row.self;
    std::vector<Table::Cell> cells;
    cells.push_back({TerminalSafe(row.name) + (row.self ? " *" : "")});
    cells.push_back({TerminalSafe(row.address)});
    cells.push_back({FormatAge(Duration::Millis(row.age_ms))});
    cells.push_back({Expires(row, now_us)});
    cells.push_back({TerminalSafe(row.status), PaintOfStatus(row.status)});
    if (wide) {
      cells.push_back({FormatSince(row.created_us, now_us) + (row.created_us ? " ago" : "")});
      cells.push_back({TerminalSafe(row.agent)});
      cells.push_back({TerminalSafe(row.incarnation)});
      cells.push_back({TerminalSafe(row.id)});
    }
    cells.push_back({FormatTags(row.tags)});
    table.AddRow(std::move(cells));
  }
  if (!output.headers()) return table.Render(output);
  return table.Render(output) + std::to_string(answer.rows.size()) +
         (answer.rows.size() == 1 ? " row in " : " rows in ") + FormatStore(answer.store, now_us) +
         (has_self ? "     * this agent\n" : "\n");
}

}  // namespace

ExitCode RunPresenceList(Context& context) {
  Output& output = context.output;
  const Result<api::Response> response = Call(context, "GET", kPath);
  if (!response.ok()) return output.Fail(response.failure());
  const std::optional<PresenceAnswer> answer = ReadPresence(response->body);
  if (!answer) return output.Fail(StrangeAnswer(context, kPath));
  switch (output.format()) {
    case Format::kJson:
      output.DataLine(response->body);
      break;
    case Format::kJsonl:
      for (const PresenceRow& row : answer->rows) output.DataLine(row.json);
      break;
    case Format::kName:
      for (const PresenceRow& row : answer->rows) output.DataLine(TerminalSafe(row.name));
      break;
    case Format::kTable:
    case Format::kWide:
      output.Data(
          Render(*answer, context.clock.UnixMicros(), output.format() == Format::kWide, output));
      break;
  }
  return ExitCode::kOk;
}

ExitCode RunPresencePurge(Context& context, const PresencePurgeOptions& options) {
  Output& output = context.output;
  const std::string path = std::string(kPath) + "/" + api::Client::EscapePath(options.name);
  const Result<api::Response> response = Call(context, "DELETE", path);
  if (!response.ok()) return output.Fail(response.failure());
  const std::optional<PurgeAnswer> answer = ReadPurge(response->body);
  if (!answer) return output.Fail(StrangeAnswer(context, path));
  PrintAnswer(output, response->body, options.name, [&] {
    output.DataLine(
        TerminalSafe(options.name) + ": " +
        (answer->removed == 1 ? "row removed" : std::to_string(answer->removed) + " rows removed"));
  });
  const bool returns = std::any_of(
      answer->rows.begin(), answer->rows.end(),
      [](const PresenceRow& row) { return row.status == "alive" || row.status == "suspect"; });
  if (returns) {
    output.Talk(TerminalSafe(options.name) +
                " is alive: its agent writes the row again within 30 s");
  }
  return ExitCode::kOk;
}

}  // namespace muster::cli
