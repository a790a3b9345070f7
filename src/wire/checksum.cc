#include "src/wire/checksum.h"

#include <xxhash.h>

namespace muster::wire {

uint64_t Checksum(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace muster::wire
