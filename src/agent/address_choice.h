#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "src/agent/host_facts.h"
#include "src/base/address.h"

namespace muster::agent {

struct AddressChoice {
  Address address;  // port 0
  std::string why;  // the interface, and the candidates passed over; for the log
};

// The address others should dial when the user names none and the sockets are bound to all: the
// first private one, else the first public one. Loopback and link-local addresses are never chosen.
// `ipv4_only` for sockets bound to 0.0.0.0. kFailedPrecondition lists what this host has.
absl::StatusOr<AddressChoice> ChooseAddress(const std::vector<InterfaceAddress>& addresses,
                                            bool ipv4_only);

}  // namespace muster::agent
