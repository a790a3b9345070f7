#pragma once

#include <uv.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "src/base/time.h"
#include "src/store/loop_guard.h"
#include "src/store/redis_dialer.h"
#include "src/store/redis_reader.h"
#include "src/store/redis_url.h"

namespace muster::store {

// One command at a time to a Redis server, over a connection that is made when there is something
// to say, with user, password and database, and given back after a while of silence.
//
// hiredis formats the commands and parses the replies; the socket is libuv's. hiredis's own
// asynchronous part (async.h of 0.14, and adapters/libuv.h with it) is not used: it aborts the
// process when a server sends a reply that nobody asked for, it has no limit on what a reply may
// take, and no timeouts; its adapter closes nothing when a connection cannot be made.
//
// One loop and its thread. Has no time limit but the dialer's: who sends says Abort when it has
// waited enough. No handle of it keeps the loop alive.
class RedisConnection {
 public:
  // The reply, never one of the kind REDIS_REPLY_ERROR: that is a status already. Errors name the
  // server and hold no secret.
  using Done = std::function<void(absl::StatusOr<RedisReply> reply)>;

  // A connection on which nothing is said for so long is closed. Agents that refresh twice a minute
  // keep theirs. Those that come rarely leave none behind: a server should not pay for thousands of
  // idle clients, and firewalls forget idle connections without a word.
  static constexpr Duration kIdleMax = Duration::Seconds(90);

  RedisConnection(uv_loop_t* loop, RedisUrl url, RedisUrlSource fresh,
                  std::shared_ptr<LoopGuard> guard, Duration idle_max = kIdleMax);
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;

  // Calls `done` once, never within the call, unless Abort or Close comes first. Should a
  // connection that was kept turn out to be lost, or no longer let us in, the command is sent once
  // more over a new one: commands must bear that.
  void Send(const std::vector<std::string>& command, Done done);
  // Forgets the command under way, and the connection with it: its answer may still come.
  void Abort();
  void Close();
  // The server, without secrets.
  std::string shown() const { return dialer_.url().Shown(); }

 private:
  // Larger than most answers; only while connected.
  static constexpr size_t kBufferBytes = 8 * 1024;
  struct Idle;
  struct Write;

  static void OnAlloc(uv_handle_t* handle, size_t suggested, uv_buf_t* buffer);
  static void OnBytes(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer);
  void Dial();
  void OnDialled(absl::StatusOr<RedisDialer::Connected> connected);
  void Greet();
  void WriteBytes(std::string bytes);
  void Take(std::string_view bytes);
  bool OnReply(RedisReply reply);
  void OnGreeting(const redisReply& reply);
  void Lost(absl::Status status);
  void Finish(absl::StatusOr<RedisReply> result);
  void Drop();

  uv_loop_t* loop_;
  RedisUrl url_;  // of the connection, or the first
  RedisDialer dialer_;
  std::shared_ptr<LoopGuard> guard_;
  const Duration idle_max_;
  Idle* idle_;
  RedisSocket* socket_ = nullptr;  // null: not connected
  std::unique_ptr<RedisReader> reader_;
  std::unique_ptr<char[]> buffer_;
  size_t greetings_ = 0;  // answers to AUTH and SELECT that are still to come
  bool auth_pending_ = false;
  std::string command_;
  Done done_;          // null: no command is under way
  bool kept_ = false;  // the connection was there before the command
};

}  // namespace muster::store
