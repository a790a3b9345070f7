// Junk on both gossip ports changes nothing, gets no answer and is counted.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <string.h>

#include <iostream>

#include "absl/strings/str_cat.h"
#include "src/base/rng.h"
#include "src/wire/codec.h"
#include "src/wire/limits.h"
#include "src/wire/message.h"
#include "tests/e2e/cluster_test.h"
#include "tests/e2e/harness/clock.h"
#include "tests/e2e/raw_socket.h"

namespace muster::e2e {
namespace {

constexpr char kStrangerIp[] = "127.0.9.9";
constexpr uint64_t kSeed = 20261;  // of all random bytes here; printed
// Datagrams sent before the agent is asked whether it has counted them, so that the socket's buffer
// does not overflow.
constexpr size_t kVolley = 8;

std::string RandomBytes(Rng* rng, size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(rng->Below(256));
  return bytes;
}

wire::Update StrangerUpdate() {
  wire::Update update;
  update.id = {0x1234567890abcdef, 0xfedcba0987654321};
  update.incarnation = Incarnation::Of(1, 0);
  update.attributes.emplace();
  update.attributes->name = "stranger";
  update.attributes->address = Address::Parse(kStrangerIp).value();
  update.attributes->boot = 1'700'000'000'000'000;
  update.attributes->tolerance_ms = 4000;
  update.attributes->agent = "0.1.0";
  update.attributes_hash = wire::AttributesHash(*update.attributes);
  return update;
}

wire::Packet SoundPing() {
  wire::Packet ping;
  ping.type = wire::PacketType::kPing;
  ping.sender = StrangerUpdate().id;
  ping.epoch = 1;
  ping.sequence = 7;
  ping.view = wire::ViewCell{5, 1};
  ping.ring = 1;
  return ping;
}

std::string EncodedPing(const std::string& cluster) {
  wire::Codec codec(cluster);
  wire::Packet ping = SoundPing();
  ping.updates.push_back(StrangerUpdate());
  std::string bytes;
  codec.EncodePacket(ping, "", &bytes);
  return bytes;
}

std::string EncodedFrame(const std::string& cluster, wire::StreamType type) {
  wire::Codec codec(cluster);
  wire::StreamMessage message;
  message.type = type;
  message.sender = StrangerUpdate().id;
  message.epoch = 1;
  message.boot = 1'700'000'000'000'000;
  if (type == wire::StreamType::kJoin) {
    message.cluster = cluster;
    message.updates.push_back(StrangerUpdate());
  }
  std::string bytes;
  codec.EncodeFrame(message, "", &bytes);
  return bytes;
}

std::string WithLength(uint32_t length, const std::string& body) {
  const uint32_t big_endian = htonl(length);
  std::string bytes(reinterpret_cast<const char*>(&big_endian), sizeof(big_endian));
  return bytes + body;
}

class Hostile : public testing::Test {
 protected:
  void SetUp() override {
    std::cout << "seed of the random bytes: " << kSeed << "\n";
    ASSERT_OK(cluster_.StartChain(3));
    ASSERT_OK(cluster_.WatchAll());
    before_ = Table();
    events_before_ = EventCount();
  }

  // All that an agent holds of its members, without what changes by itself.
  std::string Table() {
    std::string text;
    for (size_t i = 0; i < cluster_.size(); ++i) {
      for (const auto& [name, row] : cluster_[i].Members()) {
        absl::StrAppend(&text, i, ": ", name, " ", row.id, " ", row.address, " ", row.status, " ",
                        row.incarnation, "\n");
      }
    }
    return text;
  }
  int EventCount() {
    int count = 0;
    for (size_t i = 0; i < cluster_.size(); ++i) {
      count += cluster_.watcher(i).Count(
          [](const SeenEvent& event) { return event.type.rfind("member.", 0) == 0; });
    }
    return count;
  }
  void ExpectNothingChanged() {
    EXPECT_EQ(Table(), before_);
    EXPECT_EQ(EventCount(), events_before_) << cluster_.Describe();
  }

