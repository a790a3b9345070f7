#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "src/base/time.h"

namespace muster::core {

// Timing presets. P is the probe period, T the tolerance.
//   local  P 0.25 s  T  1 s    one host or one rack
//   lan    P 1 s     T  4 s    one site
//   wan    P 2 s     T 12 s    between sites
enum class Profile : uint8_t { kLocal, kLan, kWan };

// Every knob of the protocol. The two that are policy, `tolerance` and `period`, come from the
// profile; all other times follow from them or from round-trip times. Formulas name P for `period`
// and T for `tolerance`, n for the members that are up, this one included.
struct Options {
  // Longest silence that is always forgiven; 250 ms to 10 min. A crash is known everywhere within
  // T + 2 s (lan). Raising it forgives more and detects later by the same amount.
  Duration tolerance = Duration::Seconds(4);
  // Every member is probed once per P by some observer, whatever n; 50 ms to 1 min, at most T/2.
  // Raising it saves packets and adds up to the same time to detection.
  Duration period = Duration::Seconds(1);

  // Observers of a member when n > rings + 1; below, everyone observes everyone. 1 to 16.
  int rings = 9;
  // One probe of a random member, outside the rings, every so many periods. The design begins with
  // 10; with 12 an idle member sends 2.17 packets a period, safely below the 2.2 it may send.
  int extra_probe_periods = 12;
  // Relays asked when a direct probe is not answered in time. 0 to 8.
  int relays = 3;
  // Bounds of a direct probe's ack timeout, clamp(srtt + 4 rttvar, min, max) (RFC 6298's
  // estimator).
  Duration ack_timeout_min = Duration::Millis(20);
  Duration ack_timeout_max = Duration::Millis(500);

  // A member that loses most packets, or falls silent again shortly after it returned, stays failed
  // until its own probes have been answered for this long; twice as long each further time.
  Duration probation_min = Duration::Seconds(30);
  Duration probation_max = Duration::Seconds(600);

  // Gossip: peers per push (all, where `copies` suffice for all), copies of a fact, and copies
  // while more than `queue_high` facts wait.
  int push_fanout = 3;
  int copies = 9;
  int copies_when_busy = 3;
  int queue_high = 100;
  // Between two pushes while there is something to tell, and the least gap when a new fact comes.
  Duration push_interval = Duration::Millis(100);
  Duration push_gap_min = Duration::Millis(20);
  // Token bucket for gossip, in bytes of payload; and one for joins and pulls.
  int64_t gossip_bytes_per_second = 20'000;
  int64_t gossip_burst_bytes = 64'000;
  int64_t bulk_bytes_per_second = 1'000'000;
  int64_t bulk_burst_bytes = 1'000'000;

  // A join attempt that nobody answered is repeated after 50 ms (hosts that start together find
  // their seed not there yet), doubling to this, for ever.
  Duration join_retry_max = Duration::Seconds(10);
  // Budgets of one leave and of one stream, whatever it carries.
  Duration leave_budget = Duration::Seconds(5);
  Duration stream_budget = Duration::Seconds(8);
  int streams_max = 128;
  // `leaving` becomes `left` this long after it is learnt.
  Duration leaving_for = Duration::Seconds(10);
  // Tombstones (failed, left) are kept this long after the verdict, and not sent in their last
  // `tombstone_quiet`; beyond `tombstones_max` the oldest go first.
  Duration tombstone_for = Duration::Seconds(24 * 3600);
  Duration tombstone_quiet = Duration::Seconds(3600);
  int tombstones_max = 10'000;
  // Changes that belong together are shown to users together (README.md, "Batches"). The protocol
  // itself never waits for that.
  bool batching = true;
  // Admission ceiling: members that are up; a joiner beyond it is refused.
  int members_max = 20'000;
  // A claim that raises a known member's epoch by more than this is not believed from third
  // parties.
  uint64_t epoch_jump_max = 1024;

  static Options For(Profile profile);
  // kInvalidArgument with the option, its value and the allowed range; the ranges not given above
  // are in options.cc.
  absl::Status Validate() const;
};

// "local", "lan", "wan"; kInvalidArgument otherwise, naming the three.
absl::Status ParseProfile(std::string_view text, Profile* profile);
const char* ProfileName(Profile profile);

}  // namespace muster::core
