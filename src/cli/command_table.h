#pragma once

namespace muster::cli {

// What help says about a command. Flags are described where they are defined.
struct CommandText {
  const char* name;       // of two words: a command in the group of the first, as "presence list"
  const char* arguments;  // "[NAME-GLOB]"
  const char* summary;    // one line
  const char* examples;   // whole lines, indented by two
  const char* details;    // whole lines; may be empty
};

extern const CommandText kProgramText;
extern const CommandText kAgentText;
extern const CommandText kMembersText;
extern const CommandText kMemberText;
extern const CommandText kStatusText;
extern const CommandText kJoinText;
extern const CommandText kLeaveText;
extern const CommandText kForceLeaveText;
extern const CommandText kWaitText;
extern const CommandText kReachabilityText;
extern const CommandText kEventsText;
extern const CommandText kPresenceListText;
extern const CommandText kPresencePurgeText;
extern const CommandText kSimText;
extern const CommandText kExplainText;

}  // namespace muster::cli
