// A whole node under a script: the bytes decide what comes in (datagrams, streams, commands), from
// whom, and how time passes. Checked after each step: the table and the queue keep their limits,
// all that is sent is sound, a stranger gets no more than it sent, streams are used as the host
// contract says, and deadlines are cleared by handling them.

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/check.h"
#include "src/core/node.h"
#include "src/wire/codec.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/unit/core/claims.h"

namespace muster::core {
namespace {

constexpr uint64_t kMembers = 12;  // ids that the script can name; 0 is the node itself
constexpr int kLimit = 8;          // of members, tombstones and streams
constexpr size_t kStepsMax = 300;
constexpr Duration kSilence = Duration::Seconds(10);
constexpr char kCluster[] = "fuzz";

// Takes the script apart. At its end everything is zero.
class Script {
 public:
  Script(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  bool done() const { return at_ >= size_; }
  uint8_t Byte() { return done() ? 0 : data_[at_++]; }
  uint64_t Below(uint64_t n) { return Byte() % n; }
  bool Flag() { return Byte() % 2 == 1; }
  std::string Bytes(size_t n) {
    std::string bytes(reinterpret_cast<const char*>(data_ + at_), std::min(n, size_ - at_));
    at_ += bytes.size();
    return bytes;
  }

 private:
  const uint8_t* data_;
  size_t size_;
  size_t at_ = 0;
};

Options SmallOptions() {
  Options options = Options::For(Profile::kLocal);
  options.members_max = kLimit;
  options.tombstones_max = kLimit;
  options.streams_max = kLimit;
  options.tombstone_for = Duration::Seconds(60);
  options.tombstone_quiet = Duration::Seconds(10);
  options.rings = 3;
  return options;
}

Identity Self() {
  Identity identity;
  identity.id = IdOf(0);
  identity.epoch = 2;
  identity.cluster = kCluster;
  identity.attributes = AttributesOf(0);
  return identity;
}

class Host {
 public:
  Host(const uint8_t* data, size_t size)
      : script_(data, size),
        codec_(kCluster),
        now_(At(0)),
        node_(SmallOptions(), Self(), 1, now_, &pool_) {}

  void Run() {
    for (size_t step = 0; step < kStepsMax && !script_.done(); ++step) {
      effects_.Clear();
      OneStep();
      Check();
    }
    // Whatever happened: when all have been silent for long the node still makes sense.
    const TimePoint end = now_ + kSilence;
    while (node_.NextDeadline() < end) FireNext(kSilence);
  }

 private:
  void OneStep() {
    switch (script_.Below(10)) {
      case 0:
        return FireNext(Duration::Millis(script_.Byte() * 10));
      case 1:
        now_ += Duration::Millis(script_.Byte() * 40);  // nothing is run: the host is late
        return;
      case 2:
        return Datagram(script_.Bytes(script_.Byte()));
      case 3:
        return Datagram(SomePacket());
      case 4:
        return AnswerLastPing();
      case 5:
        return Accept();
      case 6:
        return StreamMessage();
      case 7:
        return StreamEvent();
      case 8:
        return Command();
      default:
        return FireNext(Duration::Seconds(1));
    }
  }

  void FireNext(Duration at_most) {
    now_ = std::max(now_, std::min(now_ + at_most, node_.NextDeadline()));
    for (int i = 0; i < 8; ++i) {
      effects_.Clear();
      node_.HandleDeadline(
          now_, script_.done() || script_.Flag() ? Backlog::kDrained : Backlog::kMore, effects_);
      Check();
      effects_.Clear();
      if (node_.NextDeadline() > now_) return;
    }
    MUSTER_CHECK(false && "a deadline that is never cleared");
  }

  // ---- What comes in ----
  Address SomeAddress() { return AttributesOf(script_.Below(kMembers + 2)).address; }

  wire::Update SomeUpdate() {
    const uint64_t n = script_.Below(kMembers);
    const auto state = static_cast<wire::State>(script_.Below(wire::kStateCount));
    static constexpr uint64_t kEpochs[] = {
        0, 1, 2, 3, 4, 1000, 1027, Incarnation::kEpochMax - 1, Incarnation::kEpochMax};
    static constexpr uint64_t kCounters[] = {
        0, 1, 2, 3, Incarnation::kCounterTop - 1, Incarnation::kCounterTop};
    const uint64_t epoch = kEpochs[script_.Below(std::size(kEpochs))];
    const uint64_t counter = kCounters[script_.Below(std::size(kCounters))];
    const uint64_t raw = Incarnation::Of(epoch, counter).raw();
    const uint8_t form = script_.Byte();
    wire::Update update = form % 4 == 0   ? Bare(n, raw, state)
                          : form % 4 == 1 ? Short(n, raw, state, 1 + form / 128)
                                          : Full(n, raw, state, 1 + form / 128);
    if (form & 4) update.age_s = script_.Byte();
    if (form & 8) update.elapsed_ms = script_.Byte() * 100u;
    if (form & 16 && update.attributes) {  // another's name or address
      if (form & 32) update.attributes->name = AttributesOf(script_.Below(kMembers)).name;
      if (form & 64) update.attributes->address = SomeAddress();
      update.attributes_hash = wire::AttributesHash(*update.attributes);
    }
    return update;
  }
  std::vector<wire::Update> SomeUpdates() {
    std::vector<wire::Update> updates(script_.Below(5));
    for (wire::Update& update : updates) update = SomeUpdate();
    return updates;
  }

