#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "src/api/agent_info.h"
#include "src/api/limits.h"
#include "src/api/presence.h"
#include "src/base/address.h"

namespace muster::runtime {
class Driver;
}  // namespace muster::runtime

namespace muster::api {

// The control plane of one agent: HTTP and JSON (and event streams) on a unix socket and, if asked
// for, on TCP. Lives on the driver's loop and does everything there; no threads, no locks.
class Server {
 public:
  struct Options {
    // Both must outlive the server, its close included.
    runtime::Driver* driver = nullptr;
    Presence* presence = nullptr;  // null: no datastore
    AgentInfo info;
    std::string socket_path;   // absolute; its folder must exist
    std::string socket_group;  // name or number; empty: the socket is for the agent's user alone
    Address http;              // unset: no TCP
    Limits limits;
    // Runs once, on the loop and from no callback of the driver, when a leave that somebody asked
    // for over the API is over and its answer has been delivered (or its client is gone, or does
    // not take it for limits.leave_answer_for). The agent then closes everything and exits with 0.
    // Never runs for a leave that the agent itself began.
    std::function<void()> on_left;
  };

  // Creates the sockets and starts to answer. kInvalidArgument: path too long for a unix socket, or
  // unknown group; kAlreadyExists: somebody else answers on the socket or on the port; otherwise
  // the error of the system. Each names the value and the remedy.
  static absl::StatusOr<std::unique_ptr<Server>> Start(Options options);
  // Only after the `done` of Close has run.
  ~Server();

  // Stops listening, removes the socket file, ends event streams, answers what waits with 503,
  // gives answers on their way a short while, and closes. `done` runs on the loop, never inside
  // Close. Close the server before the driver.
  void Close(std::function<void()> done);

  // Tells all event streams. `detail`: what happened, in words, without secrets. Nothing happens
  // once the server is closing.
  void AnnounceStore(StoreEvent event, const std::string& detail);

  // "unix:/run/n1.sock", "http://127.0.0.1:8080": what clients dial, in the order of the options.
  const std::vector<std::string>& urls() const;
  // Where TCP is bound, with the real port when `http` asked for any; unset when it is off.
  Address http_address() const;

 private:
  Server();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace muster::api
