#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "src/base/address.h"
#include "src/base/ids.h"

namespace muster::store {

// What an agent leaves in a datastore for others, and for its own next start, to find the cluster
// by. A hint and no more: readers dial the address, and believe what answers there.
struct PresenceRecord {
  std::string cluster;
  HostId id;
  std::string name;
  Address address;  // as advertised
  Incarnation incarnation;
  std::vector<std::pair<std::string, std::string>> tags;
  std::string agent;  // version of the writer
  // The writer's wall clock, in microseconds since the Unix epoch: for people to read. Which row is
  // live is for the store's own clock to say (PresenceRow).
  int64_t created_us = 0;    // when this run of the agent first wrote it
  int64_t refreshed_us = 0;  // this write
  int64_t expires_us = 0;    // refreshed_us + TTL

  friend bool operator==(const PresenceRecord&, const PresenceRecord&) = default;
};

// No record that the rules of members allow is longer; what is longer is refused unread.
inline constexpr size_t kPresenceBytesMax = 4096;

// As bytes: proto/presence.proto, with a version and a checksum.
std::string EncodePresence(const PresenceRecord& record);

// kDataLoss with the reason for whatever EncodePresence did not write: damage anywhere, another
// version, an id of zero, no usable address, a name, cluster, tag or version that is too long or
// holds a control character. Unknown fields of the same version are ignored.
absl::StatusOr<PresenceRecord> DecodePresence(std::string_view bytes);

}  // namespace muster::store
