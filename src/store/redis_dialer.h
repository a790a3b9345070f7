#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "src/store/loop_guard.h"
#include "src/store/redis_url.h"

namespace muster::store {

// A connected socket of its own on the heap, to be closed by CloseRedisSocket.
struct RedisSocket {
  uv_tcp_t tcp;
  std::shared_ptr<LoopGuard> guard;
};
void CloseRedisSocket(RedisSocket* socket);

// Makes connections to where a URL says that the server is, one at a time: asks the source for the
// URL as it is now (on libuv's pool), looks the host up (on the pool too; an IP address needs none)
// and tries its addresses in the system's order, all of them within kConnectBudget. No handle of it
// keeps the loop alive.
class RedisDialer {
 public:
  struct Connected {
    RedisSocket* socket;  // the caller's now
    RedisUrl url;         // as it was for this connection
  };
  using Done = std::function<void(absl::StatusOr<Connected>)>;

  // Addresses of one host that are tried, each with its share of the time.
  static constexpr size_t kAddressesMax = 4;

  // `fresh` may be null: `url` holds for ever.
  RedisDialer(uv_loop_t* loop, RedisUrl url, RedisUrlSource fresh,
              std::shared_ptr<LoopGuard> guard);
  RedisDialer(const RedisDialer&) = delete;
  RedisDialer& operator=(const RedisDialer&) = delete;

  // `done` is called once, never within the call, unless Cancel or Close comes first. Errors name
  // no store; the caller does.
  void Dial(Done done);
  void Cancel();
  // Where it dials, or did last.
  const RedisUrl& url() const { return url_; }
  // Gives back its handles; a read or look-up that the pool has begun holds the guard until it
  // ends.
  void Close();

 private:
  struct Timer;
  struct PoolRead;
  struct PoolLookup;
  struct Attempt;

  static void OnRead(uv_work_t* work, int status);
  static void OnLookup(uv_getaddrinfo_t* request, int status, addrinfo* list);
  static void OnConnect(uv_connect_t* request, int status);
  void Begin();
  void BeginRead();
  void BeginLookup();
  bool PoolAnswered(uint64_t dial);
  void TryNext();
  void DropAttempt();
  void Fail(absl::Status status);

  uv_loop_t* loop_;
  RedisUrl url_;
  RedisUrlSource fresh_;
  std::shared_ptr<LoopGuard> guard_;
  Timer* timer_;              // begins a dial, then limits each attempt
  Done done_;                 // null: no dial is under way
  uint64_t dial_ = 0;         // which; answers for earlier ones are dropped
  uv_req_t* pool_ = nullptr;  // what is on the pool, for this dial or an earlier one
  bool closed_ = false;
  std::vector<sockaddr_storage> addresses_;
  size_t next_ = 0;           // of `addresses_`
  uint64_t deadline_ms_ = 0;  // of all attempts, by uv_now()
  Attempt* attempt_ = nullptr;
  std::string last_error_;
};

}  // namespace muster::store
