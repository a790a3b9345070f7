#pragma once

#include <cstdint>
#include <string_view>

namespace muster::wire {

// XXH3, 64 bits, without a seed: finds damage and stray packets, not forgers.
uint64_t Checksum(std::string_view bytes);

}  // namespace muster::wire
