#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "src/base/ids.h"
#include "src/base/lookup_map.h"
#include "src/core/effects.h"
#include "src/core/member_table.h"
#include "src/core/ranges.h"
#include "src/wire/message.h"

namespace muster::core {

// One streamed reconciliation of two tables (README.md, "View cells and reconciliation"). Small
// tables, and whoever holds next to nothing, tell all they have at once:
//   initiator -> summary of its table (short updates)
//   responder -> records that the initiator lacks or holds lower, and the ids it wants in full
//   initiator -> the records wanted, and those where it holds something higher
// Others first find what differs (ranges.h):
//   initiator -> cells: the sums of all ranges
//   responder -> split: the sums of the leaves of the ranges that differ
//   initiator -> prints: of its members in the leaves that differ
//   responder -> records where it is ahead, and the prints whose records it wants
//   initiator -> those records, and where it holds something higher
//   responder -> where it holds something higher still
// Each side merges what it reads. A side with nothing to say closes the stream.
struct SyncSession {
  // The last thing that either side said.
  enum class Step : uint8_t {
    kNone,
    kSummary,
    kCells,
    kSplit,
    kPrints,
    kRecords,  // the responder's
    kAnswer,   // the initiator's records
  };

  // Whether records may come now.
  bool ExpectsRecords() const;
  // Initiator: owes what `records` asks for, within the bounds of a table of that size.
  void NoteWanted(const wire::StreamMessage& records, size_t table_size);

  StreamId stream = 0;
  HostId peer;
  bool initiator = false;
  bool by_ranges = false;     // decided by the initiator
  bool reads_common = false;  // the other side takes records with attributes told in common
  Step step = Step::kNone;
  uint64_t version_before = 0;  // of our table; unchanged at the end means futile
  LookupSet<HostId> seen;       // ids in the summary, or in the records, of the other side
  std::vector<HostId> wanted;   // ask the other side for these
  std::vector<Owed> owed;       // send these
  size_t given = 0;             // records sent
  std::vector<Owed> learnt;     // what the other side taught us and was not told on yet

  // `ranges.tombstones` holds for both ways of reconciling.
  Ranges ranges;
  std::vector<uint32_t> leaf_sums;      // initiator: of its table when it sent the cells
  uint32_t next_range = 0;              // the lowest that the next frame may name
  std::vector<bool> leaves;             // that differ
  std::vector<LeafPrint> prints;        // responder: what the initiator holds in them
  std::vector<uint32_t> wanted_prints;  // those whose records this side, or the other, wants
};

// The sessions in progress: at most one that we began, and a bounded number begun by others.
class Syncs {
 public:
  static constexpr size_t kMax = 64;
  // Up to so many members the summary of all is no larger than a comparison of ranges: cells,
  // split, prints and the messages' envelopes take about 600 bytes where one member differs.
  static constexpr size_t kWholeUpTo = 32;
  // Who holds less than this share of the other's members has nearly everything to learn.
  static constexpr size_t kWholeBelowShare = 8;

  SyncSession* Begin(StreamId stream, const HostId& peer, bool tombstones, uint64_t version);
  // The session on that stream; a responder's is made at its first message. Null at the limit.
  SyncSession* FindOrAccept(StreamId stream, const HostId& peer, uint64_t version);
  SyncSession* Find(StreamId stream);
  void End(StreamId stream);
  bool has_own() const;
  size_t size() const { return sessions_.size(); }
  bool is_full() const { return sessions_.size() >= kMax; }

  // Whether an initiator that holds `ours` members, where the other side holds `theirs`, compares
  // ranges before it sends anything.
  static bool ByRanges(size_t ours, size_t theirs);
  // Responder, after the summary: what `table` holds (of the view or of the tombstones) that the
  // initiator did not mention is owed to it.
  static void AddUnmentioned(const MemberTable& table, TimePoint now, SyncSession* session);
  // Initiator: adds the members whose prints the other side wants to those owed, unless they are.
  static void AddWanted(const MemberTable& table, TimePoint now, SyncSession* session);

 private:
  std::vector<SyncSession> sessions_;
};

}  // namespace muster::core
