#pragma once

#include <hiredis/hiredis.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace muster::store {

struct FreeRedisReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using RedisReply = std::unique_ptr<redisReply, FreeRedisReply>;

inline std::string_view TextOf(const redisReply& reply) {
  return reply.str == nullptr ? std::string_view() : std::string_view(reply.str, reply.len);
}

// A command in Redis's protocol; the arguments may hold any bytes.
std::string FormatRedisCommand(const std::vector<std::string>& arguments);

// Replies from the bytes of a server that may be anything: hiredis's parser under a limit. The
// parser by itself takes memory by the lengths that a server announces (an array of two thousand
// million elements is one line), and lets a server that never ends a line fill the memory.
class RedisReader {
 public:
  // Of one reply, parsed or not, with what its objects take. No reply that we ask for is larger.
  static constexpr size_t kReplyBytesMax = 1024 * 1024;

  RedisReader();
  RedisReader(const RedisReader&) = delete;
  RedisReader& operator=(const RedisReader&) = delete;
  ~RedisReader();

  // After an error of either, only destruction is left. The error is kFailedPrecondition: this is
  // no Redis, or none of ours.
  absl::Status Feed(std::string_view bytes);
  // The next whole reply; null while there is none.
  absl::StatusOr<RedisReply> Next();
  // Whether nothing came behind the last reply.
  bool empty() const { return reader_->pos == reader_->len; }

 private:
  static bool Take(const redisReadTask* task, size_t bytes);
  static void* CreateString(const redisReadTask* task, char* text, size_t length);
  static void* CreateArray(const redisReadTask* task, int elements);
  static void* CreateInteger(const redisReadTask* task, long long value);
  static void* CreateNil(const redisReadTask* task);

  redisReplyObjectFunctions functions_;
  const redisReplyObjectFunctions* plain_;  // hiredis's own
  redisReader* reader_;
  size_t taken_ = 0;  // by the objects of the reply under way
};

}  // namespace muster::store
