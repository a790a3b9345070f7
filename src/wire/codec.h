#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "src/wire/attributes.h"
#include "src/wire/limits.h"
#include "src/wire/message.h"

// Bytes <-> structs. Layout of a datagram and of a stream frame's body, plain mode:
//   version 1 | flags 1 | cluster tag 4 | protobuf body | XXH3-64 of all before it, 8
// Sealed mode (flag kFlagSealed) replaces body and checksum by key id 4 | nonce 24 | sealed body |
// tag 16, with the header and the cluster name as additional data; until there is a key ring such
// a packet is rejected with Reject::kFlags.

namespace muster::wire {

inline constexpr uint8_t kWireVersion = 1;
inline constexpr uint8_t kFlagSealed = 0x01;
inline constexpr size_t kHeaderBytes = 6;
inline constexpr size_t kChecksumBytes = 8;

// One update as a ready-made piece of a packet or frame body. Encoded once when a fact is learnt,
// then appended to any number of packets. Appends to `*out`; returns the bytes added. With
// `common`, for frames that tell it: attributes that have all of it leave it out.
size_t EncodeUpdate(const Update& update, std::string* out,
                    const CommonAttributes* common = nullptr);
// The same for packets alone, without attributes and in 16 to 26 bytes: the first half of the id,
// which the receiver completes from its table. A suspicion leaves out the hash too: what ends it,
// a refutation or a verdict, carries it.
size_t EncodeShortUpdate(Update update, std::string* out);

// Encodes and decodes for one cluster. Keeps scratch messages between calls, so that a warm codec
// allocates nothing per datagram. One thread at a time.
class Codec {
 public:
  explicit Codec(std::string_view cluster);
  ~Codec();
  Codec(const Codec&) = delete;
  Codec& operator=(const Codec&) = delete;

  // Appends the datagram to `*out`, `packet.updates` included, then `encoded_updates`: a
  // concatenation of EncodeUpdate pieces. The caller keeps within limits::kDatagramBytesMax:
  // OverheadBytes() tells what the packet takes without its pieces. Returns the bytes added.
  size_t EncodePacket(const Packet& packet, std::string_view encoded_updates, std::string* out);
  // Bytes of the datagram that EncodePacket would make of `packet` with no encoded updates.
  size_t OverheadBytes(const Packet& packet);

  // Decodes one datagram. On anything but kNone `*packet` is unspecified.
  Reject DecodePacket(std::string_view bytes, Packet* packet);

  // One stream message as a whole frame: 4-byte length, then the body. Appends to `*out`; returns
  // the bytes added, or 0 when the body would exceed limits::kFrameBytesMax (nothing is appended).
  size_t EncodeFrame(const StreamMessage& message, std::string_view encoded_updates,
                     std::string* out);
  // Decodes a frame's body (without the length). A kJoin or kWrongCluster of another cluster's tag
  // with a sound checksum decodes and returns kCluster with `type`, `sender` and `cluster` set, so
  // that a joiner can be told the two names.
  Reject DecodeFrame(std::string_view body, StreamMessage* message);

  std::string_view cluster() const { return cluster_; }

 private:
  struct Scratch;
  std::string cluster_;
  uint32_t tag_;
  Scratch* scratch_;
};

const char* RejectName(Reject reject);  // snake_case, as in status and metrics
const char* StateName(State state);     // "alive" ... "left"; kPruned reads "left"
const char* ReasonText(Reason reason);  // "no answer", ...

}  // namespace muster::wire
