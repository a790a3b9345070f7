#pragma once

#include <cstdint>
#include <vector>

#include "src/base/time.h"

namespace muster::baselines {

// What one member holds of another. kDead is SWIM's "confirmed failed".
enum class State : uint8_t { kUnknown, kAlive, kSuspect, kDead };

// One membership update: "`from` says that `subject` is `state` at `incarnation`".
struct Update {
  State state = State::kUnknown;
  uint32_t incarnation = 0;
  int32_t subject = -1;
  int32_t from = -1;
};

// A message between two models. Models run in one process, so it travels as it is; what it would
// weigh in the original's encoding is `wire_bytes` (wire_size.h), without IP and UDP headers.
struct Packet {
  enum class Kind : uint8_t {
    kPing,
    kPingReq,  // "ping `target` for me"
    kAck,
    kNack,          // of a relay: `target` did not answer yet
    kGossip,        // updates only
    kStreamPing,    // memberlist's fallback over TCP
    kStreamAck,     // its answer
    kPushPull,      // the whole table, over TCP; `target` is 1 when joining
    kPushPullReply  // the other's table
  };
  Kind kind = Kind::kPing;
  int32_t sender = -1;
  int32_t target = -1;
  uint32_t sequence = 0;
  uint32_t wire_bytes = 0;
  TimePoint started;  // of the exchange over TCP that it belongs to
  std::vector<Update> updates;
};

}  // namespace muster::baselines
