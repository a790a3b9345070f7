// What a swarm run shows to the reader of a failure.

#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "src/wire/codec.h"
#include "tests/sim/swarm.h"

namespace muster::sim {

const char* FaultName(Fault fault) {
  constexpr const char* kNames[kFaultCount] = {
      "crash",     "power-off", "lost-disk", "pause",     "long-pause", "partition", "one-way-cut",
      "udp-off",   "loss",      "noise",     "lateness",  "leave",      "tags",      "block",
      "cpu-share", "clock",     "bursts",    "host-loss", "slow-line"};
  return kNames[static_cast<int>(fault)];
}

std::string PlanArguments(const SwarmPlan& plan) {
  std::string text = absl::StrCat("--seed=", plan.seed);
  if (plan.members > 0) absl::StrAppend(&text, " --members=", plan.members);
  if (!plan.all_faults) absl::StrAppend(&text, " --faults=", absl::StrJoin(plan.faults, ","));
  return text;
}

std::string Swarm::Describe() const {
  std::string text = absl::StrCat("seed ", plan_.seed, ", ", hosts_, " hosts, ",
                                  local_ ? "local" : "lan", " profile, faults:");
  for (int i = 0; i < kFaultCount; ++i) {
    const Fault fault = static_cast<Fault>(i);
    if (Enabled(fault)) absl::StrAppend(&text, " ", FaultName(fault), "*", report_.fired[i]);
  }
  return text;
}

void Swarm::Log(const std::string& line) {
  absl::StrAppend(&report_.log, "  ", cluster_->now().micros() / 1000, " ms ", line, "\n");
}

void Swarm::TracePackets(TimePoint from, TimePoint to) {
  cluster_->network().SetFilter(
      [this, from, to](int sender, int receiver, Transports transport, std::string_view bytes) {
        const TimePoint now = cluster_->now();
        if (now >= from && now <= to) LogPacket(sender, receiver, transport, bytes);
        return false;
      });
}

void Swarm::LogPacket(int from, int to, Transports transport, std::string_view bytes) {
  constexpr const char* kTypes[] = {"?",    "ping",   "ping-request", "ack", "nack",
                                    "pull", "gossip", "vote-request", "vote"};
  static_assert(std::size(kTypes) == wire::kPacketTypes);
  std::string line = absl::StrCat("    n", from + 1, " > n", to + 1, " ");
  wire::Packet packet;
  if (transport == kTcp) {
    absl::StrAppend(&line, "tcp ", bytes.size());
  } else if (codec_.DecodePacket(bytes, &packet) == wire::Reject::kNone) {
    absl::StrAppend(&line, kTypes[static_cast<int>(packet.type)], " ", packet.sequence);
    if (packet.answers != 0) absl::StrAppend(&line, " to ", packet.answers);
    for (const wire::Update& update : packet.updates) {
      absl::StrAppend(&line, ", n", cluster_->HostOf(update.id) + 1, " ",
                      wire::StateName(update.state), " ", update.incarnation.epoch(), ".",
                      update.incarnation.counter());
    }
  }
  if (cluster_->network().Blocked(from, to, transport)) line += " (cut)";
  Log(line);
}

// Only what begins at this host; what it heard from others would drown the rest.
void Swarm::LogEvent(const Recorded& recorded) {
  const core::Event& event = recorded.event;
  const HostId own = cluster_->host(recorded.host).disk().id;
  const bool is_accuser = event.by == static_cast<uint32_t>(own.hi >> 32);
  const std::string subject = absl::StrCat(" n", cluster_->HostOf(event.member) + 1);
  switch (event.type) {
    case core::EventType::kMemberSuspected:
      if (is_accuser) Log(absl::StrCat("n", recorded.host + 1, " suspects", subject));
      break;
    case core::EventType::kMemberFailed:
      if (is_accuser) Log(absl::StrCat("n", recorded.host + 1, " fails", subject));
      break;
    case core::EventType::kRefutedSelf:
      Log(absl::StrCat("n", recorded.host + 1, " refutes"));
      break;
    case core::EventType::kStopConflict:
    case core::EventType::kStopRefused:
      Log(absl::StrCat("n", recorded.host + 1, " stops: ", event.detail));
      break;
    default:
      break;
  }
}

std::string Swarm::Disagreement() const {
  std::string text;
  for (int host = 0; host < hosts_; ++host) {
    const SimNode& node = cluster_->host(host);
    absl::StrAppend(&text, "n", host + 1, " ");
    if (node.node() == nullptr) {
      absl::StrAppend(&text, "stopped: ", ExitName(node.exit()), "\n");
      continue;
    }
    const core::MemberTable& members = node.node()->members();
    absl::StrAppend(&text, members.up_count(), " up");
    for (const core::MemberView& member : members.all()) {
      const int other = cluster_->HostOf(member.id());
      const bool is_current = other >= 0 && cluster_->host(other).disk().id == member.id();
      if (is_current && member.state == wire::State::kAlive) continue;
      if (!is_current && !member.is_up()) continue;
      absl::StrAppend(&text, ", n", other + 1, is_current ? " " : ".old ",
                      wire::StateName(member.state));
    }
    absl::StrAppend(&text, "\n");
  }
  return text;
}

}  // namespace muster::sim
