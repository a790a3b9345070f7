#include "src/wire/shape.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "proto/gossip.pb.h"
#include "src/wire/limits.h"

namespace muster::wire {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

constexpr size_t kUnlimited = std::numeric_limits<size_t>::max();
constexpr size_t kFieldsMax = 11;
constexpr size_t kHostIdBytes = 16;
constexpr size_t kHashBytes = 4;
constexpr size_t kVarintBytesMax = 5;
constexpr size_t kLongVarintBytesMax = 10;
// An element takes at least two bytes, and no repeated message may have fewer than kTagsMax.
constexpr size_t kWalkFromBytes = 2 * limits::kTagsMax;
static_assert(limits::kTagsMax <= limits::kUpdatesPerPacketMax);

struct Shape;

// What one length-delimited field may hold.
struct FieldLimit {
  int number = 0;  // 0: the end of the list
  size_t count_max = kUnlimited;
  size_t bytes_max = kUnlimited;
  const Shape* inner = nullptr;
};

struct Shape {
  std::array<FieldLimit, kFieldsMax> fields;
};

constexpr Shape kTag = {{{{proto::Tag::kKeyFieldNumber, kUnlimited, limits::kTagBytesMax},
                          {proto::Tag::kValueFieldNumber, kUnlimited, limits::kTagBytesMax}}}};

constexpr Shape kAttributes = {
    {{{proto::Attributes::kNameFieldNumber, kUnlimited, limits::kNameBytesMax},
      {proto::Attributes::kAgentFieldNumber, kUnlimited, limits::kAgentBytesMax},
      {proto::Attributes::kTagsFieldNumber, limits::kTagsMax, kUnlimited, &kTag}}}};

// Attributes that come twice would be merged, tags and all.
constexpr Shape kUpdate = {
    {{{proto::Update::kAttributesFieldNumber, 1, kUnlimited, &kAttributes}}}};

constexpr Shape kPacket = {
    {{{proto::Packet::kUpdatesFieldNumber, limits::kUpdatesPerPacketMax, kUnlimited, &kUpdate},
      {proto::Packet::kWantedFieldNumber, 1, limits::kPullIdsMax* kHostIdBytes}}}};

constexpr Shape kStream = {
    {{{proto::StreamMessage::kUpdatesFieldNumber, limits::kUpdatesPerFrameMax, kUnlimited,
       &kUpdate},
      {proto::StreamMessage::kWantedFieldNumber, 1, limits::kWantedPerFrameMax* kHostIdBytes},
      {proto::StreamMessage::kRangesFieldNumber, 1, limits::kRangesPerFrameMax* kVarintBytesMax},
      {proto::StreamMessage::kRangeSizesFieldNumber, 1,
       limits::kRangesPerFrameMax* kVarintBytesMax},
      {proto::StreamMessage::kHashesFieldNumber, 1, limits::kHashesPerFrameMax* kHashBytes},
      {proto::StreamMessage::kEpochsFieldNumber, 1,
       limits::kPrintsPerFrameMax* kLongVarintBytesMax},
      {proto::StreamMessage::kCountersFieldNumber, 1, limits::kPrintsPerFrameMax* kVarintBytesMax},
      {proto::StreamMessage::kCommonFieldNumber, 1, kUnlimited, &kAttributes},
      {proto::StreamMessage::kClusterFieldNumber, kUnlimited, limits::kClusterBytesMax},
      {proto::StreamMessage::kOtherNameFieldNumber, kUnlimited, limits::kNameBytesMax}}}};

Reject Walk(const uint8_t* data, size_t size, const Shape& shape);

// Judges one length-delimited field and leaves it behind.
Reject WalkField(const uint8_t* data, int number, const Shape& shape,
                 std::array<size_t, kFieldsMax>* counts, CodedInputStream* input) {
  uint32_t length = 0;
  if (!input->ReadVarint32(&length)) return Reject::kMalformed;
  const int start = input->CurrentPosition();
  if (!input->Skip(static_cast<int>(length))) return Reject::kMalformed;
  for (size_t i = 0; i < kFieldsMax && shape.fields[i].number != 0; ++i) {
    const FieldLimit& limit = shape.fields[i];
    if (limit.number != number) continue;
    if (++(*counts)[i] > limit.count_max || length > limit.bytes_max) return Reject::kLimit;
    return limit.inner == nullptr ? Reject::kNone : Walk(data + start, length, *limit.inner);
  }
  return Reject::kNone;
}

// Recursion follows the shapes: four levels at most.
Reject Walk(const uint8_t* data, size_t size, const Shape& shape) {
  if (size <= kWalkFromBytes) return Reject::kNone;
  CodedInputStream input(data, static_cast<int>(size));
  std::array<size_t, kFieldsMax> counts{};
  while (const uint32_t tag = input.ReadTag()) {
    if (WireFormatLite::GetTagWireType(tag) == WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
      const int number = WireFormatLite::GetTagFieldNumber(tag);
      const Reject reject = WalkField(data, number, shape, &counts, &input);
      if (reject != Reject::kNone) return reject;
    } else if (!WireFormatLite::SkipField(&input, tag)) {
      return Reject::kMalformed;
    }
  }
  return input.ConsumedEntireMessage() ? Reject::kNone : Reject::kMalformed;
}

Reject WalkBody(std::string_view body, const Shape& shape) {
  return Walk(reinterpret_cast<const uint8_t*>(body.data()), body.size(), shape);
}

}  // namespace

Reject CheckPacketShape(std::string_view body) { return WalkBody(body, kPacket); }
Reject CheckStreamShape(std::string_view body) { return WalkBody(body, kStream); }

}  // namespace muster::wire
