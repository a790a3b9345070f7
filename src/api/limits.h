#pragma once

#include <cstddef>

#include "src/base/time.h"

namespace muster::api {

// What clients of the API may cost. Everything beyond is answered with an error, never by waiting.
struct Limits {
  // Open connections of one listener; the next one is told 429.
  size_t clients_max = 128;
  // Event streams of the agent; the next one is told 429.
  size_t streams_max = 32;
  // Blocking reads (`wait`) of the agent; the next one is told 429.
  size_t waiters_max = 64;
  // Request target and header fields together, and the body; beyond: 413.
  size_t header_bytes_max = 8 * 1024;
  size_t body_bytes_max = 64 * 1024;
  // Longest `wait`; a longer one is cut to this.
  Duration wait_max = Duration::Seconds(600);
  // Events that the slowest stream may lag behind; beyond, it gets a `gap` and is closed.
  size_t backlog_events_max = 4096;
  size_t backlog_bytes_max = 4 * 1024 * 1024;
  // Between two signs of life on a silent stream; also how soon a vanished reader is noticed.
  Duration heartbeat = Duration::Seconds(10);
  // A connection on which nothing moves is closed after this; streams and waiting reads are not.
  Duration idle_timeout = Duration::Seconds(30);
  // Probes of one reachability check that run at the same time.
  size_t reachability_parallel = 64;
  // Reachability checks at the same time; the next one is told 429.
  size_t checks_max = 4;
  // Requests about presence records at the same time, as each may wait for the datastore; the next
  // one is told 429.
  size_t presence_calls_max = 8;
  // A leaving agent waits this long for its client to take the answer.
  Duration leave_answer_for = Duration::Seconds(2);
  // A closing server waits this long for answers on their way.
  Duration close_for = Duration::Millis(500);
};

}  // namespace muster::api
