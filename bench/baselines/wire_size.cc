#include "bench/baselines/wire_size.h"

namespace muster::baselines {
namespace {

constexpr uint32_t kType = 1;
constexpr uint32_t kMap = 1;
constexpr uint32_t kSequence = 3;
constexpr uint32_t kIncarnation = 1;
constexpr uint32_t kPort = 3;
constexpr uint32_t kIpv4 = 2 + 4;
constexpr uint32_t kBool = 1;
constexpr uint32_t kVersions = 2 + 6;

constexpr uint32_t Key(const char* name) {
  uint32_t length = 0;
  while (name[length] != '\0') ++length;
  return 1 + length;
}

uint32_t String(uint32_t bytes) { return (bytes < 32 ? 1 : 2) + bytes; }
uint32_t Bytes(uint32_t bytes) { return 2 + bytes; }

uint32_t Source(const Deployment& deployment) {
  if (!deployment.has_source_fields) return 0;
  return Key("SourceAddr") + kIpv4 + Key("SourcePort") + kPort + Key("SourceNode") +
         String(deployment.name_bytes);
}

}  // namespace

uint32_t WireSize::Message(Packet::Kind kind) const {
  const uint32_t sequence = kType + kMap + Key("SeqNo") + kSequence;
  const uint32_t name = Key("Node") + String(deployment_.name_bytes);
  switch (kind) {
    case Packet::Kind::kPing:
    case Packet::Kind::kStreamPing:
      return sequence + name + Source(deployment_);
    case Packet::Kind::kPingReq:
      return sequence + Key("Target") + kIpv4 + Key("Port") + kPort + name + Key("Nack") + kBool +
             Source(deployment_);
    case Packet::Kind::kAck:
    case Packet::Kind::kStreamAck:
      return sequence + Key("Payload") + Bytes(deployment_.ack_payload_bytes);
    case Packet::Kind::kNack:
      return sequence;
    case Packet::Kind::kGossip:
      return 0;
    case Packet::Kind::kPushPull:
    case Packet::Kind::kPushPullReply:
      return kType + kMap + Key("Nodes") + 3 + Key("UserStateLen") + 1 + Key("Join") + kBool;
  }
  return 0;
}

uint32_t WireSize::OfUpdate(State state) const {
  const uint32_t head = kType + kMap + Key("Incarnation") + kIncarnation + Key("Node") +
                        String(deployment_.name_bytes);
  if (state != State::kAlive) return head + Key("From") + String(deployment_.name_bytes);
  return head + Key("Addr") + kIpv4 + Key("Port") + kPort + Key("Meta") +
         Bytes(deployment_.meta_bytes) + Key("Vsn") + kVersions;
}

uint32_t WireSize::Compressed(uint32_t plain, uint32_t message, int alive, int others) const {
  if (!deployment_.compresses || alive + others < 3) return plain;
  // Key names weigh once; then what differs.
  const uint32_t keys = 100 + (alive > 0 ? 60 + deployment_.meta_bytes * 3 / 10 : 0);
  const uint32_t each_alive = 25 + deployment_.meta_bytes * 3 / 8;
  const uint32_t size = message + keys + static_cast<uint32_t>(alive) * each_alive +
                        static_cast<uint32_t>(others) * 14;
  return size < plain ? size : plain;
}

uint32_t WireSize::PushPullRecord() const {
  return kMap + Key("Name") + String(deployment_.name_bytes) + Key("Addr") + kIpv4 + Key("Port") +
         kPort + Key("Meta") + Bytes(deployment_.meta_bytes) + Key("Incarnation") + kIncarnation +
         Key("State") + 1 + Key("Vsn") + kVersions;
}

}  // namespace muster::baselines
