#include "src/agent/settings.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "src/agent/address_choice.h"
#include "src/agent/failure.h"
#include "src/base/status_macros.h"
#include "src/base/strings.h"
#include "src/base/version.h"
#include "src/runtime/target.h"
#include "src/store/presence_factory.h"
#include "src/wire/codec.h"
#include "src/wire/limits.h"

namespace muster::agent {
namespace {

std::string Quoted(const char* flag, const std::string& value) {
  return absl::StrCat("bad value for ", flag, ": '", value, "'");
}

absl::StatusOr<Address> ParseAddress(const char* flag, const std::string& value,
                                     uint16_t default_port) {
  const absl::StatusOr<Address> address = Address::Parse(value, default_port);
  if (address.ok()) return *address;
  const std::string fact(address.status().message());
  // The parser's text is "FACT; REMEDY".
  const size_t split = fact.find("; ");
  return UsageError(Quoted(flag, value), fact.substr(0, split),
                    split == std::string::npos ? "write IP or IP:PORT" : fact.substr(split + 2));
}

absl::StatusOr<Duration> ParseTime(const char* flag, const std::string& value) {
  Duration parsed;
  if (ParseDuration(value, &parsed) && parsed > Duration::Zero()) return parsed;
  return UsageError(Quoted(flag, value), "it is no span of time above zero",
                    "write a number and its unit: 500ms, 4s, 2m, 1h");
}

// Bind and advertised address depend on each other: each is the other's default where it can be.
absl::Status ResolveAddresses(const Config& config, const HostFacts& host, Settings* settings) {
  if (!config.bind.empty()) {
    const absl::StatusOr<Address> bind = ParseAddress("--bind", config.bind, kDefaultPort);
    if (!bind.ok()) return bind.status();
    settings->bind = *bind;
  }
  const uint16_t port = config.bind.empty() ? kDefaultPort : settings->bind.port();
  if (!config.advertise.empty()) {
    const absl::StatusOr<Address> advertise = ParseAddress("--advertise", config.advertise, port);
    if (!advertise.ok()) return advertise.status();
    if (advertise->is_unspecified() || advertise->is_link_local()) {
      return UsageError(Quoted("--advertise", config.advertise),
                        "other hosts cannot dial that address",
                        "name the address under which they reach this host");
    }
    settings->advertise = *advertise;
  }
  if (config.bind.empty()) {
    if (settings->advertise.is_loopback()) {
      settings->bind = settings->advertise;
    } else if (settings->advertise.is_set() && !settings->advertise.is_v4()) {
      settings->bind = Address::V6({}, kDefaultPort);
    } else {
      settings->bind = Address::V4(0, kDefaultPort);
    }
  }
  if (config.advertise.empty()) {
    if (!settings->bind.is_unspecified()) {
      settings->advertise = settings->bind;
    } else {
      const absl::StatusOr<AddressChoice> choice =
          ChooseAddress(host.addresses, settings->bind.is_v4());
      if (!choice.ok()) return choice.status();
      settings->advertise = choice->address.WithPort(settings->bind.port());
      settings->notes.push_back(
          absl::StrCat("advertising ", settings->advertise.ToString(), " of ", choice->why));
    }
  }
  if (settings->bind.is_v4() && !settings->advertise.is_v4()) {
    return UsageError(absl::StrCat("cannot advertise ", settings->advertise.ToString()),
                      absl::StrCat("--bind ", settings->bind.ToString(), " listens on IPv4 alone"),
                      "bind an IPv6 address, or [::] for both");
  }
  if (settings->advertise.port() != settings->bind.port()) {
    settings->notes.push_back(absl::StrCat("listening on port ", settings->bind.port(),
                                           " but advertising port ", settings->advertise.port(),
                                           ": something must forward UDP and TCP between them"));
  }
  return absl::OkStatus();
}

// An IP as a part of a name or path: IPv6's colons are not allowed there.
std::string IpAsWord(const Address& address) {
  std::string text = address.IpToString();
  std::replace(text.begin(), text.end(), ':', '-');
  return text;
}

absl::Status ResolveNames(const Config& config, const HostFacts& host, Settings* settings) {
  settings->name = config.name;
  if (config.name.empty()) {
    settings->name = host.host_name;
    if (settings->advertise.is_loopback()) {
      absl::StrAppend(&settings->name, "-", IpAsWord(settings->advertise));
    }
  }
  if (!wire::IsValidName(settings->name)) {
    return UsageError(
        config.name.empty()
            ? absl::StrCat("the host's name does not do as a member's: '", settings->name, "'")
            : Quoted("--name", config.name),
        "a name has 1 to 128 letters, digits, '-', '.' and '_'", "give one with --name NAME");
  }
  settings->cluster = config.cluster;
  if (config.cluster.empty() || config.cluster.size() > wire::limits::kClusterBytesMax ||
      std::any_of(config.cluster.begin(), config.cluster.end(),
                  [](char c) { return c < ' ' || c == 0x7f; })) {
    return UsageError(Quoted("--cluster", config.cluster),
                      absl::StrCat("a cluster's name has 1 to ", wire::limits::kClusterBytesMax,
                                   " printable characters"),
                      "use the same short word on all its hosts");
  }
  return absl::OkStatus();
}

absl::Status ResolveJoin(const Config& config, Settings* settings) {
  for (const std::string& peer : config.join) {
    const absl::StatusOr<runtime::Target> target = runtime::Target::Parse(peer);
    if (!target.ok()) {
      return UsageError(Quoted("--join", peer), ToStd(target.status().message()),
                        "write a peer's IP, IP:PORT, NAME or NAME:PORT");
    }
    settings->seeds.push_back(peer);
  }
  if (config.join_timeout.empty()) return absl::OkStatus();
  const absl::StatusOr<Duration> limit = ParseTime("--join-timeout", config.join_timeout);
  if (!limit.ok()) return limit.status();
  settings->join_timeout = *limit;
  return absl::OkStatus();
}

absl::Status ResolveTiming(const Config& config, Settings* settings) {
  if (!core::ParseProfile(config.profile, &settings->profile).ok()) {
    return UsageError(Quoted("--profile", config.profile), "there is no such profile",
                      "use local (one rack), lan (one site) or wan (between sites)");
  }
  core::Options& options = settings->options;
  options = core::Options::For(settings->profile);
  if (!config.tolerance.empty()) {
    const absl::StatusOr<Duration> tolerance = ParseTime("--tolerance", config.tolerance);
    if (!tolerance.ok()) return tolerance.status();
    options.tolerance = *tolerance;
    // A tighter tolerance needs more frequent probes to be kept; a wider one only saves nothing.
    options.period =
        std::max(std::min(options.period, options.tolerance / 4), Duration::Millis(50));
  }
  options.batching = !config.no_batch;
  if (!config.max_members.empty() && !absl::SimpleAtoi(config.max_members, &options.members_max)) {
    return UsageError(Quoted("--max-members", config.max_members), "it is no whole number",
                      "write the most members the cluster may have, for instance 20000");
  }
  const bool known_range = options.members_max >= 1 && options.members_max <= 1'000'000;
  if (const absl::Status valid = options.Validate(); !valid.ok()) {
    return known_range ? UsageError(Quoted("--tolerance", config.tolerance), ToStd(valid.message()),
                                    "choose a value in that range")
                       : UsageError(Quoted("--max-members", config.max_members),
                                    "it must be from 1 to 1000000", "choose a value in that range");
  }
  return absl::OkStatus();
}

absl::Status ResolveTags(const Config& config, Settings* settings) {
  size_t bytes = 0;
  for (const std::string& tag : config.tags) {
    const size_t equals = tag.find('=');
    if (equals == std::string::npos || equals == 0) {
      return UsageError(Quoted("--tag", tag), "it is not of the form KEY=VALUE",
                        "write for instance --tag role=web");
    }
    bytes += tag.size() - 1;
    settings->tags.emplace_back(tag.substr(0, equals), tag.substr(equals + 1));
  }
  wire::Tags& tags = settings->tags;
  std::sort(tags.begin(), tags.end());
  const auto same = std::adjacent_find(
      tags.begin(), tags.end(), [](const auto& a, const auto& b) { return a.first == b.first; });
  if (same != tags.end()) {
    return UsageError(Quoted("--tag", same->first), "the key is given twice",
                      "keep one value for each key");
  }
  if (tags.size() > wire::limits::kTagsMax || bytes > wire::limits::kTagBytesMax) {
    return UsageError(absl::StrCat("too many tags: ", tags.size(), " with ", bytes, " bytes"),
                      absl::StrCat("at most ", wire::limits::kTagsMax, " tags with ",
                                   wire::limits::kTagBytesMax, " bytes of keys and values fit"),
                      "keep what others must know, and the rest elsewhere");
  }
  return absl::OkStatus();
}

// The rules of the codec, which also other agents apply: what breaks them would never be admitted.
absl::Status CheckAttributes(const Settings& settings) {
  wire::Attributes attributes;
  attributes.name = settings.name;
  attributes.address = settings.advertise;
  attributes.tags = settings.tags;
  attributes.boot = 1;
  attributes.tolerance_ms = static_cast<uint32_t>(settings.options.tolerance.millis());
  attributes.agent = kVersion;
  const std::string broken = wire::CheckAttributes(attributes);
  if (broken.empty()) return absl::OkStatus();
  return UsageError("the name, address or tags would be refused by other agents", broken,
                    "change --name, --advertise or --tag");
}

absl::Status ResolvePaths(const Config& config, const HostFacts& host, Settings* settings) {
  settings->data_dir = FromUserFolder(config.data_dir);
  if (config.data_dir.empty()) {
    if (host.data_base.empty()) {
      return absl::FailedPreconditionError(
          "no folder to keep this agent's data in\nneither HOME nor XDG_STATE_HOME is set\n"
          "name one with --data-dir DIR");
    }
    settings->data_dir = host.data_base;
    if (settings->advertise.is_loopback()) {
      absl::StrAppend(&settings->data_dir, "/", IpAsWord(settings->advertise), "_",
                      settings->advertise.port());
    }
  }
  settings->socket_path =
      config.socket.empty() ? settings->data_dir + "/agent.sock" : FromUserFolder(config.socket);
  if (settings->socket_path.size() > kSocketPathBytesMax) {
    return UsageError(
        absl::StrCat("the path of the API socket is too long: ", settings->socket_path),
        absl::StrCat("it has ", settings->socket_path.size(),
                     " bytes; a unix socket's has at most ", kSocketPathBytesMax),
        "choose a shorter one with --socket PATH, for instance in /run");
  }
  settings->socket_group = config.socket_group;
  if (!config.socket_group.empty()) {
    settings->group_id = FindGroup(config.socket_group);
    if (!settings->group_id) {
      return UsageError(Quoted("--socket-group", config.socket_group),
                        "this host has no such group",
                        "see `getent group`, or create it with groupadd");
    }
  }
  settings->log_file = FromUserFolder(config.log_file);
  return absl::OkStatus();
}

absl::Status ResolveRecordTtl(const Config& config, Settings* settings) {
  const absl::StatusOr<Duration> ttl = ParseTime("--record-ttl", config.record_ttl);
  if (!ttl.ok()) return ttl.status();
  settings->record_ttl = *ttl;
  if (*ttl < kRecordTtlMin || *ttl > kRecordTtlMax) {
    return UsageError(Quoted("--record-ttl", config.record_ttl),
                      "a record lives for 60s to 720h after its last refresh",
                      "choose a time in that range, for instance 1h");
  }
  return absl::OkStatus();
}

absl::Status ResolveDatastore(const Config& config, Settings* settings) {
  settings->datastore_file = FromUserFolder(config.datastore_file);
  if (!config.datastore_file.empty()) {
    if (!config.datastore.empty()) {
      return UsageError("both --datastore and --datastore-file are given",
                        "each names the datastore", "keep one of them");
    }
    // Not shown: it may hold a password.
    if (config.datastore_file.find("://") != std::string::npos) {
      return UsageError("bad value for --datastore-file", "it is a URL, and no file that holds one",
                        "write the URL into a file, or name it with --datastore URL");
    }
    return absl::OkStatus();
  }
  const std::string text =
      config.datastore.empty() ? "sqlite:" + settings->data_dir + "/presence.db" : config.datastore;
  absl::StatusOr<store::DatastoreUrl> url = store::ParseDatastoreUrl(text, FromUserFolder);
  if (!url.ok()) {
    // The value may hold a password: the parser's text says what of it may be shown.
    const std::string fact(url.status().message());
    const size_t split = fact.find("; ");
    return UsageError("bad value for --datastore", fact.substr(0, split),
                      split == std::string::npos
                          ? "write sqlite:PATH, redis://..., postgresql://... or none"
                          : fact.substr(split + 2));
  }
  settings->datastore = *std::move(url);
  return absl::OkStatus();
}

absl::Status ResolveHttp(const Config& config, Settings* settings) {
  if (config.http.empty()) return absl::OkStatus();
  std::string text = config.http;
  constexpr std::string_view kLocal = "localhost:";
  if (text.starts_with(kLocal)) text = "127.0.0.1:" + text.substr(kLocal.size());
  const absl::StatusOr<Address> address = ParseAddress("--http", text, 0);
  if (!address.ok()) return address.status();
  if (address->port() == 0) {
    return UsageError(Quoted("--http", config.http), "it has no port",
                      "write IP:PORT, for instance 127.0.0.1:7980");
  }
  settings->http = *address;
  return absl::OkStatus();
}

absl::Status ResolveLogging(const Config& config, Settings* settings) {
  constexpr std::pair<std::string_view, LogLevel> kLevels[] = {{"debug", LogLevel::kDebug},
                                                               {"info", LogLevel::kInfo},
                                                               {"warning", LogLevel::kWarning},
                                                               {"error", LogLevel::kError}};
  const auto* level =
      std::find_if(std::begin(kLevels), std::end(kLevels),
                   [&config](const auto& entry) { return entry.first == config.log_level; });
  if (level == std::end(kLevels)) {
    return UsageError(Quoted("--log-level", config.log_level), "there is no such level",
                      "use debug, info, warning or error");
  }
  settings->log_level = level->second;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Settings> ResolveSettings(const Config& config, const HostFacts& host) {
  Settings settings;
  MUSTER_RETURN_IF_ERROR(ResolveAddresses(config, host, &settings));
  MUSTER_RETURN_IF_ERROR(ResolveNames(config, host, &settings));
  MUSTER_RETURN_IF_ERROR(ResolveJoin(config, &settings));
  MUSTER_RETURN_IF_ERROR(ResolveTiming(config, &settings));
  MUSTER_RETURN_IF_ERROR(ResolveTags(config, &settings));
  MUSTER_RETURN_IF_ERROR(CheckAttributes(settings));
  MUSTER_RETURN_IF_ERROR(ResolvePaths(config, host, &settings));
  MUSTER_RETURN_IF_ERROR(ResolveRecordTtl(config, &settings));
  MUSTER_RETURN_IF_ERROR(ResolveDatastore(config, &settings));
  MUSTER_RETURN_IF_ERROR(ResolveHttp(config, &settings));
  MUSTER_RETURN_IF_ERROR(ResolveLogging(config, &settings));
  return settings;
}

absl::StatusOr<Settings> ResolveTimes(const Config& config) {
  Settings settings;
  MUSTER_RETURN_IF_ERROR(ResolveJoin(config, &settings));
  MUSTER_RETURN_IF_ERROR(ResolveTiming(config, &settings));
  MUSTER_RETURN_IF_ERROR(ResolveRecordTtl(config, &settings));
  return settings;
}

std::vector<std::string> FixedDifferences(const Settings& running, const Settings& wanted) {
  std::vector<std::string> names;
  const auto compare = [&names](const char* name, bool same) {
    if (!same) names.push_back(name);
  };
  compare("name", running.name == wanted.name);
  compare("cluster", running.cluster == wanted.cluster);
  compare("bind", running.bind == wanted.bind);
  compare("advertise", running.advertise == wanted.advertise);
  compare("join", running.seeds == wanted.seeds);
  compare("join-timeout", running.join_timeout == wanted.join_timeout);
  compare("profile", running.profile == wanted.profile);
  compare("tolerance", running.options.tolerance == wanted.options.tolerance);
  compare("max-members", running.options.members_max == wanted.options.members_max);
  compare("no-batch", running.options.batching == wanted.options.batching);
  compare("data-dir", running.data_dir == wanted.data_dir);
  compare("datastore", running.datastore == wanted.datastore);
  compare("datastore-file", running.datastore_file == wanted.datastore_file);
  compare("record-ttl", running.record_ttl == wanted.record_ttl);
  compare("socket", running.socket_path == wanted.socket_path);
  compare("socket-group", running.socket_group == wanted.socket_group);
  compare("http", running.http == wanted.http);
  return names;
}

}  // namespace muster::agent
