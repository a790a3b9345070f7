#pragma once

#include <array>
#include <cstdint>

#include "src/wire/message.h"

namespace muster::core {

// Plain counters, only ever rising. Bytes are payload, without IP and UDP headers.
struct Stats {
  uint64_t packets_in = 0;
  uint64_t packets_out = 0;
  uint64_t bytes_in = 0;
  uint64_t bytes_out = 0;
  std::array<uint64_t, wire::kPacketTypes> packets_out_by_type{};  // by wire::PacketType
  uint64_t frames_in = 0;
  uint64_t frames_out = 0;
  uint64_t frame_bytes_in = 0;
  uint64_t frame_bytes_out = 0;
  std::array<uint64_t, wire::kRejectCount> rejected{};  // by wire::Reject

  uint64_t probes = 0;            // direct probes begun
  uint64_t probes_answered = 0;   // directly, in time or late
  uint64_t probes_relayed = 0;    // answered only through a relay, a stream, or when asked again
  uint64_t probes_failed = 0;     // on every path
  uint64_t probes_void = 0;       // proved nothing (evidence gate)
  uint64_t suspicions = 0;        // begun by this member
  uint64_t verdicts = 0;          // `failed` originated by this member
  uint64_t bars = 0;              // of lossy or flapping members, originated by this member
  uint64_t verdicts_delayed = 0;  // due, but the verdict gate was unmet
  uint64_t refutations = 0;       // of claims about this member
  uint64_t syncs = 0;             // streamed exchanges begun
  uint64_t syncs_by_ranges = 0;   // of those, by a comparison of ranges (sync.h)
  uint64_t syncs_refused = 0;     // comparisons that a peer closed without an answer
  uint64_t syncs_changed = 0;     // exchanges, whoever began them, that changed our table
  uint64_t stalls = 0;            // times the host was late by more than a period
  uint64_t streams_refused = 0;   // beyond streams_max, or ended early for others
};

}  // namespace muster::core
