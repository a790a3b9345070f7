#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "src/base/address.h"
#include "src/base/ids.h"
#include "src/base/time.h"
#include "src/core/effects.h"
#include "src/core/member_table.h"
#include "src/core/options.h"
#include "src/core/stats.h"
#include "src/wire/message.h"

namespace muster::core {

// Who this member is, as its host knows it at start.
struct Identity {
  HostId id;           // from the data folder, or fresh random bits
  uint64_t epoch = 1;  // last stored epoch + 1
  std::string cluster = "default";
  wire::Attributes attributes;  // name, address, tags, boot, agent; the node fills in tolerance_ms
};

// What the host found when it looked at its sockets just before HandleDeadline.
enum class Backlog : uint8_t {
  kDrained,  // every input that had arrived has been handed in
  kMore,     // some may still wait: the node will give no verdict now
};

enum class JoinState : uint8_t {
  kAlone,    // nobody to join, or nobody left to hope for
  kJoining,  // seeds are set and none has answered yet
  kJoined,
};

// One peer heard from lately whose table differs from ours.
struct Differing {
  HostId id;
  TimePoint since;
};

// The whole protocol for one member, without any input or output of its own: a pure state machine.
// The host contract is the numbered list in README.md; in short: one thread; `now` never goes back;
// drain Effects after every call; re-read NextDeadline() after every call; never re-enter.
class Node {
 public:
  // `pool` must outlive the node. `options` must be valid. `seed` decides all its random choices.
  Node(const Options& options, Identity identity, uint64_t seed, TimePoint now, RecordPool* pool);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // For simulators, whose clusters of thousands cannot all begin with thousands of joins: takes
  // over `table`, which holds all members as alive, us among them at our incarnation, as if it had
  // been learnt long ago; no event tells of it. At most once, before all other inputs. `table` must
  // share our pool.
  void AdoptTable(TimePoint now, const MemberTable& table, Effects& effects);

  // ---- Inputs ----
  // One datagram. Never fails: junk is counted and otherwise without effect.
  void HandlePacket(TimePoint now, const Address& from, std::string_view bytes, Effects& effects);
  // The host accepted stream `stream` (even id) from `peer`, or our own open succeeded.
  void HandleStreamOpened(TimePoint now, StreamId stream, const Address& peer, Effects& effects);
  // One whole frame body, as wire::FrameReader cuts it.
  void HandleStreamMessage(TimePoint now, StreamId stream, std::string_view body, Effects& effects);
  void HandleStreamClosed(TimePoint now, StreamId stream, StreamEnd end, Effects& effects);
  // The ping with this probe sequence left only at `sent_at`, not when it was emitted.
  void HandleLateSend(TimePoint sent_at, uint32_t probe_sequence);
  // Runs all that is due. Late is safe (lateness is a health signal: pass the true now), early is
  // a no-op. Hand in all waiting input first.
  void HandleDeadline(TimePoint now, Backlog backlog, Effects& effects);

  // ---- Commands: a failed status means a bad argument and no effect ----
  // Addresses to join through: those the user configured, and peers remembered from the last run.
  // Tried with back-off until one answers, and for ever after whenever they are not in the view,
  // so that parts of one cluster always find each other. Replaces the previous seeds; new ones are
  // tried at once. Addresses of this very member are ignored.
  void SetSeeds(TimePoint now, std::vector<Address> configured, std::vector<Address> remembered,
                Effects& effects);
  // Addresses of hosts that a datastore knows, most promising first: dialled in parallel until one
  // answers; later tried by healing, as seeds are, while nobody in the view has them. Replaces the
  // previous ones. Those beyond 4,096 are left out.
  void SetHints(TimePoint now, std::vector<Address> addresses, Effects& effects);
  // One attempt at each address, now; a kJoinTried event each carries the returned request id.
  absl::StatusOr<uint64_t> Join(TimePoint now, absl::Span<const Address> addresses,
                                Effects& effects);
  // Announces `leaving`, delivers `left` to peers and counts receipts; ends with kLeaveDone.
  // A second call is kFailedPrecondition.
  absl::Status Leave(TimePoint now, Effects& effects);
  // kNotFound: unknown; kFailedPrecondition: the member is up and `evict` is false, or it is us.
  absl::Status ForceLeave(TimePoint now, const HostId& id, bool prune, bool evict,
                          Effects& effects);
  // Replaces our tags. kInvalidArgument names the limit that is broken.
  absl::Status SetTags(TimePoint now, wire::Tags tags, Effects& effects);
  // A real probe on all paths; kPingDone carries the returned request id. kNotFound: unknown.
  absl::StatusOr<uint64_t> Ping(TimePoint now, const HostId& id, Effects& effects);

  // ---- Output: when to call HandleDeadline ----
  TimePoint NextDeadline() const;

  // ---- Views: valid until the next call that is not const ----
  // What the protocol knows, and what users are shown of it: the same but for changes that wait for
  // their batch (README.md, "Batches").
  const MemberTable& members() const;
  const MemberView* member(const HostId& id) const;
  // What users are shown of the member at this index of members(). Null: it is hidden from them.
  const MemberView* shown(size_t index) const;
  size_t shown_count(wire::State state) const;
  // Rises with every change that users are shown; once a batch or more.
  uint64_t shown_version() const;
  size_t held_changes() const;
  // It has joined, and the members that it found are not shown yet.
  bool is_arriving() const;
  const Stats& stats() const;
  const Options& options() const;
  const Identity& identity() const;
  const HostId& id() const;
  Incarnation incarnation() const;  // our own, now
  int local_health() const;         // 0 (well) to 8
  bool isolated() const;
  bool leaving() const;
  // Barred by the others as lossy or flapping; we return by ourselves once we are well.
  bool on_probation() const;
  JoinState join_state() const;
  const std::string& last_join_error() const;  // empty once joined
  // Agreement: peers heard from within the last 10 periods, those with our very table, and the
  // rest.
  struct Agreement {
    size_t peers = 0;
    size_t agreeing = 0;
    std::vector<Differing> differing;
  };
  Agreement agreement(TimePoint now) const;
  // Rumours that wait to be told; one a subject at the most.
  size_t queue_depth() const;
  // Rolling digest of all inputs and outputs; equal for equal runs.
  uint64_t digest() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace muster::core
