#pragma once

#include <cstdint>
#include <string>

#include "src/base/address.h"
#include "src/base/ids.h"
#include "src/base/time.h"
#include "src/core/member_record.h"
#include "src/wire/message.h"

namespace muster::core {

// What a node tells its host, in order of happening. Values are stable; hosts switch on them.
enum class EventType : uint8_t {
  // Changes of the member table, the same that users see (`muster events`).
  kMemberJoined = 1,  // first seen up
  kMemberSuspected,
  kMemberRefuted,  // suspect -> alive
  kMemberFailed,
  kMemberLeaving,
  kMemberLeft,
  kMemberReturned,  // failed or left -> alive
  kMemberUpdated,   // attributes changed
  kMemberReaped,    // its tombstone expired or was pruned
  // About this member and its surroundings.
  kConflict,       // two parties claim one name or one id; `detail` says who and where
  kSelfHealth,     // `value` is the new local health, 0..8
  kSelfIsolated,   // `value` 1: hears nobody; 0: hears somebody again
  kSelfProbation,  // `value` 1: barred from the cluster until we are well; 0: back
  kAgreement,      // `value` 1: all peers heard from lately hold the same table; 0: not
  kRefutedSelf,    // we raised our incarnation; `value` is the new raw incarnation
  kEpochRaised,    // the host must store `value` as the last issued epoch, durably
  // Outcomes of commands.
  kJoinTried,    // one address of a Join; `address`, `value` 1 joined or 0, `detail` why not
  kSeedsWanted,  // a join round starts: resolve host names again, then call SetSeeds
  kLeaveDone,    // `value` peers confirmed of `asked`; the host may stop now
  kPingDone,     // `member`, `value` 1 answered or 0, `elapsed` the round trip
  // The host must stop the node; `detail` is the message for the user.
  kStopConflict,  // our id runs elsewhere and we started later
  kStopRefused,   // the door refused us: name or address taken, cloned, cluster full
  kStopEvicted,
  // `member` has failed, and users are not shown that now but with others, or never if it is undone
  // or they have not been shown the member.
  kVerdictHeld,
};

struct Event {
  EventType type = EventType::kMemberJoined;
  HostId member;        // zero where the event is about no member
  RecordHandle record;  // its attributes at that moment; may be null
  wire::State from = wire::State::kAlive;
  wire::State to = wire::State::kAlive;
  Incarnation incarnation;
  uint32_t by = 0;  // first 32 bits of the accuser's id; 0: nobody
  wire::Reason reason = wire::Reason::kNone;
  uint64_t version = 0;  // Node::shown_version() after the change
  uint64_t batch = 0;    // changes of members that users were shown together; 0: none of these
  uint64_t value = 0;
  uint64_t asked = 0;
  uint64_t request = 0;  // id that the command returned
  Address address;
  Duration elapsed;
  std::string detail;  // empty on all events of the packet path
};

// "member.failed", "self.isolated", ...; "internal.leave_done" and so on for those that users never
// see.
const char* EventTypeName(EventType type);

}  // namespace muster::core
