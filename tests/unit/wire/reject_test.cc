// Bytes that a broken or hostile peer could send behind a sound checksum, and the reason for which
// each is rejected.

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "proto/gossip.pb.h"
#include "src/wire/codec.h"
#include "src/wire/limits.h"
#include "tests/unit/wire/generated.h"
#include "tests/unit/wire/samples.h"

namespace muster::wire {
namespace {

using testing::AsGenerated;
using testing::Envelope;
using testing::kCluster;
using testing::SampleFullUpdate;
using testing::SamplePacket;
using testing::SampleStreamMessage;

// A valid packet of that type with one full update.
proto::Packet ValidPacket(PacketType type) {
  Packet packet = SamplePacket(type);
  packet.updates = {SampleFullUpdate()};
  return AsGenerated(packet);
}

proto::StreamMessage ValidMessage(StreamType type) {
  return AsGenerated(SampleStreamMessage(type));
}

struct PacketCase {
  const char* what;
  PacketType type;
  std::function<void(proto::Packet*)> change;
  Reject expected;
};

std::string AsId(std::string_view what) {
  std::string id(what);
  for (char& c : id) {
    if (!isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return id;
}

class RejectedPacket : public ::testing::TestWithParam<PacketCase> {};

TEST_P(RejectedPacket, HasItsReason) {
  proto::Packet message = ValidPacket(GetParam().type);
  Codec codec(kCluster);
  Packet decoded;
  ASSERT_EQ(codec.DecodePacket(Envelope(kCluster, message.SerializeAsString()), &decoded),
            Reject::kNone);
  GetParam().change(&message);
  const Reject reject =
      codec.DecodePacket(Envelope(kCluster, message.SerializeAsString()), &decoded);
  EXPECT_STREQ(RejectName(reject), RejectName(GetParam().expected));
}

proto::Update* FirstUpdate(proto::Packet* packet) { return packet->mutable_updates(0); }
proto::Attributes* FirstAttributes(proto::Packet* packet) {
  return FirstUpdate(packet)->mutable_attributes();
}
constexpr uint64_t kEpochTooHigh = Incarnation::kEpochMax + 1;

INSTANTIATE_TEST_SUITE_P(
    Head, RejectedPacket,
    ::testing::Values(PacketCase{"no type", PacketType::kPing, [](auto* p) { p->set_type(0); },
                                 Reject::kMalformed},
                      PacketCase{"unknown type", PacketType::kPing, [](auto* p) { p->set_type(9); },
                                 Reject::kMalformed},
                      PacketCase{"no sender", PacketType::kGossip,
                                 [](auto* p) {
                                   p->set_sender_hi(0);
                                   p->set_sender_lo(0);
                                 },
                                 Reject::kMalformed},
                      PacketCase{"epoch beyond 40 bits", PacketType::kPing,
                                 [](auto* p) { p->set_epoch(kEpochTooHigh); }, Reject::kMalformed},
                      PacketCase{"health", PacketType::kPing,
                                 [](auto* p) { p->set_health(limits::kHealthMax + 1); },
                                 Reject::kLimit},
                      PacketCase{"view count alone", PacketType::kAck,
                                 [](auto* p) { p->clear_view_hash(); }, Reject::kMalformed},
                      PacketCase{"tombstone count alone", PacketType::kPing,
                                 [](auto* p) { p->set_tombstones_count(1); }, Reject::kMalformed},
                      PacketCase{"ring beyond a byte", PacketType::kPing,
                                 [](auto* p) { p->set_ring(256); }, Reject::kMalformed},
                      PacketCase{"ack without answers", PacketType::kAck,
                                 [](auto* p) { p->clear_answers(); }, Reject::kMalformed},
                      PacketCase{"nack without answers", PacketType::kNack,
                                 [](auto* p) { p->clear_answers(); }, Reject::kMalformed},
                      PacketCase{"pace beyond 16 bits", PacketType::kAck,
                                 [](auto* p) { p->set_pace_ms(65'536); }, Reject::kMalformed},
                      PacketCase{"pull of nobody", PacketType::kPull,
                                 [](auto* p) { p->clear_wanted(); }, Reject::kMalformed},
                      PacketCase{"pull of half an id", PacketType::kPull,
                                 [](auto* p) { p->add_wanted(1); }, Reject::kMalformed},
                      PacketCase{"pull of the zero id", PacketType::kPull,
                                 [](auto* p) {
                                   p->add_wanted(0);
                                   p->add_wanted(0);
                                 },
                                 Reject::kMalformed}),
    [](const auto& entry) { return AsId(entry.param.what); });

INSTANTIATE_TEST_SUITE_P(
    Votes, RejectedPacket,
    ::testing::Values(PacketCase{"request without subject", PacketType::kVoteRequest,
                                 [](auto* p) {
                                   p->clear_target_hi();
                                   p->clear_target_lo();
                                 },
                                 Reject::kMalformed},
                      PacketCase{"vote without subject", PacketType::kVote,
                                 [](auto* p) {
                                   p->clear_target_hi();
                                   p->clear_target_lo();
                                 },
                                 Reject::kMalformed},
                      PacketCase{"no vote", PacketType::kVote, [](auto* p) { p->clear_vote(); },
                                 Reject::kMalformed},
                      PacketCase{"vote 5", PacketType::kVote, [](auto* p) { p->set_vote(5); },
                                 Reject::kMalformed}),
    [](const auto& entry) { return AsId(entry.param.what); });

INSTANTIATE_TEST_SUITE_P(
    PingRequest, RejectedPacket,
    ::testing::Values(
        PacketCase{"no target", PacketType::kPingRequest,
                   [](auto* p) {
                     p->clear_target_hi();
                     p->clear_target_lo();
                   },
                   Reject::kMalformed},
        PacketCase{"no address", PacketType::kPingRequest, [](auto* p) { p->clear_target_ip(); },
                   Reject::kName},
        PacketCase{"five bytes of address", PacketType::kPingRequest,
                   [](auto* p) { p->set_target_ip("abcde"); }, Reject::kName},
        PacketCase{"port 0", PacketType::kPingRequest, [](auto* p) { p->set_target_port(0); },
                   Reject::kName},
        PacketCase{"port beyond 16 bits", PacketType::kPingRequest,
                   [](auto* p) { p->set_target_port(65'536); }, Reject::kName},
        PacketCase{"multicast", PacketType::kPingRequest,
                   [](auto* p) { p->set_target_ip(std::string("\xe0\x00\x00\x01", 4)); },
                   Reject::kName},
        PacketCase{"multicast v6", PacketType::kPingRequest,
                   [](auto* p) { p->set_target_ip(std::string(16, '\xff')); }, Reject::kName},
        PacketCase{"broadcast", PacketType::kPingRequest,
                   [](auto* p) { p->set_target_ip(std::string(4, '\xff')); }, Reject::kName},
        PacketCase{"unspecified", PacketType::kPingRequest,
                   [](auto* p) { p->set_target_ip(std::string(4, '\0')); }, Reject::kName}),
    [](const auto& entry) { return AsId(entry.param.what); });

INSTANTIATE_TEST_SUITE_P(
    Updates, RejectedPacket,
    ::testing::Values(
        PacketCase{"about nobody", PacketType::kPing,
                   [](auto* p) {
                     FirstUpdate(p)->clear_id_hi();
                     FirstUpdate(p)->clear_id_lo();
                   },
                   Reject::kMalformed},
        PacketCase{"half an id with attributes", PacketType::kPing,
                   [](auto* p) { FirstUpdate(p)->clear_id_lo(); }, Reject::kMalformed},
        PacketCase{"epoch beyond 40 bits", PacketType::kPing,
                   [](auto* p) { FirstUpdate(p)->set_epoch(kEpochTooHigh); }, Reject::kMalformed},
        PacketCase{"state 6", PacketType::kPing, [](auto* p) { FirstUpdate(p)->set_claim(6); },
                   Reject::kMalformed},
        PacketCase{"state 7", PacketType::kPing, [](auto* p) { FirstUpdate(p)->set_claim(7); },
                   Reject::kMalformed},
        PacketCase{"reason 9", PacketType::kPing,
                   [](auto* p) { FirstUpdate(p)->set_claim(9 << 3); }, Reject::kMalformed},
        PacketCase{"counter beyond 24 bits", PacketType::kPing,
                   [](auto* p) { FirstUpdate(p)->set_claim(1u << 31); }, Reject::kMalformed},
        PacketCase{"no name", PacketType::kPing, [](auto* p) { FirstAttributes(p)->clear_name(); },
                   Reject::kName},
        PacketCase{"name with a space", PacketType::kPing,
                   [](auto* p) { FirstAttributes(p)->set_name("web 1"); }, Reject::kName},
        PacketCase{"no address", PacketType::kPing, [](auto* p) { FirstAttributes(p)->clear_ip(); },
                   Reject::kName},
        PacketCase{"17 bytes of address", PacketType::kPing,
                   [](auto* p) { FirstAttributes(p)->set_ip(std::string(17, '1')); },
                   Reject::kName},
        PacketCase{"port 0", PacketType::kPing, [](auto* p) { FirstAttributes(p)->clear_port(); },
                   Reject::kName},
        PacketCase{"agent with a newline", PacketType::kPing,
                   [](auto* p) { FirstAttributes(p)->set_agent("1\n"); }, Reject::kName},
        PacketCase{"tag without a key", PacketType::kPing,
                   [](auto* p) { FirstAttributes(p)->mutable_tags(0)->clear_key(); },
                   Reject::kName},
        PacketCase{"tag twice", PacketType::kPing,
                   [](auto* p) { FirstAttributes(p)->mutable_tags(1)->set_key("role"); },
                   Reject::kName},
        PacketCase{"tags out of order", PacketType::kPing,
                   [](auto* p) { FirstAttributes(p)->mutable_tags(1)->set_key("a"); },
                   Reject::kName},
        PacketCase{"tag value with escape", PacketType::kPing,
                   [](auto* p) { FirstAttributes(p)->mutable_tags(1)->set_value("\x1b[2J"); },
                   Reject::kName}),
    [](const auto& entry) { return AsId(entry.param.what); });

struct StreamCase {
  const char* what;
  StreamType type;
  std::function<void(proto::StreamMessage*)> change;
  Reject expected;
};

class RejectedFrame : public ::testing::TestWithParam<StreamCase> {};

TEST_P(RejectedFrame, HasItsReason) {
  proto::StreamMessage message = ValidMessage(GetParam().type);
  Codec codec(kCluster);
  StreamMessage decoded;
  ASSERT_EQ(codec.DecodeFrame(Envelope(kCluster, message.SerializeAsString()), &decoded),
            Reject::kNone);
  GetParam().change(&message);
  const Reject reject =
      codec.DecodeFrame(Envelope(kCluster, message.SerializeAsString()), &decoded);
  EXPECT_STREQ(RejectName(reject), RejectName(GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(Table, RejectedFrame,
                         ::testing::Values(
                             StreamCase{"no type", StreamType::kPing,
                                        [](auto* m) { m->set_type(0); }, Reject::kMalformed},
                             StreamCase{"an update about half an id", StreamType::kSyncSummary,
                                        [](auto* m) { m->add_updates()->set_id_hi(1); },
                                        Reject::kMalformed},
                             StreamCase{"half a sender", StreamType::kAck,
                                        [](auto* m) { m->clear_sender_lo(); }, Reject::kMalformed},
                             StreamCase{"unknown type", StreamType::kPing,
                                        [](auto* m) { m->set_type(13); }, Reject::kMalformed},
                             StreamCase{"no sender", StreamType::kAck,
                                        [](auto* m) {
                                          m->clear_sender_hi();
                                          m->clear_sender_lo();
                                        },
                                        Reject::kMalformed},
                             StreamCase{"epoch beyond 40 bits", StreamType::kAck,
                                        [](auto* m) { m->set_epoch(kEpochTooHigh); },
                                        Reject::kMalformed},
                             StreamCase{"view count alone", StreamType::kJoinAnswer,
                                        [](auto* m) { m->clear_view_hash(); }, Reject::kMalformed},
                             StreamCase{"join without a cluster", StreamType::kJoin,
                                        [](auto* m) { m->clear_cluster(); }, Reject::kMalformed},
                             StreamCase{"join with a cluster of control bytes", StreamType::kJoin,
                                        [](auto* m) { m->set_cluster("a\x07"); }, Reject::kName},
                             StreamCase{"join without an update", StreamType::kJoin,
                                        [](auto* m) { m->clear_updates(); }, Reject::kMalformed},
                             StreamCase{"join for another", StreamType::kJoin,
                                        [](auto* m) { m->mutable_updates(0)->set_id_hi(1); },
                                        Reject::kMalformed},
                             StreamCase{"join of a suspect", StreamType::kJoin,
                                        [](auto* m) { m->mutable_updates(0)->set_claim(1); },
                                        Reject::kMalformed},
                             StreamCase{"join without attributes", StreamType::kJoin,
                                        [](auto* m) { m->mutable_updates(0)->clear_attributes(); },
                                        Reject::kMalformed},
                             StreamCase{"wrong cluster without a name", StreamType::kWrongCluster,
                                        [](auto* m) { m->clear_cluster(); }, Reject::kMalformed},
                             StreamCase{"answer without a verdict", StreamType::kJoinAnswer,
                                        [](auto* m) { m->clear_verdict(); }, Reject::kMalformed},
                             StreamCase{"answer with verdict 7", StreamType::kJoinAnswer,
                                        [](auto* m) { m->set_verdict(7); }, Reject::kMalformed},
                             StreamCase{"answer with an epoch beyond 40 bits",
                                        StreamType::kJoinAnswer,
                                        [](auto* m) { m->set_epoch_known(kEpochTooHigh); },
                                        Reject::kMalformed},
                             StreamCase{"refusal without the other", StreamType::kJoinAnswer,
                                        [](auto* m) {
                                          m->clear_other_hi();
                                          m->clear_other_lo();
                                        },
                                        Reject::kMalformed},
                             StreamCase{"refusal with a bad name", StreamType::kJoinAnswer,
                                        [](auto* m) { m->set_other_name("a b"); }, Reject::kName},
                             StreamCase{"refusal with a bad address", StreamType::kJoinAnswer,
                                        [](auto* m) { m->set_other_port(0); }, Reject::kName},
                             StreamCase{"seen as a bad address", StreamType::kJoinAnswer,
                                        [](auto* m) { m->set_seen_as_ip("12345"); }, Reject::kName},
                             StreamCase{"half an id", StreamType::kSyncRecords,
                                        [](auto* m) { m->add_wanted(1); }, Reject::kMalformed},
                             StreamCase{"cells of another number", StreamType::kSyncCells,
                                        [](auto* m) { m->add_hashes(1); }, Reject::kMalformed},
                             StreamCase{"more ranges than any", StreamType::kSyncCells,
                                        [](auto* m) {
                                          m->set_range_bits(limits::kRangeBitsMax + 1);
                                        },
                                        Reject::kLimit},
                             StreamCase{"range bits beyond a shift", StreamType::kSyncCells,
                                        [](auto* m) { m->set_range_bits(66); }, Reject::kLimit},
                             StreamCase{"split without a leaf", StreamType::kSyncSplit,
                                        [](auto* m) { m->mutable_hashes()->RemoveLast(); },
                                        Reject::kMalformed},
                             StreamCase{"split out of order", StreamType::kSyncSplit,
                                        [](auto* m) { m->set_ranges(1, 0); }, Reject::kMalformed},
                             StreamCase{"leaf beyond all", StreamType::kSyncPrints,
                                        [](auto* m) { m->set_ranges(2, limits::kLeavesMax); },
                                        Reject::kLimit},
                             StreamCase{"prints out of order", StreamType::kSyncPrints,
                                        [](auto* m) { m->set_ranges(0, 8); }, Reject::kMalformed},
                             StreamCase{"a leaf without its size", StreamType::kSyncPrints,
                                        [](auto* m) { m->mutable_range_sizes()->RemoveLast(); },
                                        Reject::kMalformed},
                             StreamCase{"a print without a leaf", StreamType::kSyncPrints,
                                        [](auto* m) { m->add_hashes(1); }, Reject::kMalformed},
                             StreamCase{"a print without an epoch", StreamType::kSyncPrints,
                                        [](auto* m) { m->mutable_epochs()->RemoveLast(); },
                                        Reject::kMalformed},
                             StreamCase{"a print without its incarnation", StreamType::kSyncPrints,
                                        [](auto* m) {
                                          m->mutable_epochs()->RemoveLast();
                                          m->mutable_counters()->RemoveLast();
                                        },
                                        Reject::kMalformed},
                             StreamCase{"a print of an epoch beyond 40 bits",
                                        StreamType::kSyncPrints,
                                        [](auto* m) { m->set_epochs(0, kEpochTooHigh); },
                                        Reject::kMalformed},
                             StreamCase{"a print of a counter beyond 24 bits",
                                        StreamType::kSyncPrints,
                                        [](auto* m) { m->set_counters(0, 1u << 24); },
                                        Reject::kMalformed},
                             StreamCase{"attributes in common without a port",
                                        StreamType::kSyncRecords,
                                        [](auto* m) { m->mutable_common()->clear_port(); },
                                        Reject::kMalformed},
                             StreamCase{"a port in common that is none", StreamType::kSyncRecords,
                                        [](auto* m) { m->mutable_common()->set_port(65'536); },
                                        Reject::kMalformed},
                             StreamCase{"a release in common that is too long",
                                        StreamType::kSyncRecords,
                                        [](auto* m) {
                                          m->mutable_common()->set_agent(std::string(33, 'a'));
                                        },
                                        Reject::kLimit},
                             StreamCase{"attributes without a port where none is common",
                                        StreamType::kJoin,
                                        [](auto* m) {
                                          auto* own = m->mutable_updates(0);
                                          own->mutable_attributes()->clear_port();
                                        },
                                        Reject::kName},
                             StreamCase{"sizes whose sum wraps", StreamType::kSyncPrints,
                                        [](auto* m) {
                                          m->set_range_sizes(0, UINT32_MAX);
                                          m->set_range_sizes(1, 3);
                                        },
                                        Reject::kMalformed},
                             StreamCase{"leave without an update", StreamType::kLeave,
                                        [](auto* m) { m->clear_updates(); }, Reject::kMalformed},
                             StreamCase{"update about nobody", StreamType::kSyncSummary,
                                        [](auto* m) { m->add_updates(); }, Reject::kMalformed}),
                         [](const auto& entry) { return AsId(entry.param.what); });

TEST(RejectedEnvelope, HasItsReason) {
  std::string good;
  Codec codec(kCluster);
  codec.EncodePacket(SamplePacket(PacketType::kPing), "", &good);
  std::string newer = good;
  newer[0] = 2;
  std::string sealed = good;
  sealed[1] = kFlagSealed;
  const struct {
    std::string bytes;
    Reject expected;
  } table[] = {
      {"", Reject::kTooShort},
      {good.substr(0, kHeaderBytes + kChecksumBytes - 1), Reject::kTooShort},
      {newer, Reject::kVersion},
      {sealed, Reject::kFlags},
      {Envelope("staging", "x"), Reject::kCluster},
      {good + "x", Reject::kChecksum},
      {Envelope(kCluster, ""), Reject::kMalformed},
      {Envelope(kCluster, "\xff"), Reject::kMalformed},
      {Envelope(kCluster, std::string(100, '\xff')), Reject::kMalformed},
      // A group that never ends.
      {Envelope(kCluster, std::string(100, '\x0b')), Reject::kMalformed},
      // A length beyond the end, in the head and in an update.
      {Envelope(kCluster, std::string(100, '\x7a')), Reject::kMalformed},
      {Envelope(kCluster, "\x7a\xff\xff\xff\xff\x0f" + std::string(100, 'x')), Reject::kMalformed}};
  std::set<Reject> reached;
  for (const auto& [bytes, expected] : table) {
    Packet packet;
    StreamMessage message;
    EXPECT_STREQ(RejectName(codec.DecodePacket(bytes, &packet)), RejectName(expected));
    EXPECT_STREQ(RejectName(codec.DecodeFrame(bytes, &message)), RejectName(expected));
    reached.insert(expected);
  }
  EXPECT_EQ(reached.size(), 6u);
}

}  // namespace
}  // namespace muster::wire
