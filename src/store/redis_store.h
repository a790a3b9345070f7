#pragma once

#include <memory>

#include "src/store/back_end.h"
#include "src/store/presence_store.h"
#include "src/store/redis_url.h"

namespace muster::store {

// Presence records on a Redis server, version 5 or later; redis_scripts.h has the layout. Rows live
// by the server's clock and expire there. Connects for the first operation; 90 s after the last one
// the connection is given back, and nothing wakes the loop until the next.
//
// The user needs: +auth +select +eval +evalsha +scan +time +type +hset +hget +hmget +hstrlen
// +pexpire +pttl +del +zadd +zrem +zremrangebyscore +zrevrangebyscore +zcount +zscore, on
// ~muster:presence:*. A replica can be read from; writing to it is kFailedPrecondition.
// Redirections of a Redis Cluster are not followed: name the node that has the cluster's hash tag.
extern const BackEnd kRedisBackEnd;

// `fresh` may be null: `url` holds for ever.
std::unique_ptr<PresenceStore> OpenRedisStore(const RedisUrl& url, RedisUrlSource fresh,
                                              PresenceOptions options);

}  // namespace muster::store
