#include <algorithm>

#include "src/cli/answers.h"
#include "src/cli/commands.h"
#include "src/cli/text.h"

namespace muster::cli {
namespace {

// "2026-11-20T12:00:01.123Z  member.failed     web-2  suspect -> failed, by n2, n3: no answer".
std::string Render(const Event& event) {
  std::string text = TerminalSafe(event.time) + "  " + TerminalSafe(event.type);
  std::string detail;
  if (event.from == event.to && !event.to.empty()) {
    detail = event.to + ", address or tags changed";
  } else if (!event.from.empty() || !event.to.empty()) {
    detail =
        (event.from.empty() ? "new" : event.from) + " -> " + (event.to.empty() ? "gone" : event.to);
  }
  for (size_t i = 0; i < event.by.size(); ++i) {
    detail += (i > 0 ? ", " : detail.empty() ? "by " : ", by ") + event.by[i];
  }
  if (!event.reason.empty()) detail += (detail.empty() ? "" : ": ") + event.reason;
  if (!event.fact.empty()) detail = event.fact;
  if (event.name.empty() && detail.empty()) return text;
  constexpr size_t kTypeWidth = 16;  // of the longest type
  text.append(kTypeWidth - std::min(kTypeWidth, event.type.size()) + 2, ' ');
  text += TerminalSafe(event.name);
  if (!detail.empty()) text += (event.name.empty() ? "" : "  ") + TerminalSafe(detail);
  return text;
}

// False once nobody can read what is printed.
bool Print(Output& output, const std::vector<std::string>& types, std::string_view line) {
  const std::optional<Event> event = ReadEvent(line);
  if (!event) {
    if (Trim(line).empty()) return true;  // a sign of life
    output.Detail("skipped a line that is no event: " + TerminalSafe(line));
    return true;
  }
  // The greeting comes in any case.
  if (!types.empty() && std::find(types.begin(), types.end(), event->type) == types.end()) {
    return true;
  }
  switch (output.format()) {
    case Format::kJson:
    case Format::kJsonl:
      output.DataLine(line);
      break;
    case Format::kName:
      if (!event->name.empty()) output.DataLine(TerminalSafe(event->name));
      break;
    case Format::kTable:
    case Format::kWide:
      output.DataLine(Render(*event));
      break;
  }
  return output.data_written();
}

}  // namespace

ExitCode RunEvents(Context& context, const EventsOptions& options) {
  std::vector<std::string> types;
  for (const std::string& list : options.types) {
    for (const std::string& type : SplitAtCommas(list)) types.push_back(type);
  }
  std::string path = "/v1/events";
  for (size_t i = 0; i < types.size(); ++i) {
    path += (i == 0 ? "?type=" : ",") + api::Client::EscapePath(types[i]);
  }
  return Stream(context, path, context.timeout_given ? context.timeout : Duration::Max(),
                [&](std::string_view line) { return Print(context.output, types, line); });
}

}  // namespace muster::cli
