#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace muster::agent {

// What the user asked of one agent, as text: the command line, the environment and the TOML file
// fill it in (flag over environment over file over the defaults here), and settings.h checks it and
// works out what was left open. An empty text means "not given". Field for field the flags of
// `muster agent`.
struct Config {
  std::string name;                 // --name
  std::string cluster = "default";  // --cluster
  std::string bind;                 // --bind IP[:PORT]
  std::string advertise;            // --advertise IP[:PORT]
  std::vector<std::string> join;    // --join HOST[:PORT], repeated
  std::string join_timeout;         // --join-timeout DURATION; not given: try for ever
  std::string profile = "lan";      // --profile local|lan|wan
  std::string tolerance;            // --tolerance DURATION
  std::vector<std::string> tags;    // --tag k=v, repeated
  std::string data_dir;             // --data-dir DIR
  std::string datastore;            // --datastore URL; may hold a password
  std::string datastore_file;       // --datastore-file FILE, which holds the URL
  std::string record_ttl = "1h";    // --record-ttl DURATION
  std::string socket;               // --socket PATH
  std::string socket_group;         // --socket-group GROUP
  std::string http;                 // --http HOST:PORT; not given: no API over TCP
  std::string max_members;          // --max-members N
  bool no_batch = false;            // --no-batch
  std::string log_level = "info";   // --log-level debug|info|warning|error
  std::string log_file;             // --log-file FILE; not given: standard error
  std::string config_file;          // --config FILE

  // Reads flags, environment and file once more, for SIGHUP. Unset where there is no file.
  std::function<absl::StatusOr<Config>()> reload;
};

// The folder that holds the data of agents without --data-dir: "/var/lib/muster" for root, else
// "$XDG_STATE_HOME/muster", else "$HOME/.local/state/muster". An agent lives in it directly, or,
// with a loopback address, in its subfolder "<IP>_<port>"; its API socket is "agent.sock" in there.
// Empty where neither variable is set.
std::string DefaultDataBase();

// `path` as seen from the folder the user stands in: unchanged when absolute or empty, else below
// $BUILD_WORKING_DIRECTORY (set by `bazel run`) or the current folder.
std::string FromUserFolder(const std::string& path);

}  // namespace muster::agent
