#include "src/sim/sim_node.h"

#include <utility>

#include "src/base/check.h"

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

void SimNode::Boot(TimePoint now, uint64_t boot, uint64_t seed, core::RecordPool* pool) {
  MUSTER_CHECK(state_ == ProcessState::kStopped);
  core::Identity identity;
  identity.id = disk_.id;
  identity.epoch = ++disk_.epoch;
  identity.cluster = config_.cluster;
  identity.attributes.name = config_.name;
  identity.attributes.address = advertised();
  identity.attributes.tags = config_.tags;
  identity.attributes.boot = boot;
  identity.attributes.agent = "sim";
  node_ = std::make_unique<core::Node>(config_.options, std::move(identity), seed, now, pool);
  state_ = ProcessState::kRunning;
  machine_is_up_ = true;
  exit_ = Exit::kNone;
  accepted_ = 0;
  armed = TimePoint::Never();
  ++run_;
}

void SimNode::End(TimePoint now, Exit exit) {
  MUSTER_CHECK(state_ != ProcessState::kStopped);
  std::vector<Address> up;
  const core::MemberTable& members = node_->members();
  for (size_t i = 1; i < members.size() && up.size() < kRememberedMax; ++i) {
    if (members[i].is_up()) up.push_back(members[i].attributes().address);
  }
  // A process that never met anybody does not make the disk forget whom an earlier one met.
  if (!up.empty()) disk_.remembered = std::move(up);
  node_.reset();
  state_ = ProcessState::kStopped;
  exit_ = exit;
  ended_at_ = now;
  waiting_.clear();
  held_udp_bytes_ = 0;
  held_opened_ = 0;
}

void SimNode::Resume(std::vector<Waiting>* waiting) {
  MUSTER_CHECK(state_ == ProcessState::kPaused);
  state_ = ProcessState::kRunning;
  waiting->clear();
  waiting->swap(waiting_);
  held_udp_bytes_ = 0;
  held_opened_ = 0;
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
