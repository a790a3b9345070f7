#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "src/base/ids.h"
#include "src/base/time.h"
#include "src/wire/message.h"

namespace muster::core {

// What this node knows of its peers' tables: the view cell each sent last. Answers two questions:
// do all peers heard from lately hold our very table (the agreement report), and is it worth
// reconciling with this one (README.md, "View cells"). Bounded; the peer heard from longest ago
// goes first.
class PeerCells {
 public:
  static constexpr size_t kMax = 64;

  struct Peer {
    HostId id;
    TimePoint heard_at;
    wire::ViewCell cell;
    bool agrees = false;
    TimePoint differs_since;
    // The pair of cells whose reconciliation changed nothing; not retried while both stay.
    wire::ViewCell futile_ours;
    wire::ViewCell futile_theirs;
    bool futile = false;
    // Comparisons of ranges closed without an answer, since the last that was answered; and until
    // when whole tables are exchanged instead.
    int refused = 0;
    TimePoint whole_until;
  };

  // A ping or ack of `id` carried `theirs` while our cell was `ours`.
  void Note(TimePoint now, const HostId& id, const wire::ViewCell& theirs,
            const wire::ViewCell& ours);
  // Our own cell changed: who agrees now?
  void OwnCellChanged(TimePoint now, const wire::ViewCell& ours);
  // The peer's table differs and a reconciliation could change that.
  bool WorthReconciling(const HostId& id, const wire::ViewCell& ours) const;
  // How many members the peer holds; 0 where it is not known.
  uint32_t CountOf(const HostId& id) const;
  // How many members more one of us two holds; 0 where the peer is not known.
  uint32_t CountApart(const HostId& id, const wire::ViewCell& ours) const;
  void MarkFutile(const HostId& id, const wire::ViewCell& ours);
  void Forget(const HostId& id);

  // The peer closed a comparison of ranges without an answer. Once may be a lack of streams; twice
  // in a row is a release that cannot compare: it gets whole tables for a minute, then is tried
  // again.
  void NoteRefusal(TimePoint now, const HostId& id);
  void NoteComparison(const HostId& id);  // it answered
  bool WantsWholeTables(TimePoint now, const HostId& id) const;

  // Peers heard from at or after `since`; and of those the ones that agree.
  size_t CountSince(TimePoint since, size_t* agreeing) const;
  // All of them agree; true of none. At no cost while no peer differs.
  bool AllAgreeSince(TimePoint since) const;
  // The last `count` peers heard from hold our very table.
  bool LastAgree(size_t count) const;
  const std::vector<Peer>& all() const { return peers_; }

 private:
  Peer* Find(const HostId& id);
  const Peer* Find(const HostId& id) const;
  void Judge(TimePoint now, const wire::ViewCell& ours, Peer* peer);
  std::vector<Peer> peers_;
  size_t differing_ = 0;  // of peers_
};

}  // namespace muster::core
