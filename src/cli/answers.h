#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace muster::cli {

// What an agent answers, as plain structs; the shapes of the API in JSON. Reading is lenient with
// fields (a missing one has its default, an unknown one is skipped), so that programs and agents of
// neighbouring versions understand each other, and strict with the whole: nullopt means that the
// answer is not of that kind at all.

struct Member {
  std::string name;
  std::string id;  // 32 hex digits
  std::string address;
  std::string status;               // alive, suspect, failed, leaving, left
  std::string incarnation;          // decimal
  std::optional<int64_t> since_us;  // Unix time
  std::vector<std::pair<std::string, std::string>> tags;
  std::optional<double> rtt_ms;
  int64_t health = 0;
  bool self = false;
  std::string json;  // the object as sent, on one line
};

struct Members {
  std::string cluster;
  std::string self;  // id
  uint64_t version = 0;
  std::vector<Member> members;
};
std::optional<Members> ReadMembers(std::string_view body);
std::optional<Member> ReadMember(std::string_view body);
// `body`, a members answer, with `rows` for its members.
std::string WithMembers(std::string_view body, const std::vector<const Member*>& rows);
// What `now` has that `before` has not: each member that is new or differs in more than
// measurements (round trip, health), as one line of JSON; then those no longer listed, with "gone":
// true added.
std::vector<std::string> ChangedMembers(const Members& before, const Members& now);
// The same, names only.
std::vector<std::string> ChangedNames(const Members& before, const Members& now);

struct Differing {
  std::string name;
  std::optional<int64_t> since_us;
};

// The datastore, as the agent gets along with it.
struct StoreState {
  std::string kind;   // none, sqlite, redis, postgresql; empty: the agent does not say
  std::string url;    // without secrets
  std::string state;  // off, starting, ok, failing
  std::string error;
  std::optional<int64_t> since_us;  // Unix times
  int64_t rows = 0;
  std::optional<int64_t> last_refresh_us, next_refresh_us;

  bool fails() const { return state == "failing"; }
};

struct AgentStatus {
  std::string name, id, cluster, program_version, address, profile;
  std::vector<std::string> api;
  std::optional<int64_t> started_us;
  int64_t tolerance_ms = 0;
  std::vector<std::pair<std::string, int64_t>> members;  // status, count
  uint64_t view_version = 0;
  std::string view_digest;
  std::optional<int64_t> view_changed_us;
  int64_t peers = 0;
  int64_t agreeing = 0;
  std::vector<Differing> differing;
  int64_t health = 0;
  bool isolated = false;
  bool probation = false;
  bool ready = false;
  std::string join_state;  // joined, joining, alone
  std::string join_error;
  std::vector<std::pair<std::string, int64_t>> rejected;  // reason, count
  double lag_p50_ms = 0;
  double lag_p99_ms = 0;
  int64_t udp_packets_out = 0, udp_packets_in = 0, udp_bytes_out = 0, udp_bytes_in = 0;
  int64_t tcp_bytes_out = 0, tcp_bytes_in = 0;
  StoreState store;

  // All peers that this agent hears from have its view, and it is not still on its way in.
  bool agrees() const { return agreeing >= peers && join_state != "joining"; }
};
std::optional<AgentStatus> ReadStatus(std::string_view body);

struct JoinResult {
  std::string address;
  bool ok = false;
  std::string error;
};
struct JoinAnswer {
  int64_t joined = 0;
  std::vector<JoinResult> results;
  std::vector<std::string> lines;  // each result's object, on one line
};
std::optional<JoinAnswer> ReadJoin(std::string_view body);
std::string JoinBody(const std::vector<std::string>& addresses);

struct LeaveAnswer {
  int64_t asked = 0;
  int64_t confirmed = 0;
};
std::optional<LeaveAnswer> ReadLeave(std::string_view body);

struct ReachabilityAnswer {
  int64_t asked = 0;
  int64_t answered = 0;
  std::vector<Member> missing;  // name, id, address, status, json
};
std::optional<ReachabilityAnswer> ReadReachability(std::string_view body);

struct PresenceRow {
  std::string name, id, address, incarnation, agent;
  std::vector<std::pair<std::string, std::string>> tags;
  std::optional<int64_t> created_us, expires_us;  // Unix times
  int64_t age_ms = 0;                             // since its last refresh
  std::string status;                             // as a member's, or unknown
  bool self = false;
  std::string json;  // the object as sent, on one line
};
struct PresenceAnswer {
  StoreState store;
  std::vector<PresenceRow> rows;
};
std::optional<PresenceAnswer> ReadPresence(std::string_view body);

struct PurgeAnswer {
  int64_t removed = 0;
  std::vector<PresenceRow> rows;  // those removed: name, id, address, status
};
std::optional<PurgeAnswer> ReadPurge(std::string_view body);

struct Event {
  std::string time;
  std::string type;
  std::string name;  // of the member it is about
  std::string id;
  std::string address;
  std::string from, to;  // status before and after
  std::vector<std::string> by;
  std::string reason;
  // In words, of an event that is about no member: "3 members", "hears nobody".
  std::string fact;
};
std::optional<Event> ReadEvent(std::string_view line);

struct ErrorAnswer {
  std::string code;
  std::string message;
  std::string hint;
};
std::optional<ErrorAnswer> ReadError(std::string_view body);

// A JSON text on one line; unchanged when it is not JSON.
std::string OneLine(std::string_view body);

}  // namespace muster::cli