  std::string SomePacket() {
    wire::Packet packet;
    packet.type = static_cast<wire::PacketType>(1 + script_.Below(6));
    packet.sender = IdOf(script_.Below(kMembers));
    packet.epoch = script_.Below(4);
    packet.sequence = script_.Byte();
    packet.health = static_cast<uint8_t>(script_.Below(9));
    if (script_.Flag()) packet.view = wire::ViewCell{script_.Byte(), script_.Byte()};
    if (script_.Flag()) packet.tombstones = wire::ViewCell{script_.Byte(), script_.Byte()};
    packet.target_prefix = script_.Flag() ? IdOf(0).hi : 0;
    packet.ring = script_.Byte();
    packet.target = IdOf(script_.Below(kMembers));
    packet.target_address = SomeAddress();
    packet.answers = script_.Byte();
    packet.pace_ms = static_cast<uint16_t>(script_.Byte() * 257);
    packet.wanted = {IdOf(script_.Below(kMembers))};
    packet.updates = SomeUpdates();
    std::string bytes;
    codec_.EncodePacket(packet, {}, &bytes);
    return bytes;
  }

  void Datagram(const std::string& bytes) {
    const Address from = SomeAddress();
    const bool stranger =
        std::none_of(node_.members().all().begin(), node_.members().all().end(),
                     [&](const MemberView& m) { return m.attributes().address == from; });
    node_.HandlePacket(now_, from, bytes, effects_);
    if (!stranger || node_.members().FindByAddress(from).size() != 0) return;
    size_t sent = 0;
    for (const Effects::Datagram& datagram : effects_.datagrams()) {
      if (datagram.to == from) sent += datagram.size;
    }
    MUSTER_CHECK(sent <= bytes.size());
  }

  void AnswerLastPing() {
    wire::Packet ack;
    ack.type = wire::PacketType::kAck;
    ack.sender = last_target_;
    if (last_target_.is_zero()) return;
    ack.answers = last_sequence_;
    ack.pace_ms = static_cast<uint16_t>(script_.Byte() * 257);
    if (script_.Flag()) ack.view = wire::ViewCell{script_.Byte(), script_.Byte()};
    ack.updates = SomeUpdates();
    std::string bytes;
    codec_.EncodePacket(ack, {}, &bytes);
    node_.HandlePacket(now_, last_to_, bytes, effects_);
  }

  void Accept() {
    streams_.push_back(next_inbound_);
    node_.HandleStreamOpened(now_, next_inbound_, SomeAddress(), effects_);
    next_inbound_ += 2;
  }

  void StreamMessage() {
    if (streams_.empty()) return;
    const StreamId stream = streams_[script_.Below(streams_.size())];
    wire::StreamMessage message;
    message.type = static_cast<wire::StreamType>(1 + script_.Below(12));
    message.sender = IdOf(script_.Below(kMembers));
    message.epoch = script_.Below(4);
    message.boot = script_.Below(3);
    message.cluster = script_.Below(8) == 7 ? "other" : kCluster;
    message.verdict = static_cast<wire::JoinVerdict>(1 + script_.Below(6));
    message.epoch_known =
        script_.Flag() ? script_.Byte() : Incarnation::kEpochMax - script_.Below(3);
    message.other_id = IdOf(script_.Below(kMembers));
    message.other_name = "other";
    message.tombstones = script_.Flag();
    message.last = script_.Flag();
    if (script_.Flag()) message.view = wire::ViewCell{script_.Byte(), script_.Byte()};
    for (uint64_t i = script_.Below(4); i > 0; --i) {
      message.wanted.push_back(IdOf(script_.Below(kMembers)));
    }
    AddComparison(&message);
    message.updates = SomeUpdates();
    if (message.type == wire::StreamType::kJoin && !message.updates.empty()) {
      message.sender = message.updates[0].id;  // or it is malformed
    }
    std::string frame;
    codec_.EncodeFrame(message, {}, &frame);
    node_.HandleStreamMessage(now_, stream, frame.substr(wire::limits::kFrameHeaderBytes),
                              effects_);
  }

