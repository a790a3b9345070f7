#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/base/time.h"
#include "src/cli/context.h"
#include "src/cli/failure.h"

namespace muster::cli {

// One function per subcommand, in a file of its name: arguments and the agent's answers in, text
// and an exit code out. Texts are as typed; each command checks what it takes. A Check function
// finds what is wrong with the options alone, before any agent is looked for.

struct MembersOptions {
  std::string glob = {};               // NAME-GLOB; empty: all
  std::string status = {};             // --status alive,failed; empty: all
  std::vector<std::string> tags = {};  // --tag k=regex; all must match
  std::string sort = {};               // --sort; empty: status, then name
  bool count = false;
  std::optional<int64_t> expect = {};
  bool watch = false;
  std::optional<Duration> wait_agree = {};
};
std::optional<Failure> CheckMembers(const MembersOptions& options);
ExitCode RunMembers(Context& context, const MembersOptions& options);

struct MemberOptions {
  std::string name = {};
};
ExitCode RunMember(Context& context, const MemberOptions& options);

struct StatusOptions {
  bool check = false;
};
ExitCode RunStatus(Context& context, const StatusOptions& options);

struct JoinOptions {
  std::vector<std::string> addresses = {};
};
ExitCode RunJoin(Context& context, const JoinOptions& options);

ExitCode RunLeave(Context& context);

struct ForceLeaveOptions {
  std::string name = {};
  bool prune = false;
  bool evict = false;
};
ExitCode RunForceLeave(Context& context, const ForceLeaveOptions& options);

struct WaitOptions {
  std::string condition = {};  // count>=3, alive=NAME, failed=NAME, left=NAME, agree
};
std::optional<Failure> CheckWait(const WaitOptions& options);
ExitCode RunWait(Context& context, const WaitOptions& options);

ExitCode RunReachability(Context& context);

struct EventsOptions {
  std::vector<std::string> types = {};
};
ExitCode RunEvents(Context& context, const EventsOptions& options);

ExitCode RunPresenceList(Context& context);

struct PresencePurgeOptions {
  std::string name = {};  // or a host id
};
ExitCode RunPresencePurge(Context& context, const PresencePurgeOptions& options);

}  // namespace muster::cli
