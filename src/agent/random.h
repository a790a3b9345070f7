#pragma once

#include <cstdint>

#include "src/base/ids.h"

namespace muster::agent {

// From the system's random source; aborts when there is none, for nothing could stand in for it.
uint64_t RandomBits();
// A new host's id; never zero.
HostId RandomHostId();

}  // namespace muster::agent
