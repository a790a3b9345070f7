#include "src/store/redis_scripts.h"

#include "absl/strings/str_cat.h"
#include "src/base/strings.h"

namespace muster::store {

// A foreign value under one of our keys is replaced. Deleting comes before the first HSET only in
// that case: a script that has begun to write is exempt from the limit on memory, and we are not
// meant to be.
const RedisScript kRedisUpsert = {"1d014e6168257d376086b17a38a42d68a5385ec6", R"lua(
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ttl = tonumber(ARGV[4])
local function claim(key, kind)
  local is = redis.call('TYPE', key).ok
  if is ~= kind and is ~= 'none' then redis.call('DEL', key) end
end
claim(KEYS[2], 'hash')
redis.call('HSET', KEYS[2], 'record', ARGV[2], 'incarnation', ARGV[3], 'ttl', ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
claim(KEYS[1], 'zset')
redis.call('ZADD', KEYS[1], string.format('%.0f', now + ttl), ARGV[1])
local past = string.format('%.0f', now)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '(0', past)
if redis.call('PTTL', KEYS[1]) < ttl then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
return redis.call('ZCOUNT', KEYS[1], '(' .. past, '+inf')
)lua"};

// Numbers of Lua hold 53 bits: incarnations are compared as two halves. A row without a readable
// incarnation is damaged, and left to expire: it may be one of a later version of ours.
const RedisScript kRedisErase = {"07baa752030cc7f1936d303d7537d4ec1ba1bec0", R"lua(
local function forget()
  if redis.call('TYPE', KEYS[1]).ok == 'zset' then redis.call('ZREM', KEYS[1], ARGV[1]) end
end
local is = redis.call('TYPE', KEYS[2]).ok
if is == 'none' then forget() end
if is ~= 'hash' then return 0 end
local stored = redis.call('HGET', KEYS[2], 'incarnation')
if not stored or #stored ~= 16 or not string.find(stored, '^%x+$') then return 0 end
local function half(text, from) return tonumber(string.sub(text, from, from + 7), 16) end
local high, limit = half(stored, 1), half(ARGV[2], 1)
if high > limit or (high == limit and half(stored, 9) > half(ARGV[2], 9)) then return 0 end
redis.call('DEL', KEYS[2])
forget()
return 1
)lua"};

// pcall where a reader mends: who may only read, or reads from a replica, still reads.
const RedisScript kRedisLook = {"ce2f8ca2a877042c671fa9ae6aec5a153879cf0c", R"lua(
local time = redis.call('TIME')
local past = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
if redis.call('TYPE', KEYS[1]).ok ~= 'zset' then return {0, ''} end
redis.pcall('ZREMRANGEBYSCORE', KEYS[1], '(0', past)
local ids = redis.call('ZREVRANGEBYSCORE', KEYS[1], '+inf', '(' .. past, 'LIMIT', 0, ARGV[1])
local good = {}
for _, id in ipairs(ids) do
  if #id == 32 and string.find(id, '^[0-9a-f]+$') then
    good[#good + 1] = id
  else
    redis.pcall('ZREM', KEYS[1], id)
  end
end
return {redis.call('ZSCORE', KEYS[1], '*') and 1 or 0, table.concat(good)}
)lua"};

const RedisScript kRedisFetch = {"6ac987cafeecebd5561d52e086c46a6ad217027b", R"lua(
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local heal, last = ARGV[2] == 'heal', 0
local answer, bytes = {}, 0
local function prolong(left)
  if redis.pcall('PTTL', KEYS[1]) < left then redis.pcall('PEXPIRE', KEYS[1], left) end
end
local is = redis.call('TYPE', KEYS[1]).ok
if ARGV[2] ~= 'read' and is ~= 'zset' and is ~= 'none' then redis.pcall('DEL', KEYS[1]) end
for i = 2, #KEYS do
  local key, id, entry = KEYS[i], string.sub(KEYS[i], -32), 1
  local kind, left = redis.call('TYPE', key).ok, redis.call('PTTL', key)
  if kind == 'none' or left == -2 then
    entry = 0
    redis.pcall('ZREM', KEYS[1], id)
  elseif kind == 'hash' and left >= 0 and redis.call('HSTRLEN', key, 'record') <= 4096 and
      redis.call('HSTRLEN', key, 'ttl') <= 16 then
    local row = redis.call('HMGET', key, 'record', 'ttl')
    if row[1] and row[2] then
      entry = {row[1], row[2], left}
      bytes = bytes + #row[1]
    end
  end
  if heal and left > 0 then
    redis.pcall('ZADD', KEYS[1], string.format('%.0f', now + left), id)
    last = math.max(last, left)
  end
  answer[#answer + 1] = entry
  if bytes > tonumber(ARGV[1]) then break end
end
if ARGV[2] == 'mark' then
  redis.pcall('ZADD', KEYS[1], 0, '*')
  last = 60000
end
if last > 0 then prolong(last) end
return answer
)lua"};

static_assert(kPresenceBytesMax == 4096, "kRedisFetch holds the number too");

std::string RedisIndexKey(std::string_view cluster) {
  return absl::StrCat("muster:presence:{", ToAbsl(cluster), "}");
}

std::string RedisRowKey(std::string_view cluster, std::string_view id_hex) {
  return absl::StrCat(RedisIndexKey(cluster), ":", ToAbsl(id_hex));
}

std::string RedisRowPattern(std::string_view cluster) {
  std::string literal;
  for (const char c : cluster) {
    if (c == '*' || c == '?' || c == '[' || c == ']' || c == '\\' || c == '^') literal += '\\';
    literal += c;
  }
  return RedisRowKey(literal, std::string(32, '?'));
}

std::string RedisIncarnation(Incarnation incarnation) {
  return absl::StrCat(absl::Hex(incarnation.raw(), absl::kZeroPad16));
}

}  // namespace muster::store
