#pragma once

#include <postgresql/libpq-fe.h>
#include <uv.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "src/store/datastore_url.h"
#include "src/store/postgresql_target.h"
#include "src/store/socket_watch.h"

namespace muster::store {

// `text` without the password that the connection was opened with, wherever it came from: a server
// may say back what it was told. For errors, before they are cut.
std::string WithoutPassword(const PGconn* connection, std::string text);

// Connects to the first server of a URL that lets us in, within PresenceStore::kConnectBudget for
// all its hosts and addresses together, each of which gets an equal share of what is left.
//
// Nothing of it holds up the loop. Reading the URL, opening libpq, looking up names, and every step
// of libpq's handshake (password and service files, certificates, the derivation of keys from
// passwords) run on libuv's pool; the loop only waits for the socket between two steps. What the
// pool still does when the budget is used up is left to end by itself, and its result thrown away;
// the next call waits for it, so that a dead name server never takes more than one of the pool's
// threads.
//
// libpq keeps whatever a server sends: one that has sent more than kGreetingBytesMax and not let us
// in is none.
class PostgresqlDialer {
 public:
  static constexpr uint64_t kGreetingBytesMax = uint64_t{1024} * 1024;

  // Receives an open connection in non-blocking mode; it is the receiver's to finish.
  using Done = std::function<void(absl::StatusOr<PGconn*> connection)>;

  PostgresqlDialer(uv_loop_t* loop, DatastoreUrl url, UrlSource fresh);
  PostgresqlDialer(const PostgresqlDialer&) = delete;
  PostgresqlDialer& operator=(const PostgresqlDialer&) = delete;
  ~PostgresqlDialer();  // only after `closed` of Close has been called

  // One at a time; `done` never runs within the call.
  void Dial(Done done);
  // `done` of the call that is under way will not be called.
  void Cancel();
  // The URL last dialled, without secrets.
  const std::string& shown() const { return shown_; }

  void Close(std::function<void()> closed);

 private:
  struct Handshake;
  struct PoolJob;
  struct Lookup;

  void OnPool(std::function<void()> work, std::function<void()> after);
  void JobEnded();
  void Prepare();
  void NextHost();
  void LookUp(const PostgresqlHost& host);
  void NextAddress();
  void Begin(const PostgresqlHost& host);
  void OnStep();
  void AwaitSocket(int events);
  void FailAddress(absl::Status error);
  void FailFlooded();
  void Finish(absl::StatusOr<PGconn*> result);
  void StopWork();
  void ArmShare();
  void ReportClosed();

  uv_loop_t* loop_;
  DatastoreUrl url_;
  UrlSource fresh_;
  std::string shown_;
  uv_timer_t budget_;  // of the whole call
  uv_timer_t share_;   // of one look-up or address
  uint64_t deadline_ms_ = 0;
  SocketWatch watch_;
  // Results of work begun under another number are thrown away.
  uint64_t work_ = 0;
  size_t jobs_ = 0;  // on the pool, unwanted ones included
  bool is_waiting_for_jobs_ = false;

  Done done_;  // null: no call is under way
  PostgresqlTarget target_;
  std::deque<PostgresqlHost> hosts_;      // not yet tried
  std::deque<PostgresqlHost> addresses_;  // of the host being tried
  std::string trying_;                    // for error texts
  std::shared_ptr<Handshake> handshake_;
  absl::Status last_error_;

  int handles_ = 0;
  bool closing_ = false;
  std::function<void()> closed_;
};

}  // namespace muster::store
