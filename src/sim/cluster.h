#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "src/base/address.h"
#include "src/base/digest.h"
#include "src/base/ids.h"
#include "src/base/lookup_map.h"
#include "src/base/rng.h"
#include "src/base/time.h"
#include "src/core/effects.h"
#include "src/core/event.h"
#include "src/core/member_record.h"
#include "src/core/node.h"
#include "src/sim/checkers.h"
#include "src/sim/network.h"
#include "src/sim/process.h"
#include "src/sim/sim_event.h"
#include "src/sim/sim_node.h"
#include "src/sim/stream_table.h"

namespace muster::sim {

struct ClusterConfig {
  uint64_t seed = 1;
  core::Options options =
      core::Options::For(core::Profile::kLan);  // of hosts made by AddHost(name)
  NetworkConfig network;
  bool record_events = true;  // off where thousands of hosts would fill the memory
  // Hosts whose whole tables are compared after every change; the cost is a walk over the table.
  int watched_observers_max = 256;
  // Whether a blocked process (Block) takes its input for drained: its timers cannot know of what
  // waits behind the call that is blocked. False: they look, as the agent does.
  bool blocked_backlog_is_hidden = false;
  // What reading one input of its backlog takes a process that Unblock released; its timers run
  // meanwhile. The figure of the test bed of bench/baselines, chosen there by what fits Lifeguard.
  Duration read_cost = Duration::Micros(10);
};

// What one host has sent and got since the start of the world. Bytes are payload: a datagram costs
// 28 more for its headers (IPv4 and UDP).
struct Traffic {
  uint64_t sent_datagrams = 0;
  uint64_t sent_bytes = 0;
  uint64_t received_datagrams = 0;  // that reached its process, or its kernel while that is held
  uint64_t received_bytes = 0;
  uint64_t opened_streams = 0;
  uint64_t sent_stream_messages = 0;
  uint64_t sent_stream_bytes = 0;
  uint64_t received_stream_bytes = 0;
};

// Faults of hosts that fired, as NetworkCounts tells those of the network.
struct HostFaultCounts {
  uint64_t held_inputs = 0;        // that waited for a process that did not read
  uint64_t dropped_full = 0;       // datagrams that found its buffer full
  uint64_t blocked_sends = 0;      // held back by Block
  uint64_t blocked_deadlines = 0;  // served by a blocked process
  uint64_t late_deadlines = 0;     // served late, by SetLateness or for want of CPU
  uint64_t cpu_slices = 0;         // of hosts that share their CPU
  uint64_t clock_changes = 0;      // skews, jumps and steps
};

// One event that a node emitted.
struct Recorded {
  TimePoint at;
  int host = 0;
  core::Event event;
};

struct RestartOptions {
  bool lost_disk = false;  // a fresh host id, epoch 0, nobody remembered
  bool no_seeds = false;   // only the remembered peers are left to find
  Address address;         // the new one; unset: as before
};

// A network of hosts in virtual time, each running the very core that the agent runs, or another
// protocol (HostConfig::factory). Everything follows from the seed: two runs of one script end on
// one digest(). Hosts are named by dense indices from 0; the host with index i has the default
// address 10.0.0.0 + i + 1, port 7946. Commands happen now, at once; time passes only in RunFor and
// RunUntil. Not thread-safe.
class Cluster : private StreamTable::Hosts {
 public:
  explicit Cluster(const ClusterConfig& config);
  ~Cluster() override;
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  // ---- Hosts ----
  static Address DefaultAddress(int host);
  // A stopped host with a fresh disk. An unset address becomes the default one. A host that takes
  // another's address gets its packets from now on.
  int AddHost(HostConfig config);
  int AddHost(const std::string& name);
  // A stopped host with a copy of another's disk.
  int Clone(int host, HostConfig config);
  size_t size() const { return hosts_.size(); }
  const SimNode& host(int host) const { return *hosts_[static_cast<size_t>(host)]; }
  HostConfig& config(int host) { return At(host).config(); }
  const core::Node& node(int host) const;  // of a host that runs one

