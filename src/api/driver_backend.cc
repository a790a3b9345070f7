#include "src/api/driver_backend.h"

#include "src/core/member_table.h"
#include "src/core/node.h"
#include "src/core/rtt.h"

namespace muster::api {

Member DriverBackend::member(size_t index) const {
  const core::Node& node = driver_->node();
  const core::MemberView* shown = node.shown(index);
  const core::MemberView& view = shown != nullptr ? *shown : node.members()[index];
  Member member;
  member.id = view.id();
  member.name = view.attributes().name;
  member.address = view.attributes().address;
  member.tags = &view.attributes().tags;
  // Not shown yet is like not shown any more.
  member.state = shown != nullptr ? view.state : wire::State::kPruned;
  member.incarnation = view.incarnation;
  member.since_us = driver_->ToUnixMicros(view.since());
  member.rtt = core::SmoothedRtt(view);
  member.is_self = index == 0;
  member.health = member.is_self ? node.local_health() : view.health;
  return member;
}

StatusView DriverBackend::status() const {
  const core::Node& node = driver_->node();
  const core::MemberTable& members = node.members();
  StatusView status;
  status.address = members.self().attributes().address;
  status.tolerance = node.options().tolerance;
  for (size_t i = 0; i < status.counts.size(); ++i) {
    status.counts[i] = node.shown_count(static_cast<wire::State>(i));
  }
  status.held = node.held_changes();
  status.digest = members.view_cell().hash;

  const core::Node::Agreement agreement = node.agreement(driver_->now());
  status.peers = agreement.peers;
  status.agreeing = agreement.agreeing;
  for (const core::Differing& peer : agreement.differing) {
    const int64_t index = members.IndexOf(peer.id);
    status.differing.push_back(
        {index < 0 ? peer.id.ToHex() : DisplayName(index), driver_->ToUnixMicros(peer.since)});
  }
  status.health = node.local_health();
  status.isolated = node.isolated();
  status.probation = node.on_probation();
  status.leaving = node.leaving();
  // Ready is who shows the members that it joined.
  status.join = node.is_arriving() ? core::JoinState::kJoining : driver_->join_state();
  status.last_join_error = driver_->last_join_error();
  status.rejected = node.stats().rejected;

  const runtime::LoopLag lag = driver_->loop_lag();
  status.loop_lag_p50_ms = lag.p50;
  status.loop_lag_p99_ms = lag.p99;
  const runtime::Traffic traffic = driver_->traffic();
  status.udp_packets_out = traffic.udp_packets_out;
  status.udp_packets_in = traffic.udp_packets_in;
  status.udp_bytes_out = traffic.udp_bytes_out;
  status.udp_bytes_in = traffic.udp_bytes_in;
  status.tcp_bytes_out = traffic.tcp_bytes_out;
  status.tcp_bytes_in = traffic.tcp_bytes_in;
  return status;
}

absl::Status DriverBackend::ForceLeave(const HostId& id, bool prune, bool evict) {
  absl::Status done = driver_->ForceLeave(id, prune, evict);
  if (done.ok() && presence_ != nullptr) presence_->Forget(id);
  return done;
}

}  // namespace muster::api
