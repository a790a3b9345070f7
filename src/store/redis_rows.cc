#include "src/store/redis_rows.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "src/base/strings.h"
#include "src/store/presence_record.h"
#include "src/store/redis_scripts.h"

namespace muster::store {
namespace {

constexpr size_t kIdDigits = 32;
constexpr size_t kCursorDigits = 20;

enum class Entry { kMissing, kDamaged, kLive };

bool IsArray(const redisReply* reply, size_t elements) {
  return reply != nullptr && reply->type == REDIS_REPLY_ARRAY && reply->elements == elements;
}

bool IsText(const redisReply* reply) {
  return reply != nullptr && reply->type == REDIS_REPLY_STRING;
}

bool IsInteger(const redisReply* reply) {
  return reply != nullptr && reply->type == REDIS_REPLY_INTEGER;
}

// What one element of kRedisFetch's answer says of the row `id`.
Entry ReadEntry(const redisReply* reply, const std::string& cluster, const std::string& id,
                PresenceRow* row) {
  if (IsInteger(reply) && reply->integer == 0) return Entry::kMissing;
  if (!IsArray(reply, 3) || !IsText(reply->element[0]) || !IsText(reply->element[1]) ||
      !IsInteger(reply->element[2])) {
    return Entry::kDamaged;
  }
  const int64_t left_ms = reply->element[2]->integer;
  if (left_ms == 0) return Entry::kMissing;  // in its last millisecond
  int64_t ttl_ms = 0;
  if (left_ms < 0 || !absl::SimpleAtoi(ToAbsl(TextOf(*reply->element[1])), &ttl_ms) ||
      ttl_ms <= 0) {
    return Entry::kDamaged;
  }
  absl::StatusOr<PresenceRecord> record = DecodePresence(TextOf(*reply->element[0]));
  if (!record.ok() || record->cluster != cluster || record->id.ToHex() != id) {
    return Entry::kDamaged;
  }
  row->record = *std::move(record);
  row->expires_in = Duration::Millis(left_ms);
  row->age = Duration::Millis(std::max<int64_t>(0, ttl_ms - left_ms));
  return Entry::kLive;
}

}  // namespace

bool IsCount(const redisReply& reply, long long low) {
  return IsInteger(&reply) && reply.integer >= low;
}

bool ReadRedisLook(const redisReply& reply, bool* whole, std::vector<std::string>* ids) {
  if (!IsArray(&reply, 2) || !IsInteger(reply.element[0]) || !IsText(reply.element[1])) {
    return false;
  }
  *whole = reply.element[0]->integer == 1;
  const std::string_view text = TextOf(*reply.element[1]);
  if (text.size() % kIdDigits != 0) return false;
  for (size_t i = 0; i < text.size(); i += kIdDigits) ids->emplace_back(text.substr(i, kIdDigits));
  return true;
}

size_t ReadRedisRows(const redisReply& reply, const std::string& cluster,
                     const std::vector<std::string>& ids, size_t from, PresenceScan* scan) {
  if (reply.type != REDIS_REPLY_ARRAY || reply.elements > ids.size() - from) return 0;
  for (size_t i = 0; i < reply.elements; ++i) {
    PresenceRow row;
    switch (ReadEntry(reply.element[i], cluster, ids[from + i], &row)) {
      case Entry::kMissing:
        break;
      case Entry::kDamaged:
        ++scan->damaged;
        break;
      case Entry::kLive:
        scan->rows.push_back(std::move(row));
    }
  }
  return reply.elements;
}

bool ReadRedisKeys(const redisReply& reply, const std::string& cluster, std::string* cursor,
                   std::vector<std::string>* ids) {
  if (!IsArray(&reply, 2) || !IsText(reply.element[0]) || reply.element[1] == nullptr ||
      reply.element[1]->type != REDIS_REPLY_ARRAY) {
    return false;
  }
  *cursor = std::string(TextOf(*reply.element[0]));
  if (cursor->empty() || cursor->size() > kCursorDigits) return false;
  const std::string prefix = RedisRowKey(cluster, "");
  for (size_t i = 0; i < reply.element[1]->elements; ++i) {
    const redisReply* element = reply.element[1]->element[i];
    if (!IsText(element)) return false;
    const std::string_view key = TextOf(*element);
    if (key.size() != prefix.size() + kIdDigits || key.substr(0, prefix.size()) != prefix) continue;
    std::string id(key.substr(prefix.size()));
    // As we write it, lower case: another spelling would be another key.
    const std::optional<HostId> read = HostId::FromHex(id);
    if (read.has_value() && read->ToHex() == id) ids->push_back(std::move(id));
  }
  return true;
}

}  // namespace muster::store
