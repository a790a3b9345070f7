#pragma once

#include <cstdint>

#include "bench/baselines/packet.h"

namespace muster::baselines {

// Headers of IPv4 and UDP, counted once a datagram where traffic is put beside a network's.
inline constexpr uint32_t kHeaderBytes = 28;

// What a deployment of memberlist adds to its messages.
struct Deployment {
  uint32_t name_bytes = 10;        // of a member's name
  uint32_t meta_bytes = 0;         // of the metadata in an alive message
  uint32_t ack_payload_bytes = 0;  // of what a ping delegate puts into an ack
  bool has_source_fields = true;   // pings name their sender (memberlist 0.2.4 and later)
  bool has_crc = true;             // 5 bytes before a datagram (protocol version 5, late 2017)
  bool compresses = true;          // [EnableCompression], LZW, if that makes it shorter
  uint32_t header_bytes() const { return has_crc ? 5 : 0; }

  // Agents of Consul 0.7, as in the Lifeguard paper: six tags in the metadata (role, dc, vsn,
  // vsn_min, vsn_max, build), a network coordinate in every ack (version byte,
  // map of Vec with 8 doubles, Error, Adjustment, Height); messages as they were then.
  static Deployment Consul2017() { return {10, 67, 130, false, false, true}; }
};

// Sizes of memberlist's messages: one type byte, then a msgpack map whose keys are the Go field
// names (net.go), as hashicorp/go-msgpack writes it. A string of up to 31 bytes has one byte before
// it, a byte string two, an unsigned number 1 to 5 bytes (3 taken for sequence numbers, 1 for
// incarnations and 3 for ports).
class WireSize {
 public:
  explicit WireSize(const Deployment& deployment) : deployment_(deployment) {}
  // The message alone, without updates.
  uint32_t Message(Packet::Kind kind) const;
  uint32_t OfUpdate(State state) const;
  // A datagram of `plain` bytes, of which `message` are not updates, with so many updates of each
  // kind. The fit of LZW runs (8-bit literals, codes of 9 to 12 bits, as Go's compress/lzw) over
  // compounds of 2 to 28 such messages with random names; within 10 % of each.
  uint32_t Compressed(uint32_t plain, uint32_t message, int alive, int others) const;
  // One record of a push/pull.
  uint32_t PushPullRecord() const;
  uint32_t header_bytes() const { return deployment_.header_bytes(); }

  // A compound of several messages: type and count before, two bytes of length for each.
  static constexpr uint32_t kCompoundBytes = 2;
  static constexpr uint32_t kCompoundEntryBytes = 2;
  static constexpr uint32_t kDatagramBytesMax = 1400;  // config.go, UDPBufferSize

 private:
  Deployment deployment_;
};

// SWIM (2002), section 5: at most 15 bytes without updates, 135 with six.
struct SwimWireSize {
  static constexpr uint32_t kMessageBytes = 15;
  static constexpr uint32_t kUpdateBytes = 20;
  static constexpr int kUpdatesMax = 6;
};

}  // namespace muster::baselines
