#pragma once

#include <sys/socket.h>

#include "absl/status/status.h"
#include "src/base/address.h"

namespace muster::runtime {

// The system's form of `address` for a socket of the given family: on an IPv6 socket an IPv4
// address is written as a mapped one.
sockaddr_storage ToSockaddr(const Address& address, bool ipv6_socket);

// Unset for families other than IPv4 and IPv6.
Address FromSockaddr(const sockaddr* address);

// Whether a socket bound to `local` can send to `remote`: an IPv4 socket reaches IPv4 only, one
// bound to a certain IPv6 address IPv6 only, one bound to :: both.
bool CanReach(const Address& local, const Address& remote);

// Why binding `what` ("UDP", "TCP") to `address`, which came from `flag`, failed: three lines, the
// last with the remedy. kAlreadyExists for a busy port, kPermissionDenied, kInvalidArgument for an
// address that is not of this host. `uv_error` is a negated errno.
absl::Status BindError(const char* what, const Address& address, int uv_error,
                       const char* flag = "--bind");

}  // namespace muster::runtime
