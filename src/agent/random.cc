#include "src/agent/random.h"

#include <sys/random.h>

#include "src/base/check.h"

namespace muster::agent {

uint64_t RandomBits() {
  uint64_t bits = 0;
  // Requests of up to 256 bytes are never cut short.
  MUSTER_CHECK(getrandom(&bits, sizeof bits, 0) == sizeof bits);
  return bits;
}

HostId RandomHostId() {
  HostId id;
  while (id.hi == 0 || !id.is_whole()) id = {RandomBits(), RandomBits()};
  return id;
}

}  // namespace muster::agent
