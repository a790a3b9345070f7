#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "src/base/deadline_heap.h"
#include "src/base/ids.h"
#include "src/base/lookup_map.h"
#include "src/base/time.h"
#include "src/core/votes.h"

namespace muster::core {

// One member held suspect here, and the evidence gathered since. Data and rules only: the node
// sends the probes that the steps ask for.
struct Suspicion {
  HostId subject;
  Incarnation incarnation;
  // Our own probe failed before anybody else's that we know of: we probe on, ask for votes, and may
  // give the verdict first.
  bool accuser = false;
  bool witness = false;   // our own probe failed, after somebody else's
  uint32_t by = 0;        // first 32 bits of the first accuser's id
  TimePoint began;        // when the silence did (Node::Impl::SilenceBegan)
  TimePoint window_end;   // the earliest verdict
  TimePoint next_repeat;  // accusers probe on
  TimePoint next_gate_ping;
  TimePoint next_poll;  // of those whose vote is wanted; an accuser's first is its host's
  Ballot ballot;
  TimePoint reached_at;  // the last vote against it, or one without a quorum: it answers others
  int electors = 0;      // who could vote when it was first asked, ourselves included; 0: not yet
  int repeats = 0;       // of the accuser's probe
  bool looking = false;  // the last look is in flight
  // The evidence gate (README.md): our own completed round trips since the suspicion began.
  TimePoint first_trip_started;
  TimePoint last_trip_started;
  TimePoint last_trip_done;
  bool has_trip = false;
  bool path_proven = false;  // the subject's host refused a stream: it is there, the agent is not
  int punctual_unanswered = 0;  // probes on all paths that left in time and were not answered

  bool GateMet(TimePoint now, Duration period) const;
};

// What must be done about a suspicion whose deadline came.
enum class SuspicionStep : uint8_t { kNothing, kRepeat, kPingForGate, kPoll, kLastLook };

// The open suspicions, at most one a subject.
class Suspicions {
 public:
  // Two round trips of one's own must have begun at least this far apart.
  static constexpr Duration kTripsApart = Duration::Millis(500);
  static constexpr Duration kGatePingEvery = Duration::Millis(500);
  // Votes that are missing or against are asked for again this often.
  static constexpr Duration kPollEvery = Duration::Seconds(1);
  // Gate pings, and polls of those who did not accuse, begin this long before the window ends, so
  // that nobody need be late.
  static constexpr Duration kGateLead = Duration::Millis(1100);

  // `repeat_every`: between an accuser's probes of its suspect, min(250 ms, T/16); every fourth
  // goes by all paths.
  Suspicions(Duration period, Duration repeat_every)
      : period_(period), repeat_every_(repeat_every) {}

  // Opens one, or makes an open one ours (an accuser's window counts from its own first failed
  // probe). Returns it.
  Suspicion& Open(TimePoint now, const HostId& subject, Incarnation incarnation, bool accuser,
                  uint32_t by, TimePoint began, TimePoint window_end);
  bool Close(const HostId& subject);
  Suspicion* Find(const HostId& subject);
  size_t size() const { return all_.size(); }
  const std::vector<Suspicion>& all() const { return all_; }

  // A probe round trip of ours was completed.
  void NoteRoundTrip(TimePoint started, TimePoint done);
  // Takes the earliest subject whose deadline came and what to do about it; false when none is due.
  // Steps re-arm themselves.
  bool PopDue(TimePoint now, HostId* subject, SuspicionStep* step);
  TimePoint next() const { return deadlines_.next(); }
  // The last look ended without an answer but the gate is unmet: look again after `wait`.
  void LookAgain(TimePoint now, const HostId& subject, Duration wait);
  // Grants every suspect the time that we ourselves were not there.
  void Extend(Duration by);
  // Moves the earliest verdict.
  void SetWindowEnd(TimePoint now, const HostId& subject, TimePoint end);

 private:
  void Arm(TimePoint now, const Suspicion& suspicion);

  Duration period_;
  Duration repeat_every_;
  std::vector<Suspicion> all_;
  LookupMap<HostId, size_t> index_;
  DeadlineHeap<HostId> deadlines_;
};

// After a refutation the same accuser waits 1, 2, 4 ... 60 periods before it suspects that subject
// again; a probe answered after the wait brings it one step down.
class AccusationBackoff {
 public:
  explicit AccusationBackoff(Duration period) : period_(period) {}
  bool MayAccuse(TimePoint now, const HostId& subject) const;
  void Refuted(TimePoint now, const HostId& subject);
  void Answered(TimePoint now, const HostId& subject);
  void Forget(const HostId& subject) { waits_.Erase(subject); }

 private:
  static constexpr int kStepsMax = 6;
  struct Wait {
    int step = 0;
    TimePoint until;
  };
  Duration period_;
  LookupMap<HostId, Wait> waits_;
};

}  // namespace muster::core
