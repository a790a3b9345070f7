#include "src/store/presence_record.h"

#include <gtest/gtest.h>
#include <xxhash.h>

#include <array>
#include <functional>
#include <string>

#include "proto/presence.pb.h"
#include "src/store/presence_status.h"
#include "tests/unit/store/samples.h"

namespace muster::store {
namespace {

using testing::SampleRecord;

// An envelope with a sound checksum around any bytes.
std::string Envelope(const std::string& record, uint32_t version = 1) {
  std::string sealed;
  for (int shift = 0; shift < 32; shift += 8) sealed.push_back(static_cast<char>(version >> shift));
  sealed += record;
  proto::PresenceEnvelope envelope;
  envelope.set_version(version);
  envelope.set_record(record);
  envelope.set_checksum(XXH3_64bits(sealed.data(), sealed.size()));
  return envelope.SerializeAsString();
}

std::string BodyOf(const PresenceRecord& record) {
  proto::PresenceEnvelope envelope;
  EXPECT_TRUE(envelope.ParseFromString(EncodePresence(record)));
  return envelope.record();
}

// What a decoder says about the sample after `change`, its checksum being right.
absl::Status Changed(const std::function<void(PresenceRecord*)>& change) {
  PresenceRecord record = SampleRecord(1);
  change(&record);
  return DecodePresence(EncodePresence(record)).status();
}

bool IsDamaged(const absl::Status& status) {
  return status.code() == absl::StatusCode::kDataLoss && !status.message().empty();
}

TEST(PresenceRecord, ComesBackAsItWas) {
  const PresenceRecord record = SampleRecord(7);
  const absl::StatusOr<PresenceRecord> again = DecodePresence(EncodePresence(record));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(*again, record);
}

TEST(PresenceRecord, ComesBackAtTheEdges) {
  PresenceRecord record;
  record.cluster = "c";
  record.id = {~uint64_t{0}, ~uint64_t{0}};
  record.name = "n";
  record.address = *Address::Parse("[2001:db8::1]:65535");
  record.incarnation = Incarnation::FromRaw(~uint64_t{0});
  record.created_us = -1;
  absl::StatusOr<PresenceRecord> again = DecodePresence(EncodePresence(record));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(*again, record);

  record.cluster.assign(128, ' ');
  record.name.assign(128, 'n');
  record.agent.assign(32, '~');
  for (int i = 0; i < 32; ++i)
    record.tags.emplace_back("k" + std::to_string(100 + i), "v23456789012");
  const std::string bytes = EncodePresence(record);
  EXPECT_LE(bytes.size(), kPresenceBytesMax);
  again = DecodePresence(bytes);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(*again, record);
}

TEST(PresenceRecord, HalfAnIdIsDamage) {
  PresenceRecord record = SampleRecord(1);
  record.id = record.id.Half();
  EXPECT_TRUE(IsDamaged(DecodePresence(EncodePresence(record)).status()));
}

TEST(PresenceRecord, CutAtAnyByteIsDamage) {
  const std::string bytes = EncodePresence(SampleRecord(1));
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_TRUE(IsDamaged(DecodePresence(bytes.substr(0, size)).status())) << size;
  }
}

TEST(PresenceRecord, NoFlippedBitGivesAnotherRecord) {
  const PresenceRecord record = SampleRecord(1);
  const std::string bytes = EncodePresence(record);
  size_t refused = 0;
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    const absl::StatusOr<PresenceRecord> decoded = DecodePresence(flipped);
    if (decoded.ok()) {
      EXPECT_EQ(*decoded, record) << "bit " << bit;
    } else {
      EXPECT_TRUE(IsDamaged(decoded.status())) << decoded.status();
      ++refused;
    }
  }
  EXPECT_EQ(refused, 8 * bytes.size());
}

TEST(PresenceRecord, BytesBehindItAreDamageUnlessTheyAreUnknownFields) {
  const std::string bytes = EncodePresence(SampleRecord(1));
  EXPECT_TRUE(IsDamaged(DecodePresence(bytes + "x").status()));
  EXPECT_TRUE(DecodePresence(bytes + "\x7a\x01x").ok());  // field 15, one byte
  EXPECT_TRUE(DecodePresence(Envelope(BodyOf(SampleRecord(1)) + "\x7a\x01x")).ok());
}

