#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/address.h"
#include "src/base/ids.h"
#include "src/base/time.h"
#include "src/core/effects.h"
#include "src/core/member_record.h"
#include "src/core/node.h"
#include "src/core/options.h"
#include "src/sim/host_clock.h"
#include "src/sim/process.h"
#include "src/wire/message.h"

namespace muster::sim {

// What a host keeps when its process dies.
struct Disk {
  HostId id;
  uint64_t epoch = 0;               // the last one issued
  std::vector<Address> remembered;  // peers that were up
};

struct HostConfig {
  std::string name;
  Address address;    // where its packets come from and where they reach it
  Address advertise;  // what it tells others; unset: `address`
  wire::Tags tags;
  core::Options options;
  std::string cluster = "default";
  std::vector<Address> seeds;
  ProcessFactory factory;  // unset: core::Node, with the fields above
};

// What a process gets of its machine's CPU: `slice` in every `period`, as of a core that it shares
// with (period / slice - 1) processes that never sleep. Input waits in the kernel and deadlines are
// late while it is off; each input and each deadline takes `cost` of a slice. A period of zero: a
// core of its own.
struct CpuShare {
  Duration period;
  Duration slice;
  Duration cost;
};

enum class ProcessState : uint8_t { kStopped, kRunning, kPaused };
enum class Exit : uint8_t { kNone, kKilled, kLeft, kConflict, kRefused, kEvicted };
const char* ExitName(Exit exit);

// One machine of the simulated world: its disk, its clocks, its kernel's buffers, and its process.
// Knows nothing of the network; Cluster drives it. Not thread-safe.
class SimNode {
 public:
  // Something that arrived while the process did not read: paused, blocked or off the CPU.
  struct Waiting {
    enum class Kind : uint8_t { kDatagram, kOpened, kMessages, kEnded };
    Kind kind = Kind::kDatagram;
    core::StreamId stream = 0;
    core::StreamEnd end = core::StreamEnd::kClosed;
    Address from;
    std::string bytes;
  };
  // Something that a process sent while its output was blocked.
  struct Outgoing {
    bool is_datagram = false;
    core::Effects::StreamVerb verb = core::Effects::StreamVerb::kOpen;
    core::StreamId stream = 0;
    Address to;
    Duration budget;
    uint32_t tag = 0;
    std::string bytes;
  };
  // A Linux socket's default receive buffer, and what it charges for a datagram beside its payload.
  static constexpr size_t kUdpBufferBytes = 212'992;
  static constexpr size_t kUdpOverheadBytes = 768;
  // Connections the kernel accepts for a process that does not (libuv's usual backlog).
  static constexpr size_t kBacklogMax = 128;

  // `index` names the host to processes that know members by it.
  SimNode(HostConfig config, Disk disk, int index = 0)
      : index_(index), config_(std::move(config)), disk_(std::move(disk)) {}

  // ---- Process ----
  // Starts a process: the next epoch is stored, then the process is made. `boot` names the run;
  // `now` is this host's own time.
  void Boot(TimePoint now, uint64_t boot, uint64_t seed, core::RecordPool* pool);
  // Ends it. What was up in its view becomes the disk's remembered peers.
  void End(TimePoint now, Exit exit);
  void PowerOff() { machine_is_up_ = false; }
  void Pause() {
    state_ = ProcessState::kPaused;
    is_draining_ = false;
  }
  // The process runs again; what waited is moved to `*waiting`, oldest first, unless it still does
  // not read for another reason.
  void Resume(std::deque<Waiting>* waiting);

