// The byte budget of a packet (proto/README.md), with numbers as large as a real cluster has.

#include <gtest/gtest.h>

#include <string>

#include "src/wire/codec.h"
#include "tests/unit/wire/samples.h"

namespace muster::wire {
namespace {

using testing::kCluster;
using testing::SamplePacket;
using testing::SampleUpdate;

size_t Bytes(const Packet& packet) { return Codec(kCluster).OverheadBytes(packet); }

size_t Bytes(const Update& update) {
  std::string piece;
  return EncodeUpdate(update, &piece);
}

TEST(Sizes, Ping) {
  Packet ping = SamplePacket(PacketType::kPing);
  EXPECT_LE(Bytes(ping), 70u);
  ping.tombstones = ViewCell{UINT64_MAX, 10'000};  // one ping in 64
  EXPECT_LE(Bytes(ping), 96u);
}

TEST(Sizes, Ack) {
  Packet ack = SamplePacket(PacketType::kAck);
  EXPECT_LE(Bytes(ack), 70u);
  // Through a relay: names its subject, has no wish for the next probe.
  ack.target = testing::SampleId(2);
  ack.pace_ms = 0;
  EXPECT_LE(Bytes(ack), 84u);
}

TEST(Sizes, AnswersAreNoLargerThanWhatTheyAnswer) {
  EXPECT_LE(Bytes(SamplePacket(PacketType::kAck)), Bytes(SamplePacket(PacketType::kPing)));
  EXPECT_LE(Bytes(SamplePacket(PacketType::kNack)), Bytes(SamplePacket(PacketType::kPingRequest)));
}

TEST(Sizes, ShortUpdates) {
  const Update suspect = SampleUpdate();
  EXPECT_LE(Bytes(suspect), 40u);
  Update failed = SampleUpdate();
  failed.state = State::kFailed;
  failed.elapsed_ms = 0;
  failed.age_s = 3600;
  EXPECT_LE(Bytes(failed), 40u);
  Update alive = SampleUpdate();
  alive.state = State::kAlive;
  alive.reason = Reason::kNone;
  alive.by = 0;
  alive.elapsed_ms = 0;
  EXPECT_LE(Bytes(alive), 32u);
  std::string piece;
  EXPECT_LE(EncodeShortUpdate(suspect, &piece), 26u);
  EXPECT_LE(EncodeShortUpdate(failed, &piece), 32u) << "its counter has two bytes, its age two";
  EXPECT_LE(EncodeShortUpdate(alive, &piece), 23u);
}

// A full packet carries at least 28 suspicions.
TEST(Sizes, UpdatesInAPacket) {
  const size_t room = limits::kDatagramBytesMax - Bytes(SamplePacket(PacketType::kPing));
  EXPECT_GE(room / Bytes(SampleUpdate()), 28u);
}

// At rest an agent sends 1.1 pings and 1.1 acks a second, at most 250 bytes with IP and UDP
// headers.
TEST(Sizes, IdleTraffic) {
  constexpr size_t kIpAndUdpBytes = 28;
  const size_t pair = Bytes(SamplePacket(PacketType::kPing)) +
                      Bytes(SamplePacket(PacketType::kAck)) + 2 * kIpAndUdpBytes;
  EXPECT_LE(11 * pair / 10, 250u);
}

}  // namespace
}  // namespace muster::wire
