#include "src/api/shapes.h"

#include <cmath>
#include <cstdio>
#include <ctime>

#include "src/api/presence_shapes.h"
#include "src/wire/codec.h"

namespace muster::api {
namespace {

std::string Hex64(uint64_t value) {
  char text[17];
  std::snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(value));
  return text;
}

// Milliseconds with three digits: what a clock of microseconds knows.
double Round3(double ms) { return std::round(ms * 1000) / 1000; }

const char* JoinStateName(core::JoinState state) {
  switch (state) {
    case core::JoinState::kJoined:
      return "joined";
    case core::JoinState::kJoining:
      return "joining";
    case core::JoinState::kAlone:
      return "alone";
  }
  return "alone";
}

// The names of all members whose id begins with these 32 bits: one, unless two ids collide.
Json AccuserNames(const Backend& backend, uint32_t by) {
  Json names = Json::array();
  if (by == 0) return names;
  for (size_t i = 0; i < backend.size(); ++i) {
    if (backend.member(i).id.hi >> 32 == by) names.push_back(backend.DisplayName(i));
  }
  return names;
}

Json EventMember(const Backend& backend, const core::Event& event) {
  const int64_t index = backend.IndexOf(event.member);
  const bool has_record = static_cast<bool>(event.record);
  std::string shown = has_record ? event.record->attributes.name : "";
  if (index >= 0) shown = backend.DisplayName(static_cast<size_t>(index));
  return MemberReference(shown, event.member,
                         has_record ? event.record->attributes.address : Address());
}

void AddMemberEvent(const Backend& backend, const core::Event& event, Json* json) {
  const bool is_new = event.type == core::EventType::kMemberJoined;
  const bool is_gone = event.type == core::EventType::kMemberReaped;
  (*json)["member"] = EventMember(backend, event);
  (*json)["from"] = is_new ? Json(nullptr) : Json(wire::StateName(event.from));
  (*json)["to"] = is_gone ? Json(nullptr) : Json(wire::StateName(event.to));
  (*json)["incarnation"] = std::to_string(event.incarnation.raw());
  (*json)["by"] = AccuserNames(backend, event.by);
  (*json)["reason"] = wire::ReasonText(event.reason);
  (*json)["batch"] = std::to_string(event.batch);
}

}  // namespace

Json AddressOrNull(const Address& address) {
  return address.is_set() ? Json(address.ToString()) : Json(nullptr);
}

Json EventStart(const EventFrame& frame, const char* type) {
  Json json;
  json["id"] = frame.id;
  json["time"] = FormatTime(frame.time_us);
  json["type"] = type;
  return json;
}

Json RttShape(Duration rtt) {
  if (rtt <= Duration::Zero()) return nullptr;
  return Round3(static_cast<double>(rtt.micros()) / 1000);
}

std::string FormatTime(int64_t unix_us) {
  int64_t ms = unix_us / 1000;
  if (unix_us < 0) ms = 0;
  const time_t seconds = static_cast<time_t>(ms / 1000);
  tm parts{};
  gmtime_r(&seconds, &parts);
  char date[32];
  std::strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &parts);
  char text[48];
  std::snprintf(text, sizeof(text), "%s.%03dZ", date, static_cast<int>(ms % 1000));
  return text;
}

Json MemberReference(std::string_view shown, const HostId& id, const Address& address) {
  Json json;
  json["name"] = shown;
  json["id"] = id.ToHex();
  json["address"] = AddressOrNull(address);
  return json;
}

Json MemberShape(const Member& member, std::string_view shown) {
  Json json = MemberReference(shown, member.id, member.address);
  json["status"] = wire::StateName(member.state);
  json["incarnation"] = std::to_string(member.incarnation.raw());
  json["since"] = FormatTime(member.since_us);
  Json tags = Json::object();
  for (const auto& [key, value] : *member.tags) tags[key] = value;
  json["tags"] = std::move(tags);
  json["rtt_ms"] = RttShape(member.rtt);
  json["health"] = member.health;
  json["self"] = member.is_self;
  return json;
}

Json MembersShape(const Backend& backend) {
  Json json;
  json["cluster"] = backend.cluster();
  json["self"] = backend.self().ToHex();
  json["version"] = std::to_string(backend.version());
  json["members"] = Json::array();
  return json;
}

std::string DumpWithList(const Json& frame, std::string_view key, size_t size,
                         const std::function<Json(size_t)>& item) {
  const std::string empty_list = "\"" + std::string(key) + "\":[]";
  const std::string text = DumpJson(frame);
  // Inside a string of the frame the quotes would be escaped, so the first hit is the field.
  const size_t at = text.find(empty_list) + empty_list.size() - 1;
  std::string out = text.substr(0, at);
  for (size_t i = 0; i < size; ++i) {
    if (i > 0) out.push_back(',');
    out += DumpJson(item(i));
  }
  return out.append(text, at);
}

std::string DumpWithMembers(const Json& frame, const std::vector<Listed>& members) {
  return DumpWithList(frame, "members", members.size(), [&members](size_t i) {
    return MemberShape(members[i].member, members[i].shown);
  });
}

