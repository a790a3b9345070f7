#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "src/base/ids.h"
#include "src/base/lookup_map.h"
#include "src/base/time.h"
#include "src/core/options.h"
#include "src/sim/silence_log.h"
#include "src/wire/message.h"

namespace muster::sim {

// What must hold in every run, whatever its faults. The checkers are fed plain observations, so
// that each can be shown a broken world in its own test.
enum class Rule : uint8_t {
  kIncarnation,  // what an observer stores of a subject never falls
  kTransition,   // within one incarnation the state only moves forward
  kForgotten,    // only a tombstone is dropped from a table
  kSelf,         // nobody holds itself failed or left, but a leaver and an evicted one
  kDatagram,     // no datagram above the limit
  kDeadline,     // every deadline is served, and serving it moves it forward
  kPromise,      // nobody silent for less than the tolerance is pronounced failed
  kThinAir,      // nobody is shown failed whom no member pronounced failed
  kBounds,       // queue and table keep within their limits
  kAgreement,    // cells are equal just where tables are; peers agree just where cells are equal
  kConvergence,  // once all faults are over, all agree within CalmBound
};
inline constexpr int kRuleCount = 11;
const char* RuleName(Rule rule);

// How long members may take to agree once the network is whole and all of them run. The slowest
// chain is a host whose join had been refused or unanswered all the time (it tries again after
// join_retry_max), suspicions that were open and must run out (two tolerances for those who did not
// accuse), parts that find each other (three tries a second in the whole cluster), and the table
// that spreads along the ring of probes (ten periods).
Duration CalmBound(const core::Options& options);

struct Violation {
  TimePoint at;
  Rule rule;
  std::string text;
};

class Checkers {
 public:
  // One entry of an observer's table.
  struct Entry {
    HostId id;
    Incarnation incarnation;
    wire::State state = wire::State::kAlive;
    uint32_t attributes_hash = 0;
  };
  // What may not grow without limit.
  struct Bounds {
    size_t queue = 0;    // rumours that wait: at most one a member known
    size_t members = 0;  // known, itself among them
    size_t live = 0;     // alive, suspect or leaving
    size_t live_max = 0;
    size_t tombstones = 0;
    size_t tombstones_max = 0;
  };
  // What a member says of its peers' tables, of those heard from since `heard_since`.
  struct AgreementReport {
    int observer = 0;
    HostId id;
    TimePoint heard_since;
    size_t agreeing = 0;
    std::vector<HostId> differing;
  };
  // A member that one host shows as failed from now on.
  struct FailedReport {
    int observer = 0;
    HostId observer_id;
    HostId subject_id;
    int subject = -1;    // the host that last ran the subject; -1: none ever did
    TimePoint ended_at;  // when its process ended; Never(): it runs
    Incarnation incarnation;
    uint32_t by = 0;        // first 32 bits of the id of who pronounced it
    Duration tolerance;     // the larger of the observer's and the subject's
    bool is_lossy = false;  // pronounced for its losses: that is no matter of silence
    std::vector<SilenceLog::Interval> mutes;  // in which nothing of the subject's came through
  };

  // Longer than a packet is under way. Whoever gets older bytes from a stream catches up with what
  // it missed (ObserveCell).
  static constexpr Duration kTransit = Duration::Seconds(1);

  Checkers() : silence_(kSilenceKept) {}

  // A rule that a scenario breaks on purpose (a forged verdict comes out of thin air).
  void Disable(Rule rule) { disabled_[static_cast<size_t>(rule)] = true; }

  // ---- Observations ----
  // All of `observer`'s table, itself first. `run` numbers the observer's processes: a new one
  // starts from nothing.
  void ObserveTable(TimePoint at, int observer, uint32_t run, const std::vector<Entry>& table,
                    bool is_leaving);
  void ObserveDatagram(TimePoint at, int host, size_t bytes, size_t limit);
  // A deadline of `due` (lateness included) was served at `at`, and `next` is the one after it.
  // False when time cannot pass any more: a busy loop, which the caller must end.
  bool ObserveDeadline(TimePoint at, int host, TimePoint due, TimePoint next);
  // The deadline that comes next of a process that could serve it; lateness included.
  void ObservePending(TimePoint at, int host, TimePoint due);
  void ObserveFailed(TimePoint at, const FailedReport& report);
  void ObserveBounds(TimePoint at, int host, const Bounds& bounds);
  // `id` sends this cell from now on, and it stands for this table. Also shown when a host has
  // caught up with what it missed: packets that were sent long ago may have shown it old cells.
  void ObserveCell(TimePoint at, int host, const HostId& id, const wire::ViewCell& cell,
                   const std::vector<Entry>& table);
  void ObserveCellEnd(TimePoint at, const HostId& id);
  void ObserveAgreement(TimePoint at, const AgreementReport& report);
  // The faults have been over since `calm_since`.
  void ObserveCalm(TimePoint at, TimePoint calm_since, Duration bound, bool all_agree);
  // From now on these hosts can answer each other; see SilenceLog::Record.
  void ObserveHosts(TimePoint at, std::vector<SilenceLog::HostState> hosts,
                    SilencePaths paths = {}) {
    silence_.Record(at, std::move(hosts), std::move(paths));
  }

  // At most kViolationsKept are kept; `violation_count` counts all.
  const std::vector<Violation>& violations() const { return violations_; }
  size_t violation_count() const { return violation_count_; }

 private:
  static constexpr size_t kViolationsKept = 100;
  static constexpr int kCallsAtOneInstantMax = 1000;
  // A member that is able to answer again has not yet broken its silence: somebody must ask. A
  // suspicion asks every 250 ms; a connection whose first segment was lost asks again after 1 s.
  static constexpr Duration kUnasked = Duration::Millis(1500);
  static constexpr Duration kRepeat = Duration::Millis(300);
  static constexpr Duration kSilenceKept = Duration::Seconds(1300);

  struct Shadow {
    uint32_t run = 0;
    std::vector<Entry> table;
  };
  struct Instant {
    TimePoint at;
    int calls = 0;
  };

  // The cell that a member sends, and since when.
  struct Sent {
    HostId id;
    wire::ViewCell cell;
    TimePoint since;
    TimePoint ended_at = TimePoint::Never();
  };

  void Report(TimePoint at, Rule rule, std::string text);
  Sent* FindSent(const HostId& id);
  void Compare(TimePoint at, int observer, const Entry& before, const Entry& after);
  static uint64_t VerdictKey(const HostId& id, Incarnation incarnation) {
    return HashCombine(id.Hash(), incarnation.raw());
  }

  std::array<bool, kRuleCount> disabled_{};
  std::vector<Violation> violations_;
  size_t violation_count_ = 0;
  std::vector<Shadow> shadows_;    // by observer
  std::vector<Instant> instants_;  // by host
  SilenceLog silence_;
  LookupMap<uint64_t, bool> verdicts_;  // pronounced by some member
  std::vector<Sent> sent_;
  LookupMap<HostId, size_t> sent_index_;
  LookupMap<uint64_t, uint64_t> cell_of_table_;  // hash of a table -> hash of its cell
  LookupMap<uint64_t, uint64_t> table_of_cell_;
};

}  // namespace muster::sim
