#include "src/cli/answers.h"

#include <map>

#include "src/cli/json.h"
#include "src/cli/text.h"

namespace muster::cli {
namespace {

std::optional<int64_t> TimeField(const Json& json, const char* key) {
  return ParseTimestamp(StringField(json, key));
}

std::vector<std::pair<std::string, std::string>> TagsOf(const Json& json) {
  std::vector<std::pair<std::string, std::string>> tags;
  const Json& object = Field(json, "tags");
  if (!object.is_object()) return tags;
  for (const auto& [key, value] : object.items()) {
    tags.emplace_back(key, value.is_string() ? value.get<std::string>() : DumpJson(value));
  }
  return tags;
}

Member ToMember(const Json& json) {
  Member member;
  member.name = StringField(json, "name");
  member.id = StringField(json, "id");
  member.address = StringField(json, "address");
  member.status = StringField(json, "status");
  member.incarnation = StringField(json, "incarnation");
  member.since_us = TimeField(json, "since");
  member.tags = TagsOf(json);
  if (Field(json, "rtt_ms").is_number()) member.rtt_ms = NumberField(json, "rtt_ms");
  member.health = IntField(json, "health");
  member.self = BoolField(json, "self");
  member.json = DumpJson(json);
  return member;
}

std::vector<std::pair<std::string, int64_t>> Counts(const Json& json) {
  std::vector<std::pair<std::string, int64_t>> counts;
  if (!json.is_object()) return counts;
  for (const auto& item : json.items()) {
    counts.emplace_back(item.key(), IntField(json, item.key().c_str()));
  }
  return counts;
}

std::vector<std::string> Strings(const Json& json) {
  std::vector<std::string> strings;
  if (!json.is_array()) return strings;
  for (const Json& item : json) {
    if (item.is_string()) strings.push_back(item.get<std::string>());
  }
  return strings;
}

StoreState ToStore(const Json& json) {
  StoreState store;
  store.kind = StringField(json, "kind");
  store.url = StringField(json, "url");
  store.state = StringField(json, "state");
  store.error = StringField(json, "error");
  store.since_us = TimeField(json, "since");
  store.rows = IntField(json, "rows");
  store.last_refresh_us = TimeField(json, "last_refresh");
  store.next_refresh_us = TimeField(json, "next_refresh");
  return store;
}

std::vector<PresenceRow> ToRows(const Json& list) {
  std::vector<PresenceRow> rows;
  if (!list.is_array()) return rows;
  for (const Json& json : list) {
    PresenceRow row;
    row.name = StringField(json, "name");
    row.id = StringField(json, "id");
    row.address = StringField(json, "address");
    row.incarnation = StringField(json, "incarnation");
    row.agent = StringField(json, "agent");
    row.tags = TagsOf(json);
    row.created_us = TimeField(json, "created");
    row.expires_us = TimeField(json, "expires");
    row.age_ms = IntField(json, "age_ms");
    row.status = StringField(json, "status");
    row.self = BoolField(json, "self");
    row.json = DumpJson(json);
    rows.push_back(std::move(row));
  }
  return rows;
}

// What makes two answers about one member different facts.
std::string Facts(const Member& member) {
  std::string facts = member.name + '\n' + member.address + '\n' + member.status + '\n' +
                      member.incarnation + '\n' + (member.self ? "self" : "");
  for (const auto& [key, value] : member.tags) facts += '\n' + key + '=' + value;
  return facts;
}

// Calls `changed` with each member that is new or different, then `gone` with those of before.
template <typename Changed, typename Gone>
void Compare(const Members& before, const Members& now, Changed changed, Gone gone) {
  std::map<std::string, std::string> known;
  for (const Member& member : before.members) known[member.id] = Facts(member);
  for (const Member& member : now.members) {
    const auto it = known.find(member.id);
    if (it == known.end() || it->second != Facts(member)) changed(member);
    if (it != known.end()) known.erase(it);
  }
  for (const Member& member : before.members) {
    if (known.contains(member.id)) gone(member);
  }
}

}  // namespace

std::optional<Members> ReadMembers(std::string_view body) {
  const std::optional<Json> json = ParseJson(body);
  if (!json || !Field(*json, "members").is_array()) return std::nullopt;
  Members answer;
  answer.cluster = StringField(*json, "cluster");
  answer.self = StringField(*json, "self");
  answer.version = static_cast<uint64_t>(IntField(*json, "version"));
  for (const Json& member : Field(*json, "members")) answer.members.push_back(ToMember(member));
  return answer;
}

std::optional<Member> ReadMember(std::string_view body) {
  const std::optional<Json> json = ParseJson(body);
  if (!json || !Field(*json, "status").is_string()) return std::nullopt;
  return ToMember(*json);
}

std::string WithMembers(std::string_view body, const std::vector<const Member*>& rows) {
  std::optional<Json> json = ParseJson(body);
  if (!json || !json->is_object()) return std::string(body);
  Json members = Json::array();
  for (const Member* row : rows) members.push_back(ParseJson(row->json).value_or(Json()));
  (*json)["members"] = std::move(members);
  return DumpJson(*json);
}

std::vector<std::string> ChangedMembers(const Members& before, const Members& now) {
  std::vector<std::string> lines;
  Compare(
      before, now, [&](const Member& member) { lines.push_back(member.json); },
      [&](const Member& member) {
        Json json = ParseJson(member.json).value_or(Json::object());
        json["gone"] = true;
        lines.push_back(DumpJson(json));
      });
  return lines;
}

std::vector<std::string> ChangedNames(const Members& before, const Members& now) {
  std::vector<std::string> names;
  const auto add = [&](const Member& member) { names.push_back(member.name); };
  Compare(before, now, add, add);
  return names;
}

std::optional<AgentStatus> ReadStatus(std::string_view body) {
  const std::optional<Json> json = ParseJson(body);
  if (!json || !Field(*json, "view").is_object()) return std::nullopt;
  AgentStatus status;
  status.name = StringField(*json, "name");
  status.id = StringField(*json, "id");
  status.cluster = StringField(*json, "cluster");
  status.program_version = StringField(*json, "version");
  status.address = StringField(*json, "address");
  status.profile = StringField(*json, "profile");
  status.api = Strings(Field(*json, "api"));
  status.started_us = TimeField(*json, "started");
  status.tolerance_ms = IntField(*json, "tolerance_ms");
  status.members = Counts(Field(*json, "members"));

  const Json& view = Field(*json, "view");
  status.view_version = static_cast<uint64_t>(IntField(view, "version"));
  status.view_digest = StringField(view, "digest");
  status.view_changed_us = TimeField(view, "changed");

  const Json& agreement = Field(*json, "agreement");
  status.peers = IntField(agreement, "peers");
  status.agreeing = IntField(agreement, "agreeing");
  for (const auto& item : Field(agreement, "differing").items()) {
    status.differing.push_back(
        {StringField(item.value(), "name"), TimeField(item.value(), "since")});
  }
  status.health = IntField(*json, "health");
  status.isolated = BoolField(*json, "isolated");
  status.probation = BoolField(*json, "probation");
  status.ready = BoolField(*json, "ready");
  status.join_state = StringField(Field(*json, "join"), "state");
  status.join_error = StringField(Field(*json, "join"), "last_error");
  status.rejected = Counts(Field(*json, "rejected"));
  status.lag_p50_ms = NumberField(Field(*json, "loop_lag_ms"), "p50");
  status.lag_p99_ms = NumberField(Field(*json, "loop_lag_ms"), "p99");

  const Json& traffic = Field(*json, "traffic");
  status.udp_packets_out = IntField(traffic, "udp_packets_out");
  status.udp_packets_in = IntField(traffic, "udp_packets_in");
  status.udp_bytes_out = IntField(traffic, "udp_bytes_out");
  status.udp_bytes_in = IntField(traffic, "udp_bytes_in");
  status.tcp_bytes_out = IntField(traffic, "tcp_bytes_out");
  status.tcp_bytes_in = IntField(traffic, "tcp_bytes_in");
  status.store = ToStore(Field(*json, "store"));
  return status;
}

std::optional<JoinAnswer> ReadJoin(std::string_view body) {
  const std::optional<Json> json = ParseJson(body);
  if (!json || !Field(*json, "results").is_array()) return std::nullopt;
  JoinAnswer answer;
  answer.joined = IntField(*json, "joined");
  for (const Json& result : Field(*json, "results")) {
    answer.results.push_back(
        {StringField(result, "address"), BoolField(result, "ok"), StringField(result, "error")});
    answer.lines.push_back(DumpJson(result));
  }
  return answer;
}

std::string JoinBody(const std::vector<std::string>& addresses) {
  Json json;
  json["addresses"] = addresses;
  return DumpJson(json);
}

std::optional<LeaveAnswer> ReadLeave(std::string_view body) {
  const std::optional<Json> json = ParseJson(body);
  if (!json || !json->contains("confirmed")) return std::nullopt;
  return LeaveAnswer{IntField(*json, "asked"), IntField(*json, "confirmed")};
}

std::optional<ReachabilityAnswer> ReadReachability(std::string_view body) {
  const std::optional<Json> json = ParseJson(body);
  if (!json || !Field(*json, "missing").is_array()) return std::nullopt;
  ReachabilityAnswer answer;
  answer.asked = IntField(*json, "asked");
  answer.answered = IntField(*json, "answered");
  for (const Json& member : Field(*json, "missing")) answer.missing.push_back(ToMember(member));
  return answer;
}

std::optional<PresenceAnswer> ReadPresence(std::string_view body) {
  const std::optional<Json> json = ParseJson(body);
  if (!json || !Field(*json, "rows").is_array()) return std::nullopt;
  return PresenceAnswer{ToStore(Field(*json, "store")), ToRows(Field(*json, "rows"))};
}

std::optional<PurgeAnswer> ReadPurge(std::string_view body) {
  const std::optional<Json> json = ParseJson(body);
  if (!json || !json->contains("removed")) return std::nullopt;
  return PurgeAnswer{IntField(*json, "removed"), ToRows(Field(*json, "rows"))};
}

namespace {

// What an event says besides its member; empty for one that says nothing more.
std::string FactOf(const Json& event) {
  const Json& members = Field(event, "members");
  if (members.is_array()) {
    return std::to_string(members.size()) + (members.size() == 1 ? " member" : " members");
  }
  if (event.contains("detail")) return StringField(event, "detail");
  const auto says = [&event](const char* key, const char* yes, const char* no) {
    return BoolField(event, key) ? yes : no;
  };
  if (event.contains("agreeing")) return says("agreeing", "all peers agree", "some peers differ");
  if (event.contains("isolated")) return says("isolated", "hears nobody", "hears others again");
  if (event.contains("probation")) {
    return says("probation", "the others hold this agent failed until it is well", "back");
  }
  if (event.contains("health")) return std::to_string(IntField(event, "health")) + " (0 is good)";
  if (event.contains("missed")) return StringField(event, "missed") + " events were missed";
  return "";
}

}  // namespace

std::optional<Event> ReadEvent(std::string_view line) {
  const std::optional<Json> json = ParseJson(line);
  if (!json || !Field(*json, "type").is_string()) return std::nullopt;
  Event event;
  event.time = StringField(*json, "time");
  event.type = StringField(*json, "type");
  const Json& member = Field(*json, "member");
  event.name = StringField(member, "name");
  event.id = StringField(member, "id");
  event.address = StringField(member, "address");
  event.from = StringField(*json, "from");
  event.to = StringField(*json, "to");
  event.by = Strings(Field(*json, "by"));
  event.reason = StringField(*json, "reason");
  event.fact = FactOf(*json);
  return event;
}

std::optional<ErrorAnswer> ReadError(std::string_view body) {
  const std::optional<Json> json = ParseJson(body);
  if (!json || !Field(*json, "error").is_object()) return std::nullopt;
  const Json& error = Field(*json, "error");
  return ErrorAnswer{StringField(error, "code"), StringField(error, "message"),
                     StringField(error, "hint")};
}

std::string OneLine(std::string_view body) {
  const std::optional<Json> json = ParseJson(body);
  return json ? DumpJson(*json) : std::string(Trim(body));
}

}  // namespace muster::cli
