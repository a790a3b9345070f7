#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "src/agent/config.h"
#include "src/agent/host_facts.h"
#include "src/base/address.h"
#include "src/base/time.h"
#include "src/core/options.h"
#include "src/store/datastore_url.h"
#include "src/wire/message.h"

namespace muster::agent {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// A Config, checked and complete: every value of the type it is used in, every default worked out,
// every path absolute.
struct Settings {
  std::string name;
  std::string cluster;
  Address bind;
  Address advertise;
  std::vector<std::string> seeds;        // each a valid runtime::Target
  std::optional<Duration> join_timeout;  // unset: for ever
  core::Profile profile = core::Profile::kLan;
  core::Options options;
  wire::Tags tags;  // sorted
  std::string data_dir;
  store::DatastoreUrl datastore;  // unless datastore_file is given; holds secrets
  std::string datastore_file;     // where to read the URL before each connection; empty: nowhere
  Duration record_ttl;
  std::string socket_path;
  std::string socket_group;       // as given
  std::optional<gid_t> group_id;  // of socket_group
  Address http;                   // unset: off
  LogLevel log_level = LogLevel::kInfo;
  std::string log_file;
  std::vector<std::string> notes;  // choices made for the user, to be logged
};

// A record that lives for less than some refreshes would come and go.
inline constexpr Duration kRecordTtlMin = Duration::Seconds(60);
// Beyond this a store would fill with hosts long gone.
inline constexpr Duration kRecordTtlMax = Duration::Seconds(30 * 24 * 3600);

// The longest path that fits a unix socket's address.
inline constexpr size_t kSocketPathBytesMax = 107;

// kInvalidArgument: a value makes no sense (exit code 2); kFailedPrecondition: the host lacks what
// a default needs. Three lines: what, the fact with the value, the remedy.
absl::StatusOr<Settings> ResolveSettings(const Config& config, const HostFacts& host);

// Only what needs no host: seeds and join_timeout, profile and protocol options, record_ttl. The
// rest stays empty; the errors are the same.
absl::StatusOr<Settings> ResolveTimes(const Config& config);

// The names of the options that differ between two sets, other than those that a running agent can
// take over (tags, log level, log file).
std::vector<std::string> FixedDifferences(const Settings& running, const Settings& wanted);

}  // namespace muster::agent
