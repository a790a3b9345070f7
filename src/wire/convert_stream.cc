#include <string>

#include "proto/gossip.pb.h"
#include "src/wire/attributes.h"
#include "src/wire/convert.h"
#include "src/wire/limits.h"

namespace muster::wire {
namespace {

bool HasCluster(StreamType type) {
  return type == StreamType::kJoin || type == StreamType::kWrongCluster;
}

bool IsSync(StreamType type) {
  return type == StreamType::kSyncSummary || type == StreamType::kSyncRecords;
}

void WriteJoinAnswer(const StreamMessage& from, proto::StreamMessage* to) {
  to->set_verdict(static_cast<uint32_t>(from.verdict));
  to->set_epoch_known(from.epoch_known);
  if (from.seen_as.is_set()) {
    SetIp(from.seen_as, to->mutable_seen_as_ip());
    to->set_seen_as_port(from.seen_as.port());
  }
  to->set_other_name(from.other_name);
  to->set_other_hi(from.other_id.hi);
  to->set_other_lo(from.other_id.lo);
  if (from.other_address.is_set()) {
    SetIp(from.other_address, to->mutable_other_ip());
    to->set_other_port(from.other_address.port());
  }
}

Reject ReadJoinAnswer(const proto::StreamMessage& from, StreamMessage* to) {
  if (from.verdict() < static_cast<uint32_t>(JoinVerdict::kAccepted) ||
      from.verdict() > static_cast<uint32_t>(JoinVerdict::kFull) ||
      from.epoch_known() > Incarnation::kEpochMax) {
    return Reject::kMalformed;
  }
  to->verdict = static_cast<JoinVerdict>(from.verdict());
  to->epoch_known = from.epoch_known();
  if (!from.seen_as_ip().empty()) {
    const Reject reject = ReadAddress(from.seen_as_ip(), from.seen_as_port(), &to->seen_as);
    if (reject != Reject::kNone) return reject;
  }
  to->other_id = {from.other_hi(), from.other_lo()};
  const bool names_other =
      to->verdict == JoinVerdict::kNameTaken || to->verdict == JoinVerdict::kAddressTaken;
  if (names_other && to->other_id.is_zero()) return Reject::kMalformed;
  if (from.other_name().size() > limits::kNameBytesMax) return Reject::kLimit;
  if (!from.other_name().empty() && !IsValidName(from.other_name())) return Reject::kName;
  to->other_name = from.other_name();
  if (from.other_ip().empty()) return Reject::kNone;
  return ReadAddress(from.other_ip(), from.other_port(), &to->other_address);
}

Reject ReadCluster(const std::string& cluster, StreamMessage* to) {
  if (cluster.empty()) return Reject::kMalformed;
  if (cluster.size() > limits::kClusterBytesMax) return Reject::kLimit;
  if (!IsValidCluster(cluster)) return Reject::kName;
  to->cluster = cluster;
  return Reject::kNone;
}

Reject ReadFieldsOfType(const proto::StreamMessage& from, StreamMessage* to) {
  switch (to->type) {
    case StreamType::kJoin:
    case StreamType::kWrongCluster:
      return ReadCluster(from.cluster(), to);
    case StreamType::kJoinAnswer:
      return ReadJoinAnswer(from, to);
    case StreamType::kPing:
      to->target = {from.target_hi(), from.target_lo()};
      return Reject::kNone;
    case StreamType::kSyncSummary:
    case StreamType::kSyncRecords:
      to->tombstones = from.tombstones();
      to->last = from.last();
      return ReadHostIds(from.wanted(), limits::kWantedPerFrameMax, &to->wanted);
    case StreamType::kAck:
    case StreamType::kLeave:
    case StreamType::kReceipt:
      return Reject::kNone;
  }
  return Reject::kMalformed;
}

// What a message must bring beside its own fields.
bool HasRequiredUpdates(const StreamMessage& message) {
  if (message.type == StreamType::kLeave) return !message.updates.empty();
  if (message.type != StreamType::kJoin) return true;
  if (message.updates.empty()) return false;
  const Update& joiner = message.updates.front();
  return joiner.id == message.sender && joiner.state == State::kAlive && joiner.attributes;
}

}  // namespace

void ToProto(const StreamMessage& from, proto::StreamMessage* to) {
  to->set_type(static_cast<uint32_t>(from.type));
  to->set_sender_hi(from.sender.hi);
  to->set_sender_lo(from.sender.lo);
  to->set_epoch(from.epoch);
  to->set_boot(from.boot);
  if (from.view) {
    to->set_view_hash(from.view->hash);
    to->set_view_count(from.view->count);
  }
  if (HasCluster(from.type)) to->set_cluster(from.cluster);
  if (from.type == StreamType::kJoinAnswer) WriteJoinAnswer(from, to);
  if (from.type == StreamType::kPing) {
    to->set_target_hi(from.target.hi);
    to->set_target_lo(from.target.lo);
  }
  if (IsSync(from.type)) {
    to->set_tombstones(from.tombstones);
    to->set_last(from.last);
    for (const HostId& id : from.wanted) {
      to->add_wanted(id.hi);
      to->add_wanted(id.lo);
    }
  }
  for (const Update& update : from.updates) ToProto(update, to->add_updates());
}

Reject FromProto(const proto::StreamMessage& from, StreamMessage* to) {
  *to = StreamMessage{};
  if (from.type() < static_cast<uint32_t>(StreamType::kJoin) ||
      from.type() > static_cast<uint32_t>(StreamType::kReceipt)) {
    return Reject::kMalformed;
  }
  to->type = static_cast<StreamType>(from.type());
  to->sender = {from.sender_hi(), from.sender_lo()};
  // Who tells a stranger the name of its cluster need not tell more.
  if (to->sender.is_zero() && to->type != StreamType::kWrongCluster) return Reject::kMalformed;
  if (from.epoch() > Incarnation::kEpochMax) return Reject::kMalformed;
  to->epoch = from.epoch();
  to->boot = from.boot();
  Reject reject =
      ReadViewCell(from.has_view_hash(), from.view_hash(), from.view_count(), &to->view);
  if (reject != Reject::kNone) return reject;
  reject = ReadFieldsOfType(from, to);
  if (reject != Reject::kNone) return reject;
  reject = ReadUpdates(from.updates(), limits::kUpdatesPerFrameMax, &to->updates);
  if (reject != Reject::kNone) return reject;
  return HasRequiredUpdates(*to) ? Reject::kNone : Reject::kMalformed;
}

}  // namespace muster::wire