TEST(PresenceRecord, AnotherVersionIsSkipped) {
  const std::string body = BodyOf(SampleRecord(1));
  EXPECT_TRUE(DecodePresence(Envelope(body)).ok());
  EXPECT_TRUE(IsDamaged(DecodePresence(Envelope(body, 0)).status()));
  const absl::Status newer = DecodePresence(Envelope(body, 2)).status();
  EXPECT_TRUE(IsDamaged(newer));
  EXPECT_NE(newer.message().find("version 2"), absl::string_view::npos) << newer;
}

TEST(PresenceRecord, WhatBreaksTheRulesOfMembersIsRefused) {
  EXPECT_TRUE(Changed([](PresenceRecord*) {}).ok());
  EXPECT_TRUE(IsDamaged(Changed([](PresenceRecord* r) { r->id = HostId(); })));
  for (const char* bad : {"", "a\nb", "tab\t", "caf\xc3\xa9"}) {
    EXPECT_TRUE(IsDamaged(Changed([&](PresenceRecord* r) { r->cluster = bad; }))) << bad;
    EXPECT_TRUE(IsDamaged(Changed([&](PresenceRecord* r) { r->name = bad; }))) << bad;
    EXPECT_TRUE(IsDamaged(Changed([&](PresenceRecord* r) { r->tags = {{bad, "v"}}; }))) << bad;
  }
  EXPECT_TRUE(IsDamaged(Changed([](PresenceRecord* r) { r->name = "a b"; })));
  EXPECT_TRUE(IsDamaged(Changed([](PresenceRecord* r) { r->name.assign(129, 'n'); })));
  EXPECT_TRUE(IsDamaged(Changed([](PresenceRecord* r) { r->cluster.assign(129, 'c'); })));
  EXPECT_TRUE(IsDamaged(Changed([](PresenceRecord* r) { r->agent.assign(33, 'a'); })));
  EXPECT_TRUE(IsDamaged(Changed([](PresenceRecord* r) { r->agent = "\x1b[31m"; })));
  EXPECT_TRUE(IsDamaged(Changed([](PresenceRecord* r) { r->tags = {{"k", "\x1b[31m"}}; })));
  EXPECT_TRUE(IsDamaged(Changed([](PresenceRecord* r) {
    r->tags = {{"k", std::string(512, 'v')}};
  })));
  EXPECT_TRUE(IsDamaged(Changed([](PresenceRecord* r) { r->tags.assign(33, {"k", "v"}); })));
}

TEST(PresenceRecord, AnAddressMustBeOneHosts) {
  const std::array<uint8_t, 16> group = {0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  for (const Address& bad :
       {Address(), Address::V4(0x0a000001, 0), Address::V4(0, 7946), Address::V4(0xe0000001, 7946),
        Address::V4(0xffffffff, 7946), Address::V6(group, 7946), Address::V6({}, 7946)}) {
    EXPECT_TRUE(IsDamaged(Changed([&](PresenceRecord* r) { r->address = bad; }))) << bad.ToString();
  }
  proto::PresenceRecord body;
  ASSERT_TRUE(body.ParseFromString(BodyOf(SampleRecord(1))));
  body.set_ip("1234");
  EXPECT_TRUE(IsDamaged(DecodePresence(Envelope(body.SerializeAsString())).status()));
  ASSERT_TRUE(body.ParseFromString(BodyOf(SampleRecord(1))));
  body.set_port(65536 + 80);
  EXPECT_TRUE(IsDamaged(DecodePresence(Envelope(body.SerializeAsString())).status()));
}

TEST(PresenceRecord, WhatIsTooLongIsRefusedUnread) {
  const std::string body = BodyOf(SampleRecord(1));
  const std::string padding(kPresenceBytesMax, 'x');
  const std::string longer = Envelope(body + "\x7a\x80\x20" + padding);
  ASSERT_GT(longer.size(), kPresenceBytesMax);
  EXPECT_TRUE(IsDamaged(DecodePresence(longer).status()));
}

TEST(PresenceStatus, StatesHaveNames) {
  using State = PresenceStatus::State;
  EXPECT_STREQ(PresenceStateName(State::kOff), "off");
  EXPECT_STREQ(PresenceStateName(State::kStarting), "starting");
  EXPECT_STREQ(PresenceStateName(State::kOk), "ok");
  EXPECT_STREQ(PresenceStateName(State::kFailing), "failing");
  EXPECT_EQ(PresenceStatus().state, State::kOff);
}

}  // namespace
}  // namespace muster::store
