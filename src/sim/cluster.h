#pragma once

#include <cstddef>
#include <cstdint>
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
#include "src/sim/sim_event.h"
#include "src/sim/sim_node.h"
#include "src/sim/stream_table.h"
#include "src/wire/framing.h"

namespace muster::sim {

struct ClusterConfig {
  uint64_t seed = 1;
  core::Options options =
      core::Options::For(core::Profile::kLan);  // of hosts made by AddHost(name)
  NetworkConfig network;
  bool record_events = true;  // off where thousands of hosts would fill the memory
  // Hosts whose whole tables are compared after every change; the cost is a walk over the table.
  int watched_observers_max = 256;
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

// A network of hosts in virtual time, each running the very core that the agent runs. Everything
// follows from the seed: two runs of one script end on one digest(). Hosts are named by dense
// indices from 0; the host with index i has the default address 10.0.0.0 + i + 1, port 7946.
// Commands happen now, at once; time passes only in RunFor and RunUntil. Not thread-safe.
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
  const core::Node& node(int host) const;  // the process must not be stopped

  // ---- Processes ----
  void Start(int host);     // with the seeds of its config
  void Crash(int host);     // SIGKILL: the machine refuses connections
  void PowerOff(int host);  // the machine itself: nothing answers
  void Restart(int host, const RestartOptions& options);  // kills a process that still runs
  void Pause(int host);                                   // SIGSTOP
  void Resume(int host);                          // SIGCONT: reads all that waited, then the timers
  void SetLateness(int host, Duration lateness);  // its timers run this late from now on

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
  void SetLoss(uint32_t ppm);
  void SetHostLoss(int host, uint32_t egress_ppm, uint32_t ingress_ppm);
  // Latency, noise and filters; cuts and loss go through the calls above, which the checkers see.
  Network& network() { return network_; }
  const StreamCounts& stream_counts() const { return streams_.counts(); }
  size_t open_streams() const { return streams_.open_connections(); }
  // A datagram from outside the world, with whatever source it claims; it arrives for certain.
  void Inject(const Address& from, int to, std::string_view bytes);

  // ---- Time ----
  TimePoint now() const { return now_; }
  void RunFor(Duration span);
  // Runs until `condition` holds, looking every `step`; false if it does not within `limit`.
  bool RunUntil(const std::function<bool()>& condition, Duration limit,
                Duration step = Duration::Millis(10));

  // ---- Views ----
  int HostOf(const HostId& id) const;  // the host that last ran this id; -1: none
  // What `observer` holds of `id`; null when it does not know it or does not run.
  const core::MemberView* View(int observer, const HostId& id) const;
  // Every running host of one cluster name shows the same table, with all of them in it as up.
  bool Agreed() const;
  const std::vector<Recorded>& events() const { return events_; }
  void SetListener(std::function<void(const Recorded&)> listener) {
    listener_ = std::move(listener);
  }
  Checkers& checkers() { return checkers_; }
  const Checkers& checkers() const { return checkers_; }
  uint64_t datagrams_dropped_full() const { return datagrams_dropped_full_; }
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
  HostId FreshId();
  int Add(HostConfig config, Disk disk);
  void SetAddress(int host, const Address& address);
  void EndProcess(int host, Exit exit);

  bool Step(TimePoint limit);
  void DeliverDatagram(const SimEvent& event);
  void ServeDeadline(const SimEvent& event);
  void FeedFrames(int host, core::StreamId stream, std::string_view frames);
  void Feed(int host, const SimNode::Waiting& input);

  // After every call into a node: carries out its effects, shows the checkers what changed, arms
  // its next deadline. May end the process.
  void AfterCall(int host);
  void CarryOut(int host, Exit* exit);
  void HandleEvent(int host, const core::Event& event, Exit* exit);
  void SendDatagram(int host, const Address& to, std::string_view bytes);
  void Arm(int host);
  void Watch(int host);
  void ObserveFailed(int host, const core::Event& event);
  // Tells the checkers who can answer whom from now on.
  void NoteHosts();
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

  ClusterConfig config_;
  Rng id_rng_;
  Rng node_rng_;
  Network network_;
  SimQueue queue_;
  StreamTable streams_;
  core::RecordPool pool_;  // outlives the nodes
  std::vector<std::unique_ptr<SimNode>> hosts_;
  LookupMap<Address, int> by_address_;
  LookupMap<HostId, Home> homes_;
  TimePoint now_;
  core::Effects effects_;     // of the one call that is going on
  wire::FrameReader reader_;  // empty between calls
  Checkers checkers_;
  std::vector<Watched> watched_;
  std::vector<Checkers::Entry> entries_;  // scratch
  std::vector<Recorded> events_;
  std::function<void(const Recorded&)> listener_;
  Digest digest_;
  uint64_t datagrams_dropped_full_ = 0;
  uint64_t steps_ = 0;
};

}  // namespace muster::sim
