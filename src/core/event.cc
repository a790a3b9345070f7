#include "src/core/event.h"

namespace muster::core {

const char* EventTypeName(EventType type) {
  switch (type) {
    case EventType::kMemberJoined:
      return "member.joined";
    case EventType::kMemberSuspected:
      return "member.suspected";
    case EventType::kMemberRefuted:
      return "member.refuted";
    case EventType::kMemberFailed:
      return "member.failed";
    case EventType::kMemberLeaving:
      return "member.leaving";
    case EventType::kMemberLeft:
      return "member.left";
    case EventType::kMemberReturned:
      return "member.returned";
    case EventType::kMemberUpdated:
      return "member.updated";
    case EventType::kMemberReaped:
      return "member.reaped";
    case EventType::kConflict:
      return "conflict";
    case EventType::kSelfHealth:
      return "self.health";
    case EventType::kSelfIsolated:
      return "self.isolated";
    case EventType::kSelfProbation:
      return "self.probation";
    case EventType::kAgreement:
      return "agreement";
    case EventType::kRefutedSelf:
      return "internal.refuted_self";
    case EventType::kEpochRaised:
      return "internal.epoch_raised";
    case EventType::kJoinTried:
      return "internal.join_tried";
    case EventType::kSeedsWanted:
      return "internal.seeds_wanted";
    case EventType::kLeaveDone:
      return "internal.leave_done";
    case EventType::kPingDone:
      return "internal.ping_done";
    case EventType::kStopConflict:
      return "internal.stop_conflict";
    case EventType::kStopRefused:
      return "internal.stop_refused";
    case EventType::kStopEvicted:
      return "internal.stop_evicted";
    case EventType::kVerdictHeld:
      return "internal.verdict_held";
  }
  return "internal.unknown";
}

}  // namespace muster::core