namespace {

Json CountsShape(const StatusView& status) {
  Json json;
  for (const wire::State state : {wire::State::kAlive, wire::State::kSuspect, wire::State::kFailed,
                                  wire::State::kLeaving, wire::State::kLeft}) {
    json[wire::StateName(state)] = status.counts[static_cast<size_t>(state)];
  }
  return json;
}

Json AgreementShape(const StatusView& status) {
  Json json;
  json["peers"] = status.peers;
  json["agreeing"] = status.agreeing;
  json["differing"] = Json::array();
  for (const StatusView::Differing& peer : status.differing) {
    json["differing"].push_back({{"name", peer.name}, {"since", FormatTime(peer.since_us)}});
  }
  return json;
}

Json RejectedShape(const StatusView& status) {
  Json json = Json::object();
  for (size_t i = 1; i < status.rejected.size(); ++i) {
    json[wire::RejectName(static_cast<wire::Reject>(i))] = status.rejected[i];
  }
  return json;
}

Json TrafficShape(const StatusView& status) {
  Json json;
  json["udp_packets_out"] = std::to_string(status.udp_packets_out);
  json["udp_packets_in"] = std::to_string(status.udp_packets_in);
  json["udp_bytes_out"] = std::to_string(status.udp_bytes_out);
  json["udp_bytes_in"] = std::to_string(status.udp_bytes_in);
  json["tcp_bytes_out"] = std::to_string(status.tcp_bytes_out);
  json["tcp_bytes_in"] = std::to_string(status.tcp_bytes_in);
  return json;
}

}  // namespace

Json StatusShape(const Backend& backend, const RunFacts& facts, int64_t changed_us) {
  const StatusView status = backend.status();
  const int64_t self = backend.IndexOf(backend.self());
  Json json;
  json["name"] = self < 0 ? std::string() : backend.DisplayName(static_cast<size_t>(self));
  json["id"] = backend.self().ToHex();
  json["cluster"] = backend.cluster();
  json["version"] = facts.info.version;
  json["started"] = FormatTime(facts.info.started_us);
  json["address"] = AddressOrNull(status.address);
  json["api"] = facts.urls;
  json["profile"] = facts.info.profile;
  json["tolerance_ms"] = status.tolerance.millis();
  json["members"] = CountsShape(status);
  json["view"] = {{"version", std::to_string(backend.version())},
                  {"digest", Hex64(status.digest)},
                  {"changed", FormatTime(changed_us)},
                  {"held", status.held}};
  json["agreement"] = AgreementShape(status);
  json["health"] = status.health;
  json["isolated"] = status.isolated;
  json["probation"] = status.probation;
  json["ready"] = ReasonsNotReady(status).empty();
  json["join"] = {{"state", JoinStateName(status.join)},
                  {"last_error",
                   status.last_join_error.empty() ? Json(nullptr) : Json(status.last_join_error)}};
  json["rejected"] = RejectedShape(status);
  json["loop_lag_ms"] = {{"p50", Round3(status.loop_lag_p50_ms)},
                         {"p99", Round3(status.loop_lag_p99_ms)}};
  json["traffic"] = TrafficShape(status);
  json["store"] = StoreShape(backend.presence());
  return json;
}

std::vector<std::string> ReasonsNotReady(const StatusView& status) {
  std::vector<std::string> reasons;
  if (status.isolated) reasons.push_back("isolated");
  if (status.probation) reasons.push_back("on probation");
  if (status.join == core::JoinState::kJoining) reasons.push_back("joining");
  if (status.leaving) reasons.push_back("leaving");
  return reasons;
}

Json ErrorShape(std::string_view code, std::string_view message, std::string_view hint) {
  Json error;
  error["code"] = code;
  error["message"] = message;
  if (!hint.empty()) error["hint"] = hint;
  Json json;
  json["error"] = std::move(error);
  return json;
}

bool IsPublic(core::EventType type) {
  switch (type) {
    case core::EventType::kMemberJoined:
    case core::EventType::kMemberSuspected:
    case core::EventType::kMemberRefuted:
    case core::EventType::kMemberFailed:
    case core::EventType::kMemberLeaving:
    case core::EventType::kMemberLeft:
    case core::EventType::kMemberReturned:
    case core::EventType::kMemberUpdated:
    case core::EventType::kMemberReaped:
    case core::EventType::kConflict:
    case core::EventType::kSelfHealth:
    case core::EventType::kSelfIsolated:
    case core::EventType::kSelfProbation:
    case core::EventType::kAgreement:
      return true;
    default:
      return false;
  }
}

Json EventShape(const Backend& backend, const core::Event& event, const EventFrame& frame) {
  Json json = EventStart(frame, core::EventTypeName(event.type));
  switch (event.type) {
    case core::EventType::kSelfHealth:
      json["health"] = event.value;
      break;
    case core::EventType::kSelfIsolated:
      json["isolated"] = event.value != 0;
      break;
    case core::EventType::kSelfProbation:
      json["probation"] = event.value != 0;
      break;
    case core::EventType::kAgreement:
      json["agreeing"] = event.value != 0;
      break;
    case core::EventType::kConflict:
      json["member"] = EventMember(backend, event);
      json["reason"] = event.detail;
      break;
    default:
      AddMemberEvent(backend, event, &json);
  }
  json["version"] = std::to_string(backend.version());
  if (event.version != 0) json["version"] = std::to_string(event.version);
  return json;
}

Json HelloShape(Json members, const EventFrame& frame) {
  Json json = EventStart(frame, "hello");
  json.update(members);
  return json;
}

Json GapShape(const EventFrame& frame, uint64_t missed) {
  Json json = EventStart(frame, "gap");
  json["missed"] = std::to_string(missed);
  return json;
}

}  // namespace muster::api
