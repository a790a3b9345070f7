#include <algorithm>
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

bool HasWanted(StreamType type) {
  return type == StreamType::kSyncSummary || type == StreamType::kSyncRecords;
}

bool IsSync(StreamType type) {
  return HasWanted(type) || type == StreamType::kSyncCells || type == StreamType::kSyncSplit ||
         type == StreamType::kSyncPrints;
}

// Which of the fields of a comparison of ranges a type has.
bool HasRanges(StreamType type) {
  return type == StreamType::kSyncSplit || type == StreamType::kSyncPrints;
}
bool HasHashes(StreamType type) { return IsSync(type) && type != StreamType::kSyncSummary; }

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
  if (names_other && !to->other_id.is_whole()) return Reject::kMalformed;
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

// Whether each hash has its place.
bool IsSoundComparison(const StreamMessage& message) {
  uint64_t prints = 0;
  switch (message.type) {
    case StreamType::kSyncCells:
      return message.hashes.size() == size_t{1} << message.range_bits;
    case StreamType::kSyncSplit:
      return message.hashes.size() == message.ranges.size() * limits::kLeavesPerRange;
    case StreamType::kSyncPrints:
      for (const uint32_t size : message.range_sizes) prints += size;
      return message.range_sizes.size() == message.ranges.size() &&
             message.hashes.size() == prints && message.incarnations.size() == prints;
    default:
      return true;
  }
}

Reject ReadPrints(const proto::StreamMessage& from, StreamMessage* to) {
  constexpr int kMax = limits::kPrintsPerFrameMax;
  if (from.hashes_size() > kMax || from.epochs_size() > kMax || from.counters_size() > kMax) {
    return Reject::kLimit;
  }
  to->range_sizes.assign(from.range_sizes().begin(), from.range_sizes().end());
  if (from.epochs_size() != from.counters_size()) return Reject::kMalformed;
  to->incarnations.reserve(static_cast<size_t>(from.epochs_size()));
  for (int i = 0; i < from.epochs_size(); ++i) {
    if (from.epochs(i) > Incarnation::kEpochMax || from.counters(i) > Incarnation::kCounterTop) {
      return Reject::kMalformed;
    }
    to->incarnations.push_back(Incarnation::Of(from.epochs(i), from.counters(i)));
  }
  return Reject::kNone;
}

// What the updates of a frame leave out is valid by itself, or they are refused one by one.
Reject ReadCommon(const proto::StreamMessage& from, StreamMessage* to) {
  if (to->type == StreamType::kSyncSummary) to->reads_common = from.reads_common();
  if (to->type != StreamType::kSyncRecords || !from.has_common()) return Reject::kNone;
  if (from.common().agent().size() > limits::kAgentBytesMax) return Reject::kLimit;
  if (from.common().port() == 0 || from.common().port() > UINT16_MAX) return Reject::kMalformed;
  to->common.port = static_cast<uint16_t>(from.common().port());
  to->common.tolerance_ms = from.common().tolerance_ms();
  to->common.agent = from.common().agent();
  return Reject::kNone;
}

Reject ReadComparison(const proto::StreamMessage& from, StreamMessage* to) {
  if (HasHashes(to->type)) {
    if (from.hashes_size() > static_cast<int>(limits::kHashesPerFrameMax)) return Reject::kLimit;
    to->hashes.assign(from.hashes().begin(), from.hashes().end());
  }
  if (HasRanges(to->type)) {
    constexpr int kMax = limits::kRangesPerFrameMax;
    if (from.ranges_size() > kMax || from.range_sizes_size() > kMax) return Reject::kLimit;
    to->ranges.assign(from.ranges().begin(), from.ranges().end());
    if (!std::is_sorted(to->ranges.begin(), to->ranges.end())) return Reject::kMalformed;
    if (!to->ranges.empty() && to->ranges.back() >= limits::kLeavesMax) return Reject::kLimit;
    if (to->type == StreamType::kSyncPrints) {
      const Reject reject = ReadPrints(from, to);
      if (reject != Reject::kNone) return reject;
    }
  }
  if (to->type == StreamType::kSyncCells) {
    if (from.range_bits() > limits::kRangeBitsMax) return Reject::kLimit;
    to->salt = from.salt();
    to->range_bits = static_cast<uint8_t>(from.range_bits());
  }
  return IsSoundComparison(*to) ? Reject::kNone : Reject::kMalformed;
}