  // ---- Processes ----
  void Start(int host);  // with the seeds of its config
  // Starts all hosts, none of which ran before. Those that run core::Node are born knowing each
  // other, and must be of one cluster name; other protocols begin as they do in Start.
  void StartTogether();
  void Crash(int host);     // SIGKILL: the machine refuses connections
  void PowerOff(int host);  // the machine itself: nothing answers
  void Restart(int host, const RestartOptions& options);  // kills a process that still runs
  void Pause(int host);                                   // SIGSTOP
  void Resume(int host);  // SIGCONT: reads all that waited, then the timers
  // Its input and output stand still while its timers run on, as if it were blocked before every
  // send and after every receive (Lifeguard, section V.A); Unblock lets go of all that it sent, and
  // lets it read what waited, one input after the other (ClusterConfig::read_cost). A stopped
  // process, or one that is blocked already, is left alone.
  void Block(int host);
  void Unblock(int host);
  void SetLateness(int host, Duration lateness);  // its timers run this late from now on
  void SetCpu(int host, const CpuShare& cpu);     // its slices begin at a random phase
  // Its monotonic clock: gains `ppm` microseconds a second from now on; shows `span` more.
  void SetClockSkew(int host, int64_t ppm);
  void JumpClock(int host, Duration span);
  // Its wall clock, which names the runs of its processes; of either sign.
  void StepWallClock(int host, Duration offset);

  // ---- Commands of users at one host ----
  absl::Status Join(int host, const std::vector<Address>& addresses);
  absl::Status Leave(int host);
  absl::Status ForceLeave(int host, const HostId& subject, bool prune, bool evict);
  absl::Status SetTags(int host, wire::Tags tags);

  // ---- Network ----
  using CutId = Network::CutId;
  CutId Cut(const std::vector<int>& from, const std::vector<int>& to, Transports transports);
  // Cuts each group off from all other groups, both ways. Hosts in no group stay connected to all.
  std::vector<CutId> Partition(const std::vector<std::vector<int>>& groups);
  void Heal(CutId id);
  void HealAll();
  void SetLoss(uint32_t ppm, uint32_t burst = 1);
  void SetHostLoss(int host, uint32_t egress_ppm, uint32_t ingress_ppm);
  // Latency, noise, rates and filters; cuts and loss go through the calls above, which the checkers
  // see.
  Network& network() { return network_; }
  const StreamCounts& stream_counts() const { return streams_.counts(); }
  size_t open_streams() const { return streams_.open_connections(); }
  // A datagram from outside the world, with whatever source it claims; it arrives for certain.
  void Inject(const Address& from, int to, std::string_view bytes);

  // ---- Time ----
  TimePoint now() const { return now_; }
  TimePoint LocalTime(int host) const { return this->host(host).clock.ToLocal(now_); }
  void RunFor(Duration span);
  // Runs until `condition` holds, looking every `step`; false if it does not within `limit`.
  bool RunUntil(const std::function<bool()>& condition, Duration limit,
                Duration step = Duration::Millis(10));

  // ---- Views ----
  int HostOf(const HostId& id) const;  // the host that last ran this id; -1: none
  // What `observer` holds of `id`; null when it does not know it or does not run.
  const core::MemberView* View(int observer, const HostId& id) const;
  // The same for any protocol; kUnknown of a host that does not run.
  Standing StandingOf(int observer, int subject) const;
  size_t UpCount(int observer) const;  // 0 of a host that does not run
  // Every running host of one cluster name shows the same table, with all of them in it as up.
  bool Agreed() const;
  const std::vector<Recorded>& events() const { return events_; }
  void SetListener(std::function<void(const Recorded&)> listener) {
    listener_ = std::move(listener);
  }
  // Told of every change in every view, whatever the protocol, but of nobody's view of itself.
  void SetSightingListener(std::function<void(const Sighting&)> listener) {
    sighting_listener_ = std::move(listener);
  }
  const Traffic& traffic(int host) const { return traffic_[static_cast<size_t>(host)]; }
  const HostFaultCounts& fault_counts() const { return faults_; }
  // Asks every host what cannot be seen in a change: is a deadline overdue, does its report of who
  // agrees hold? To be called now and then; a walk over all hosts.
  void Inspect();
  Checkers& checkers() { return checkers_; }
  const Checkers& checkers() const { return checkers_; }
  uint64_t datagrams_dropped_full() const { return faults_.dropped_full; }
  uint64_t steps() const { return steps_; }
  // Of everything that happened so far.
  uint64_t digest() const;

 private:
  // What was last compared of a host's table.
  struct Watched {
    uint32_t run = 0;
    uint64_t version = 0;
    wire::ViewCell view;
    wire::ViewCell tombstones;
    friend bool operator==(const Watched&, const Watched&) = default;
  };
  struct Home {
    int host = -1;
    TimePoint ended_at;  // of the id's last process, while none runs
    bool runs = false;
  };

