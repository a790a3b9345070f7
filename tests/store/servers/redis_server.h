#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/e2e/harness/process.h"

namespace muster::store::testing {

struct RedisServerOptions {
  std::string password;    // of the default user; empty: none
  std::string max_memory;  // "3mb"; empty: no limit
  // Where it saves what it holds, each second in which something was written; empty: nowhere.
  std::string save_folder;
};

// A real Redis server on 127.0.0.1, in a folder of its own in /tmp. It ends with this object, and
// with the thread that started it: start servers from the test's main thread.
class RedisServer {
 public:
  // Returns when the server answers. An error says what it printed.
  static absl::StatusOr<std::unique_ptr<RedisServer>> Start(RedisServerOptions options = {});
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;
  ~RedisServer();

  uint16_t port() const { return port_; }
  pid_t pid() const { return process_.pid(); }
  // "redis://[:password@]127.0.0.1:PORT/DATABASE"
  std::string Url(int database = 0) const;

  void Stop();    // SIGTERM
  void Kill();    // SIGKILL
  void Pause();   // SIGSTOP
  void Resume();  // SIGCONT
  // On the same port, empty, with the options' password. Stops it first if need be.
  absl::Status Restart();
  // What the next Restart and Command use; a running server keeps its own.
  void set_password(std::string password) { options_.password = std::move(password); }

  // One command over a connection of its own, as the default user: the reply as text, elements of
  // arrays by lines. Error replies are errors.
  absl::StatusOr<std::string> Command(const std::vector<std::string>& arguments, int database = 0);

 private:
  explicit RedisServer(RedisServerOptions options) : options_(std::move(options)) {}
  absl::Status Launch();
  bool Answers();

  RedisServerOptions options_;
  std::string folder_;
  uint16_t port_ = 0;
  e2e::Process process_;
};

}  // namespace muster::store::testing
