#include "src/core/sync.h"

#include <algorithm>
#include <utility>

namespace muster::core {

bool SyncSession::ExpectsRecords() const {
  if (!initiator) return step == Step::kRecords;
  return step == Step::kAnswer || step == (by_ranges ? Step::kPrints : Step::kSummary);
}

void SyncSession::NoteWanted(const wire::StreamMessage& records, size_t table_size) {
  for (const HostId& id : records.wanted) {
    if (owed.size() >= table_size * 2) break;
    owed.push_back({id, true});
  }
  if (!by_ranges) return;
  for (const uint32_t print : records.hashes) {
    if (wanted_prints.size() >= table_size) break;
    wanted_prints.push_back(print);
  }
}

SyncSession* Syncs::Begin(StreamId stream, const HostId& peer, bool tombstones, uint64_t version) {
  SyncSession session;
  session.stream = stream;
  session.peer = peer;
  session.initiator = true;
  session.ranges.tombstones = tombstones;
  session.version_before = version;
  sessions_.push_back(std::move(session));
  return &sessions_.back();
}

SyncSession* Syncs::FindOrAccept(StreamId stream, const HostId& peer, uint64_t version) {
  if (SyncSession* session = Find(stream)) return session;
  if (is_full()) return nullptr;
  SyncSession session;
  session.stream = stream;
  session.peer = peer;
  session.version_before = version;
  sessions_.push_back(std::move(session));
  return &sessions_.back();
}

SyncSession* Syncs::Find(StreamId stream) {
  for (SyncSession& session : sessions_) {
    if (session.stream == stream) return &session;
  }
  return nullptr;
}

void Syncs::End(StreamId stream) {
  std::erase_if(sessions_, [stream](const SyncSession& s) { return s.stream == stream; });
}

bool Syncs::has_own() const {
  return std::any_of(sessions_.begin(), sessions_.end(),
                     [](const SyncSession& s) { return s.initiator; });
}

bool Syncs::ByRanges(size_t ours, size_t theirs) {
  const size_t larger = std::max(ours, theirs);
  return larger > kWholeUpTo && ours * kWholeBelowShare > larger;
}

void Syncs::AddUnmentioned(const MemberTable& table, TimePoint now, SyncSession* session) {
  for (const MemberView& member : table.all()) {
    if (!session->ranges.Covers(now, member)) continue;
    if (!session->seen.contains(member.id())) session->owed.push_back({member.id(), true});
  }
}

void Syncs::AddWanted(const MemberTable& table, TimePoint now, SyncSession* session) {
  if (session->wanted_prints.empty()) return;
  std::sort(session->wanted_prints.begin(), session->wanted_prints.end());
  LookupSet<HostId> owed;
  for (const Owed& record : session->owed) owed.Insert(record.id);
  for (const MemberView& member : table.all()) {
    if (!session->ranges.Covers(now, member)) continue;
    const uint32_t print = session->ranges.PrintOf(member);
    if (std::binary_search(session->wanted_prints.begin(), session->wanted_prints.end(), print) &&
        owed.Insert(member.id())) {
      session->owed.push_back({member.id(), true});
    }
  }
  session->wanted_prints.clear();
}

}  // namespace muster::core
