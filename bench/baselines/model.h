#pragma once

#include <cstddef>
#include <cstdint>

#include "bench/baselines/packet.h"
#include "src/base/rng.h"
#include "src/base/time.h"

namespace muster::baselines {

// What the world offers to the process of one member. Members are named by dense indices.
class Io {
 public:
  virtual ~Io() = default;
  virtual TimePoint now() const = 0;
  // Lifeguard's anomaly is on: a thread that sends now would block until it ends. The model keeps
  // what such a thread was about to do and goes on in Model::OnReleased; timers run on.
  virtual bool blocked() const = 0;
  virtual Rng& rng() = 0;
  virtual void Send(int to, const Packet& packet) = 0;  // a datagram
  virtual void SendStream(int to,
                          const Packet& packet) = 0;  // over TCP: lost segments are repeated
  // Model::OnTimer(kind, argument) at `at`. A timer cannot be taken back.
  virtual void SetTimer(TimePoint at, uint32_t kind, uint32_t argument) = 0;
  // What the application at this member is told: kAlive or kDead.
  virtual void Report(int subject, State state) = 0;
};

// One member as a sans-IO state machine; calls come from World, in virtual time.
class Model {
 public:
  virtual ~Model() = default;
  // Starts with a table of members 0 to `members` - 1, all alive; or, with `seed` >= 0, alone, and
  // joins through that member.
  virtual void Start(int members, int seed) = 0;
  virtual void OnPacket(const Packet& packet) = 0;
  virtual void OnTimer(uint32_t kind, uint32_t argument) = 0;
  virtual void OnReleased() = 0;
  // Order-free hash of who is up in this member's view, and how many are.
  virtual uint64_t ViewHash() const = 0;
  virtual int ViewSize() const = 0;
  virtual State StateOf(int subject) const = 0;
  virtual size_t QueueDepth() const = 0;
};

}  // namespace muster::baselines
