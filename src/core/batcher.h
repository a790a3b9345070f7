#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "src/base/ids.h"
#include "src/base/position_index.h"
#include "src/base/time.h"
#include "src/core/member_table.h"
#include "src/wire/message.h"

namespace muster::core {

// Holds back what users are shown, never the protocol, so that many changes that belong together
// reach them as one batch (README.md, "Batches"). Two kinds are held: verdicts, while another is
// expected shortly, and arrivals, while they come in bulk. What stands alone is shown in the call
// that brought it. At most one change a member is held, and nothing is allocated while none is.
class Batcher {
 public:
  enum class Kind : uint8_t {
    kArrival,  // unknown, failed or left -> up
    kFailure,  // up -> failed
  };

  // More than this share of the members, and no fewer than this many, within a second come in bulk.
  // A handful makes a handful of sizes, which is no reason to wait.
  static constexpr size_t kBulkPercent = 5;
  static constexpr size_t kBulkMin = 6;
  static constexpr Duration kBulkWithin = Duration::Seconds(1);
  // Arrivals in bulk are shown when the view equals that of so many peers, or of half of them where
  // they are fewer than six.
  static constexpr size_t kPeersAgreed = 3;

  // One change that users have not been shown yet. 40 bytes: while 10,000 start together, each
  // holds the arrival of each.
  struct Held {
    HostId id;
    // What users see meanwhile; null: nothing, it is hidden.
    std::unique_ptr<const MemberView> shown;
    uint32_t by = 0;        // of the claim that made the table hold `state`
    uint32_t versions = 0;  // changes of the table that users have not been shown
    Kind kind = Kind::kArrival;
    wire::State state = wire::State::kAlive;  // what the table holds
    wire::Reason reason = wire::Reason::kNone;
    bool attributes_changed = false;
    bool is_announced = false;  // Announce() told of it
    bool is_hidden() const { return shown == nullptr; }
    // The state that users last saw; of one that is hidden, the state in which members begin.
    wire::State from() const { return is_hidden() ? wire::State::kAlive : shown->state; }
  };
  static_assert(sizeof(Held) <= 40);

  // What the node knows when it asks what may be shown.
  struct Outlook {
    size_t up = 0;             // members that are up, in the table
    bool is_agreed = false;    // the last kPeersAgreed peers heard from hold our very table
    bool is_expected = false;  // another verdict is expected within verdict_within()
  };

  // P, the probe period, in which a crash of many is noticed, decides how far apart verdicts belong
  // together: the next within 1.5 min(1 s, P), all within 2 min(1 s, P). Many that crash at once
  // are found within one P and the time of a probe, so 1 P would just miss the last of them.
  // Arrivals wait for at most min(10 s, 10 P).
  explicit Batcher(Duration period);
  Batcher(const Batcher&) = delete;
  Batcher& operator=(const Batcher&) = delete;

  // The kind of a change from `before` (null: not known) to `state`; false where it is none that is
  // ever held.
  static bool KindOf(const MemberView* before, wire::State state, Kind* kind);

  // Holds a change of a member of which none is held.
  void Hold(TimePoint now, Held change);
  // The held change of a member; null if there is none. Valid until the next change.
  Held* Find(const HostId& id);
  const Held* Find(const HostId& id) const;
  // Whether `held` is still one to hold, now that the table holds its `state`.
  static bool IsStillHeld(const Held& held);
  // The table has changed `held` further.
  void AddVersions(Held* held, uint32_t versions);
  // Takes one out, which must be there. One that was undone leaves nothing to show, not even a
  // version: it stays behind.
  Held Take(const HostId& id, bool was_undone);

  // Whether what is held of this kind is to be shown now.
  bool IsDue(TimePoint now, Kind kind, const Outlook& outlook) const;
  // Moves all of a kind to `*out`, in the order in which they were held, but for gaps that Take
  // filled.
  void TakeAll(Kind kind, std::vector<Held>* out);
  // The failures held that no earlier call has returned, in no order that means anything. Valid
  // until the next change.
  std::vector<const Held*> Announce();

  bool empty() const { return all_.empty(); }
  size_t size() const { return all_.size(); }
  size_t count(Kind kind) const { return counts_[static_cast<size_t>(kind)]; }
  // When the first of those came; of a kind of which any is held.
  TimePoint since(Kind kind) const { return since_[static_cast<size_t>(kind)]; }
  // When something is due whatever is known then.
  TimePoint next() const;
  Duration verdict_within() const { return verdict_within_; }
  // Members that users are shown in this state, beyond those of the table.
  int64_t Surplus(wire::State state) const;
  // How far the version of what users are shown is behind the table's.
  uint64_t versions_behind() const { return versions_behind_; }

 private:
  struct IdAt {
    const std::deque<Held>* all;
    const HostId& operator()(uint32_t position) const { return (*all)[position].id; }
  };
  bool IsBulk(size_t up) const;
  Duration LongestFor(Kind kind) const;
  void GiveRoomBack();

  Duration verdict_within_;
  Duration verdict_longest_;
  Duration arrival_longest_;
  std::deque<Held> all_;
  PositionIndex<HostId, IdAt> index_{IdAt{&all_}};
  size_t counts_[2] = {};
  TimePoint since_[2];  // when the first of those held now came
  size_t unannounced_ = 0;
  size_t peak_ = 0;  // the most held at a time since all_ was last empty
  uint64_t versions_behind_ = 0;
  TimePoint window_from_;  // arrivals are counted by the second
  size_t arrivals_in_window_ = 0;
};

}  // namespace muster::core
