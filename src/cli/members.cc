#include <utility>

#include "src/cli/agreement.h"
#include "src/cli/answers.h"
#include "src/cli/commands.h"
#include "src/cli/long_poll.h"
#include "src/cli/member_rows.h"
#include "src/cli/text.h"

namespace muster::cli {
namespace {

constexpr char kPath[] = "/v1/members";
// Cursor home, screen cleared.
constexpr char kClearScreen[] = "\x1b[H\x1b[2J";

// What to ask for: the agent filters, so that its JSON can be passed on as it is.
std::string PathOf(const MembersOptions& options) {
  std::string path = kPath;
  char separator = '?';
  const auto add = [&](const char* key, const std::string& value) {
    path += separator + std::string(key) + "=" + api::Client::EscapePath(value);
    separator = '&';
  };
  if (!options.glob.empty()) add("name", options.glob);
  if (!options.status.empty()) add("status", options.status);
  for (const std::string& tag : options.tags) add("tag", tag);
  return path;
}

// Prints `rows`, the members of `body`, in the format asked for.
void Print(Context& context, const MembersOptions& options, const std::string& body,
           const std::vector<const Member*>& rows) {
  Output& output = context.output;
  switch (output.format()) {
    case Format::kJson:
      output.DataLine(options.sort.empty() ? body : WithMembers(body, rows));
      return;
    case Format::kJsonl:
      for (const Member* row : rows) output.DataLine(row->json);
      return;
    case Format::kName:
      for (const Member* row : rows) output.DataLine(TerminalSafe(row->name));
      return;
    case Format::kTable:
    case Format::kWide:
      output.Data(RenderMembers(rows, context.clock.UnixMicros(), output.format() == Format::kWide,
                                output));
      return;
  }
}

void PrintRows(Context& context, const MembersOptions& options, Order order,
               const std::string& body, const Members& members) {
  Print(context, options, body, SortedRows(members, order));
}

// Prints what `now`, the members of `body`, has that `before`, printed last, had not.
void PrintChange(Context& context, const MembersOptions& options, Order order,
                 const std::string& body, const Members& before, const Members& now) {
  Output& output = context.output;
  const std::vector<std::string> changed = ChangedMembers(before, now);
  if (changed.empty()) return;
  if (options.count) {
    if (before.members.size() != now.members.size()) {
      output.DataLine(std::to_string(now.members.size()));
    }
    return;
  }
  if (output.format() == Format::kJsonl) {
    for (const std::string& line : changed) output.DataLine(line);
    return;
  }
  if (output.format() == Format::kName) {
    for (const std::string& name : ChangedNames(before, now)) output.DataLine(TerminalSafe(name));
    return;
  }
  if (output.format() != Format::kJson) output.Data(output.is_terminal() ? kClearScreen : "\n");
  PrintRows(context, options, order, body, now);
}

// Prints now and at every change, until the user or --timeout stops it.
ExitCode Watch(Context& context, const MembersOptions& options, Order order) {
  Output& output = context.output;
  LongPoll poll(context, PathOf(options),
                context.timeout_given ? context.timeout : Duration::Max());
  std::optional<Members> before;
  while (output.data_written()) {
    const Result<api::Response> answer = poll.Next();
    if (!answer.ok()) return output.Fail(answer.failure());
    std::optional<Members> now = ReadMembers(answer->body);
    if (!now) return output.Fail(StrangeAnswer(context, kPath));
    if (before) {
      PrintChange(context, options, order, answer->body, *before, *now);
    } else if (options.count) {
      output.DataLine(std::to_string(now->members.size()));
    } else {
      const bool table = output.format() == Format::kTable || output.format() == Format::kWide;
      if (table && output.is_terminal()) output.Data(kClearScreen);
      PrintRows(context, options, order, answer->body, *now);
    }
    poll.Seen(now->version);
    before = std::move(now);
  }
  return ExitCode::kError;
}

ExitCode Verdict(Context& context, const MembersOptions& options, size_t rows) {
  if (options.expect) {
    if (*options.expect == static_cast<int64_t>(rows)) return ExitCode::kOk;
    return context.output.Fail(
        {ExitCode::kNoMatch,
         "expected " + std::to_string(*options.expect) + " members, found " + std::to_string(rows),
         "", "muster wait --for 'count>=" + std::to_string(*options.expect) + "' --timeout 30s"});
  }
  if (rows > 0) return ExitCode::kOk;
  return context.output.Fail({ExitCode::kNoMatch, "no member matches", "",
                              "'muster members' without filters lists all of them"});
}

}  // namespace

std::optional<Failure> CheckMembers(const MembersOptions& options) {
  if (const Result<Order> order = ReadOrder(options.sort); !order.ok()) return order.failure();
  if (options.watch && options.expect) {
    return Failure{ExitCode::kUsage, "--watch and --expect exclude each other",
                   "a watch has no end at which to count",
                   "muster wait --for 'count>=" + std::to_string(*options.expect) + "'"};
  }
  return std::nullopt;
}

ExitCode RunMembers(Context& context, const MembersOptions& options) {
  Output& output = context.output;
  if (const std::optional<Failure> failure = CheckMembers(options)) return output.Fail(*failure);
  const Result<Order> order = ReadOrder(options.sort);
  if (options.wait_agree) {
    const Result<api::Response> agreed = WaitForAgreement(context, *options.wait_agree);
    if (!agreed.ok()) return output.Fail(agreed.failure());
  }
  if (options.watch) return Watch(context, options, *order);

  const Result<api::Response> answer = Call(context, "GET", PathOf(options));
  if (!answer.ok()) return output.Fail(answer.failure());
  const std::optional<Members> members = ReadMembers(answer->body);
  if (!members) return output.Fail(StrangeAnswer(context, kPath));
  const size_t rows = members->members.size();
  if (options.count) {
    output.DataLine(std::to_string(rows));
  } else if (rows > 0 || output.format() == Format::kJson) {
    PrintRows(context, options, *order, answer->body, *members);
  }
  return Verdict(context, options, rows);
}

}  // namespace muster::cli
