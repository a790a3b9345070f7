#include "src/cli/option_table.h"

#include <charconv>
#include <map>
#include <utility>

namespace muster::cli {
namespace {

std::string SetDuration(const std::string& text, Duration* out) {
  if (ParseDuration(text, out)) return {};
  return "'" + text + "' is not a duration such as 250ms, 10s or 1m";
}

std::string SetCount(const std::string& text, std::optional<int64_t>* out) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) {
    return "'" + text + "' is not a number of members";
  }
  *out = value;
  return {};
}

template <typename Enum>
Setter Choice(std::map<std::string, Enum> choices, Enum* out) {
  return [choices = std::move(choices), out](const std::string& text) -> std::string {
    const auto it = choices.find(text);
    if (it != choices.end()) {
      *out = it->second;
      return {};
    }
    std::string names;
    for (const auto& [name, value] : choices) names += (names.empty() ? "" : ", ") + name;
    return "'" + text + "' is not one of " + names;
  };
}

std::vector<OptionDef> AgentDefs(agent::Config* c) {
  const Layers file = Layers::kEnvironmentAndFile;
  return {
      {"--name", "NAME", "1-128 of letters, digits, -._; default: the host's name", &c->name, file},
      {"--cluster", "NAME", "clusters of different names never merge; default: default",
       &c->cluster, file},
      {"--bind", "IP[:PORT]", "UDP and TCP to listen on; default: 0.0.0.0:7946", &c->bind, file},
      {"--advertise", "IP[:PORT]",
       "what others dial; default: the bind address, or the first private, else public one",
       &c->advertise, file},
      {"--join", "HOST[:PORT]", "a peer, IP or DNS name; repeated: any one that answers is enough",
       &c->join, file},
      {"--join-timeout", "DURATION", "give up joining after this; default: never", &c->join_timeout,
       file},
      {"--profile", "PROFILE", "timing: local, lan (default) or wan", &c->profile, file},
      {"--tolerance", "DURATION", "longest forgiven silence; default: by profile", &c->tolerance,
       file},
      {"--tag", "K=V", "a tag of this member; repeated: at most 32, 512 bytes together", &c->tags,
       file},
      {"--data-dir", "DIR",
       "identity and API socket; default: /var/lib/muster as root, else $XDG_STATE_HOME/muster",
       &c->data_dir, file},
      {"--datastore", "URL",
       "sqlite:PATH, redis://..., postgresql://... or none; default: presence.db in the data "
       "folder",
       &c->datastore, file},
      {"--datastore-file", "FILE", "holds the datastore's URL, to keep its password out of sight",
       &c->datastore_file, file},
      {"--record-ttl", "DURATION", "how long this host's record outlives it; default: 1h",
       &c->record_ttl, file},
      {"--socket", "PATH", "API socket; default: agent.sock in the data folder", &c->socket, file},
      {"--socket-group", "GROUP", "group that may use the API socket", &c->socket_group, file},
      {"--http", "HOST:PORT", "the API on TCP as well, reads only; default: off", &c->http, file},
      {"--max-members", "N", "admission ceiling; default: 20000", &c->max_members, file},
      {"--no-batch", "", "show each change at once, also where many belong together", &c->no_batch,
       file},
      {"--log-level", "LEVEL", "debug, info (default), warning or error", &c->log_level, file},
      {"--log-file", "FILE", "default: standard error", &c->log_file, file},
      {"--config", "FILE", "settings in TOML", &c->config_file, Layers::kEnvironment},
  };
}

std::vector<OptionDef> MembersDefs(MembersOptions* m) {
  return {
      {"NAME-GLOB", "", "", &m->glob},
      {"--status", "LIST", "of these: alive (with suspect), alive!, suspect, failed, leaving, left",
       &m->status},
      {"--tag", "K=REGEX", "whose tag matches as a whole; repeated: all of them", &m->tags},
      {"--sort", "ORDER", "status (default), name, address, since (latest first) or rtt", &m->sort},
      {"--count", "", "print only how many", &m->count},
      {"--expect", "N", "exit code 3 unless exactly so many are listed",
       [m](const std::string& text) { return SetCount(text, &m->expect); }},
      {"-w,--watch", "", "go on, at every change", &m->watch},
      {"--wait-agree", "DURATION",
       "first wait until all peers have the same view; exit code 4 when they do not",
       [m](const std::string& text) {
         Duration limit;
         std::string problem = SetDuration(text, &limit);
         if (problem.empty()) m->wait_agree = limit;
         return problem;
       }},
  };
}

Setter SpanSetter(std::optional<Duration>* out) {
  return [out](const std::string& text) {
    Duration span;
    std::string problem = SetDuration(text, &span);
    if (problem.empty()) *out = span;
    return problem;
  };
}

Setter CountSetter(std::optional<int64_t>* out) {
  return [out](const std::string& text) { return SetCount(text, out); };
}

