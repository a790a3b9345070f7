#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "src/base/check.h"
#include "src/core/node_impl.h"

// What differs between two tables: cells, split and prints of sync.h's exchange by ranges.

namespace muster::core {
namespace {

using Step = SyncSession::Step;
using wire::limits::kLeavesPerRange;

}  // namespace

void Node::Impl::EndStreamOutOfOrder(StreamId stream) {
  Reject(wire::Reject::kStreamProtocol);
  HandleStreamClosed(stream, StreamEnd::kBroken);
}

bool Node::Impl::IsFromSyncPeer(const SyncSession& session) {
  if (session.peer == message_in_.sender) return true;
  // Another agent has taken the address: nothing of it is ours to reconcile with.
  Reject(wire::Reject::kNotForUs);
  HandleStreamClosed(session.stream, StreamEnd::kBroken);
  return false;
}

void Node::Impl::SendCells(SyncSession& session) {
  message_ = wire::StreamMessage();
  message_.salt = session.ranges.salt;
  message_.range_bits = session.ranges.bits;
  session.leaf_sums = LeafSums(session.ranges, now_, table_);
  message_.hashes = RangeSums(session.leaf_sums);
  pieces_.clear();
  session.step = Step::kCells;
  SendSyncFrame(session, wire::StreamType::kSyncCells, true);
}

// Not now. An answer without content, so that we do not seem to be of a release that cannot
// compare.
void Node::Impl::PutOffComparison(StreamId stream) {
  message_ = wire::StreamMessage();
  message_.type = wire::StreamType::kSyncSplit;
  message_.tombstones = message_in_.tombstones;
  MUSTER_CHECK(out_.SendFrame(stream, message_, {}));
  HandleStreamClosed(stream, StreamEnd::kBroken);
}

void Node::Impl::HandleSyncCells(StreamId stream) {
  if (syncs_.Find(stream) != nullptr) return EndStreamOutOfOrder(stream);
  if (IsInSyncDebt() || syncs_.is_full()) return PutOffComparison(stream);
  SyncSession* session = AcceptSync(stream);
  session->by_ranges = true;
  session->reads_common = true;
  session->step = Step::kSplit;
  session->ranges.salt = message_in_.salt;
  session->ranges.bits = message_in_.range_bits;
  session->leaves.assign(session->ranges.leaves(), false);
  message_ = wire::StreamMessage();
  pieces_.clear();
  const std::vector<uint32_t> leaves = LeafSums(session->ranges, now_, table_);
  const std::vector<uint32_t> sums = RangeSums(leaves);
  for (uint32_t range = 0; range < sums.size(); ++range) {
    if (sums[range] == message_in_.hashes[range]) continue;
    if (message_.hashes.size() + kLeavesPerRange > wire::limits::kHashesPerFrameMax) {
      SendSyncFrame(*session, wire::StreamType::kSyncSplit, false);
    }
    message_.ranges.push_back(range);
    const auto first = leaves.begin() + static_cast<std::ptrdiff_t>(range * kLeavesPerRange);
    message_.hashes.insert(message_.hashes.end(), first, first + kLeavesPerRange);
  }
  SendSyncFrame(*session, wire::StreamType::kSyncSplit, true);
}

void Node::Impl::HandleSyncSplit(StreamId stream) {
  SyncSession* session = syncs_.Find(stream);
  if (session == nullptr || (session->step != Step::kCells && session->step != Step::kSplit)) {
    return EndStreamOutOfOrder(stream);
  }
  if (!IsFromSyncPeer(*session)) return;
  if (session->step == Step::kCells) {
    session->step = Step::kSplit;
    session->leaves.assign(session->ranges.leaves(), false);
    peer_cells_.NoteComparison(session->peer);
  }
  const std::vector<uint32_t>& ours = session->leaf_sums;
  size_t at = 0;
  for (const uint32_t range : message_in_.ranges) {
    // Each range once: what follows is bounded by their number.
    if (range < session->next_range || range >= ours.size() / kLeavesPerRange) {
      return EndStreamOutOfOrder(stream);
    }
    session->next_range = range + 1;
    for (size_t i = 0; i < kLeavesPerRange; ++i, ++at) {
      const size_t leaf = range * kLeavesPerRange + i;
      if (ours[leaf] != message_in_.hashes[at]) session->leaves[leaf] = true;
    }
  }
  if (!message_in_.last) return;
  const bool differs =
      std::find(session->leaves.begin(), session->leaves.end(), true) != session->leaves.end();
  if (!differs) return CloseSync(stream, true);
  SendPrints(*session);
}

void Node::Impl::SendPrints(SyncSession& session) {
  session.step = Step::kPrints;
  const std::vector<LeafPrint> prints = PrintsIn(session.ranges, now_, table_, session.leaves);
  message_ = wire::StreamMessage();
  pieces_.clear();
  auto next = prints.begin();
  for (uint32_t leaf = 0; leaf < session.leaves.size(); ++leaf) {
    if (!session.leaves[leaf]) continue;
    const auto end = std::find_if(next, prints.end(),
                                  [leaf](const LeafPrint& print) { return print.leaf != leaf; });
    do {  // a leaf may go on in a further frame
      if (message_.ranges.size() == wire::limits::kRangesPerFrameMax ||
          message_.hashes.size() == wire::limits::kPrintsPerFrameMax) {
        SendSyncFrame(session, wire::StreamType::kSyncPrints, false);
      }
      const size_t room = wire::limits::kPrintsPerFrameMax - message_.hashes.size();
      const size_t count = std::min(room, static_cast<size_t>(end - next));
      message_.ranges.push_back(leaf);
      message_.range_sizes.push_back(static_cast<uint32_t>(count));
      for (size_t i = 0; i < count; ++i, ++next) {
        message_.hashes.push_back(next->print);
        message_.incarnations.push_back(next->incarnation);
      }
    } while (next != end);
  }
  session.leaves.clear();
  SendSyncFrame(session, wire::StreamType::kSyncPrints, true);
}

void Node::Impl::HandleSyncPrints(StreamId stream) {
  SyncSession* session = syncs_.Find(stream);
  if (session == nullptr || (session->step != Step::kSplit && session->step != Step::kPrints)) {
    return EndStreamOutOfOrder(stream);
  }
  if (!IsFromSyncPeer(*session)) return;
  session->step = Step::kPrints;
  if (session->prints.size() + message_in_.hashes.size() > SyncedMax()) {
    Reject(wire::Reject::kLimit);
    return HandleStreamClosed(stream, StreamEnd::kBroken);
  }
  size_t at = 0;
  for (size_t i = 0; i < message_in_.ranges.size(); ++i) {
    const uint32_t leaf = message_in_.ranges[i];
    if (leaf >= session->leaves.size()) return EndStreamOutOfOrder(stream);
    session->leaves[leaf] = true;
    for (uint32_t n = 0; n < message_in_.range_sizes[i]; ++n, ++at) {
      session->prints.push_back({leaf, message_in_.hashes[at], message_in_.incarnations[at]});
    }
  }
  if (!message_in_.last) return;
  // What was asked for may be a whole table.
  if (IsInSyncDebt()) return HandleStreamClosed(stream, StreamEnd::kBroken);
  Difference difference = Compare(session->ranges, now_, table_, session->leaves, &session->prints);
  session->owed = std::move(difference.owed);
  session->wanted_prints = std::move(difference.wanted);
  session->prints.clear();
  session->leaves.clear();
  session->step = Step::kRecords;
  SendRecords(*session);
}

}  // namespace muster::core
