#include "src/cli/commands.h"
#include "src/cli/text.h"

namespace muster::cli {

ExitCode RunForceLeave(Context& context, const ForceLeaveOptions& options) {
  std::string path = MemberPath(options.name);
  if (options.prune) path += "?prune=1";
  if (options.evict) path += options.prune ? "&evict=1" : "?evict=1";
  const Result<api::Response> response = Call(context, "DELETE", path);
  if (!response.ok()) return context.output.Fail(response.failure());
  PrintAnswer(context.output, response->body, options.name, [&] {
    context.output.DataLine(TerminalSafe(options.name) +
                            (options.prune ? ": removed" : ": marked as left"));
  });
  return ExitCode::kOk;
}

}  // namespace muster::cli
