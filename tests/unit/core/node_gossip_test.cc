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

// Who is told first of a change of member 1, by a node that knows `others` that are up and `dead`,
// and had nothing to tell.
std::set<uint64_t> ToldFirst(uint64_t others, uint64_t dead = 0) {
  NodeHarness h;
  h.Meet(others);
  for (uint64_t n = 0; n < dead; ++n) h.Gossip(1, {Full(1000 + n, kFirst, State::kFailed)});
  EXPECT_EQ(h.node().members().tombstone_count(), dead);
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
  EXPECT_EQ(ToldFirst(9, 200), (std::set<uint64_t>{3, 4, 5, 6, 7, 8, 9}));
}

TEST(NodeGossipTest, OfMoreThreeAreToldAtFirst) {
  for (const uint64_t others : {10u, 40u}) {
    const size_t told = ToldFirst(others).size();
    EXPECT_GE(told, 1u) << "the subject or the source may have been drawn";
    EXPECT_LE(told, 3u);
  }
}

}  // namespace
}  // namespace muster::core
