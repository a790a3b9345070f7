#pragma once

#include <cstdint>
#include <string_view>

#include "src/base/address.h"
#include "src/base/digest.h"
#include "src/core/effects.h"
#include "src/core/stats.h"
#include "src/wire/codec.h"
#include "src/wire/message.h"

namespace muster::core {

// The one way out of a node: stamps, encodes, counts and digests packets and frames, and appends
// them to the Effects of the call in progress.
class Outbox {
 public:
  Outbox(const HostId& self, uint64_t boot, std::string_view cluster, Stats* stats);

  // Between these two, and only there, something can be sent.
  void Begin(Effects* effects) { effects_ = effects; }
  void End() { effects_ = nullptr; }
  Effects& effects() { return *effects_; }

  // What every packet says of its sender.
  void set_epoch(uint64_t epoch) { epoch_ = epoch; }
  void set_health(int health) { health_ = static_cast<uint8_t>(health); }

  // Room for pieces (wire::EncodeUpdate) beside `packet` in a datagram.
  size_t RoomBeside(wire::Packet& packet);
  // Sends `packet` with `pieces`; returns its sequence number.
  uint32_t Send(const Address& to, wire::Packet& packet, std::string_view pieces, bool is_probe);

  // Opens a stream of our own and returns its odd id.
  StreamId Open(const Address& to, Duration budget);
  // False when the message exceeds one frame; nothing is sent then.
  bool SendFrame(StreamId stream, wire::StreamMessage& message, std::string_view pieces);
  void Close(StreamId stream) { effects_->CloseStream(stream); }

  wire::Codec& codec() { return codec_; }
  Digest& digest() { return digest_; }
  const Digest& digest() const { return digest_; }

 private:
  void Stamp(wire::Packet& packet);

  HostId self_;
  uint64_t boot_;
  uint64_t epoch_ = 0;
  uint8_t health_ = 0;
  uint32_t sequence_ = 0;
  StreamId next_stream_ = 1;
  wire::Codec codec_;
  Stats* stats_;
  Effects* effects_ = nullptr;
  Digest digest_;
};

}  // namespace muster::core
