#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "src/base/time.h"
#include "tests/e2e/harness/agent.h"
#include "tests/e2e/harness/watcher.h"

namespace muster::e2e {

// A folder of its own in /tmp, removed with all its content unless the variable MUSTER_KEEP is set.
// Short, because a unix socket's path has at most 107 bytes.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::string& path() const { return path_; }
  // Makes and names a subfolder.
  std::string Sub(const std::string& name) const;

 private:
  std::string path_;
};

// Several agents n1, n2, ... on 127.0.7.1, 127.0.7.2, ... Nothing is started by the constructor.
class Cluster {
 public:
  explicit Cluster(std::string profile = "lan") : profile_(std::move(profile)) {}
  // Stops all that still runs.
  ~Cluster();

  // Adds an agent that joins through the given earlier ones (by index); returns its index.
  size_t Add(const std::vector<size_t>& join_through, const std::vector<std::string>& more = {});
  // Adds and starts `count` agents, each joining through the one before it, and waits until each
  // sees all.
  absl::Status StartChain(size_t count);
  // Starts an added agent and waits for its ready line.
  absl::Status StartAgent(size_t index, bool with_join = true);
  // Records the events of a running agent from now to the end of its run; see Watcher.
  absl::Status Watch(size_t index);
  absl::Status WatchAll();

  Agent& operator[](size_t index) { return *agents_[index]; }
  Watcher& watcher(size_t index) { return *watchers_[index].back(); }
  // Events of one agent over all of its watched runs.
  std::vector<SeenEvent> Events(size_t index) const;
  // The same count over every watched agent.
  int CountEvents(const std::string& type, const std::string& member = "") const;
  size_t size() const { return agents_.size(); }
  const ScratchFolder& folder() const { return folder_; }

  // Every running agent that is not paused shows every name of `names` with this status.
  bool AllSee(const std::vector<std::string>& names, const std::string& status);
  bool WaitAllSee(const std::vector<std::string>& names, const std::string& status,
                  Duration budget);
  // Every running agent that is not paused shows every running agent alive, and nobody else as
  // alive.
  bool WaitWhole(Duration budget);
  std::vector<std::string> RunningNames();

  // Tables and the ends of the logs, for a failed test.
  std::string Describe();

 private:
  const std::string profile_;
  ScratchFolder folder_;
  std::vector<std::unique_ptr<Agent>> agents_;
  std::vector<std::vector<std::unique_ptr<Watcher>>> watchers_;  // by agent, one per watched run
};

// The i-th loopback address of the tests, from 0: 127.0.7.1, .2, ... 250 to a group.
std::string AddressOf(size_t index);

}  // namespace muster::e2e
