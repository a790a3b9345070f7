#include "src/cli/answers.h"
#include "src/cli/commands.h"
#include "src/cli/member_rows.h"
#include "src/cli/text.h"

namespace muster::cli {
namespace {

constexpr char kPath[] = "/v1/reachability";

// What a silent member's status says about the cause.
const char* Advice(const Member& member) {
  if (member.status == "suspect") {
    return "already suspected: if it is up, check its load and the UDP port in both directions";
  }
  return "held to be alive by others: check the firewall between it and this agent, UDP and TCP";
}

void Print(Output& output, const std::string& body, const ReachabilityAnswer& answer) {
  switch (output.format()) {
    case Format::kJson:
      output.DataLine(body);
      return;
    case Format::kJsonl:
      for (const Member& member : answer.missing) output.DataLine(member.json);
      return;
    case Format::kName:
      for (const Member& member : answer.missing) output.DataLine(TerminalSafe(member.name));
      return;
    case Format::kTable:
    case Format::kWide:
      break;
  }
  Table table;
  if (output.headers() && !answer.missing.empty()) {
    table.AddRow({{"NO ANSWER", Paint::kBold},
                  {"STATUS", Paint::kBold},
                  {"ADDRESS", Paint::kBold},
                  {"ADVICE", Paint::kBold}});
  }
  for (const Member& member : answer.missing) {
    table.AddRow({{TerminalSafe(member.name)},
                  {TerminalSafe(member.status), PaintOfStatus(member.status)},
                  {TerminalSafe(member.address)},
                  {Advice(member)}});
  }
  output.Data(table.Render(output));
  if (output.headers()) {
    output.DataLine(std::to_string(answer.answered) + " of " + std::to_string(answer.asked) +
                    " live members answered");
  }
}

}  // namespace

ExitCode RunReachability(Context& context) {
  // The agent stops asking when the time is up; its answer needs a moment more.
  const std::string path = kPath + ("?timeout=" + std::to_string(context.timeout.millis())) + "ms";
  const Result<api::Response> response =
      Call(context, "POST", path, {}, context.timeout + Duration::Seconds(1));
  if (!response.ok()) return context.output.Fail(response.failure());
  const std::optional<ReachabilityAnswer> answer = ReadReachability(response->body);
  if (!answer) return context.output.Fail(StrangeAnswer(context, kPath));
  Print(context.output, response->body, *answer);
  return answer->missing.empty() && answer->answered >= answer->asked ? ExitCode::kOk
                                                                      : ExitCode::kNoMatch;
}

}  // namespace muster::cli
