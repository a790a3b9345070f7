#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "src/wire/message.h"

// Messages for the tests of the wire, and their fields as text, to compare and to print them.

namespace muster::wire::testing {

inline constexpr std::string_view kCluster = "default";

// A different id for every number; never zero.
HostId SampleId(uint64_t number);
// Valid attributes with two tags.
Attributes SampleAttributes(std::string name = "web-1");
// A suspicion in short form, with numbers as large as a real cluster has: epoch 2^20, counter 127.
Update SampleUpdate(uint64_t number = 7);
// An alive update with attributes and their hash.
Update SampleFullUpdate(uint64_t number = 8);
// A message of that type with all the fields that its type has, and with numbers as large as a
// real cluster has: epoch 2^20, sequence 2^32 - 1, 10,000 members. No updates, except in a kJoin
// and a kLeave, which need one.
Packet SamplePacket(PacketType type);
StreamMessage SampleStreamMessage(StreamType type);

inline constexpr PacketType kAllPacketTypes[] = {
    PacketType::kPing, PacketType::kPingRequest, PacketType::kAck,         PacketType::kNack,
    PacketType::kPull, PacketType::kGossip,      PacketType::kVoteRequest, PacketType::kVote};
inline constexpr StreamType kAllStreamTypes[] = {
    StreamType::kJoin,        StreamType::kJoinAnswer, StreamType::kWrongCluster,
    StreamType::kPing,        StreamType::kAck,        StreamType::kSyncSummary,
    StreamType::kSyncRecords, StreamType::kLeave,      StreamType::kReceipt,
    StreamType::kSyncCells,   StreamType::kSyncSplit,  StreamType::kSyncPrints};

// Every field by name and value: equal texts, equal messages.
std::string Describe(const Attributes& attributes);
std::string Describe(const Update& update);
std::string Describe(const Packet& packet);
std::string Describe(const StreamMessage& message);

// The datagram or frame body around a protobuf body that no encoder of ours would make, with a
// sound header and checksum.
std::string Envelope(std::string_view cluster, std::string_view body);

}  // namespace muster::wire::testing
