#pragma once

#include "src/base/ids.h"
#include "src/base/time.h"
#include "src/wire/message.h"

namespace muster::core {

// A `failed` claim about a member that we hold alive: its subject is asked before it is believed.
struct Challenge {
  wire::Update claim;
  HostId source;      // who claimed it
  TimePoint next_at;  // when to ask again, or to believe it
  int tries = 0;
};

}  // namespace muster::core
