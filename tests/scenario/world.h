#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/address.h"
#include "src/base/ids.h"
#include "src/sim/cluster.h"
#include "src/wire/message.h"
#include "tests/scenario/arguments.h"
#include "tests/testing/forge.h"

namespace muster::scenario {

// The state of one scenario: the cluster, and the labels by which its file speaks of members. Host
// 3 is written `3`, and its member is shown as `n3`; after a lost disk the member it was before is
// `n3.old`. A member that exists only in forged packets is a ghost, with a word for its label.
class World {
 public:
  static constexpr uint64_t kHostsMax = 64;

  // `cluster n= profile= seed= tolerance= seeds=`: the only command that works before it is called.
  void Create(const Arguments& arguments);
  bool exists() const { return cluster_ != nullptr; }
  // An error while there is no cluster.
  sim::Cluster& cluster();

  // ---- Hosts: numbers from 1 in the file, from 0 in the cluster ----
  int HostAt(std::string_view text);                // "3" or "n3"
  std::vector<int> HostsAt(std::string_view text);  // "1", "1-4", "1,3", "all"
  std::vector<int> Running() const;
  // From `at=`; the running hosts but those of `except` where it is missing.
  std::vector<int> Observers(const Arguments& arguments, const std::vector<HostId>& except);
  void AddHost(const Arguments& arguments);
  // The member that a restart with a lost disk leaves behind keeps a label.
  void NoteLostDisk(int host, const HostId& old);

  // ---- Members ----
  HostId Member(std::string_view label);  // an error when unknown
  std::string Label(const HostId& id) const;
  // Finds or makes the ghost of that label.
  const wire::Attributes& Ghost(const std::string& label, HostId* id);
  // A label for a fresh ghost.
  std::string FreshGhost() { return "ghost" + std::to_string(ghosts_.size() + 1); }

  testing::Forge& forge() { return forge_; }

 private:
  struct GhostMember {
    std::string label;
    HostId id;
    wire::Attributes attributes;
  };

  std::unique_ptr<sim::Cluster> cluster_;
  std::vector<std::pair<std::string, HostId>> old_members_;
  std::vector<GhostMember> ghosts_;
  testing::Forge forge_{"default"};
};

}  // namespace muster::scenario
