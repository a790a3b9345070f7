#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace muster::e2e {

// Moves this process, and all that it starts from now on, into a network namespace of its own with
// nothing in it but a loopback interface that is up. Without root, a user namespace is made first.
// Call it before any thread exists.
absl::Status EnterOwnNetwork();

// Hides the machine's folder `path` behind an empty one in memory, for this process and its
// children only. Needs EnterOwnNetwork before it.
absl::Status CoverWithEmptyFolder(const std::string& path);

// Packets counted by a rule; bytes with IP headers.
struct Counter {
  uint64_t packets = 0;
  uint64_t bytes = 0;
};

// Faults of the namespace's network, by nftables. Unless said otherwise they concern gossip only:
// UDP and TCP packets to or from port 7946, seen on input, where each loopback packet passes once.
class PacketFilter {
 public:
  static constexpr uint16_t kGossipPort = 7946;

  ~PacketFilter();

  // Each packet is dropped with this probability, independently; replaces the rules in force.
  absl::Status DropPercent(int percent);
  // No packet passes between an address of `left` and one of `right`; replaces the rules in force.
  absl::Status Cut(const std::vector<std::string>& left, const std::vector<std::string>& right);
  // Nothing that is sent to these addresses ("127.0.9.1", "127.0.9.0/24"), on any port, arrives or
  // is refused; replaces the rules in force.
  absl::Status Blackhole(const std::vector<std::string>& addresses);
  // Drops nothing, counts UDP and TCP packets of gossip; replaces the rules in force.
  absl::Status CountOnly();
  // Removes the rules.
  absl::Status Clear();

  absl::StatusOr<Counter> dropped() const { return Read("dropped"); }
  absl::StatusOr<Counter> udp() const { return Read("udp_in"); }
  absl::StatusOr<Counter> tcp() const { return Read("tcp_in"); }

 private:
  absl::Status Replace(const std::string& rules);
  static absl::StatusOr<Counter> Read(const std::string& name);

  bool active_ = false;
};

}  // namespace muster::e2e
