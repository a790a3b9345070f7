#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/address.h"
#include "src/base/ids.h"
#include "src/base/time.h"
#include "src/core/effects.h"
#include "src/core/member_record.h"
#include "src/core/node.h"
#include "src/core/options.h"
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
};

enum class ProcessState : uint8_t { kStopped, kRunning, kPaused };
enum class Exit : uint8_t { kNone, kKilled, kLeft, kConflict, kRefused, kEvicted };
const char* ExitName(Exit exit);

// One machine of the simulated world: its disk, its kernel's buffers, and the process that hosts a
// core::Node. Knows nothing of time or network; Cluster drives it. Not thread-safe.
class SimNode {
 public:
  // Something that arrived while the process was paused.
  struct Waiting {
    enum class Kind : uint8_t { kDatagram, kOpened, kFrames, kEnded };
    Kind kind = Kind::kDatagram;
    core::StreamId stream = 0;
    core::StreamEnd end = core::StreamEnd::kClosed;
    Address from;
    std::string bytes;
  };
  // A Linux socket's default receive buffer, and what it charges for a datagram beside its payload.
  static constexpr size_t kUdpBufferBytes = 212'992;
  static constexpr size_t kUdpOverheadBytes = 768;
  // Connections the kernel accepts for a process that does not (libuv's usual backlog).
  static constexpr size_t kBacklogMax = 128;

  SimNode(HostConfig config, Disk disk) : config_(std::move(config)), disk_(std::move(disk)) {}

  // ---- Process ----
  // Starts a process: the next epoch is stored, then the node is made. `boot` names the run.
  void Boot(TimePoint now, uint64_t boot, uint64_t seed, core::RecordPool* pool);
  // Ends it. What was up in its view becomes the disk's remembered peers.
  void End(TimePoint now, Exit exit);
  void PowerOff() { machine_is_up_ = false; }
  void Pause() { state_ = ProcessState::kPaused; }
  // The process runs again; what waited is moved to `*waiting`, oldest first.
  void Resume(std::vector<Waiting>* waiting);

  // ---- The kernel of a paused process ----
  // False when the socket's buffer is full: the datagram is gone.
  bool HoldDatagram(const Address& from, std::string_view bytes);
  void Hold(Waiting waiting);
  bool backlog_is_full() const { return held_opened_ >= kBacklogMax; }

  // ---- State ----
  core::Node* node() { return node_.get(); }  // null while stopped
  const core::Node* node() const { return node_.get(); }
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

  // How late its deadlines are served: a process that gets too little CPU.
  Duration lateness;
  // Earliest queued deadline event of this run; Never() when there is none.
  TimePoint armed = TimePoint::Never();
  // Instant of the last call into the node, or of the end of its pause: a deadline that lies before
  // it could not have been served earlier.
  TimePoint called_at;

 private:
  HostConfig config_;
  Disk disk_;
  std::unique_ptr<core::Node> node_;
  ProcessState state_ = ProcessState::kStopped;
  bool machine_is_up_ = true;
  Exit exit_ = Exit::kNone;
  TimePoint ended_at_;
  uint32_t run_ = 0;
  core::StreamId accepted_ = 0;
  std::vector<Waiting> waiting_;
  size_t held_udp_bytes_ = 0;
  size_t held_opened_ = 0;
};

}  // namespace muster::sim
