#include "src/wire/codec.h"

#include <google/protobuf/arena.h>
#include <google/protobuf/io/coded_stream.h>

#include "proto/gossip.pb.h"
#include "src/base/check.h"
#include "src/wire/checksum.h"
#include "src/wire/convert.h"
#include "src/wire/shape.h"

namespace muster::wire {
namespace {

using google::protobuf::io::CodedOutputStream;

constexpr size_t kEnvelopeBytes = kHeaderBytes + kChecksumBytes;
constexpr size_t kTagOffset = 2;
// Field `updates` with length-delimited contents, in packets and in stream messages alike: that
// makes one encoded update fit both.
constexpr int kUpdatesField = proto::Packet::kUpdatesFieldNumber;
static_assert(kUpdatesField == proto::StreamMessage::kUpdatesFieldNumber);
constexpr auto kUpdateTag = static_cast<uint8_t>(kUpdatesField << 3 | 2);
static_assert(kUpdatesField < 16, "the tag takes one byte");

template <typename Integer>
Integer ReadLittleEndian(std::string_view bytes) {
  Integer value = 0;
  for (size_t i = sizeof(Integer); i-- > 0;) value = value << 8 | static_cast<uint8_t>(bytes[i]);
  return value;
}

template <typename Integer>
void WriteLittleEndian(Integer value, char* to) {
  for (size_t i = 0; i < sizeof(Integer); ++i) to[i] = static_cast<char>(value >> (8 * i));
}

uint32_t ClusterTag(std::string_view cluster) { return static_cast<uint32_t>(Checksum(cluster)); }

// Version and flags; the lengths are sound.
Reject CheckHeader(std::string_view bytes) {
  if (static_cast<uint8_t>(bytes[0]) != kWireVersion) return Reject::kVersion;
  return bytes[1] == 0 ? Reject::kNone : Reject::kFlags;
}

uint32_t TagOf(std::string_view bytes) {
  return ReadLittleEndian<uint32_t>(bytes.substr(kTagOffset));
}

bool IsChecksumSound(std::string_view bytes) {
  const size_t covered = bytes.size() - kChecksumBytes;
  return Checksum(bytes.substr(0, covered)) == ReadLittleEndian<uint64_t>(bytes.substr(covered));
}

std::string_view BodyOf(std::string_view bytes) {
  return bytes.substr(kHeaderBytes, bytes.size() - kEnvelopeBytes);
}

// Appends header, message, encoded updates and checksum. `message_bytes` is what ByteSizeLong has
// just returned, which leaves the sizes that the serialiser uses in the message.
template <typename Message>
void AppendEnvelope(uint32_t tag, const Message& message, size_t message_bytes,
                    std::string_view encoded_updates, std::string* out) {
  const size_t start = out->size();
  const size_t covered = kHeaderBytes + message_bytes + encoded_updates.size();
  out->resize(start + covered + kChecksumBytes);
  char* const first = out->data() + start;
  first[0] = static_cast<char>(kWireVersion);
  first[1] = 0;
  WriteLittleEndian(tag, first + kTagOffset);
  auto* const body = reinterpret_cast<uint8_t*>(first + kHeaderBytes);
  uint8_t* const end = message.SerializeWithCachedSizesToArray(body);
  MUSTER_CHECK(end == body + message_bytes);
  encoded_updates.copy(first + kHeaderBytes + message_bytes, encoded_updates.size());
  WriteLittleEndian(Checksum({first, covered}), first + covered);
}

template <typename Message>
bool Parse(std::string_view body, Message* message) {
  return message->ParseFromArray(body.data(), static_cast<int>(body.size()));
}

// Parses and judges a frame's body behind a sound envelope.
Reject ReadStreamMessage(std::string_view body, StreamMessage* message) {
  const Reject reject = CheckStreamShape(body);
  if (reject != Reject::kNone) return reject;
  // Frames are rare and large: their parsed form is freed at once, unlike a packet's.
  google::protobuf::Arena arena;
  auto* parsed = google::protobuf::Arena::CreateMessage<proto::StreamMessage>(&arena);
  if (!Parse(body, parsed)) return Reject::kMalformed;
  return FromProto(*parsed, message);
}

}  // namespace

size_t EncodeUpdate(const Update& update, std::string* out, const CommonAttributes* common) {
  proto::Update message;
  ToProto(update, &message);
  if (common != nullptr && update.attributes && HasCommon(*update.attributes, *common)) {
    message.mutable_attributes()->clear_port();
    message.mutable_attributes()->clear_tolerance_ms();
    message.mutable_attributes()->clear_agent();
  }
  const size_t message_bytes = message.ByteSizeLong();
  const size_t start = out->size();
  const size_t length_bytes = CodedOutputStream::VarintSize32(static_cast<uint32_t>(message_bytes));
  out->resize(start + 1 + length_bytes + message_bytes);
  auto* to = reinterpret_cast<uint8_t*>(out->data()) + start;
  *to++ = kUpdateTag;
  to = CodedOutputStream::WriteVarint32ToArray(static_cast<uint32_t>(message_bytes), to);
  message.SerializeWithCachedSizesToArray(to);
  return out->size() - start;
}

size_t EncodeShortUpdate(Update update, std::string* out) {
  update.id.lo = 0;
  update.attributes.reset();
  if (update.state == State::kSuspect) update.attributes_hash = 0;
  return EncodeUpdate(update, out);
}

struct Codec::Scratch {
  proto::Packet packet;
};

Codec::Codec(std::string_view cluster)
    : cluster_(cluster), tag_(ClusterTag(cluster)), scratch_(new Scratch) {}

Codec::~Codec() { delete scratch_; }

size_t Codec::EncodePacket(const Packet& packet, std::string_view encoded_updates,
                           std::string* out) {
  proto::Packet& message = scratch_->packet;
  message.Clear();
  ToProto(packet, &message);
  const size_t start = out->size();
  AppendEnvelope(tag_, message, message.ByteSizeLong(), encoded_updates, out);
  return out->size() - start;
}

size_t Codec::OverheadBytes(const Packet& packet) {
  proto::Packet& message = scratch_->packet;
  message.Clear();
  ToProto(packet, &message);
  return kEnvelopeBytes + message.ByteSizeLong();
}

Reject Codec::DecodePacket(std::string_view bytes, Packet* packet) {
  if (bytes.size() > limits::kDatagramBytesMax) return Reject::kTooLong;
  if (bytes.size() < kEnvelopeBytes) return Reject::kTooShort;
  Reject reject = CheckHeader(bytes);
  if (reject != Reject::kNone) return reject;
  if (TagOf(bytes) != tag_) return Reject::kCluster;
  if (!IsChecksumSound(bytes)) return Reject::kChecksum;
  const std::string_view body = BodyOf(bytes);
  reject = CheckPacketShape(body);
  if (reject != Reject::kNone) return reject;
  proto::Packet& message = scratch_->packet;
  if (!Parse(body, &message)) return Reject::kMalformed;
  return FromProto(message, packet);
}

size_t Codec::EncodeFrame(const StreamMessage& message, std::string_view encoded_updates,
                          std::string* out) {
  google::protobuf::Arena arena;
  auto* filled = google::protobuf::Arena::CreateMessage<proto::StreamMessage>(&arena);
  ToProto(message, filled);
  const size_t message_bytes = filled->ByteSizeLong();
  const size_t body_bytes = kEnvelopeBytes + message_bytes + encoded_updates.size();
  if (body_bytes > limits::kFrameBytesMax) return 0;
  for (int shift = 24; shift >= 0; shift -= 8) {
    out->push_back(static_cast<char>(body_bytes >> shift));
  }
  AppendEnvelope(tag_, *filled, message_bytes, encoded_updates, out);
  return limits::kFrameHeaderBytes + body_bytes;
}

Reject Codec::DecodeFrame(std::string_view body, StreamMessage* message) {
  if (body.size() > limits::kFrameBytesMax) return Reject::kTooLong;
  if (body.size() < kEnvelopeBytes) return Reject::kTooShort;
  Reject reject = CheckHeader(body);
  if (reject != Reject::kNone) return reject;
  if (!IsChecksumSound(body)) return Reject::kChecksum;
  reject = ReadStreamMessage(BodyOf(body), message);
  // Two names may share a tag: a join spells its name out.
  const bool is_ours =
      TagOf(body) == tag_ && (reject != Reject::kNone || message->type != StreamType::kJoin ||
                              message->cluster == cluster_);
  if (is_ours) return reject;
  // Of a foreign message no more is handed on than who asks to be told our name.
  StreamMessage head;
  const bool tells_its_name =
      message->type == StreamType::kJoin || message->type == StreamType::kWrongCluster;
  if (reject == Reject::kNone && tells_its_name) {
    head.type = message->type;
    head.sender = message->sender;
    head.cluster = message->cluster;
  }
  *message = std::move(head);
  return Reject::kCluster;
}

}  // namespace muster::wire
