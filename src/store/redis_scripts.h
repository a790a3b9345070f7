#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "src/base/ids.h"
#include "src/store/presence_record.h"

namespace muster::store {

// What is stored, and the Lua scripts that change and read it. All keys of a cluster carry the
// cluster's name as their hash tag: on a Redis Cluster they live on one node.
//
//   muster:presence:{CLUSTER}:ID   a hash, one a row, ID as 32 hex digits; expires by itself:
//     record       the bytes of EncodePresence, as they are
//     incarnation  16 hex digits: what a conditional erase compares, without decoding `record`
//     ttl          milliseconds of life that the last write gave; with PTTL it tells the age
//   muster:presence:{CLUSTER}      a sorted set, the index: IDs by the server's time, in
//     milliseconds, at which they expire; and `*` with 0 once the index is known to be whole
//
// The rows are the truth; the index only saves a walk through all keys of the database. Writers add
// themselves and drop what has expired, readers drop what has no row. An index without its mark has
// been lost or is new: the next reader walks the keys once, within bounds, and what lies beyond
// comes back with its next refresh.
//
// Scripts and not MULTI: the index needs the server's time, an erase must look before it acts, and
// the count of live rows comes back in the same round trip. They use what Redis 5 to 7 have in
// common: effects are replicated, not scripts, so that TIME may be used.
inline constexpr std::string_view kRedisIndexMark = "*";

// Rows that a reader looks at, the freshest ones; more are no better a hint.
inline constexpr size_t kRedisRowsMax = 16'384;

// EVALSHA asks for a script by its hash, and a server that has been started or flushed since gets
// the text once, by EVAL.
struct RedisScript {
  std::string_view sha1;  // of `text`, in lower-case hex
  std::string_view text;
};

// KEYS index, row; ARGV id, record, incarnation, ttl. Returns the number of live rows.
extern const RedisScript kRedisUpsert;
// KEYS index, row; ARGV id, incarnation. Returns 1 if a row of at most that incarnation was there.
extern const RedisScript kRedisErase;
// KEYS index; ARGV limit. Returns whether the index is marked as whole, and up to `limit` IDs in
// one text, 32 characters each, the last to expire first.
extern const RedisScript kRedisLook;
// KEYS index, rows...; ARGV bytes, how. Returns for each row, in order, until their records take
// more than `bytes`: 0 if there is none, 1 if it is damaged, else {record, ttl, PTTL}. With `how`
// "heal" the index gets the rows that are there, with "mark" its mark; else it only loses those
// that are not.
extern const RedisScript kRedisFetch;

std::string RedisIndexKey(std::string_view cluster);
std::string RedisRowKey(std::string_view cluster, std::string_view id_hex);
// For SCAN's MATCH: the rows of this cluster, with its wildcards taken literally.
std::string RedisRowPattern(std::string_view cluster);
// 16 lower-case digits: in order like the numbers.
std::string RedisIncarnation(Incarnation incarnation);

}  // namespace muster::store
