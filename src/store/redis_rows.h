#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "src/store/presence_store.h"
#include "src/store/redis_reader.h"

namespace muster::store {

// Answers of the scripts, made into rows. They come from a server that others write to: whatever is
// not as it should be is a damaged row or an error, never more.

// Whether `reply` is the integer of a script that answers with one, from `low` up.
bool IsCount(const redisReply& reply, long long low);

// Splits the text of kRedisLook; false if it is not what that script returns.
bool ReadRedisLook(const redisReply& reply, bool* whole, std::vector<std::string>* ids);

// Adds to `scan` what kRedisFetch says about ids[from...]. Returns how many of them it spoke of; 0
// if the reply is not what that script returns.
size_t ReadRedisRows(const redisReply& reply, const std::string& cluster,
                     const std::vector<std::string>& ids, size_t from, PresenceScan* scan);

// Adds to `ids` the rows among the keys of a SCAN and sets its next cursor ("0": it was the last);
// false if the reply is not one of SCAN's.
bool ReadRedisKeys(const redisReply& reply, const std::string& cluster, std::string* cursor,
                   std::vector<std::string>* ids);

}  // namespace muster::store
