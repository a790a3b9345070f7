#include "tests/unit/wire/samples.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "src/base/hash.h"
#include "src/base/strings.h"
#include "src/wire/checksum.h"
#include "src/wire/codec.h"

namespace muster::wire::testing {
namespace {

constexpr uint64_t kEpoch = uint64_t{1} << 20;
constexpr uint32_t kMembers = 10'000;

std::string Text(std::string_view bytes) { return absl::CHexEscape(ToAbsl(bytes)); }

std::string Describe(const std::optional<ViewCell>& cell) {
  return cell ? absl::StrCat(cell->hash, "/", cell->count) : "none";
}

std::string Describe(const std::vector<HostId>& ids) {
  std::string out;
  for (const HostId& id : ids) absl::StrAppend(&out, id.ToHex(), ",");
  return out;
}

std::string Describe(const std::vector<uint32_t>& numbers) {
  std::string out;
  for (const uint32_t number : numbers) absl::StrAppend(&out, number, ",");
  return out;
}

std::string Describe(const std::vector<Incarnation>& incarnations) {
  std::string out;
  for (const Incarnation incarnation : incarnations) absl::StrAppend(&out, incarnation.raw(), ",");
  return out;
}

std::string Describe(const std::vector<Update>& updates) {
  std::string out;
  for (const Update& update : updates) {
    absl::StrAppend(&out, "\n  ", muster::wire::testing::Describe(update));
  }
  return out;
}

void AppendLittleEndian(uint64_t value, int bytes, std::string* out) {
  for (int i = 0; i < bytes; ++i) out->push_back(static_cast<char>(value >> (8 * i)));
}

}  // namespace

HostId SampleId(uint64_t number) { return {Mix64(2 * number + 1), Mix64(2 * number + 2)}; }

Attributes SampleAttributes(std::string name) {
  Attributes attributes;
  attributes.name = std::move(name);
  attributes.address = Address::V4(0x0a00010b, 7946);
  attributes.tags = {{"role", "web"}, {"zone", "eu-1"}};
  attributes.boot = 1'790'000'000'000'000;
  attributes.tolerance_ms = 4000;
  attributes.agent = "0.1.0";
  return attributes;
}

Update SampleUpdate(uint64_t number) {
  Update update;
  update.id = SampleId(number);
  update.incarnation = Incarnation::Of(kEpoch, 127);
  update.state = State::kSuspect;
  update.attributes_hash = 0xfedcba98;
  update.reason = Reason::kNoAnswer;
  update.by = 0x89abcdef;
  update.elapsed_ms = 12'000;
  return update;
}

Update SampleFullUpdate(uint64_t number) {
  Update update;
  update.id = SampleId(number);
  update.incarnation = Incarnation::Of(kEpoch, 0);
  update.attributes = SampleAttributes();
  update.attributes_hash = AttributesHash(*update.attributes);
  return update;
}

Packet SamplePacket(PacketType type) {
  Packet packet;
  packet.type = type;
  packet.sender = SampleId(1);
  packet.epoch = kEpoch;
  packet.sequence = UINT32_MAX;
  packet.health = 8;
  switch (type) {
    case PacketType::kPing:
      packet.view = ViewCell{0x0123456789abcdef, kMembers};
      packet.target_prefix = SampleId(2).hi;
      packet.ring = kRingRelay;
      break;
    case PacketType::kPingRequest:
      packet.target = SampleId(2);
      packet.target_address = Address::V4(0x0a00020c, 7946);
      break;
    case PacketType::kAck:
      packet.view = ViewCell{0x0123456789abcdef, kMembers};
      packet.answers = UINT32_MAX;
      packet.pace_ms = UINT16_MAX;
      break;
    case PacketType::kNack:
      packet.target = SampleId(2);
      packet.answers = UINT32_MAX;
      break;
    case PacketType::kPull:
      packet.wanted = {SampleId(3), SampleId(4)};
      break;
    case PacketType::kGossip:
      break;
    case PacketType::kVoteRequest:
      packet.target = SampleId(2);
      break;
    case PacketType::kVote:
      packet.target = SampleId(2);
      packet.answers = UINT32_MAX;
      packet.vote = Vote::kLossy;
      packet.answered_ms = UINT32_MAX;
      break;
  }
  return packet;
}

StreamMessage SampleStreamMessage(StreamType type) {
  StreamMessage message;
  message.type = type;
  message.sender = SampleId(1);
  message.epoch = kEpoch;
  message.boot = 1'790'000'000'000'000;
  switch (type) {
    case StreamType::kJoin:
      message.cluster = kCluster;
      message.updates = {SampleFullUpdate(1)};
      break;
    case StreamType::kJoinAnswer:
      message.verdict = JoinVerdict::kNameTaken;
      message.epoch_known = 41;
      message.seen_as = Address::V4(0x0a000107, 40'001);
      message.other_name = "web-1";
      message.other_id = SampleId(5);
      message.other_address = Address::V4(0x0a000108, 7946);
      message.view = ViewCell{42, kMembers};
      break;
    case StreamType::kWrongCluster:
      message.cluster = kCluster;
      break;
    case StreamType::kPing:
      message.target = SampleId(2);
      break;
    case StreamType::kSyncSummary:
    case StreamType::kSyncRecords:
      message.tombstones = true;
      message.last = true;
      message.wanted = {SampleId(3), SampleId(4)};
      if (type == StreamType::kSyncRecords) {
        message.hashes = {1, UINT32_MAX};
        message.common = {7946, 4000, "1.2.3"};
      } else {
        message.reads_common = true;
      }
      break;
    case StreamType::kSyncCells:
      message.last = true;
      message.salt = 0x0123456789abcdef;
      message.range_bits = 2;
      message.hashes = {1, 2, 3, UINT32_MAX};
      break;
    case StreamType::kSyncSplit:
      message.last = true;
      message.ranges = {1, 4095};
      for (uint32_t i = 0; i < 2 * limits::kLeavesPerRange; ++i) message.hashes.push_back(i);
      break;
    case StreamType::kSyncPrints:
      message.tombstones = true;
      message.ranges = {0, 7, 65'535};
      message.range_sizes = {2, 0, 1};
      message.hashes = {7, 6, 5};
      message.incarnations = {Incarnation::Of(kEpoch, 0),
                              Incarnation::Of(Incarnation::kEpochMax, Incarnation::kCounterTop),
                              Incarnation()};
      break;
    case StreamType::kLeave:
      message.updates = {SampleUpdate(1)};
      message.updates[0].state = State::kLeft;
      break;
    case StreamType::kAck:
    case StreamType::kReceipt:
      break;
  }
  return message;
}

std::string Describe(const Attributes& attributes) {
  std::string out =
      absl::StrCat("name=", Text(attributes.name), " address=", attributes.address.ToString(),
                   " boot=", attributes.boot, " tolerance=", attributes.tolerance_ms,
                   " agent=", Text(attributes.agent), " tags=");
  for (const auto& [key, value] : attributes.tags) {
    absl::StrAppend(&out, Text(key), "=", Text(value), ",");
  }
  return out;
}

std::string Describe(const Update& update) {
  return absl::StrCat("id=", update.id.ToHex(), " incarnation=", update.incarnation.raw(),
                      " state=", static_cast<int>(update.state), " hash=", update.attributes_hash,
                      " reason=", static_cast<int>(update.reason), " by=", update.by,
                      " elapsed=", update.elapsed_ms, " age=", update.age_s, " attributes={",
                      update.attributes ? Describe(*update.attributes) : "none", "}");
}

std::string Describe(const Packet& packet) {
  return absl::StrCat("type=", static_cast<int>(packet.type), " sender=", packet.sender.ToHex(),
                      " epoch=", packet.epoch, " sequence=", packet.sequence,
                      " health=", static_cast<int>(packet.health), " view=", Describe(packet.view),
                      " tombstones=", Describe(packet.tombstones), " prefix=", packet.target_prefix,
                      " target=", packet.target.ToHex(), " at=", packet.target_address.ToString(),
                      " ring=", static_cast<int>(packet.ring), " answers=", packet.answers,
                      " pace=", packet.pace_ms, " wanted=", Describe(packet.wanted),
                      " updates:", Describe(packet.updates));
}

std::string Describe(const StreamMessage& message) {
  return absl::StrCat(
      "type=", static_cast<int>(message.type), " sender=", message.sender.ToHex(),
      " epoch=", message.epoch, " boot=", message.boot, " cluster=", Text(message.cluster),
      " verdict=", static_cast<int>(message.verdict), " known=", message.epoch_known,
      " seen_as=", message.seen_as.ToString(), " other=", Text(message.other_name), "/",
      message.other_id.ToHex(), "/", message.other_address.ToString(),
      " view=", Describe(message.view), " target=", message.target.ToHex(),
      " tombstones=", message.tombstones, " last=", message.last,
      " wanted=", Describe(message.wanted), " salt=", message.salt,
      " bits=", static_cast<int>(message.range_bits), " ranges=", Describe(message.ranges),
      " sizes=", Describe(message.range_sizes), " hashes=", Describe(message.hashes),
      " incarnations=", Describe(message.incarnations), " reads_common=", message.reads_common,
      " common=", message.common.port, "/", message.common.tolerance_ms, "/",
      Text(message.common.agent), " updates:", Describe(message.updates));
}

std::string Envelope(std::string_view cluster, std::string_view body) {
  std::string out = {static_cast<char>(kWireVersion), 0};
  AppendLittleEndian(Checksum(cluster), 4, &out);
  out.append(body);
  AppendLittleEndian(Checksum(out), 8, &out);
  return out;
}

}  // namespace muster::wire::testing
