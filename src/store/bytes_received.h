#pragma once

#include <cstdint>

namespace muster::store {

// How many bytes have come in over a TCP connection since it began, read or not; 0 for a socket of
// another kind, whose other end is on this host. Libraries keep whatever comes: this is how their
// callers learn how much that is.
uint64_t BytesReceived(int socket);

}  // namespace muster::store