  Agent& target() { return cluster_[0]; }
  bool WaitRejected(uint64_t at_least) {
    return WaitUntil(Duration::Seconds(5), [&] { return target().RejectedTotal() >= at_least; });
  }
  // Sends all, sees each counted, and sees that nothing came back and nothing changed.
  void ExpectIgnored(const std::vector<std::string>& datagrams) {
    absl::StatusOr<RawUdp> stranger = RawUdp::Open(kStrangerIp, target().ip());
    ASSERT_OK(stranger.status());
    const uint64_t counted = target().RejectedTotal();
    for (size_t i = 0; i < datagrams.size(); ++i) {
      ASSERT_TRUE(stranger->Send(datagrams[i])) << datagrams[i].size() << " bytes";
      if (i % kVolley != kVolley - 1 && i + 1 != datagrams.size()) continue;
      ASSERT_TRUE(WaitRejected(counted + i + 1))
          << "only " << target().RejectedTotal() - counted << " of " << i + 1
          << " counted, the last " << datagrams[i].size() << " bytes long";
    }
    EXPECT_EQ(target().RejectedTotal(), counted + datagrams.size());
    EXPECT_FALSE(stranger->Receive(Duration::Zero()).has_value()) << "it was answered";
    ExpectNothingChanged();
  }
  // One connection: the agent must close it without a byte, and count the junk.
  void ExpectClosed(const std::string& bytes, const std::string& what) {
    absl::StatusOr<RawTcp> stranger = RawTcp::Open(kStrangerIp, target().ip());
    ASSERT_OK(stranger.status());
    const uint64_t counted = target().RejectedTotal();
    stranger->Send(bytes);
    stranger->FinishSending();
    const std::optional<std::string> answer = stranger->ReadToEnd(Duration::Seconds(12));
    ASSERT_TRUE(answer.has_value()) << what << ": the connection stays open";
    EXPECT_EQ(answer->size(), 0u) << what << ": it was answered";
    EXPECT_TRUE(WaitRejected(counted + 1)) << what << ": not counted";
  }

