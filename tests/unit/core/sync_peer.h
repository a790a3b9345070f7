#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"
#include "src/base/time.h"
#include "src/core/effects.h"
#include "src/core/member_record.h"
#include "src/core/member_table.h"
#include "src/core/ranges.h"
#include "src/wire/limits.h"
#include "src/wire/message.h"
#include "tests/unit/core/node_harness.h"

// A node that knows forty members, and the other end of its comparisons: member 3, with a table of
// its own that tests change.

namespace muster::core {

inline wire::StreamMessage Of(wire::StreamType type) {
  wire::StreamMessage message;
  message.type = type;
  message.last = true;
  return message;
}

class SyncPeerTest : public ::testing::Test {
 protected:
  static constexpr uint64_t kLast = 40;  // members 1 to this are known to the node
  static constexpr uint64_t kPeer = 3;   // who begins

  SyncPeerTest() : theirs_(&pool_, 1000, 1000) {
    h_.Meet(kLast);
    for (uint64_t n = 0; n <= kLast; ++n) Their(Full(n, NodeHarness::kFirst, wire::State::kAlive));
    ranges_.salt = 4711;
    ranges_.bits = 1;
    ranges_.max_age = Duration::Seconds(23 * 3600);
    // All gossip is told, and no random peer is pinged any more to compare views.
    h_.Run(Duration::Seconds(6), [this] { h_.AnswerPings(); });
  }

  void Their(const wire::Update& update) { (void)theirs_.Apply(h_.now(), update); }
  std::vector<bool> AllLeaves() const { return std::vector<bool>(ranges_.leaves(), true); }

  // Answers pings until the node opens a stream to `asked_`, the first member that it pings and the
  // only one whose cell differs. 0 if it does not.
  StreamId BeganSync(Duration limit = Duration::Seconds(30)) {
    const TimePoint end = h_.now() + limit;
    while (h_.now() < end) {
      h_.Step(Duration::Millis(50));
      for (const wire::Packet& ping : h_.Packets()) {
        if (ping.type != wire::PacketType::kPing) continue;
        wire::Packet ack;
        ack.type = wire::PacketType::kAck;
        ack.answers = ping.sequence;
        const uint64_t n = ping.target_prefix - 1;  // IdOf
        if (asked_ == 0) asked_ = n;
        ack.view = n == asked_ ? theirs_.view_cell() : h_.node().members().view_cell();
        h_.Receive(n, ack);
        for (const Effects::StreamAction& action : h_.effects().stream_actions()) {
          if (action.verb == Effects::StreamVerb::kOpen) return action.stream;
        }
      }
    }
    return 0;
  }

  // What the peer answers to cells, from `theirs_`.
  wire::StreamMessage SplitOf(const wire::StreamMessage& cells) {
    ranges_.salt = cells.salt;
    ranges_.bits = cells.range_bits;
    const std::vector<uint32_t> leaves = LeafSums(ranges_, h_.now(), theirs_);
    const std::vector<uint32_t> sums = RangeSums(leaves);
    wire::StreamMessage split = Of(wire::StreamType::kSyncSplit);
    for (uint32_t range = 0; range < sums.size(); ++range) {
      if (sums[range] == cells.hashes[range]) continue;
      split.ranges.push_back(range);
      for (size_t i = 0; i < wire::limits::kLeavesPerRange; ++i) {
        split.hashes.push_back(leaves[range * wire::limits::kLeavesPerRange + i]);
      }
    }
    return split;
  }
  // The cells of `theirs_` in ranges_.
  wire::StreamMessage Cells() {
    wire::StreamMessage cells = Of(wire::StreamType::kSyncCells);
    cells.salt = ranges_.salt;
    cells.range_bits = ranges_.bits;
    cells.tombstones = ranges_.tombstones;
    cells.hashes = RangeSums(LeafSums(ranges_, h_.now(), theirs_));
    return cells;
  }
  // All of theirs in the ranges that `split` is about.
  wire::StreamMessage PrintsFor(const wire::StreamMessage& split) {
    std::vector<bool> leaves(ranges_.leaves(), false);
    for (const uint32_t range : split.ranges) {
      for (size_t i = 0; i < wire::limits::kLeavesPerRange; ++i) {
        leaves[range * wire::limits::kLeavesPerRange + i] = true;
      }
    }
    wire::StreamMessage prints = Of(wire::StreamType::kSyncPrints);
    prints.tombstones = ranges_.tombstones;
    for (uint32_t leaf = 0; leaf < leaves.size(); ++leaf) {
      if (!leaves[leaf]) continue;
      prints.ranges.push_back(leaf);
      prints.range_sizes.push_back(0);
      for (const MemberView& member : theirs_.all()) {
        if (!ranges_.Covers(h_.now(), member) || ranges_.LeafOf(member.id()) != leaf) continue;
        ++prints.range_sizes.back();
        prints.hashes.push_back(ranges_.PrintOf(member));
        prints.incarnations.push_back(member.incarnation);
      }
    }
    return prints;
  }
  uint32_t PrintOf(uint64_t n) const { return PrintOf(n, theirs_); }
  uint32_t PrintOf(uint64_t n, const MemberTable& table) const {
    return ranges_.PrintOf(*table.Find(IdOf(n)));
  }
  static std::vector<HostId> IdsOf(const std::vector<wire::Update>& updates) {
    std::vector<HostId> ids;
    for (const wire::Update& update : updates) ids.push_back(update.id);
    std::sort(ids.begin(), ids.end());
    return ids;
  }
  // The peer begins, and comes as far as its prints; the node's answer to them.
  wire::StreamMessage Ask(StreamId stream) {
    h_.Open(stream, h_.AddressOf(kPeer));
    h_.Stream(stream, kPeer, Cells());
    const std::vector<wire::StreamMessage> split = h_.Frames(stream);
    if (split.size() != 1) return {};
    h_.Stream(stream, kPeer, PrintsFor(split[0]));
    const std::vector<wire::StreamMessage> records = h_.Frames(stream);
    return records.size() == 1 ? records[0] : wire::StreamMessage();
  }

  NodeHarness h_;
  uint64_t asked_ = 0;
  RecordPool pool_;
  MemberTable theirs_;
  Ranges ranges_;
};

}  // namespace muster::core
