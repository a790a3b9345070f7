#include "src/cli/agreement.h"

#include <optional>
#include <string>

#include "src/cli/answers.h"
#include "src/cli/long_poll.h"
#include "src/cli/text.h"

namespace muster::cli {
namespace {

constexpr char kPath[] = "/v1/status";
// Peers come to agree without a change of the own view, of which a long poll would tell: look again
// after this long even so.
constexpr Duration kLook = Duration::Millis(250);

std::string Disagreement(const AgentStatus& status) {
  if (status.join_state == "joining") {
    return "the agent has not joined yet" +
           (status.join_error.empty() ? "" : ": " + status.join_error);
  }
  std::string text =
      std::to_string(status.agreeing) + " of " + std::to_string(status.peers) + " peers agree";
  const char* separator = "; not: ";
  for (const Differing& peer : status.differing) {
    text += separator + peer.name;
    separator = ", ";
  }
  return text;
}

}  // namespace

Result<api::Response> WaitForAgreement(Context& context, Duration limit) {
  LongPoll poll(context, kPath, limit, kLook);
  std::optional<AgentStatus> status;
  while (true) {
    Result<api::Response> answer = poll.Next();
    if (!answer.ok()) {
      if (answer.failure().exit != ExitCode::kTimedOut || !status) return answer.failure();
      return Failure{ExitCode::kTimedOut, "no agreement within " + FormatSpan(limit),
                     Disagreement(*status), "more time, or 'muster status' for the details"};
    }
    status = ReadStatus(answer->body);
    if (!status) return StrangeAnswer(context, kPath);
    if (status->agrees()) return answer;
    poll.Seen(status->view_version);
  }
}

}  // namespace muster::cli
