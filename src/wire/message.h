#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/address.h"
#include "src/base/ids.h"
#include "src/base/time.h"

// Plain structs for everything that travels between agents. No generated protobuf type leaves
// src/wire; the core reads and writes these, and codec.h turns them into bytes.

namespace muster::wire {

// A member's state in the order of precedence within one incarnation. `kPruned` is a `left` whose
// tombstone an operator asked to hide (force-leave --prune); no user ever sees it as a state.
// The values travel: never renumber.
enum class State : uint8_t {
  kAlive = 0,
  kSuspect = 1,
  kFailed = 2,
  kLeaving = 3,
  kLeft = 4,
  kPruned = 5,
};
inline constexpr int kStateCount = 6;

// Why a member is held suspect, failed or left. The values travel: never renumber.
enum class Reason : uint8_t {
  kNone = 0,
  kNoAnswer = 1,     // silent on every path for its window
  kUnconfirmed = 2,  // the same, seen by a lone or isolated observer (src/core, "Evidence gate")
  kLossy = 3,        // loses most packets (src/core, "Sick members")
  kLeft = 4,         // left by itself
  kForced = 5,       // force-leave
  kEvicted = 6,      // force-leave --evict
  kReplaced = 7,     // another host took over its name or address at the door
  kFlapping = 8,     // silent again shortly after it had returned (src/core, "Sick members")
};

using Tags = std::vector<std::pair<std::string, std::string>>;  // sorted by key, keys unique

// What a member says of itself. Changes only with a raised incarnation; shared and immutable once
// decoded. Names and tags are bytes validated by the codec (limits.h).
struct Attributes {
  std::string name;   // 1-128 of letters, digits, "-._"
  Address address;    // advertised; never taken from a packet's source
  Tags tags;          // at most 32, 512 bytes together
  uint64_t boot = 0;  // start of this run, microseconds since the Unix epoch: names one run
  uint32_t tolerance_ms = 0;
  std::string agent;  // version of the software, at most 32 bytes

  friend bool operator==(const Attributes&, const Attributes&) = default;
};

// What most members of a cluster have in common, told once a frame.
struct CommonAttributes {
  uint16_t port = 0;  // of the address; 0: nothing is told in common
  uint32_t tolerance_ms = 0;
  std::string agent;

  friend bool operator==(const CommonAttributes&, const CommonAttributes&) = default;
};

// The fact that travels: one member's state at one incarnation. A short update omits the
// attributes and carries their hash; a full one carries both.
struct Update {
  HostId id;  // whole, but for short updates in packets
  Incarnation incarnation;
  State state = State::kAlive;
  uint32_t attributes_hash = 0;  // AttributesHash(); 0 where the sender never knew them
  std::optional<Attributes> attributes;
  Reason reason = Reason::kNone;
  uint32_t by = 0;          // first 32 bits of the accuser's host id; 0: nobody
  uint32_t elapsed_ms = 0;  // suspect: since the silence began; 0: not known
  uint32_t age_s = 0;       // failed, left: since the verdict
};

// Order-free hash and count of a set of (host id, incarnation, attributes hash).
struct ViewCell {
  uint64_t hash = 0;
  uint32_t count = 0;
  friend bool operator==(const ViewCell&, const ViewCell&) = default;
};

// ---- Datagrams ----

enum class PacketType : uint8_t {
  kPing = 1,
  kPingRequest = 2,
  kAck = 3,
  kNack = 4,
  kPull = 5,
  kGossip = 6,
  kVoteRequest = 7,
  kVote = 8,
};
inline constexpr int kPacketTypes = 9;  // as an index; 0 is none

// What an observer says of its subject (src/core, "Votes"). The values travel: never renumber.
enum class Vote : uint8_t {
  kNone = 0,     // none was given
  kFor = 1,      // silent on all paths: it should be suspected
  kAgainst = 2,  // it has answered
  kVoid = 3,     // this observer could not tell
  kLossy = 4,    // unasked: most of this observer's direct probes of it are lost
};

// One datagram. Only the fields of its type are meaningful; the codec rejects a packet that lacks
// one. Reused between packets: decoding clears without freeing.
struct Packet {
  // Every packet.
  PacketType type = PacketType::kGossip;
  HostId sender;
  uint64_t epoch = 0;                  // the sender's start epoch
  uint32_t sequence = 0;               // counts the sender's packets; an ack names the ping's
  uint8_t health = 0;                  // local health of the sender, 0 (well) to 8
  std::optional<ViewCell> view;        // pings and acks: alive, suspect and leaving members
  std::optional<ViewCell> tombstones;  // one ping in 64: failed and left ones