  // ---- Why a running process does not read ----
  // Blocked before every send and after every receive, as by a debugger in those calls, while its
  // timers run on (Lifeguard, section V.A). What it sends is kept by HoldOutgoing.
  bool is_blocked() const { return is_blocked_; }
  void SetBlocked(bool is_blocked) {
    is_blocked_ = is_blocked;
    is_draining_ = false;
  }
  void HoldOutgoing(Outgoing outgoing) { outgoing_.push_back(std::move(outgoing)); }
  std::vector<Outgoing> TakeOutgoing() { return std::exchange(outgoing_, {}); }
  // Reads what waited one by one: later input waits behind it. Whatever keeps the process from
  // reading ends that; `drains` counts the times it began.
  bool is_draining() const { return is_draining_; }
  uint32_t drains() const { return drains_; }
  void BeginDrain() {
    is_draining_ = true;
    ++drains_;
  }
  void EndDrain() { is_draining_ = false; }
  // On the CPU, for what is left of its slice.
  bool is_on_cpu() const { return is_on_cpu_; }
  const CpuShare& cpu() const { return cpu_; }
  uint32_t cpu_changes() const { return cpu_changes_; }  // counts SetCpu: an older slice is void
  void SetCpu(const CpuShare& cpu);
  void BeginSlice();
  void EndSlice() {
    is_on_cpu_ = false;
    is_draining_ = false;
  }
  // One input or deadline was handled.
  void ChargeCpu();

  // ---- The kernel of a process that does not read ----
  bool reads() const { return is_running() && !is_blocked_ && !is_draining_ && is_on_cpu_; }
  bool has_waiting() const { return !waiting_.empty(); }
  // Moves out what waits, oldest first; PutBack returns the part from `first` on.
  std::deque<Waiting> TakeWaiting();
  void PutBack(std::deque<Waiting> waiting, size_t first);
  // The oldest; something must wait.
  Waiting TakeFirst();
  // False when the socket's buffer is full: the datagram is gone.
  bool HoldDatagram(const Address& from, std::string_view bytes);
  void Hold(Waiting waiting);
  bool backlog_is_full() const { return held_opened_ >= kBacklogMax; }

  // ---- State ----
  int index() const { return index_; }
  Process* process() { return process_.get(); }  // null while stopped
  const Process* process() const { return process_.get(); }
  core::Node* node() { return node_; }  // null while stopped, and of another protocol
  const core::Node* node() const { return node_; }
  ProcessState state() const { return state_; }
  bool is_running() const { return state_ == ProcessState::kRunning; }
  bool machine_is_up() const { return machine_is_up_; }
  Exit exit() const { return exit_; }  // of the last process
  TimePoint ended_at() const { return ended_at_; }
  uint32_t run() const { return run_; }  // counts the processes
  Address advertised() const {
    return config_.advertise.is_set() ? config_.advertise : config_.address;
  }
  HostConfig& config() { return config_; }
  const HostConfig& config() const { return config_; }
  Disk& disk() { return disk_; }
  const Disk& disk() const { return disk_; }
  core::StreamId NextAcceptedId() { return accepted_ += 2; }

  HostClock clock;
  // How late its deadlines are served: a process that gets too little CPU.
  Duration lateness;
  // The process's next deadline in the cluster's time, as it was after the last call.
  TimePoint due = TimePoint::Never();
  // Earliest queued deadline event of this run; Never() when there is none.
  TimePoint armed = TimePoint::Never();
  // Instant of the last call into the node, or of the end of its pause: a deadline that lies before
  // it could not have been served earlier.
  TimePoint called_at;

 private:
  std::unique_ptr<Process> MakeProcess(TimePoint now, uint64_t boot, uint64_t seed,
                                       core::RecordPool* pool);
  void ForgetWaiting();

  int index_;
  HostConfig config_;
  Disk disk_;
  std::unique_ptr<Process> process_;
  core::Node* node_ = nullptr;  // of `process_`
  ProcessState state_ = ProcessState::kStopped;
  bool machine_is_up_ = true;
  Exit exit_ = Exit::kNone;
  TimePoint ended_at_;
  uint32_t run_ = 0;
  core::StreamId accepted_ = 0;
  bool is_blocked_ = false;
  bool is_draining_ = false;
  uint32_t drains_ = 0;
  bool is_on_cpu_ = true;
  CpuShare cpu_;
  Duration slice_left_;
  uint32_t cpu_changes_ = 0;
  std::vector<Outgoing> outgoing_;
  std::deque<Waiting> waiting_;
  size_t held_udp_bytes_ = 0;
  size_t held_opened_ = 0;
};

}  // namespace muster::sim