  Cluster cluster_;
  std::string before_;
  int events_before_ = 0;
};

// The stranger's tools work: a sound message of the right cluster is answered. Without this the
// silence that the other tests expect would prove nothing.
TEST_F(Hostile, ASoundMessageIsAnswered) {
  absl::StatusOr<RawTcp> tcp = RawTcp::Open(kStrangerIp, target().ip());
  ASSERT_OK(tcp.status());
  ASSERT_TRUE(tcp->Send(EncodedFrame("default", wire::StreamType::kPing)));
  const std::optional<std::string> length = tcp->ReadExactly(4, Duration::Seconds(5));
  ASSERT_TRUE(length.has_value()) << "no answer to a sound ping over TCP\n" << cluster_.Describe();
  uint32_t size = 0;
  memcpy(&size, length->data(), sizeof(size));
  const std::optional<std::string> body = tcp->ReadExactly(ntohl(size), Duration::Seconds(5));
  ASSERT_TRUE(body.has_value());
  wire::Codec codec("default");
  wire::StreamMessage answer;
  ASSERT_EQ(codec.DecodeFrame(*body, &answer), wire::Reject::kNone);
  EXPECT_EQ(answer.type, wire::StreamType::kAck);
  EXPECT_EQ(answer.sender.ToHex(), target().Members()["n1"].id);

  absl::StatusOr<RawUdp> udp = RawUdp::Open(kStrangerIp, target().ip());
  ASSERT_OK(udp.status());
  const std::string ping = EncodedPing("default");
  ASSERT_TRUE(udp->Send(ping));
  const std::optional<std::string> ack = udp->Receive(Duration::Seconds(5));
  ASSERT_TRUE(ack.has_value()) << "no answer to a sound ping over UDP";
  EXPECT_LE(ack->size(), ping.size()) << "an amplifier";
}

TEST_F(Hostile, RandomDatagrams) {
  Rng rng(kSeed);
  std::vector<std::string> datagrams;
  for (const size_t size : {1, 2, 5, 6, 13, 14, 15, 64, 1199, 1200, 1201, 1500, 9000, 65000}) {
    datagrams.push_back(RandomBytes(&rng, size));
  }
  for (int i = 0; i < 200; ++i) {
    datagrams.push_back(RandomBytes(&rng, static_cast<size_t>(rng.Between(1, 1200))));
  }
  ExpectIgnored(datagrams);
}

TEST_F(Hostile, TruncatedAndDamagedPackets) {
  Rng rng(kSeed + 1);
  const std::string sound = EncodedPing("default");
  std::vector<std::string> datagrams;
  for (size_t size = 1; size < sound.size(); ++size) datagrams.push_back(sound.substr(0, size));
  for (int i = 0; i < 100; ++i) {
    std::string damaged = sound;
    damaged[rng.Below(damaged.size())] ^= static_cast<char>(1 << rng.Below(8));
    datagrams.push_back(damaged);
  }
  datagrams.push_back(sound + "x");
  datagrams.push_back(sound + sound);
  datagrams.push_back(sound + std::string(wire::limits::kDatagramBytesMax, '\0'));
  ExpectIgnored(datagrams);
}

TEST_F(Hostile, PacketsOfAnotherCluster) {
  ExpectIgnored(
      {EncodedPing("staging"), EncodedPing("Default"), EncodedPing("default "), EncodedPing("x")});
}

TEST_F(Hostile, JunkStreams) {
  Rng rng(kSeed + 2);
  const std::string sound = EncodedFrame("default", wire::StreamType::kJoin);
  for (const size_t size : {5, 100, 70'000}) {
    ExpectClosed("\xff" + RandomBytes(&rng, size), absl::StrCat(size, " random bytes"));
  }
  ExpectClosed(WithLength(0, ""), "length 0");
  ExpectClosed(WithLength(wire::limits::kFrameBytesMax + 1, "abc"), "one above the longest length");
  ExpectClosed(WithLength(0xffffffff, "abc"), "length 2^32 - 1");
  ExpectClosed(WithLength(300, RandomBytes(&rng, 300)), "a frame of random bytes");
  ExpectClosed(
      WithLength(wire::limits::kFrameBytesMax, RandomBytes(&rng, wire::limits::kFrameBytesMax)),
      "the longest frame, of random bytes");
  for (const size_t size : {size_t{2}, size_t{4}, size_t{9}, sound.size() / 2, sound.size() - 1}) {
    ExpectClosed(sound.substr(0, size), absl::StrCat("a frame cut after ", size, " bytes"));
  }
  for (int i = 0; i < 10; ++i) {
    std::string damaged = sound;
    damaged[wire::limits::kFrameHeaderBytes +
            rng.Below(damaged.size() - wire::limits::kFrameHeaderBytes)] ^=
        static_cast<char>(1 << rng.Below(8));
    ExpectClosed(damaged, "a join with one bit flipped");
  }
  ExpectClosed(EncodedFrame("default", wire::StreamType::kReceipt), "a receipt nobody waits for");
  ExpectClosed(EncodedFrame("staging", wire::StreamType::kPing), "a ping of another cluster");
  ExpectClosed("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "a browser");
  ExpectNothingChanged();
}

TEST_F(Hostile, AJoinFromAnotherClusterLearnsTheTwoNamesAndNoMore) {
  absl::StatusOr<RawTcp> stranger = RawTcp::Open(kStrangerIp, target().ip());
  ASSERT_OK(stranger.status());
  const uint64_t counted = target().RejectedTotal();
  ASSERT_TRUE(stranger->Send(EncodedFrame("staging", wire::StreamType::kJoin)));
  stranger->FinishSending();
  const std::optional<std::string> answer = stranger->ReadToEnd(Duration::Seconds(12));
  ASSERT_TRUE(answer.has_value()) << "the connection stays open";
  ASSERT_GT(answer->size(), wire::limits::kFrameHeaderBytes);
  wire::Codec codec("staging");
  wire::StreamMessage message;
  EXPECT_EQ(codec.DecodeFrame(answer->substr(wire::limits::kFrameHeaderBytes), &message),
            wire::Reject::kCluster);
  EXPECT_EQ(message.type, wire::StreamType::kWrongCluster);
  EXPECT_EQ(message.cluster, "default");
  EXPECT_TRUE(message.updates.empty());
  EXPECT_TRUE(message.other_name.empty());
  EXPECT_FALSE(message.other_address.is_set());
  EXPECT_FALSE(message.seen_as.is_set());
  EXPECT_FALSE(message.view.has_value());
  EXPECT_TRUE(WaitRejected(counted + 1));
  ExpectNothingChanged();
}

TEST_F(Hostile, ConnectionsThatSayNothingAreClosedAndKeepNobodyOut) {
  const std::string part = EncodedFrame("default", wire::StreamType::kJoin).substr(0, 20);
  std::vector<RawTcp> idle;
  for (int i = 0; i < 200; ++i) {
    absl::StatusOr<RawTcp> connection = RawTcp::Open(kStrangerIp, target().ip());
    ASSERT_OK(connection.status());
    connection->Send(part);
    idle.push_back(*std::move(connection));
  }
  for (RawTcp& connection : idle) {
    const std::optional<std::string> answer = connection.ReadToEnd(Duration::Seconds(15));
    ASSERT_TRUE(answer.has_value()) << "a connection stays open";
    EXPECT_TRUE(answer->empty());
  }
  ExpectNothingChanged();
  const size_t newcomer = cluster_.Add({0});
  ASSERT_OK(cluster_.StartAgent(newcomer));
  EXPECT_TRUE(cluster_.WaitWhole(Duration::Seconds(10))) << cluster_.Describe();
}

TEST_F(Hostile, ConnectionsThatSayNothingMakeRoomForWhoDoes) {
  std::vector<RawTcp> idle;
  for (int i = 0; i < 300; ++i) {  // over twice the limit
    absl::StatusOr<RawTcp> connection = RawTcp::Open(kStrangerIp, target().ip());
    ASSERT_OK(connection.status());
    idle.push_back(*std::move(connection));
  }
  const size_t newcomer = cluster_.Add({0});
  ASSERT_OK(cluster_.StartAgent(newcomer));
  EXPECT_TRUE(cluster_.WaitWhole(Duration::Seconds(6))) << cluster_.Describe();
}

}  // namespace
}  // namespace muster::e2e
