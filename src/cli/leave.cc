#include "src/cli/answers.h"
#include "src/cli/commands.h"
#include "src/cli/text.h"

namespace muster::cli {
namespace {

constexpr char kPath[] = "/v1/leave";

}  // namespace

ExitCode RunLeave(Context& context) {
  const Result<api::Response> response = Call(context, "POST", kPath);
  if (!response.ok()) return context.output.Fail(response.failure());
  const std::optional<LeaveAnswer> answer = ReadLeave(response->body);
  if (!answer) return context.output.Fail(StrangeAnswer(context, kPath));
  PrintAnswer(context.output, response->body, "", [&] {
    context.output.DataLine("left: " + std::to_string(answer->confirmed) + " of " +
                            std::to_string(answer->asked) + " peers confirmed");
  });
  return ExitCode::kOk;
}

}  // namespace muster::cli
