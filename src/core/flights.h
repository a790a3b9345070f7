#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "src/base/address.h"
#include "src/base/ids.h"
#include "src/base/time.h"
#include "src/core/effects.h"

namespace muster::core {

// Why a probe was begun; decides what its outcome means.
enum class ProbeKind : uint8_t {
  kRing,       // a scheduled probe of a member we observe
  kExtra,      // the occasional probe of a random member
  kFocus,      // of a member we observe that has just lost packets
  kVote,       // asked for by its accuser: our vote
  kSuspicion,  // repeated while a suspicion is open; every fourth by all paths at once
  kLastLook,   // the one that a verdict waits for; all paths at once
  kGate,       // to a member under no suspicion: proves our own paths
  kUser,       // asked for by a command
  kDoor,       // of the holder of a name or address that a joiner claims; all paths at once
  kConfirm,    // of a member that others place at a far epoch: only its own answer is believed
  kHeal,       // of a failed member's address; direct only
};

// Probes that tell how many packets their target loses.
constexpr bool IsSample(ProbeKind kind) {
  return kind == ProbeKind::kRing || kind == ProbeKind::kExtra || kind == ProbeKind::kFocus ||
         kind == ProbeKind::kVote;
}

// One probe on its way: a ping, then relayed pings and a stream if that is not answered in time.
// Several fly at once and none waits for another.
struct Flight {
  static constexpr int kRelaysMax = 8;
  static constexpr int kRepeats = 2;
  struct Relay {
    HostId id;
    uint32_t sequence = 0;
    bool nacked = false;
  };

  HostId target;
  Address address;
  Incarnation incarnation;  // the target's when the probe began: silence is that one's
  ProbeKind kind = ProbeKind::kRing;
  uint32_t sequence = 0;        // of the direct ping
  TimePoint due;                // when it should have left
  TimePoint sent;               // when it left
  TimePoint indirect_at;        // when every path had been tried
  TimePoint heard_at;           // last packet of the target since, though no answer
  TimePoint deadline;           // of the present phase
  TimePoint ends_at;            // when the last phase ends
  bool indirect = false;        // relays and stream have been asked
  bool direct_only = false;     // no other path is tried
  bool noted_lost = false;      // counts as a loss of its target
  bool done = false;            // decided; kept a while for late answers
  uint64_t answers_before = 0;  // answers heard by the node when the ping left (evidence gate)
  std::array<Relay, kRelaysMax> relays{};
  uint8_t relay_count = 0;
  uint8_t first_relays = 0;  // those asked at once, whose nack can come before the probe ends
  std::array<uint32_t, kRepeats> repeats{};  // sequences of the pings that asked again
  uint8_t repeat_count = 0;
  StreamId stream = 0;
  bool stream_refused = false;
  uint64_t request = 0;  // kUser: the command; kDoor: the joiner's stream

  // Of the first relays.
  int nacks() const;
  bool IsRepeat(uint32_t of) const;
  int missing_nacks() const { return first_relays - nacks(); }
};

// The probes in flight. A handful in steady state; bounded.
class Flights {
 public:
  static constexpr size_t kMax = 1024;

  // Adds one and returns it; the pointer is valid until the next Add or Sweep. Null at the limit.
  Flight* Add(Flight flight);
  // The flight one of whose pings, or of whose relayed pings, has this sequence. `*relay` is the
  // index of the relay, or -1 for a ping of our own.
  Flight* FindBySequence(uint32_t sequence, int* relay);
  Flight* FindByStream(StreamId stream);
  // A flight of that kind to that target which is not decided.
  Flight* FindOpen(const HostId& target, ProbeKind kind);
  // The target sent something, though no answer: its silence is younger than the probe.
  void HeardFrom(const HostId& target, TimePoint now);
  // The earliest undecided flight whose deadline has come; null when there is none.
  Flight* Due(TimePoint now);
  TimePoint next() const;
  // Forgets decided flights whose late answers are no longer awaited.
  void Sweep(TimePoint now);
  // Decides all without outcome: after a stall of the host nothing in flight proves anything.
  // Returns the streams to close.
  std::vector<StreamId> VoidAll();
  std::vector<Flight>& all() { return flights_; }
  size_t size() const { return flights_.size(); }

 private:
  std::vector<Flight> flights_;
};

}  // namespace muster::core
