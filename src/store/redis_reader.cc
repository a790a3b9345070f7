#include "src/store/redis_reader.h"

#include "absl/strings/str_cat.h"
#include "src/base/check.h"

namespace muster::store {
namespace {

absl::Status TooLong() {
  return absl::FailedPreconditionError(absl::StrCat("an answer of more than ",
                                                    RedisReader::kReplyBytesMax / 1024,
                                                    " KiB, which no question of ours has"));
}

}  // namespace

std::string FormatRedisCommand(const std::vector<std::string>& arguments) {
  std::vector<const char*> texts;
  std::vector<size_t> lengths;
  for (const std::string& argument : arguments) {
    texts.push_back(argument.data());
    lengths.push_back(argument.size());
  }
  sds command = nullptr;
  const int length = redisFormatSdsCommandArgv(&command, static_cast<int>(arguments.size()),
                                               texts.data(), lengths.data());
  MUSTER_CHECK(length > 0);
  std::string bytes(command, static_cast<size_t>(length));
  redisFreeSdsCommand(command);
  return bytes;
}

RedisReader::RedisReader() : reader_(redisReaderCreate()) {
  MUSTER_CHECK(reader_ != nullptr);
  plain_ = reader_->fn;
  functions_ = *plain_;
  functions_.createString = CreateString;
  functions_.createArray = CreateArray;
  functions_.createInteger = CreateInteger;
  functions_.createNil = CreateNil;
  reader_->fn = &functions_;
  reader_->privdata = this;
}

RedisReader::~RedisReader() { redisReaderFree(reader_); }

absl::Status RedisReader::Feed(std::string_view bytes) {
  // What waits for the rest of its line or text is not parsed yet.
  if (reader_->len - reader_->pos + bytes.size() > kReplyBytesMax) return TooLong();
  if (redisReaderFeed(reader_, bytes.data(), bytes.size()) != REDIS_OK) return TooLong();
  return absl::OkStatus();
}

absl::StatusOr<RedisReply> RedisReader::Next() {
  void* reply = nullptr;
  if (redisReaderGetReply(reader_, &reply) != REDIS_OK) {
    if (taken_ > kReplyBytesMax) return TooLong();
    return absl::FailedPreconditionError("this does not speak Redis's protocol");
  }
  if (reply != nullptr) taken_ = 0;
  return RedisReply(static_cast<redisReply*>(reply));
}

// Returning null from a Create function makes hiredis give the reply up.
bool RedisReader::Take(const redisReadTask* task, size_t bytes) {
  auto* self = static_cast<RedisReader*>(task->privdata);
  self->taken_ += sizeof(redisReply) + bytes;
  return self->taken_ <= kReplyBytesMax;
}

void* RedisReader::CreateString(const redisReadTask* task, char* text, size_t length) {
  if (!Take(task, length)) return nullptr;
  return static_cast<RedisReader*>(task->privdata)->plain_->createString(task, text, length);
}

void* RedisReader::CreateArray(const redisReadTask* task, int elements) {
  if (!Take(task, static_cast<size_t>(elements) * sizeof(redisReply*))) return nullptr;
  return static_cast<RedisReader*>(task->privdata)->plain_->createArray(task, elements);
}

void* RedisReader::CreateInteger(const redisReadTask* task, long long value) {
  if (!Take(task, 0)) return nullptr;
  return static_cast<RedisReader*>(task->privdata)->plain_->createInteger(task, value);
}

void* RedisReader::CreateNil(const redisReadTask* task) {
  if (!Take(task, 0)) return nullptr;
  return static_cast<RedisReader*>(task->privdata)->plain_->createNil(task);
}

}  // namespace muster::store