  void AddComparison(wire::StreamMessage* message) {
    const auto hashes = [&](size_t count) {
      for (size_t i = 0; i < count; ++i) message->hashes.push_back(script_.Byte());
    };
    switch (message->type) {
      case wire::StreamType::kSyncCells:
        message->salt = script_.Byte();
        message->range_bits = static_cast<uint8_t>(script_.Below(3));
        return hashes(size_t{1} << message->range_bits);
      case wire::StreamType::kSyncSplit:
      case wire::StreamType::kSyncPrints:
        for (uint64_t i = script_.Below(4); i > 0; --i) {
          message->ranges.push_back(static_cast<uint32_t>(script_.Below(wire::limits::kLeavesMax)));
        }
        std::sort(message->ranges.begin(), message->ranges.end());
        if (message->type == wire::StreamType::kSyncSplit) {
          return hashes(message->ranges.size() * wire::limits::kLeavesPerRange);
        }
        for (size_t i = 0; i < message->ranges.size(); ++i) {
          message->range_sizes.push_back(static_cast<uint32_t>(script_.Below(3)));
          hashes(message->range_sizes.back());
        }
        for (const uint32_t hash : message->hashes) {
          message->incarnations.push_back(Incarnation::Of(1, hash % 4));
        }
        return;
      case wire::StreamType::kSyncSummary:
        message->reads_common = message->tombstones;
        return;
      case wire::StreamType::kSyncRecords:
        if (message->last) message->common = {7946, 4000, "fuzz"};
        return;
      default:
        return;
    }
  }

  void StreamEvent() {
    if (streams_.empty()) return;
    const size_t i = script_.Below(streams_.size());
    const StreamId stream = streams_[i];
    if (stream % 2 == 1 && script_.Flag()) {
      node_.HandleStreamOpened(now_, stream, SomeAddress(), effects_);
      return;
    }
    streams_.erase(streams_.begin() + static_cast<std::ptrdiff_t>(i));
    node_.HandleStreamClosed(now_, stream, static_cast<StreamEnd>(script_.Below(6)), effects_);
  }

  void Command() {
    const HostId id = IdOf(script_.Below(kMembers));
    switch (script_.Below(6)) {
      case 0:
        if (script_.Flag()) return node_.SetHints(now_, {SomeAddress(), SomeAddress()}, effects_);
        return node_.SetSeeds(now_, {SomeAddress()}, {SomeAddress()}, effects_);
      case 1: {
        const std::vector<Address> addresses = {SomeAddress(), SomeAddress()};
        node_.Join(now_, addresses, effects_).status().IgnoreError();
        return;
      }
      case 2:
        if (script_.Below(4) == 3) node_.Leave(now_, effects_).IgnoreError();
        return;
      case 3: {
        const bool prune = script_.Flag();
        node_.ForceLeave(now_, id, prune, script_.Flag(), effects_).IgnoreError();
        return;
      }
      case 4:
        node_.SetTags(now_, {{"k", std::to_string(script_.Byte())}}, effects_).IgnoreError();
        return;
      default:
        node_.Ping(now_, id, effects_).status().IgnoreError();
    }
  }

  // ---- What must hold ----
  void Check() {
    const MemberTable& table = node_.members();
    MUSTER_CHECK(table.up_count() + table.count(wire::State::kLeaving) <= kLimit + 1);
    MUSTER_CHECK(table.tombstone_count() <= kLimit + 1);  // itself, when it has left
    MUSTER_CHECK(node_.queue_depth() <= table.size());
    MUSTER_CHECK(table.self().id() == IdOf(0));
    MUSTER_CHECK(table.self().state == wire::State::kAlive || node_.leaving());
    for (const Effects::Datagram& datagram : effects_.datagrams()) {
      const std::string_view bytes = effects_.bytes(datagram);
      wire::Packet packet;
      MUSTER_CHECK(codec_.DecodePacket(bytes, &packet) == wire::Reject::kNone);
      if (datagram.probe_sequence == 0) continue;
      last_sequence_ = packet.sequence;
      last_to_ = datagram.to;
      last_target_ = HostId();
      for (uint64_t n = 1; n < kMembers; ++n) {
        if (IdOf(n).hi == packet.target_prefix) last_target_ = IdOf(n);
      }
    }
    for (const Effects::StreamAction& action : effects_.stream_actions()) Carry(action);
  }

  void Carry(const Effects::StreamAction& action) {
    const auto it = std::find(streams_.begin(), streams_.end(), action.stream);
    if (action.verb == Effects::StreamVerb::kOpen) {
      MUSTER_CHECK(it == streams_.end() && action.stream % 2 == 1);
      streams_.push_back(action.stream);
      return;
    }
    // The node may close a stream whose end it was just told; it never sends on one.
    if (action.verb == Effects::StreamVerb::kClose) {
      if (it != streams_.end()) streams_.erase(it);
      return;
    }
    MUSTER_CHECK(it != streams_.end());
    wire::StreamMessage message;
    const std::string_view body = effects_.bytes(action).substr(wire::limits::kFrameHeaderBytes);
    MUSTER_CHECK(codec_.DecodeFrame(body, &message) == wire::Reject::kNone);
  }

  Script script_;
  wire::Codec codec_;
  RecordPool pool_;
  TimePoint now_;
  Node node_;
  Effects effects_;
  std::vector<StreamId> streams_;  // those that stand
  StreamId next_inbound_ = 2;
  HostId last_target_;
  Address last_to_;
  uint32_t last_sequence_ = 0;
};

}  // namespace
}  // namespace muster::core

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  muster::core::Host(data, size).Run();
  return 0;
}
