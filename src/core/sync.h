#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "src/base/ids.h"
#include "src/base/lookup_map.h"
#include "src/core/effects.h"
#include "src/core/member_table.h"
#include "src/wire/message.h"

namespace muster::core {

// One streamed reconciliation of two tables (README.md, "View cells"):
//   initiator -> summary of its table (short updates)
//   responder -> records that the initiator lacks or holds lower, and the ids it wants in full
//   initiator -> the records wanted, and those where it holds something higher
// Each side merges what it reads. Only what differs travels in full.
struct SyncSession {
  StreamId stream = 0;
  HostId peer;  // zero until its first message
  bool initiator = false;
  bool tombstones = false;
  bool summary_done = false;
  uint64_t version_before = 0;  // of our table; unchanged at the end means futile
  LookupSet<HostId> seen;       // ids in the summary, or in the records, of the other side
  std::vector<HostId> wanted;   // ask the other side for these
  std::vector<HostId> owed;     // send these in full
};

// The sessions in progress: at most one that we began, and a bounded number begun by others.
class Syncs {
 public:
  static constexpr size_t kMax = 64;

  SyncSession* Begin(StreamId stream, const HostId& peer, bool tombstones, uint64_t version);
  // The session on that stream; a responder's is made at its first message. Null at the limit.
  SyncSession* FindOrAccept(StreamId stream, const HostId& peer, uint64_t version);
  SyncSession* Find(StreamId stream);
  void End(StreamId stream);
  bool has_own() const;
  size_t size() const { return sessions_.size(); }

  // Responder, after the summary: what `table` holds (of the view or of the tombstones) that the
  // initiator did not mention is owed to it. Tombstones younger than `max_age` only.
  static void AddUnmentioned(const MemberTable& table, TimePoint now, Duration max_age,
                             SyncSession* session);

 private:
  std::vector<SyncSession> sessions_;
};

// Whether a member belongs to the tombstones' exchange rather than to the view's.
bool InTombstones(wire::State state);

}  // namespace muster::core
