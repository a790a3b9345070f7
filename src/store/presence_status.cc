#include "src/store/presence_status.h"

namespace muster::store {

const char* PresenceStateName(PresenceStatus::State state) {
  switch (state) {
    case PresenceStatus::State::kOff:
      return "off";
    case PresenceStatus::State::kStarting:
      return "starting";
    case PresenceStatus::State::kOk:
      return "ok";
    case PresenceStatus::State::kFailing:
      return "failing";
  }
  return "unknown";
}

}  // namespace muster::store
