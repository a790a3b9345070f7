#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "bench/baselines/broadcast_queue.h"
#include "bench/baselines/local_health.h"
#include "bench/baselines/member_table.h"
#include "bench/baselines/model.h"
#include "bench/baselines/wire_size.h"

namespace muster::baselines {

// HashiCorp's memberlist and what the Lifeguard paper calls SWIM and Lifeguard, which are this
// library with parts turned on and off. Names in brackets are those of config.go, LAN preset.
struct MemberlistOptions {
  Duration probe_interval = Duration::Seconds(1);    // [ProbeInterval]
  Duration probe_timeout = Duration::Millis(500);    // [ProbeTimeout]
  int relays = 3;                                    // [IndirectChecks]
  bool has_stream_ping = true;                       // ![DisableTcpPings]
  Duration gossip_interval = Duration::Millis(200);  // [GossipInterval]
  int gossip_nodes = 3;                              // [GossipNodes]
  Duration gossip_to_dead = Duration::Seconds(30);   // [GossipToTheDeadTime]
  int retransmit_mult = 4;                           // [RetransmitMult]
  Duration push_pull = Duration::Seconds(30);        // [PushPullInterval]
  Duration stream_timeout = Duration::Seconds(10);   // [TCPTimeout]
  int alpha = 4;                                     // [SuspicionMult]
  int beta = 6;                                      // [SuspicionMaxTimeoutMult]

  // Lifeguard's three components (paper sections IV-A, IV-B, IV-C).
  HealthRule health = HealthRule::kCode;
  bool scales_ack_timeout = false;  // the paper does; the code scales only the deadline
  bool scales_ticks = false;        // the paper: each probe starts an interval after the last
  int nack_percent = 100;           // of the probe timeout; 80 in the paper
  int confirmations = -1;           // K of LHA-Suspicion; 0: off, -1: alpha - 2 as in the code
  bool is_buddy = true;

  Deployment deployment;

  // The code as it ships: DefaultLANConfig.
  static MemberlistOptions Code() { return MemberlistOptions(); }
  // The paper's "SWIM": LHA off, alpha = 5, beta = 1.
  static MemberlistOptions PaperSwim();
  static MemberlistOptions PaperLhaProbe();
  static MemberlistOptions PaperLhaSuspicion();
  static MemberlistOptions PaperBuddy();
  static MemberlistOptions PaperLifeguard(int alpha, int beta);
};

// One member. Its goroutines appear as what each would be blocked in: the probe loop, the gossip
// loop, the push/pull loop and the relays' nacks; the one that reads packets blocks in World.
class Memberlist : public Model {
 public:
  Memberlist(const MemberlistOptions& options, int self, Io* io)
      : options_(options),
        self_(self),
        io_(*io),
        size_(options.deployment),
        health_(options.health) {}

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
  int health_multiplier() const { return health_.multiplier(); }

 private:
  enum Timer : uint32_t {
    kProbeTick,
    kAckTimeout,
    kProbeDeadline,
    kGossipTick,
    kNackTimer,
    kSuspicionTimer,
    kPushPullTick
  };
  // Where the probe loop stands. In the two "held" stages it blocks in a send.
  enum class Stage : uint8_t { kIdle, kPingHeld, kAwaitAck, kRequestsHeld, kAwaitIndirect };
  struct Probe {
    Stage stage = Stage::kIdle;
    int target = -1;
    uint32_t incarnation = 0;  // the target's when the probe began
    uint32_t sequence = 0;
    TimePoint deadline;
    bool stream_acked = false;
    int nacks_expected = 0;
    int nacks = 0;
  };
  struct Relay {
    uint32_t sequence = 0;  // of our ping
    uint32_t for_sequence = 0;
    int origin = -1;
    TimePoint expires;
  };
  struct Suspicion {
    int subject = -1;
    uint32_t generation = 0;
    TimePoint started;
    Duration min;
    int looked_for = 0;
    std::vector<int> accusers;  // the first one does not count as a confirmation
  };
  struct Held {
    int to;
    Packet packet;
  };

  // ---- Probe loop (memberlist_probe.cc) ----
  void ProbeTick();
  void StartProbe();
  void SendPing();
  void SendRequests();
  void ProbeFailed();
  void EndProbe();
  void HandlePing(const Packet& packet);
  void HandlePingReq(const Packet& packet);
  void HandleAck(const Packet& packet);
  void NackDue(uint32_t sequence);
  Duration AckTimeout() const;

  // ---- Dissemination (memberlist.cc) ----
  Packet NewPacket(Packet::Kind kind) const;
  void Piggyback(Packet* packet);
  void SendWithUpdates(int to, Packet* packet);
  void Broadcast(State state, int subject, uint32_t incarnation, int from);
  void ArmGossip();
  void Gossip();
  void GossipOn();
  void PushPull(int to, bool is_join);
  void SendTable(int to, Packet::Kind kind, bool is_join, TimePoint started);
  bool IsTooLate(const Packet& packet) const {
    return io_.now() - packet.started > options_.stream_timeout;
  }

  // ---- Membership rules (memberlist_merge.cc; state.go aliveNode, suspectNode, deadNode) ----
  void Apply(const Update& update);
  void Alive(const Update& update);
  void Suspect(const Update& update);
  void Dead(const Update& update);
  void Refute(uint32_t accused);
  void SuspicionOver(uint32_t generation);
  Suspicion* FindSuspicion(int subject);
  void EndSuspicion(int subject);

  const MemberlistOptions options_;
  const int self_;
  Io& io_;
  const WireSize size_;
  LocalHealth health_;
  MemberTable table_;
  BroadcastQueue queue_;
  uint32_t incarnation_ = 1;
  uint32_t next_sequence_ = 1;
  uint32_t next_generation_ = 1;

  Probe probe_;
  bool probe_tick_waits_ = false;  // Go's ticker keeps one tick
  std::vector<Relay> relays_;
  std::vector<Suspicion> suspicions_;

  TimePoint gossip_phase_;
  bool gossip_armed_ = false;
  bool gossip_held_ = false;
  bool gossip_tick_waits_ = false;
  std::vector<int> gossip_targets_;
  size_t gossip_next_ = 0;
  Packet gossip_packet_;
  std::vector<Held> held_;  // other goroutines' sends
  bool push_pull_held_ = false;
  int join_seed_ = -1;
  std::vector<int> scratch_;
  Packet out_;
};

}  // namespace muster::baselines
