#include "src/core/sync.h"

#include <algorithm>
#include <utility>

namespace muster::core {

bool InTombstones(wire::State state) {
  return state == wire::State::kFailed || state >= wire::State::kLeft;
}

SyncSession* Syncs::Begin(StreamId stream, const HostId& peer, bool tombstones, uint64_t version) {
  SyncSession session;
  session.stream = stream;
  session.peer = peer;
  session.initiator = true;
  session.tombstones = tombstones;
  session.version_before = version;
  sessions_.push_back(std::move(session));
  return &sessions_.back();
}

SyncSession* Syncs::FindOrAccept(StreamId stream, const HostId& peer, uint64_t version) {
  if (SyncSession* session = Find(stream)) return session;
  if (sessions_.size() >= kMax) return nullptr;
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

void Syncs::AddUnmentioned(const MemberTable& table, TimePoint now, Duration max_age,
                           SyncSession* session) {
  for (const MemberView& member : table.all()) {
    if (InTombstones(member.state) != session->tombstones) continue;
    if (session->tombstones && now - member.since() > max_age) continue;
    if (!session->seen.contains(member.id())) session->owed.push_back(member.id());
  }
}

}  // namespace muster::core
