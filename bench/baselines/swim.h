#pragma once

#include <cstdint>
#include <vector>

#include "bench/baselines/broadcast_queue.h"
#include "bench/baselines/member_table.h"
#include "bench/baselines/model.h"

namespace muster::baselines {

// SWIM as published (Das, Gupta, Motivala, DSN 2002): round-robin probes (section 4.3), updates on
// pings and acks only (4.1), suspicion (4.2). The defaults are the prototype's (section 5).
struct SwimOptions {
  Duration period = Duration::Seconds(2);        // T'
  Duration ack_timeout = Duration::Millis(500);  // "an estimate of the round-trip time"
  int relays = 1;                                // k
  bool has_suspicion = true;
  // All periods begin at one instant, as in the paper's analysis (section 3.1).
  bool periods_aligned = false;
  // Joins are no part of the paper (it multicasts them): the seed sends its table in an ack's
  // place.
};

class Swim : public Model {
 public:
  Swim(const SwimOptions& options, int self, Io* io) : options_(options), self_(self), io_(*io) {}

  void Start(int members, int seed) override;
  void OnPacket(const Packet& packet) override;
  void OnTimer(uint32_t kind, uint32_t argument) override;
  void OnReleased() override;
  uint64_t ViewHash() const override { return table_.hash(); }
  int ViewSize() const override { return table_.up(); }
  State StateOf(int subject) const override {
    return table_.Knows(subject) ? table_[subject].state : State::kUnknown;
  }
  size_t QueueDepth() const override { return queue_.size(); }

 private:
  enum Timer : uint32_t { kPeriod, kAckTimeout, kSuspicionOver };
  struct Relay {
    uint32_t sequence;
    uint32_t for_sequence;
    int origin;
    TimePoint expires;
  };
  struct Held {
    int to;
    Packet packet;
  };

  void EndPeriod();
  void Ping(int target, uint32_t sequence);
  void AskRelays();
  void SendTable(int to);
  void Send(int to, Packet::Kind kind, int target, uint32_t sequence);
  void Apply(const Update& update);
  void Accept(State state, const Update& update);
  void Refute(uint32_t accused);

  const SwimOptions options_;
  const int self_;
  Io& io_;
  MemberTable table_;
  BroadcastQueue queue_;
  uint32_t incarnation_ = 1;
  uint32_t next_sequence_ = 1;
  int target_ = -1;
  uint32_t sequence_ = 0;  // of the period's ping
  bool acked_ = true;
  int seed_ = -1;
  std::vector<Relay> relays_;
  std::vector<Held> held_;
  std::vector<int> scratch_;
};

}  // namespace muster::baselines
