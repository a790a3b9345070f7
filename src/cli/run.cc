#include "src/cli/run.h"

#include "src/base/check.h"

namespace muster::cli {

std::optional<Failure> CheckOptions(const CommandLine& line) {
  if (line.command == Command::kMembers) return CheckMembers(line.members);
  if (line.command == Command::kWait) return CheckWait(line.wait);
  return std::nullopt;
}

ExitCode RunCommand(Context& context, const CommandLine& line) {
  switch (line.command) {
    case Command::kMembers:
      return RunMembers(context, line.members);
    case Command::kMember:
      return RunMember(context, line.member);
    case Command::kStatus:
      return RunStatus(context, line.status);
    case Command::kJoin:
      return RunJoin(context, line.join);
    case Command::kLeave:
      return RunLeave(context);
    case Command::kForceLeave:
      return RunForceLeave(context, line.force_leave);
    case Command::kWait:
      return RunWait(context, line.wait);
    case Command::kReachability:
      return RunReachability(context);
    case Command::kEvents:
      return RunEvents(context, line.events);
    case Command::kPresenceList:
      return RunPresenceList(context);
    case Command::kPresencePurge:
      return RunPresencePurge(context, line.presence_purge);
    case Command::kAgent:
    case Command::kSim:
    case Command::kExplain:
      break;
  }
  MUSTER_CHECK(false);
  return ExitCode::kError;
}

}  // namespace muster::cli