std::vector<OptionDef> SimDefs(SimOptions* s) {
  return {
      {"--members", "N", "from 2 to 20000; default: 100", CountSetter(&s->members)},
      {"--loss", "PERCENT", "of all packets, as 5%; default: 0%", &s->loss},
      {"--slow", "N", "so many members block now and then; default: none", CountSetter(&s->slow)},
      {"--crash", "N", "so many members crash; default: none", CountSetter(&s->crash)},
      {"--profile", "PROFILE", "timing: local, lan (default) or wan", &s->profile},
      {"--tolerance", "DURATION", "longest forgiven silence; default: by profile", &s->tolerance},
      {"--period", "DURATION", "between two probes of a member; default: by profile", &s->period},
      {"--latency", "DURATION",
       "one way, the median; the 99th percentile is ten times it; default: 50us, 250us or 20ms, by "
       "profile",
       SpanSetter(&s->latency)},
      {"--duration", "DURATION", "virtual time; default: 5m", SpanSetter(&s->duration)},
      {"--seed", "N", "of all that is random; default: 1", CountSetter(&s->seed)},
      {"--scenario", "FILE", "what happens to whom and when, in TOML", &s->scenario},
      {"--report", "FILE", "also write the figures and plots as a page for a browser", &s->report},
  };
}

// The agent's flags, and the circumstances to assume.
std::vector<OptionDef> ExplainDefs(agent::Config* config, ExplainOptions* e) {
  std::vector<OptionDef> defs = {
      {"--members", "N", "so many members are assumed; default: 100", CountSetter(&e->members)},
      {"--loss", "PERCENT", "of all packets, as 5%; default: 0%", &e->loss},
      {"--latency", "DURATION", "one way, the median; default: 50us, 250us or 20ms, by profile",
       SpanSetter(&e->latency)},
  };
  std::vector<OptionDef> settings = AgentDefs(config);
  for (OptionDef& def : settings) defs.push_back(std::move(def));
  return defs;
}

}  // namespace

std::string OptionDef::flag() const { return flags.substr(flags.rfind(',') + 1); }

std::string OptionDef::key() const { return flag().substr(2); }

std::string OptionDef::env() const {
  std::string name = "MUSTER_";
  for (const char c : key()) {
    name += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  }
  return name;
}

std::string CommandDef::group() const {
  const std::string name = text->name;
  const size_t blank = name.find(' ');
  return blank == std::string::npos ? "" : name.substr(0, blank);
}

std::string CommandDef::word() const {
  const std::string name = text->name;
  return name.substr(name.find(' ') + 1);  // npos + 1 is the beginning
}

std::vector<OptionDef> GlobalDefs(GlobalOptions* g) {
  return {
      {"--agent", "URL", "unix:PATH or http://HOST:PORT; default: the one agent of this host",
       &g->agent, Layers::kEnvironment},
      {"--token-file", "FILE", "send the token in it", &g->token_file, Layers::kEnvironment},
      {"-o,--output", "FORMAT", "table (default), wide, json, jsonl or name",
       Choice<Format>({{"table", Format::kTable},
                       {"wide", Format::kWide},
                       {"json", Format::kJson},
                       {"jsonl", Format::kJsonl},
                       {"name", Format::kName}},
                      &g->output.format)},
      {"--no-headers", "", "rows only: no header and no summary", &g->output.no_headers},
      {"--color", "WHEN", "auto (default: on a terminal, unless NO_COLOR), always or never",
       Choice<ColorMode>({{"auto", ColorMode::kAuto},
                          {"always", ColorMode::kAlways},
                          {"never", ColorMode::kNever}},
                         &g->output.color)},
      {"--timeout", "DURATION",
       "how long the command may take (10s; watches and streams: no limit)",
       [g](const std::string& text) {
         g->timeout_given = true;
         return SetDuration(text, &g->timeout);
       }},
      {"-q,--quiet", "", "no talk on standard error, errors only", &g->output.quiet},
      {"-v,--verbose", "", "say what is asked of which agent", &g->output.verbose},
  };
}

std::vector<CommandDef> CommandDefs(CommandLine* line) {
  ForceLeaveOptions* const force = &line->force_leave;
  const Layers none = Layers::kNone;
  return {
      {Command::kAgent, &kAgentText, AgentDefs(&line->agent)},
      {Command::kMembers, &kMembersText, MembersDefs(&line->members)},
      {Command::kMember, &kMemberText, {{"NAME", "", "", &line->member.name, none, true}}},
      {Command::kStatus,
       &kStatusText,
       {{"--check", "", "one line; exit code 3 unless all is in order", &line->status.check}}},
      {Command::kJoin, &kJoinText, {{"ADDR", "", "", &line->join.addresses, none, true}}},
      {Command::kLeave, &kLeaveText, {}},
      {Command::kForceLeave,
       &kForceLeaveText,
       {{"NAME", "", "", &force->name, none, true},
        {"--prune", "", "list it no more", &force->prune},
        {"--evict", "", "even if it is alive: it stops, and may come back when started again",
         &force->evict}}},
      {Command::kWait,
       &kWaitText,
       {{"--for", "CONDITION", "what to wait for", &line->wait.condition, none, true}}},
      {Command::kReachability, &kReachabilityText, {}},
      {Command::kEvents,
       &kEventsText,
       {{"--type", "TYPE", "only events of this type; repeated or with commas: of any of them",
         &line->events.types}}},
      {Command::kPresenceList, &kPresenceListText, {}},
      {Command::kPresencePurge,
       &kPresencePurgeText,
       {{"NAME", "", "", &line->presence_purge.name, none, true}}},
      {Command::kSim, &kSimText, SimDefs(&line->sim)},
      {Command::kExplain, &kExplainText, ExplainDefs(&line->agent, &line->explain)},
  };
}

}  // namespace muster::cli
