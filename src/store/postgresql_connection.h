#pragma once

#include <postgresql/libpq-fe.h>
#include <uv.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "src/base/time.h"
#include "src/store/datastore_url.h"
#include "src/store/postgresql_dialer.h"
#include "src/store/socket_watch.h"

namespace muster::store {

struct PostgresqlResultDeleter {
  void operator()(PGresult* result) const { PQclear(result); }
};
using PostgresqlResult = std::unique_ptr<PGresult, PostgresqlResultDeleter>;

// One statement with its parameters $1, $2, ...
struct PostgresqlStatement {
  struct Parameter {
    std::string value;
    bool is_binary = false;
  };
  const char* text = "";
  std::vector<Parameter> parameters;
};

struct PostgresqlAnswer {
  absl::Status status;
  std::string sqlstate;     // of an error that the server answered with
  PostgresqlResult result;  // binary columns; null unless `status` is OK
};

// A connection that is there when a statement needs it: made then, made again when it has been
// lost, closed when nothing has needed it for kIdleKept. Agents are many and a server's connections
// few, so an agent at rest holds none; while it looks for peers every few seconds, it keeps one.
//
// Keeps no state in the server's session, so that a pooler in transaction mode may stand between.
// On the loop's thread, which an idle connection wakes only when the server closes it.
class PostgresqlConnection {
 public:
  static constexpr Duration kIdleKept = Duration::Seconds(10);
  // What a statement may be answered with over TCP, in bytes: above the longest answer that a
  // table of ours gives (postgresql_rows.cc). libpq keeps whatever comes, as many gigabytes as the
  // budget of an operation lets through; it is looked at before each of its reads.
  static constexpr uint64_t kAnswerBytesMax = uint64_t{24} * 1024 * 1024;

  using Done = std::function<void(PostgresqlAnswer answer)>;

  PostgresqlConnection(uv_loop_t* loop, DatastoreUrl url, UrlSource fresh);
  PostgresqlConnection(const PostgresqlConnection&) = delete;
  PostgresqlConnection& operator=(const PostgresqlConnection&) = delete;
  ~PostgresqlConnection();  // only after `closed` of Close has been called

  // One statement at a time, each a transaction of its own. Run a second time if a connection that
  // was left over from earlier turns out to be lost: statements must bear that. `done` may run
  // within the call and may call Run.
  void Run(PostgresqlStatement statement, Done done);
  // Drops the connection, with what is under way on it: its `done` will not be called.
  void Drop();
  // Without secrets.
  const std::string& shown() const { return dialer_.shown(); }

  void Close(std::function<void()> closed);

 private:
  void OnDialed(absl::StatusOr<PGconn*> connection);
  void Send();
  void Flush();
  void OnSocket(bool is_readable, bool is_writable);
  void OnIdleInput();
  void OnFlooded();
  void Receive();
  void Complete();
  void OnLost();
  void Disconnect();
  void Finish(PostgresqlAnswer answer);

  uv_loop_t* loop_;
  PostgresqlDialer dialer_;
  uv_timer_t idle_;
  PGconn* connection_ = nullptr;
  SocketWatch watch_;
  bool is_left_over_ = false;  // the connection has served a statement before this one

  Done done_;  // null: no statement is under way
  PostgresqlStatement statement_;
  PostgresqlResult result_;       // the first error, or else the last result
  uint64_t received_before_ = 0;  // bytes, when the last statement was sent

  int open_parts_ = 0;
  std::function<void()> closed_;
};

}  // namespace muster::store
