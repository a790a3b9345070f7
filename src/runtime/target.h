#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "src/base/address.h"

namespace muster::runtime {

// What a user names as a peer: HOST[:PORT], an IP address or a DNS name.
struct Target {
  std::string text;  // as given
  std::string host;  // the DNS name; empty for an IP address
  uint16_t port = kDefaultPort;
  Address address;  // set for an IP address

  bool is_name() const { return !host.empty(); }

  // kInvalidArgument with the text and the remedy for anything that is neither.
  static absl::StatusOr<Target> Parse(std::string_view text);
};

}  // namespace muster::runtime
