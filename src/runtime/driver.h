#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "src/base/address.h"
#include "src/base/time.h"
#include "src/core/node.h"

namespace muster::runtime {

// Bytes and packets as the sockets saw them, junk included; payload without IP headers.
struct Traffic {
  uint64_t udp_packets_out = 0;
  uint64_t udp_packets_in = 0;
  uint64_t udp_bytes_out = 0;
  uint64_t udp_bytes_in = 0;
  uint64_t tcp_bytes_out = 0;
  uint64_t tcp_bytes_in = 0;
  uint64_t udp_send_errors = 0;   // refused by the system: no route, firewall, too big
  uint64_t udp_send_dropped = 0;  // no room left in the queue for the kernel
};

// How late the loop ran its timers lately, in milliseconds.
struct LoopLag {
  double p50 = 0;
  double p99 = 0;
};

// The libuv host of one core::Node: binds the gossip sockets, hands in packets and frames, runs the
// deadlines after draining input, carries out Effects, resolves host names, and tells listeners of
// every event. Everything happens on the loop's thread; no method may be called from another one.
// Listeners and result callbacks may call every method: events that a command causes queue behind
// those being told.
class Driver {
 public:
  struct Config {
    // IP may be unspecified (0.0.0.0, ::). Port 0 takes any free one, which then also stands in for
    // a port 0 in the identity's advertised address.
    Address bind;
    std::vector<std::string> seeds;   // HOST[:PORT], IP or DNS; resolved anew at each try
    std::vector<Address> remembered;  // peers of the last run
    core::Options options;
    core::Identity identity;
    uint64_t seed = 0;       // of the node's random choices
    bool log_events = true;  // one glog line an event
  };
  using Listener = std::function<void(TimePoint now, const core::Event&)>;

  // Binds UDP and TCP. kAlreadyExists (port busy), kPermissionDenied or kInvalidArgument (address
  // not of this host) name the address and the remedy. `loop` must outlive the driver.
  static absl::StatusOr<std::unique_ptr<Driver>> Start(uv_loop_t* loop, Config config);
  ~Driver();
  // Closes sockets and timers; `done` runs on the loop when the last handle is gone. Only then may
  // the driver be destroyed. Commands after it are refused, and no callback comes any more.
  void Close(std::function<void()> done);

  // Listeners run in the order of their registration, after each input, once per event; they are
  // never removed.
  void AddListener(Listener listener);

  // ---- Commands: as in core::Node, with the clock added ----
  // Resolves names first (on libuv's pool). `on_result` runs once per resolved address or failed
  // name: the text as given, its address (unset when a name did not resolve), "" or the error.
  // `on_done`, if given, runs once after the last result. Neither runs before Join has returned.
  using JoinResult =
      std::function<void(const std::string& target, const Address&, const std::string& error)>;
  void Join(const std::vector<std::string>& targets, JoinResult on_result,
            std::function<void()> on_done = nullptr);
  absl::Status Leave();
  absl::Status ForceLeave(const HostId& id, bool prune, bool evict);
  absl::Status SetTags(wire::Tags tags);
  using PingResult = std::function<void(bool answered, Duration rtt)>;
  absl::Status Ping(const HostId& id, PingResult on_result);
  // What a datastore holds; as in core::Node.
  void SetHints(std::vector<Address> addresses);

  // ---- Views ----
  // As the node's, but a seed whose name does not resolve yet counts as one to join, and its error
  // as the last one.
  core::JoinState join_state() const;
  std::string last_join_error() const;
  const core::Node& node() const;
  TimePoint now() const;                    // the monotonic clock, fresh
  int64_t ToUnixMicros(TimePoint t) const;  // by the wall clock, now
  Traffic traffic() const;
  LoopLag loop_lag() const;
  Address bound() const;
  uv_loop_t* loop() const;

 private:
  Driver();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace muster::runtime
