#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "src/api/presence.h"
#include "src/base/address.h"
#include "src/base/ids.h"
#include "src/base/time.h"
#include "src/core/node.h"
#include "src/wire/message.h"

namespace muster::api {

// One member, as the API shows it: a change that waits for its batch (src/core/README.md,
// "Batches") is not shown, and a member that is not shown at all looks pruned. Views are valid
// until the next command or event.
struct Member {
  HostId id;
  std::string_view name;  // as the member calls itself; two may share one
  Address address;
  const wire::Tags* tags = nullptr;  // never null
  wire::State state = wire::State::kAlive;
  Incarnation incarnation;
  int64_t since_us = 0;  // wall clock of the last state change
  Duration rtt;          // zero: never measured
  int health = 0;
  bool is_self = false;

  bool is_up() const { return state == wire::State::kAlive || state == wire::State::kSuspect; }
  bool is_live() const { return is_up() || state == wire::State::kLeaving; }
};

// What GET /v1/status tells beside the facts that never change.
struct StatusView {
  Address address;
  Duration tolerance;
  std::array<size_t, wire::kStateCount> counts{};
  size_t held = 0;      // changes that are not shown yet, for the sake of one batch
  uint64_t digest = 0;  // hash of the view cell
  struct Differing {
    std::string name;
    int64_t since_us = 0;
  };
  size_t peers = 0;
  size_t agreeing = 0;
  std::vector<Differing> differing;
  int health = 0;
  bool isolated = false;
  bool probation = false;  // barred by the others as lossy or flapping
  bool leaving = false;
  core::JoinState join = core::JoinState::kAlone;
  std::string last_join_error;
  std::array<uint64_t, wire::kRejectCount> rejected{};
  double loop_lag_p50_ms = 0;
  double loop_lag_p99_ms = 0;
  uint64_t udp_packets_out = 0;
  uint64_t udp_packets_in = 0;
  uint64_t udp_bytes_out = 0;
  uint64_t udp_bytes_in = 0;
  uint64_t tcp_bytes_out = 0;
  uint64_t tcp_bytes_in = 0;
};

// What the API needs of an agent: the node's views and commands, with clocks. It keeps sockets and
// event loop out of the request handlers. One thread.
class Backend {
 public:
  virtual ~Backend() = default;

  // ---- Views ----
  virtual TimePoint now() const = 0;  // monotonic
  virtual int64_t ToUnixMicros(TimePoint t) const = 0;
  virtual const std::string& cluster() const = 0;
  virtual HostId self() const = 0;
  virtual uint64_t epoch() const = 0;    // of this run
  virtual uint64_t version() const = 0;  // of what is shown of the member table
  virtual size_t size() const = 0;       // members in the table, pruned ones included
  virtual Member member(size_t index) const = 0;
  virtual int64_t IndexOf(const HostId& id) const = 0;  // -1: unknown
  // The member's name, or "name~1a2b" where another live member has it too.
  virtual std::string DisplayName(size_t index) const = 0;
  virtual StatusView status() const = 0;
  virtual Presence* presence() const = 0;  // null: this agent has no datastore

  // ---- Commands: as in runtime::Driver ----
  // `on_result` runs once per address or failed name: the text as given, the address (unset when a
  // name did not resolve), and "" or the error; `on_done` once after the last of them. Neither runs
  // before Join has returned.
  using JoinResult = std::function<void(const std::string&, const Address&, const std::string&)>;
  virtual void Join(const std::vector<std::string>& targets, JoinResult on_result,
                    std::function<void()> on_done) = 0;
  virtual absl::Status Leave() = 0;  // ends with a kLeaveDone event
  virtual absl::Status ForceLeave(const HostId& id, bool prune, bool evict) = 0;
  virtual absl::Status SetTags(wire::Tags tags) = 0;
  using PingResult = std::function<void(bool answered, Duration rtt)>;
  virtual absl::Status Ping(const HostId& id, PingResult on_result) = 0;
};

}  // namespace muster::api
