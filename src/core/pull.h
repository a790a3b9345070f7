#pragma once

#include "src/base/address.h"
#include "src/base/ids.h"
#include "src/base/time.h"

namespace muster::core {

// A record that a claim made us want: of a member we do not know, or whose attributes we lack.
// Asked of whoever made the claim, and after a while of the next one who does.
struct Pull {
  HostId id;  // or its first half
  HostId from;
  Address address;
  TimePoint at;
  bool sent = false;
};

}  // namespace muster::core
