#include "src/cli/answers.h"
#include "src/cli/commands.h"
#include "src/cli/text.h"

namespace muster::cli {
namespace {

constexpr char kPath[] = "/v1/join";

void Print(Output& output, const std::string& body, const JoinAnswer& answer) {
  switch (output.format()) {
    case Format::kJson:
      output.DataLine(body);
      return;
    case Format::kJsonl:
      for (const std::string& line : answer.lines) output.DataLine(line);
      return;
    case Format::kName:
      for (const JoinResult& result : answer.results) {
        if (result.ok) output.DataLine(TerminalSafe(result.address));
      }
      return;
    case Format::kTable:
    case Format::kWide:
      break;
  }
  Table table;
  for (const JoinResult& result : answer.results) {
    table.AddRow({{TerminalSafe(result.address)},
                  {result.ok ? "joined" : "failed", result.ok ? Paint::kGood : Paint::kBad},
                  {TerminalSafe(result.error)}});
  }
  output.Data(table.Render(output));
}

}  // namespace

ExitCode RunJoin(Context& context, const JoinOptions& options) {
  const Result<api::Response> response = Call(context, "POST", kPath, JoinBody(options.addresses));
  if (!response.ok()) return context.output.Fail(response.failure());
  const std::optional<JoinAnswer> answer = ReadJoin(response->body);
  if (!answer) return context.output.Fail(StrangeAnswer(context, kPath));
  Print(context.output, response->body, *answer);
  if (answer->joined > 0) return ExitCode::kOk;
  return context.output.Fail(
      {ExitCode::kError, "joined none of " + std::to_string(answer->results.size()) + " addresses",
       answer->results.empty() ? "" : answer->results[0].error,
       "check that an agent of the same --cluster listens there (UDP and TCP)"});
}

}  // namespace muster::cli
