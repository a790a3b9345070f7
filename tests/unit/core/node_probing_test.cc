// Whom a node probes when: what one part alone does not show.

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/unit/core/node_harness.h"

namespace muster::core {
namespace {

using wire::PacketType;

constexpr uint64_t kSubject = 1;
constexpr uint16_t kPaceMs = 3700;

struct Ping {
  TimePoint at;
  uint32_t sequence;
  uint8_t ring;
};

// Steps once; all but the subject answer. The pings to the subject are added to `pings`; those of
// them that went to relays come back as acks.
void Step(NodeHarness& h, std::vector<Ping>* pings) {
  h.Step(Duration::Millis(50));
  std::vector<std::pair<uint64_t, uint32_t>> requests;
  for (const wire::Packet& packet : h.Packets()) {
    if (packet.type == PacketType::kPing && packet.target_prefix == IdOf(kSubject).hi) {
      pings->push_back({h.now(), packet.sequence, packet.ring});
    }
  }
  for (const Effects::Datagram& datagram : h.effects().datagrams()) {
    const wire::Packet packet = h.Decode(h.effects().bytes(datagram));
    if (packet.type != PacketType::kPingRequest) continue;
    requests.emplace_back(h.MemberAt(datagram.to), packet.sequence);
  }
  h.AnswerPings(kSubject);
  for (const auto& [relay, sequence] : requests) {
    wire::Packet ack;
    ack.type = PacketType::kAck;
    ack.answers = sequence;
    ack.target = IdOf(kSubject);
    h.Receive(relay, std::move(ack));
  }
}

void AckWithPace(NodeHarness& h, uint32_t sequence) {
  wire::Packet ack;
  ack.type = PacketType::kAck;
  ack.answers = sequence;
  ack.pace_ms = kPaceMs;
  h.Receive(kSubject, std::move(ack));
}

TEST(NodeProbingTest, APaceThatWasLostIsAskedForByTheNextPing) {
  NodeHarness h;
  h.Meet(4);
  std::vector<Ping> pings;
  // The scheduled probe, whose ack is lost; a relay reaches the subject.
  while (pings.empty() && h.now() < At(10'000)) Step(h, &pings);
  ASSERT_FALSE(pings.empty());
  EXPECT_NE(pings[0].ring, 0);
  while (pings.size() < 2 && h.now() < At(20'000)) Step(h, &pings);
  ASSERT_EQ(pings.size(), 2u);
  EXPECT_LT(pings[1].at - pings[0].at, Duration::Seconds(2)) << "before its turn";
  EXPECT_EQ(pings[1].ring, pings[0].ring);

  AckWithPace(h, pings[1].sequence);
  const TimePoint paced = h.now();
  pings.clear();
  while (h.now() < paced + Duration::Millis(kPaceMs) - Duration::Millis(1)) {
    h.Step(Duration::Millis(1));
    for (const wire::Packet& packet : h.Packets()) {
      if (packet.type != PacketType::kPing || packet.target_prefix != IdOf(kSubject).hi) continue;
      EXPECT_EQ(packet.ring, 0) << "asked though it has answered";
      pings.push_back({h.now(), packet.sequence, packet.ring});
    }
    h.AnswerPings();
  }
  pings.clear();
  while (pings.empty() && h.now() < paced + Duration::Seconds(20)) Step(h, &pings);
  ASSERT_FALSE(pings.empty());
  EXPECT_EQ(pings[0].at, paced + Duration::Millis(kPaceMs));
  EXPECT_NE(pings[0].ring, 0);
}

// Who is asked to relay a ping to the silent subject from its first probe on, until it ends: by the
// time since the first were asked, in milliseconds.
std::multimap<int64_t, uint64_t> RelaysOfOneProbe(NodeHarness& h) {
  std::multimap<int64_t, uint64_t> relays;
  TimePoint first;
  while (relays.empty() || h.now() < first + Duration::Millis(450)) {
    h.Step(Duration::Millis(50));
    for (const Effects::Datagram& datagram : h.effects().datagrams()) {
      const wire::Packet packet = h.Decode(h.effects().bytes(datagram));
      if (packet.type != PacketType::kPingRequest) continue;
      if (relays.empty()) first = h.now();
      relays.emplace((h.now() - first).millis(), h.MemberAt(datagram.to));
    }
    h.AnswerPings(kSubject);
  }
  return relays;
}

TEST(NodeProbingTest, AskingAgainAsksAnotherRelayToo) {
  NodeHarness h;
  h.Meet(9);
  const std::multimap<int64_t, uint64_t> relays = RelaysOfOneProbe(h);
  std::set<uint64_t> distinct;
  std::vector<int64_t> asked_at;
  for (const auto& [at_ms, relay] : relays) {
    EXPECT_NE(relay, kSubject);
    EXPECT_TRUE(distinct.insert(relay).second) << "m" << relay << " is asked twice";
    asked_at.push_back(at_ms);
  }
  ASSERT_EQ(asked_at.size(), 5u);
  EXPECT_EQ(asked_at[2], 0) << "three at once";
  EXPECT_GT(asked_at[3], 0);
  EXPECT_GE(asked_at[4], 2 * asked_at[3]) << "an eighth and three eighths of the wait later";
}

TEST(NodeProbingTest, WithFewMembersNobodyIsAskedTwice) {
  NodeHarness h;
  h.Meet(3);
  EXPECT_EQ(RelaysOfOneProbe(h).size(), 2u);
}

}  // namespace
}  // namespace muster::core
