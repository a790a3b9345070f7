#include "src/wire/codec.h"

namespace muster::wire {

const char* RejectName(Reject reject) {
  switch (reject) {
    case Reject::kNone:
      return "none";
    case Reject::kTooShort:
      return "too_short";
    case Reject::kTooLong:
      return "too_long";
    case Reject::kVersion:
      return "version";
    case Reject::kFlags:
      return "flags";
    case Reject::kCluster:
      return "cluster";
    case Reject::kChecksum:
      return "checksum";
    case Reject::kMalformed:
      return "malformed";
    case Reject::kLimit:
      return "limit";
    case Reject::kName:
      return "name";
    case Reject::kNotForUs:
      return "not_for_us";
    case Reject::kEpochJump:
      return "epoch_jump";
    case Reject::kState:
      return "state";
    case Reject::kStreamProtocol:
      return "stream_protocol";
    case Reject::kTableFull:
      return "table_full";
    case Reject::kUnsolicited:
      return "unsolicited";
  }
  return "unknown";
}

const char* StateName(State state) {
  switch (state) {
    case State::kAlive:
      return "alive";
    case State::kSuspect:
      return "suspect";
    case State::kFailed:
      return "failed";
    case State::kLeaving:
      return "leaving";
    case State::kLeft:
    case State::kPruned:
      return "left";
  }
  return "unknown";
}

const char* ReasonText(Reason reason) {
  switch (reason) {
    case Reason::kNone:
      return "";
    case Reason::kNoAnswer:
      return "no answer";
    case Reason::kUnconfirmed:
      return "no answer, unconfirmed";
    case Reason::kLossy:
      return "lossy";
    case Reason::kLeft:
      return "left by itself";
    case Reason::kForced:
      return "forced to leave";
    case Reason::kEvicted:
      return "evicted";
    case Reason::kReplaced:
      return "replaced";
    case Reason::kFlapping:
      return "flapping: silent again soon after it returned";
  }
  return "unknown";
}

}  // namespace muster::wire