  SimNode& At(int host) { return *hosts_[static_cast<size_t>(host)]; }
  Process& ProcessAt(int host) { return *At(host).process(); }
  core::Node& NodeAt(int host);
  HostId FreshId();
  int Add(HostConfig config, Disk disk);
  void SetAddress(int host, const Address& address);
  void EndProcess(int host, Exit exit);
  // The process is there, and has not been called yet.
  void Boot(int host);

  bool Step(TimePoint limit);
  void DeliverDatagram(const SimEvent& event);
  void ServeDeadline(const SimEvent& event);
  void TurnSlice(const SimEvent& event);
  void PushSlice(TimePoint at, int host, bool begins);
  // The instant of its next deadline, in the cluster's time.
  TimePoint DueOf(const SimNode& node) const;
  void Hold(int host, SimNode::Waiting input);
  // Hands the input to a process that reads.
  void Feed(int host, const SimNode::Waiting& input);
  void FeedMessages(int host, core::StreamId stream, std::string_view bytes);
  // Hands in all that waited, until the process reads no more; then arms its deadline.
  void FeedWaiting(int host, std::deque<SimNode::Waiting> waiting);
  // Hands it in one by one.
  void Drain(int host);
  void PushRead(TimePoint at, int host);
  void ReadNext(const SimEvent& event);
  void SendHeld(int host, const SimNode::Outgoing& outgoing);

  // The outputs of the call that is about to be made into this host's process.
  Outputs& OutputsFor(int host);
  // After every call into a process: carries out its outputs, shows the checkers what changed, arms
  // its next deadline. May end the process.
  void AfterCall(int host);
  void CarryOut(int host, Exit* exit);
  void HoldOutputs(int host);
  void HandleEvent(int host, const core::Event& event, Exit* exit);
  void Show(int host, Sight sight, int subject, bool own);
  void SendDatagram(int host, const Address& to, std::string_view bytes);
  void SendOnStream(int host, core::StreamId stream, std::string_view bytes);
  void OpenStream(int host, core::StreamId stream, const Address& to, Duration budget);
  void Arm(int host);
  void PushDeadline(int host);  // an event for `due`, unless there is one that is as early
  // The same after its deadline has moved in the cluster's time: what is queued for it is void.
  void ArmAnew(int host);
  void Watch(int host);
  void InspectAgreement(int host);
  void ObserveFailed(int host, const core::Event& event);
  // Who can answer whom has changed: the checkers are told before time passes or one is asked.
  void NoteHosts() { hosts_changed_ = true; }
  void TellHosts();
  // Sorts the hosts into groups that no cut tells apart; `*members` gets the hosts of each.
  std::vector<uint32_t> Groups(std::vector<std::vector<int>>* members) const;
  // `(*by_udp)[g]` is how many running hosts a host of group g exchanges datagrams with.
  SilencePaths Paths(const std::vector<std::vector<int>>& members,
                     std::vector<size_t>* by_udp) const;

  // StreamTable::Hosts
  int HostAt(const Address& address) const override;
  StreamTable::Listener ListenerAt(int host) const override;
  Address AddressOf(int host) const override;
  bool Reads(int host) const override;
  core::StreamId NextAcceptedId(int host) override;
  Duration AcceptedBudget(int host) const override;
  void OnStreamOpened(int host, core::StreamId stream, const Address& peer) override;
  void OnStreamFrames(int host, core::StreamId stream, std::string_view frames) override;
  void OnStreamEnded(int host, core::StreamId stream, core::StreamEnd end) override;
  void OnBytesKeptBack(int host, TimePoint written, TimePoint arrives) override;

  ClusterConfig config_;
  Rng id_rng_;
  Rng node_rng_;
  Rng cpu_rng_;
  Network network_;
  SimQueue queue_;
  StreamTable streams_;
  core::RecordPool pool_;  // outlives the nodes
  std::vector<std::unique_ptr<SimNode>> hosts_;
  LookupMap<Address, int> by_address_;
  LookupMap<HostId, Home> homes_;
  TimePoint now_;
  Outputs outputs_;  // of the one call that is going on
  Checkers checkers_;
  std::vector<Watched> watched_;
  std::vector<Checkers::Entry> entries_;  // scratch
  std::vector<Recorded> events_;
  std::function<void(const Recorded&)> listener_;
  std::function<void(const Sighting&)> sighting_listener_;
  std::vector<Traffic> traffic_;
  HostFaultCounts faults_;
  bool hosts_changed_ = false;
  Digest digest_;
  uint64_t steps_ = 0;
};

}  // namespace muster::sim
