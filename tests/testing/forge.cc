#include "tests/testing/forge.h"

#include "src/base/hash.h"

namespace muster::testing {

HostId TestId(uint64_t n) { return {Mix64(n), n}; }

wire::Attributes TestAttributes(std::string_view name, const Address& address) {
  wire::Attributes attributes;
  attributes.name.assign(name);
  attributes.address = address;
  attributes.boot = 1;
  attributes.tolerance_ms = 4000;
  attributes.agent = "test";
  return attributes;
}

std::string Forge::Gossip(const HostId& sender, uint64_t epoch, const wire::Update& update) {
  wire::Packet packet;
  packet.type = wire::PacketType::kGossip;
  packet.sender = sender;
  packet.epoch = epoch;
  packet.sequence = next_sequence_++;
  packet.updates.push_back(update);
  std::string bytes;
  codec_.EncodePacket(packet, {}, &bytes);
  return bytes;
}

}  // namespace muster::testing
