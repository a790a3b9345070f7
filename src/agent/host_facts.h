#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "src/base/address.h"

namespace muster::agent {

struct InterfaceAddress {
  std::string interface;  // "eth0"
  Address address;        // port 0
};

// What the defaults depend on besides the user's own words. A struct, so that the rules can be
// tried on any host one likes.
struct HostFacts {
  std::string host_name;
  std::vector<InterfaceAddress> addresses;  // of interfaces that are up, in the system's order
  std::string data_base;                    // DefaultDataBase()
};

HostFacts ReadHostFacts();

// The id of a group given by name or number; unset when there is none of that name.
std::optional<gid_t> FindGroup(const std::string& group);

}  // namespace muster::agent
