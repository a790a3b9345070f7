#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/e2e/harness/process.h"

namespace muster::store::servers {

struct PostgresqlServerOptions {
  // How roles prove who they are over TCP: "scram-sha-256", "md5", "password" or "trust". On the
  // unix socket nobody needs to.
  std::string authentication = "scram-sha-256";
  // "max_connections=10" and the like.
  std::vector<std::string> settings;
  // Where the server's private folder is made; with a short path, because of the unix socket.
  std::string parent = "/tmp";
};

// A real PostgreSQL server on 127.0.0.1, with a data folder of its own that goes with this object.
// The role "muster" (password kPassword) owns the database "muster"; the superuser is "postgres".
// PostgreSQL refuses to run as root: then it gets a user namespace where root is somebody else.
//
// Synchronous, and to be used from the main thread: the kernel ends the server with the thread that
// started it.
class PostgresqlServer {
 public:
  static constexpr const char* kRole = "muster";
  static constexpr const char* kPassword = "pw-4711";
  static constexpr const char* kDatabase = "muster";

  // Takes about two seconds. kNotFound without the package postgresql; kInternal with the server's
  // own words.
  static absl::StatusOr<std::unique_ptr<PostgresqlServer>> Start(
      PostgresqlServerOptions options = {});
  PostgresqlServer(const PostgresqlServer&) = delete;
  PostgresqlServer& operator=(const PostgresqlServer&) = delete;
  ~PostgresqlServer();

  uint16_t port() const { return port_; }
  const std::string& folder() const { return folder_; }  // the unix socket is in it
  // How the role "muster" gets in, by TCP or by the unix socket.
  std::string Url(const std::string& database = kDatabase) const;
  std::string SocketUrl(const std::string& database = kDatabase) const;

  // Runs SQL as the superuser; rows as lines, columns split by "|".
  absl::StatusOr<std::string> Query(const std::string& sql,
                                    const std::string& database = kDatabase) const;
  // The command line of psql that does that.
  std::vector<std::string> ClientCommand(const std::string& sql,
                                         const std::string& database = kDatabase) const;
  // A new, empty database that belongs to the role "muster".
  absl::Status CreateDatabase(const std::string& name) const;

  // An orderly end, as of a service that is stopped; sessions are told.
  absl::Status Stop();
  // As if the machine had lost its power: every process of the server at once.
  void Kill();
  // Starts again after Stop or Kill, on the same port and data.
  absl::Status Restart();
  // Every process of the server stands still, or goes on.
  void Pause();
  void Resume();
  // What the server has written to its log.
  std::string Log() const;

 private:
  explicit PostgresqlServer(PostgresqlServerOptions options) : options_(std::move(options)) {}
  absl::Status Initialise();
  absl::Status WriteAccessRules() const;
  bool IsReady() const;
  std::vector<std::string> AsServer(std::vector<std::string> command) const;
  std::vector<pid_t> Children() const;
  void SignalAll(int signal_number);

  PostgresqlServerOptions options_;
  std::string programs_;  // the folder of initdb and postgres
  std::string folder_;
  uint16_t port_ = 0;
  e2e::Process process_;
};

}  // namespace muster::store::servers
