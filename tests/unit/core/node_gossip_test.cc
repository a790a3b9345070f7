// Whom a node tells its news.

#include <cstdint>
#include <set>

#include "gtest/gtest.h"
#include "tests/unit/core/node_harness.h"

namespace muster::core {
namespace {

using wire::PacketType;
using wire::State;

constexpr uint64_t kFirst = NodeHarness::kFirst;

// Who is told first of a change of member 1, by a node that knows `others` and had nothing to tell.
std::set<uint64_t> ToldFirst(uint64_t others) {
  NodeHarness h;
  h.Meet(others);
  h.Run(Duration::Seconds(30), [&h] { h.AnswerPings(); });
  EXPECT_EQ(h.node().queue_depth(), 0u);
  h.Gossip(2, {Full(1, kFirst + 1, State::kAlive)});
  const TimePoint since = h.now();
  std::set<uint64_t> told;
  while (told.empty() && h.now() - since < Duration::Millis(100)) {
    h.Step(Duration::Millis(10));
    for (const Effects::Datagram& datagram : h.effects().datagrams()) {
      const wire::Packet packet = h.Decode(h.effects().bytes(datagram));
      if (packet.type != PacketType::kGossip || packet.updates.empty()) continue;
      told.insert(NodeHarness::MemberAt(datagram.to));
    }
  }
  return told;
}

TEST(NodeGossipTest, WhereTheCopiesSufficeAllAreToldAtOnce) {
  // But for who told it and whom it is about.
  EXPECT_EQ(ToldFirst(9), (std::set<uint64_t>{3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(ToldFirst(4), (std::set<uint64_t>{3, 4}));
}

TEST(NodeGossipTest, OfMoreThreeAreToldAtFirst) {
  EXPECT_LE(ToldFirst(10).size(), 3u);
  EXPECT_LE(ToldFirst(40).size(), 3u);
}

}  // namespace
}  // namespace muster::core