Reject ReadFieldsOfType(const proto::StreamMessage& from, StreamMessage* to) {
  Reject reject = Reject::kNone;
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
      reject = ReadHostIds(from.wanted(), limits::kWantedPerFrameMax, &to->wanted);
      if (reject == Reject::kNone) reject = ReadCommon(from, to);
      if (reject != Reject::kNone) return reject;
      [[fallthrough]];
    case StreamType::kSyncCells:
    case StreamType::kSyncSplit:
    case StreamType::kSyncPrints:
      to->tombstones = from.tombstones();
      to->last = from.last();
      return ReadComparison(from, to);
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
  }
  if (HasWanted(from.type)) {
    for (const HostId& id : from.wanted) {
      to->add_wanted(id.hi);
      to->add_wanted(id.lo);
    }
  }
  if (from.type == StreamType::kSyncCells) {
    to->set_salt(from.salt);
    to->set_range_bits(from.range_bits);
  }
  if (HasHashes(from.type)) to->mutable_hashes()->Add(from.hashes.begin(), from.hashes.end());
  if (HasRanges(from.type)) to->mutable_ranges()->Add(from.ranges.begin(), from.ranges.end());
  if (from.type == StreamType::kSyncPrints) {
    to->mutable_range_sizes()->Add(from.range_sizes.begin(), from.range_sizes.end());
    for (const Incarnation incarnation : from.incarnations) {
      to->add_epochs(incarnation.epoch());
      to->add_counters(static_cast<uint32_t>(incarnation.counter()));
    }
  }
  if (from.type == StreamType::kSyncSummary) to->set_reads_common(from.reads_common);
  if (from.type == StreamType::kSyncRecords && from.common.port != 0) {
    to->mutable_common()->set_port(from.common.port);
    to->mutable_common()->set_tolerance_ms(from.common.tolerance_ms);
    to->mutable_common()->set_agent(from.common.agent);
  }
  for (const Update& update : from.updates) ToProto(update, to->add_updates());
}

Reject FromProto(const proto::StreamMessage& from, StreamMessage* to) {
  *to = StreamMessage{};
  if (from.type() < static_cast<uint32_t>(StreamType::kJoin) ||
      from.type() > static_cast<uint32_t>(StreamType::kSyncPrints)) {
    return Reject::kMalformed;
  }
  to->type = static_cast<StreamType>(from.type());
  to->sender = {from.sender_hi(), from.sender_lo()};
  // Who tells a stranger the name of its cluster need not tell more.
  if (!to->sender.is_whole() && to->type != StreamType::kWrongCluster) return Reject::kMalformed;
  if (from.epoch() > Incarnation::kEpochMax) return Reject::kMalformed;
  to->epoch = from.epoch();
  to->boot = from.boot();
  Reject reject =
      ReadViewCell(from.has_view_hash(), from.view_hash(), from.view_count(), &to->view);
  if (reject != Reject::kNone) return reject;
  reject = ReadFieldsOfType(from, to);
  if (reject != Reject::kNone) return reject;
  reject = ReadUpdates(from.updates(), limits::kUpdatesPerFrameMax, to->common, &to->updates);
  for (const Update& update : to->updates) {
    if (!update.id.is_whole()) return Reject::kMalformed;
  }
  if (reject != Reject::kNone) return reject;
  return HasRequiredUpdates(*to) ? Reject::kNone : Reject::kMalformed;
}

}  // namespace muster::wire
