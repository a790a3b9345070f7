#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "src/base/time.h"
#include "tests/e2e/datastore.h"
#include "tests/e2e/harness/agent.h"
#include "tests/e2e/harness/cluster.h"
#include "tests/e2e/presence_rows.h"

namespace muster::e2e {

// The agents of one cluster, with one datastore between them and no --join.
class Scene {
 public:
  struct Options {
    std::string kind = "sqlite";
    std::string profile = "local";
    std::string cluster = "default";
    size_t first_address = 0;  // AddressOf() of the first agent; scenes side by side must differ
    // Refreshes every 6 s at the latest, so that tests need not wait for long.
    std::vector<std::string> flags = {"--record-ttl=60s"};
    // Where the file of SQLite is, what a Redis saves, a PostgreSQL has its data; empty: in the
    // cluster's own folder, and the servers, which tests share then, are elsewhere.
    std::string store_folder;
    // Gives the URL in a file that can be changed later, instead of on the command line.
    bool url_in_file = false;
  };

  explicit Scene(Options options);

  const absl::Status& status() const { return made_; }  // of making the datastore
  Datastore& store() { return *store_; }
  // Null unless the datastore is a server.
  ServerDatastore* server() { return dynamic_cast<ServerDatastore*>(store_.get()); }
  Cluster& cluster() { return cluster_; }
  Agent& operator[](size_t index) { return cluster_[index]; }
  PresenceRows& rows() { return *rows_; }
  const std::string& kind() const { return options_.kind; }
  const Options& options() const { return options_; }
  // A second reader of another cluster's rows.
  std::unique_ptr<PresenceRows> RowsOf(const std::string& cluster);
  // What --datastore-file names; with url_in_file.
  std::string url_file() const { return cluster_.folder().path() + "/datastore"; }
  void WriteUrlFile();
  // After a change of the datastore's password.
  void RenewRows() { rows_ = RowsOf(options_.cluster); }

  // Adds an agent; its index.
  size_t Add(const std::vector<std::string>& more = {});
  // Starts all that are not running, and waits for none of them.
  absl::Status Launch();
  // From `begin` until every running agent shows exactly the running ones alive; nothing when that
  // takes longer than `budget`.
  std::optional<Duration> TimeToMeet(TimePoint begin, size_t agents, Duration budget);
  // Adds `count` agents, starts them together, and waits until they have met and each has its row.
  absl::Status Form(size_t count);
  void KillAll();

  // "store" in the agent's status; empty if it does not answer.
  nlohmann::json StoreOf(size_t index);
  std::string StoreStateOf(size_t index);
  bool WaitStoreState(const std::string& state, Duration budget);
  // The counter or gauge without labels of that name at /metrics; -1: there is none.
  double Metric(size_t index, const std::string& name);
  // How often any log says that a member is suspected or failed, or that there is a conflict, over
  // all runs.
  int Accusations();
  // What has befallen the members so far; "" if nobody was accused of anything, no agent ended, and
  // all of `members` see each other alive.
  std::string Disturbances(const std::set<std::string>& members);
  // Where the password shows in what an agent prints or answers; "" for nowhere.
  std::string FindSecret(const std::string& secret);

 private:
  Options options_;
  absl::Status made_;
  Cluster cluster_;
  std::unique_ptr<Datastore> store_;
  std::unique_ptr<PresenceRows> rows_;
};

// One scene for each kind of datastore, at addresses of their own.
std::vector<std::unique_ptr<Scene>> MakeScenes(Scene::Options options,
                                               const std::vector<std::string>& kinds);

// Does away with the peers that a stopped agent's data folder remembers.
absl::Status ForgetPeers(const std::string& data_folder);

}  // namespace muster::e2e
