#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "src/base/address.h"
#include "src/base/ids.h"
#include "src/base/time.h"
#include "src/core/effects.h"
#include "src/core/node.h"

namespace muster::sim {

// What one member shows of another.
enum class Standing : uint8_t { kUnknown, kAlive, kSuspect, kFailed, kLeft };

// What a member tells its users, the one thing that all protocols are scored by.
enum class Sight : uint8_t {
  kJoined,     // first seen
  kSuspected,  // alive -> suspect
  kRefuted,    // suspect -> alive
  kFailed,     // -> failed
  kLeft,       // -> left, of its own will or by a command
  kReturned,   // failed or left -> alive
};
const char* SightName(Sight sight);

// One change in one member's view.
struct Sighting {
  TimePoint at;      // filled in by the cluster, in the cluster's time
  int observer = 0;  // filled in by the cluster
  Sight sight = Sight::kJoined;
  int subject = -1;  // index of the host; -1: no host ever ran it
  bool own = false;  // the observer's own verdict; false: it was told
};

// What one call into a process asks of its host: core::Effects for all that travels, and what
// changed in its view. Made and reused by the cluster, carried out and cleared after every call.
class Outputs {
 public:
  // ---- For processes ----
  // Datagrams and streams. A non-zero `probe_sequence` of a datagram is told back by
  // Process::OnLateSend when it left late.
  core::Effects& effects() { return effects_; }
  // A datagram of `bytes` bytes on the wire (headers of IP and UDP not included) that begins with
  // `payload`; the rest is zeros. For models that write less than they claim to send.
  void SendDatagram(const Address& to, std::string_view payload, size_t bytes, uint32_t tag = 0) {
    effects_.AddDatagram(to, Append(payload, bytes), tag);
  }
  // One message on a stream, padded likewise. It arrives as one OnStreamMessage.
  void SendOnStream(core::StreamId stream, std::string_view payload, size_t bytes) {
    effects_.SendOnStream(stream, Append(payload, bytes));
  }
  void Tell(Sight sight, int subject, bool own) {
    sightings_.push_back({TimePoint(), 0, sight, subject, own});
  }
  // The process is done and exits in good order, after all of this was carried out.
  void Exit() { exits_ = true; }
  // What is sent now leaves only when Process::OnUnblocked is called.
  bool is_blocked() const { return is_blocked_; }

  // ---- For the cluster ----
  const std::vector<Sighting>& sightings() const { return sightings_; }
  bool exits() const { return exits_; }
  void Clear() {
    effects_.Clear();
    sightings_.clear();
    exits_ = false;
  }
  void set_blocked(bool is_blocked) { is_blocked_ = is_blocked; }

 private:
  size_t Append(std::string_view payload, size_t bytes) {
    const size_t size = std::max(bytes, payload.size());
    effects_.arena().append(payload);
    effects_.arena().append(size - payload.size(), '\0');
    return size;
  }

  core::Effects effects_;
  std::vector<Sighting> sightings_;
  bool exits_ = false;
  bool is_blocked_ = false;
};

// One process of the simulated world: any membership protocol, as a state machine without input or
// output of its own. The cluster calls it by the contract of src/core/README.md ("The host
// contract"): one thread, `now` is the host's own clock and never goes back, outputs are carried
// out after every call, NextDeadline is read again after every call, nothing is re-entered. Members
// are named by the index of their host; Cluster::DefaultAddress gives its address.
class Process {
 public:
  virtual ~Process() = default;

  // ---- Inputs ----
  virtual void OnStart(TimePoint now, Outputs& out) = 0;
  virtual void OnDatagram(TimePoint now, const Address& from, std::string_view bytes,
                          Outputs& out) = 0;
  // Streams, as the core knows them: ids are odd for those that the process opens (chosen by it)
  // and even for accepted ones; its own close is not told back. Opened: accepted from `peer`, or
  // its own open has succeeded.
  virtual void OnStreamOpened(TimePoint now, core::StreamId stream, const Address& peer,
                              Outputs& out) = 0;
  // One message: what one SendOnStream wrote, or, where MessageSize says less, a part of it.
  virtual void OnStreamMessage(TimePoint now, core::StreamId stream, std::string_view message,
                               Outputs& out) = 0;
  virtual void OnStreamEnded(TimePoint now, core::StreamId stream, core::StreamEnd end,
                             Outputs& out) = 0;
  // Late calls are told by `now`; early ones do not happen.
  virtual void OnDeadline(TimePoint now, core::Backlog backlog, Outputs& out) = 0;
  // A user asks it to leave. It ends with Outputs::Exit, at once or later.
  virtual void OnLeave(TimePoint now, Outputs& out) = 0;
  // The datagram with this tag left at `sent_at`, not in the call that made it.
  virtual void OnLateSend(TimePoint sent_at, uint32_t tag) {
    (void)sent_at;
    (void)tag;
  }
  // The block of its input and output is over and all that it had sent has left; the input that
  // waited follows.
  virtual void OnUnblocked(TimePoint now, Outputs& out) {
    (void)now;
    (void)out;
  }

  // ---- When to call OnDeadline ----
  virtual TimePoint NextDeadline() const = 0;

  // ---- Views, for checkers and figures ----
  virtual Standing StandingOf(int member, const HostId& id) const = 0;
  // Members shown as up (alive, suspect or leaving), itself among them: what applications see.
  virtual size_t UpCount() const = 0;
  // Members that it holds as up, where it shows users less or more than it knows.
  virtual size_t ViewCount() const { return UpCount(); }
  // Equal for two members of one protocol that hold the same members as up.
  virtual uint64_t ViewHash() const = 0;
  // Updates that wait to be told.
  virtual size_t QueueDepth() const = 0;
  // Of everything that happened to it; equal for equal runs.
  virtual uint64_t digest() const = 0;

  // ---- Limits ----
  // Largest datagram it may send, and how long an accepted stream may last.
  virtual size_t DatagramBytesMax() const = 0;
  virtual Duration StreamBudget() const = 0;
  // Size of the first message of `bytes`, which is not empty and begins with a message.
  virtual size_t MessageSize(std::string_view bytes) const { return bytes.size(); }
};

// What a process knows when it starts. Views are valid during the call of the factory.
struct ProcessStart {
  TimePoint now;  // of the host's clock
  int host = 0;
  HostId id;
  uint64_t epoch = 1;  // counts the starts of this disk
  uint64_t seed = 0;   // of all its random choices
  Address address;
  const std::vector<Address>* seeds = nullptr;  // those to join through
};
using ProcessFactory = std::function<std::unique_ptr<Process>(const ProcessStart& start)>;

}  // namespace muster::sim