  // kPing: `target` names who must answer (only the first 64 bits travel; zero: whoever has the
  // address). ring 0 is an extra probe outside the rings; a relayed ping has ring kRingRelay.
  // kPingRequest: target and its address. kAck, kNack through a relay: target is the subject.
  // kVoteRequest, kVote: target is the subject.
  uint64_t target_prefix = 0;
  HostId target;
  Address target_address;
  uint8_t ring = 0;
  // kAck, kNack: the sequence of the ping or ping request answered. kVote: of the request; 0 where
  // none was made.
  uint32_t answers = 0;
  // kAck to a ring ping: when this observer should probe next. 0: no wish.
  uint16_t pace_ms = 0;
  Vote vote = Vote::kNone;  // kVote
  // kVote: since the subject last answered this voter, on any path. 0: not known.
  uint32_t answered_ms = 0;
  // kPull: whose full records are wanted, at most limits::kPullIdsMax.
  std::vector<HostId> wanted;

  // Piggybacked facts, at most limits::kUpdatesPerPacketMax.
  std::vector<Update> updates;
};
inline constexpr uint8_t kRingRelay = 255;

// ---- Streams ----

enum class StreamType : uint8_t {
  kJoin = 1,  // first message of a joiner
  kJoinAnswer = 2,
  kWrongCluster = 3,  // the two names, no more
  kPing = 4,
  kAck = 5,
  kSyncSummary = 6,  // short updates, in frames, the last one marked
  kSyncRecords = 7,  // full updates and the ids wanted in return, the last one marked
  kLeave = 8,        // `left` delivered to a peer that must answer
  kReceipt = 9,
  // A comparison of ranges of hash space; its parts are described in src/core/sync.h.
  kSyncCells = 10,   // one hash a range
  kSyncSplit = 11,   // of ranges that differ: one hash a leaf
  kSyncPrints = 12,  // of leaves that differ: one hash an entry
};

enum class JoinVerdict : uint8_t {
  kAccepted = 1,
  kRetry = 2,         // undecided or busy: try again
  kNameTaken = 3,     // `other` holds the name and answers
  kAddressTaken = 4,  // `other` holds the address and answers
  kCloned = 5,        // this very host id runs elsewhere and answers
  kFull = 6,          // the cluster has reached --max-members
};

// One message on a stream; only the fields of its type are meaningful.
struct StreamMessage {
  StreamType type = StreamType::kPing;
  HostId sender;
  uint64_t epoch = 0;
  uint64_t boot = 0;    // the sender's, so that a clone on a known address shows
  std::string cluster;  // kJoin: the joiner's; kWrongCluster: the answerer's
  // kJoin: the joiner's own full alive update is updates[0].
  // kJoinAnswer:
  JoinVerdict verdict = JoinVerdict::kRetry;
  uint64_t epoch_known = 0;  // highest epoch held for the joiner's id
  Address seen_as;           // the joiner's address as the answerer sees it
  std::string other_name;    // the other party of a refusal
  HostId other_id;
  Address other_address;
  std::optional<ViewCell> view;
  // kPing: who must answer; zero: anyone. kAck: answers with sender, epoch and boot.
  HostId target;
  // All of a reconciliation: about tombstones rather than the view; the last of its kind.
  bool tombstones = false;
  bool last = false;
  std::vector<HostId> wanted;  // kSyncSummary, kSyncRecords
  // kSyncCells: how members are spread over 2^range_bits ranges, at most limits::kRangeBitsMax.
  uint64_t salt = 0;
  uint8_t range_bits = 0;
  // kSyncSplit: the ranges, ascending, that `hashes` are about, limits::kLeavesPerRange of each.
  // kSyncPrints: the leaves, ascending, and how many of `hashes` are in each of them.
  std::vector<uint32_t> ranges;
  std::vector<uint32_t> range_sizes;
  // kSyncCells: one a range. kSyncRecords: the prints whose records are wanted.
  std::vector<uint32_t> hashes;
  std::vector<Incarnation> incarnations;  // kSyncPrints: one a hash
  // kSyncSummary: the answer may tell attributes in common. kSyncRecords: those so told.
  bool reads_common = false;
  CommonAttributes common;
  std::vector<Update> updates;
};

// ---- Rejection ----

// Why bytes from the network were dropped. Counted per reason in status; nothing else happens.
enum class Reject : uint8_t {
  kNone = 0,
  kTooShort,
  kTooLong,
  kVersion,  // not a version we speak
  kFlags,    // sealed, or a flag we do not know
  kCluster,  // another cluster's tag
  kChecksum,
  kMalformed,  // not a message of the schema, or a required field is missing
  kLimit,      // a count or length above its limit
  kName,       // a name, tag or address that breaks the rules
  kNotForUs,   // a ping that names another host id
  kEpochJump,  // an incarnation further ahead than is believed unconfirmed
  kState,      // a claim that cannot be, such as our own id with our own boot but another epoch
  kStreamProtocol,  // a stream message out of its order
  kTableFull,       // an unknown member beyond the table's limit
  kUnsolicited,     // an ack that answers nothing we asked
};
inline constexpr int kRejectCount = 16;

}  // namespace muster::wire
