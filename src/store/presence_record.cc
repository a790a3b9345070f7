#include "src/store/presence_record.h"

#include <xxhash.h>

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "proto/presence.pb.h"
#include "src/base/status_macros.h"
#include "src/base/strings.h"

namespace muster::store {
namespace {

constexpr uint32_t kVersion = 1;
// The limits of members' attributes: whoever breaks them could not join.
constexpr size_t kNameBytesMax = 128;
constexpr size_t kClusterBytesMax = 128;
constexpr size_t kAgentBytesMax = 32;
constexpr int kTagsMax = 32;
constexpr size_t kTagBytesMax = 512;  // keys and values together

bool IsNameByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}
bool IsKeyByte(char c) { return IsNameByte(c) || c == '/'; }
bool IsPrintable(char c) { return c >= 0x20 && c <= 0x7e; }
// Values may be UTF-8; what drives a terminal may not.
bool IsValueByte(char c) { return static_cast<uint8_t>(c) >= 0x20 && c != 0x7f; }

template <typename Rule>
bool Holds(const std::string& text, Rule rule) {
  return std::all_of(text.begin(), text.end(), rule);
}

absl::Status Damaged(std::string_view why) { return absl::DataLossError(ToAbsl(why)); }

uint64_t Seal(uint32_t version, std::string_view record) {
  std::string bytes;
  bytes.reserve(sizeof version + record.size());
  for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<char>(version >> shift));
  bytes.append(record);
  return XXH3_64bits(bytes.data(), bytes.size());
}

// Unset unless one host's address with a port: neither unspecified nor multicast nor broadcast.
Address UsableAddress(const std::string& ip, uint32_t port) {
  std::array<uint8_t, 16> bytes{};
  if (ip.size() != bytes.size() || port == 0 || port > 0xffff) return Address();
  std::copy(ip.begin(), ip.end(), bytes.begin());
  const Address address = Address::V6(bytes, static_cast<uint16_t>(port));
  if (address.is_unspecified()) return Address();
  const bool is_group = address.is_v4() ? address.v4() >> 28 == 0xe || address.v4() == 0xffffffff
                                        : address.bytes()[0] == 0xff;
  return is_group ? Address() : address;
}

absl::Status ReadTags(const proto::PresenceRecord& from, PresenceRecord* to) {
  if (from.tags_size() > kTagsMax) return Damaged("it has too many tags");
  size_t bytes = 0;
  for (const proto::PresenceTag& tag : from.tags()) {
    bytes += tag.key().size() + tag.value().size();
    if (bytes > kTagBytesMax) return Damaged("its tags are too long");
    if (tag.key().empty() || !Holds(tag.key(), IsKeyByte)) {
      return Damaged("a tag's key has a character that none may have");
    }
    if (!Holds(tag.value(), IsValueByte)) return Damaged("a tag holds a control character");
    to->tags.emplace_back(tag.key(), tag.value());
  }
  return absl::OkStatus();
}

absl::Status ReadTexts(const proto::PresenceRecord& from, PresenceRecord* to) {
  if (from.cluster().empty() || from.cluster().size() > kClusterBytesMax ||
      !Holds(from.cluster(), IsPrintable)) {
    return Damaged("its cluster is no name of a cluster");
  }
  if (from.name().empty() || from.name().size() > kNameBytesMax ||
      !Holds(from.name(), IsNameByte)) {
    return Damaged("its name is no name of a host");
  }
  if (from.agent().size() > kAgentBytesMax || !Holds(from.agent(), IsPrintable)) {
    return Damaged("its agent version is too long or not printable");
  }
  to->cluster = from.cluster();
  to->name = from.name();
  to->agent = from.agent();
  return absl::OkStatus();
}

}  // namespace

std::string EncodePresence(const PresenceRecord& record) {
  proto::PresenceRecord body;
  body.set_cluster(record.cluster);
  body.set_id_hi(record.id.hi);
  body.set_id_lo(record.id.lo);
  body.set_name(record.name);
  const std::array<uint8_t, 16>& ip = record.address.bytes();
  body.set_ip(ip.data(), ip.size());
  body.set_port(record.address.port());
  body.set_incarnation(record.incarnation.raw());
  for (const auto& [key, value] : record.tags) {
    proto::PresenceTag* tag = body.add_tags();
    tag->set_key(key);
    tag->set_value(value);
  }
  body.set_agent(record.agent);
  body.set_created_us(record.created_us);
  body.set_refreshed_us(record.refreshed_us);
  body.set_expires_us(record.expires_us);
  proto::PresenceEnvelope envelope;
  envelope.set_version(kVersion);
  body.SerializeToString(envelope.mutable_record());
  envelope.set_checksum(Seal(kVersion, envelope.record()));
  return envelope.SerializeAsString();
}

absl::StatusOr<PresenceRecord> DecodePresence(std::string_view bytes) {
  if (bytes.size() > kPresenceBytesMax) return Damaged("it is too long");
  proto::PresenceEnvelope envelope;
  if (!envelope.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Damaged("it is no presence record");
  }
  if (envelope.version() != kVersion) {
    return Damaged(absl::StrCat("it is of version ", envelope.version(), ", not ", kVersion));
  }
  if (envelope.checksum() != Seal(kVersion, envelope.record())) {
    return Damaged("its checksum does not match its content");
  }
  proto::PresenceRecord body;
  if (!body.ParseFromString(envelope.record())) return Damaged("its content is no record");
  PresenceRecord record;
  MUSTER_RETURN_IF_ERROR(ReadTexts(body, &record));
  record.id = {body.id_hi(), body.id_lo()};
  if (!record.id.is_whole()) return Damaged("it has no host id");
  record.address = UsableAddress(body.ip(), body.port());
  if (!record.address.is_set()) return Damaged("it has no usable address");
  MUSTER_RETURN_IF_ERROR(ReadTags(body, &record));
  record.incarnation = Incarnation::FromRaw(body.incarnation());
  record.created_us = body.created_us();
  record.refreshed_us = body.refreshed_us();
  record.expires_us = body.expires_us();
  return record;
}

}  // namespace muster::store
