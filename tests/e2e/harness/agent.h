#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "src/base/time.h"
#include "tests/e2e/harness/process.h"

namespace muster::e2e {

// Path of the program under test, from the variable MUSTER_BINARY; the build rules set it.
std::string MusterBinary();

// Runs `muster ARGUMENTS`, against the agent whose API socket is at `socket` unless that is empty.
CommandResult RunMuster(const std::vector<std::string>& arguments, const std::string& socket = "",
                        Duration budget = Duration::Seconds(20));

// One member as an agent's API shows it.
struct MemberRow {
  std::string name;
  std::string id;
  std::string address;
  std::string status;
  uint64_t incarnation = 0;
};

struct AgentOptions {
  std::string name;
  std::string ip;      // of 127.0.0.0/8; bound and advertised, port 7946
  std::string folder;  // exists; the data folder, socket and log of the agent go in there
  std::string profile = "lan";
  std::vector<std::string> join;
  std::vector<std::string> more;  // further flags
  std::vector<std::pair<std::string, std::string>> environment;
};

// One real agent. Its standard error is appended to a file over all of its runs.
class Agent {
 public:
  explicit Agent(AgentOptions options);

  // Starts the program; does not wait. `with_join` false leaves the --join flags out.
  absl::Status Start(bool with_join = true);
  // True once this run has said that it is ready.
  bool WaitReady(Duration budget = Duration::Seconds(10));

  void Kill();       // SIGKILL
  void Pause();      // SIGSTOP
  void Resume();     // SIGCONT
  void Terminate();  // SIGTERM: it leaves
  std::optional<int> WaitExit(Duration budget) { return process_.WaitExit(budget); }
  bool running() { return process_.running(); }
  // Runs and is not paused.
  bool responsive() { return !paused_ && running(); }

  const std::string& name() const { return options_.name; }
  const std::string& ip() const { return options_.ip; }
  std::string address() const { return options_.ip + ":7946"; }
  std::string data_folder() const { return options_.folder + "/data"; }
  std::string socket() const { return data_folder() + "/agent.sock"; }
  std::string url() const { return "unix:" + socket(); }
  std::string log_path() const { return options_.folder + "/log"; }
  pid_t pid() const { return process_.pid(); }
  // What this run has used up so far, of any core.
  Duration ProcessorTime() const;
  AgentOptions& options() { return options_; }

  // The address of a peer is durable in its data folder, so that a restart needs no --join. Whoever
  // dies before that has no cluster to find again.
  bool WaitRemembers(Duration budget) const;

  // What this run wrote to standard error so far.
  std::string Log() const;

  // One API call; any HTTP status other than 200 is an error that quotes the answer.
  absl::StatusOr<nlohmann::json> Call(const std::string& method, const std::string& path,
                                      const std::string& body = "") const;
  absl::StatusOr<nlohmann::json> Get(const std::string& path) const { return Call("GET", path); }
  // The member table by name; empty when the agent does not answer.
  std::map<std::string, MemberRow> Members() const;
  // `status` of the member of that name here; "" when unknown or no answer.
  std::string StatusOf(const std::string& name) const;
  // Names in the table with their status, for messages: "n1 alive, n2 failed".
  std::string Describe() const;
  // Sum of `rejected` in the agent's status over all reasons.
  uint64_t RejectedTotal() const;
  // Runs the command line against this agent.
  CommandResult Run(const std::vector<std::string>& arguments,
                    Duration budget = Duration::Seconds(20)) const;

 private:
  AgentOptions options_;
  Process process_;
  bool paused_ = false;
  size_t log_begin_ = 0;  // size of the log when this run started
};

// Reads a whole file; empty if there is none.
std::string ReadFile(const std::string& path);
// Copies the files of a data folder, as a backup does while its agent runs, to a folder that does
// not exist yet.
absl::Status CopyDataFolder(const std::string& from, const std::string& to);

}  // namespace muster::e2e
