#pragma once

#include <google/protobuf/repeated_field.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/wire/message.h"

// Plain structs <-> generated messages; only the codec uses it. The ToProto functions fill a
// cleared message with the fields that its type has. The FromProto functions judge every value and
// reset what they do not set, keeping the memory of vectors; on anything but kNone their output is
// unspecified.

namespace muster::proto {
class Packet;
class StreamMessage;
class Update;
}  // namespace muster::proto

namespace muster::wire {

// The attributes' hash does not travel beside the attributes: the receiver computes it.
void ToProto(const Update& from, proto::Update* to);
// Attributes without a port have what is told in `common`.
Reject FromProto(const proto::Update& from, const CommonAttributes& common, Update* to);
bool HasCommon(const Attributes& attributes, const CommonAttributes& common);

void ToProto(const Packet& from, proto::Packet* to);
Reject FromProto(const proto::Packet& from, Packet* to);

void ToProto(const StreamMessage& from, proto::StreamMessage* to);
Reject FromProto(const proto::StreamMessage& from, StreamMessage* to);

// ---- What both kinds of message share ----

using HalvesOfIds = google::protobuf::RepeatedField<uint64_t>;
using RepeatedUpdates = google::protobuf::RepeatedPtrField<proto::Update>;

// 4 or 16 bytes in network order.
void SetIp(const Address& address, std::string* ip);
// kName unless it is an address that a member can have.
Reject ReadAddress(const std::string& ip, uint32_t port, Address* to);
// A count without a hash is malformed.
Reject ReadViewCell(bool has_hash, uint64_t hash, uint32_t count, std::optional<ViewCell>* to);
// Pairs of high and low halves; a zero id or a half without its other is malformed.
Reject ReadHostIds(const HalvesOfIds& from, size_t ids_max, std::vector<HostId>* to);
Reject ReadUpdates(const RepeatedUpdates& from, size_t updates_max, const CommonAttributes& common,
                   std::vector<Update>* to);

}  // namespace muster::wire
