#include "src/core/outbox.h"

#include <cstring>

#include "src/base/check.h"

namespace muster::core {
namespace {

// Every packet and frame ends in a 64-bit hash of itself: all the digest needs.
uint64_t TrailingHash(std::string_view bytes) {
  uint64_t hash = 0;
  std::memcpy(&hash, bytes.data() + bytes.size() - sizeof hash, sizeof hash);
  return hash;
}

}  // namespace

Outbox::Outbox(const HostId& self, uint64_t boot, std::string_view cluster, Stats* stats)
    : self_(self), boot_(boot), codec_(cluster), stats_(stats) {}

void Outbox::Stamp(wire::Packet& packet) {
  packet.sender = self_;
  packet.epoch = epoch_;
  packet.health = health_;
}

size_t Outbox::RoomBeside(wire::Packet& packet) {
  Stamp(packet);
  packet.sequence = UINT32_MAX;  // the longest there is
  const size_t overhead = codec_.OverheadBytes(packet);
  const size_t max = wire::limits::kDatagramBytesMax;
  return overhead < max ? max - overhead : 0;
}

uint32_t Outbox::Send(const Address& to, wire::Packet& packet, std::string_view pieces,
                      bool is_probe) {
  Stamp(packet);
  if (++sequence_ == 0) ++sequence_;  // 0 means "no probe" to hosts
  packet.sequence = sequence_;
  const size_t size = codec_.EncodePacket(packet, pieces, &effects_->arena());
  MUSTER_CHECK(size <= wire::limits::kDatagramBytesMax);
  effects_->AddDatagram(to, size, is_probe ? sequence_ : 0);
  ++stats_->packets_out;
  ++stats_->packets_out_by_type[static_cast<size_t>(packet.type)];
  stats_->bytes_out += size;
  digest_.Add(TrailingHash(effects_->arena()));
  return sequence_;
}

StreamId Outbox::Open(const Address& to, Duration budget) {
  const StreamId stream = next_stream_;
  next_stream_ += 2;
  effects_->OpenStream(stream, to, budget);
  return stream;
}

bool Outbox::SendFrame(StreamId stream, wire::StreamMessage& message, std::string_view pieces) {
  message.sender = self_;
  message.epoch = epoch_;
  message.boot = boot_;
  const size_t size = codec_.EncodeFrame(message, pieces, &effects_->arena());
  if (size == 0) return false;
  effects_->SendOnStream(stream, size);
  ++stats_->frames_out;
  stats_->frame_bytes_out += size;
  digest_.Add(TrailingHash(effects_->arena()));
  return true;
}

}  // namespace muster::core
