#include "src/sim/sim_node.h"

#include <utility>

#include "src/base/check.h"
#include "src/sim/core_process.h"

namespace muster::sim {
namespace {

// As many peers as the agent remembers.
constexpr size_t kRememberedMax = 32;

}  // namespace

const char* ExitName(Exit exit) {
  switch (exit) {
    case Exit::kNone:
      return "none";
    case Exit::kKilled:
      return "killed";
    case Exit::kLeft:
      return "left";
    case Exit::kConflict:
      return "conflict";
    case Exit::kRefused:
      return "refused";
    case Exit::kEvicted:
      return "evicted";
  }
  return "";
}

std::unique_ptr<Process> SimNode::MakeProcess(TimePoint now, uint64_t boot, uint64_t seed,
                                              core::RecordPool* pool) {
  if (config_.factory) {
    ProcessStart start;
    start.now = now;
    start.host = index_;
    start.id = disk_.id;
    start.epoch = disk_.epoch;
    start.seed = seed;
    start.address = config_.address;
    start.seeds = &config_.seeds;
    return config_.factory(start);
  }
  core::Identity identity;
  identity.id = disk_.id;
  identity.epoch = disk_.epoch;
  identity.cluster = config_.cluster;
  identity.attributes.name = config_.name;
  identity.attributes.address = advertised();
  identity.attributes.tags = config_.tags;
  identity.attributes.boot = boot;
  identity.attributes.agent = "sim";
  auto process = std::make_unique<CoreProcess>(config_.options, std::move(identity), seed, now,
                                               pool, config_.seeds, disk_.remembered);
  node_ = &process->node();
  return process;
}

void SimNode::Boot(TimePoint now, uint64_t boot, uint64_t seed, core::RecordPool* pool) {
  MUSTER_CHECK(state_ == ProcessState::kStopped);
  ++disk_.epoch;
  process_ = MakeProcess(now, boot, seed, pool);
  state_ = ProcessState::kRunning;
  machine_is_up_ = true;
  exit_ = Exit::kNone;
  accepted_ = 0;
  is_blocked_ = false;
  is_draining_ = false;
  armed = TimePoint::Never();
  ++run_;
}

void SimNode::End(TimePoint now, Exit exit) {
  MUSTER_CHECK(state_ != ProcessState::kStopped);
  if (node_ != nullptr) {
    std::vector<Address> up;
    const core::MemberTable& members = node_->members();
    for (size_t i = 1; i < members.size() && up.size() < kRememberedMax; ++i) {
      if (members[i].is_up()) up.push_back(members[i].attributes().address);
    }
    // A process that never met anybody does not make the disk forget whom an earlier one met.
    if (!up.empty()) disk_.remembered = std::move(up);
  }
  node_ = nullptr;
  process_.reset();
  state_ = ProcessState::kStopped;
  exit_ = exit;
  ended_at_ = now;
  outgoing_.clear();
  is_draining_ = false;
  ForgetWaiting();
}

void SimNode::Resume(std::deque<Waiting>* waiting) {
  MUSTER_CHECK(state_ == ProcessState::kPaused);
  state_ = ProcessState::kRunning;
  waiting->clear();
  if (reads()) *waiting = TakeWaiting();
}

void SimNode::SetCpu(const CpuShare& cpu) {
  MUSTER_CHECK(cpu.slice <= cpu.period && cpu.cost >= Duration::Zero());
  MUSTER_CHECK(cpu.period == Duration::Zero() || cpu.slice > Duration::Zero());
  cpu_ = cpu;
  is_draining_ = false;
  is_on_cpu_ = cpu.period == Duration::Zero();
  ++cpu_changes_;
}

void SimNode::BeginSlice() {
  is_on_cpu_ = true;
  slice_left_ = cpu_.slice;
}

void SimNode::ChargeCpu() {
  if (cpu_.period == Duration::Zero()) return;
  slice_left_ -= cpu_.cost;
  if (slice_left_ <= Duration::Zero()) EndSlice();
}

void SimNode::ForgetWaiting() {
  waiting_.clear();
  held_udp_bytes_ = 0;
  held_opened_ = 0;
}

SimNode::Waiting SimNode::TakeFirst() {
  MUSTER_CHECK(!waiting_.empty());
  Waiting input = std::move(waiting_.front());
  waiting_.pop_front();
  if (input.kind == Waiting::Kind::kDatagram) {
    held_udp_bytes_ -= input.bytes.size() + kUdpOverheadBytes;
  } else if (input.kind == Waiting::Kind::kOpened) {
    --held_opened_;
  }
  return input;
}

std::deque<SimNode::Waiting> SimNode::TakeWaiting() {
  std::deque<Waiting> waiting = std::exchange(waiting_, {});
  ForgetWaiting();
  return waiting;
}

void SimNode::PutBack(std::deque<Waiting> waiting, size_t first) {
  MUSTER_CHECK(waiting_.empty());
  waiting.erase(waiting.begin(), waiting.begin() + static_cast<ptrdiff_t>(first));
  for (const Waiting& input : waiting) {
    if (input.kind == Waiting::Kind::kDatagram) {
      held_udp_bytes_ += input.bytes.size() + kUdpOverheadBytes;
    } else if (input.kind == Waiting::Kind::kOpened) {
      ++held_opened_;
    }
  }
  waiting_ = std::move(waiting);
}

bool SimNode::HoldDatagram(const Address& from, std::string_view bytes) {
  const size_t charge = bytes.size() + kUdpOverheadBytes;
  if (held_udp_bytes_ + charge > kUdpBufferBytes) return false;
  held_udp_bytes_ += charge;
  Waiting waiting;
  waiting.from = from;
  waiting.bytes.assign(bytes);
  waiting_.push_back(std::move(waiting));
  return true;
}

void SimNode::Hold(Waiting waiting) {
  if (waiting.kind == Waiting::Kind::kOpened) ++held_opened_;
  waiting_.push_back(std::move(waiting));
}

}  // namespace muster::sim
