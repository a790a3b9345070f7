// Whatever record the rules of members allow, it comes back as it was; what they do not allow never
// does, though its checksum be right.

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <string>

#include "src/store/presence_record.h"

namespace muster::store {
namespace {

std::string Text(const std::string& alphabet, int shortest, int longest) {
  const int size = *rc::gen::inRange(shortest, longest + 1);
  return *rc::gen::container<std::string>(static_cast<size_t>(size), rc::gen::elementOf(alphabet));
}

PresenceRecord AnyRecord() {
  const std::string name = "abcxyzABCXYZ0189-._";
  std::string printable, value;
  for (char c = 0x20; c < 0x7f; ++c) printable.push_back(c);
  for (int c = 0x80; c < 0x100; ++c) value.push_back(static_cast<char>(c));
  value += printable;
  PresenceRecord record;
  record.cluster = Text(printable, 1, 128);
  record.id = {*rc::gen::arbitrary<uint64_t>(), *rc::gen::nonZero<uint64_t>()};
  record.name = Text(name, 1, 128);
  std::array<uint8_t, 16> ip{};
  for (uint8_t& byte : ip) byte = *rc::gen::arbitrary<uint8_t>();
  ip[0] &= 0x7f;  // no group's address
  const auto port = *rc::gen::inRange<uint16_t>(1, 65535);
  record.address = *rc::gen::arbitrary<bool>()
                       ? Address::V6(ip, port)
                       : Address::V4(*rc::gen::inRange<uint32_t>(1, 0xdfffffff), port);
  if (record.address.is_unspecified()) record.address = Address::V4(1, port);
  record.incarnation = Incarnation::FromRaw(*rc::gen::arbitrary<uint64_t>());
  const int tags = *rc::gen::inRange(0, 33);
  for (int i = 0; i < tags; ++i)
    record.tags.emplace_back(Text(name + "/", 1, 8), Text(value, 0, 8));
  record.agent = Text(printable, 0, 32);
  record.created_us = *rc::gen::arbitrary<int64_t>();
  record.refreshed_us = *rc::gen::arbitrary<int64_t>();
  record.expires_us = *rc::gen::arbitrary<int64_t>();
  return record;
}

RC_GTEST_PROP(Presence, ComesBackAsItWas, ()) {
  const PresenceRecord record = AnyRecord();
  const std::string bytes = EncodePresence(record);
  RC_ASSERT(bytes.size() <= kPresenceBytesMax);
  const absl::StatusOr<PresenceRecord> again = DecodePresence(bytes);
  RC_ASSERT(again.ok());
  RC_ASSERT(*again == record);
}

RC_GTEST_PROP(Presence, ControlCharactersNeverComeBack, ()) {
  PresenceRecord record = AnyRecord();
  if (record.tags.empty()) record.tags.emplace_back("key", "value");
  std::string* const texts[] = {&record.cluster, &record.name, &record.agent,
                                &record.tags.front().first, &record.tags.front().second};
  std::string* text = texts[*rc::gen::inRange<size_t>(0, 5)];
  const auto place = *rc::gen::inRange<size_t>(0, text->size() + 1);
  text->insert(text->begin() + static_cast<std::ptrdiff_t>(place),
               static_cast<char>(*rc::gen::inRange(0, 0x20)));
  RC_ASSERT(DecodePresence(EncodePresence(record)).status().code() == absl::StatusCode::kDataLoss);
}

RC_GTEST_PROP(Presence, NoChangedByteGivesAnotherRecord, ()) {
  const PresenceRecord record = AnyRecord();
  std::string bytes = EncodePresence(record);
  const auto place = *rc::gen::inRange<size_t>(0, bytes.size());
  bytes[place] = static_cast<char>(bytes[place] ^ *rc::gen::inRange(1, 256));
  const absl::StatusOr<PresenceRecord> decoded = DecodePresence(bytes);
  if (decoded.ok()) RC_ASSERT(*decoded == record);
}

}  // namespace
}  // namespace muster::store
