#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/check.h"
#include "src/base/time.h"
#include "src/core/effects.h"
#include "src/core/node.h"
#include "src/wire/codec.h"
#include "src/wire/message.h"
#include "tests/unit/core/claims.h"

namespace muster::core {

// One node, member 0 of the tests, and a hand that forges what others send it. Drives the node
// through its public interface alone, as the host contract wants it. Each input replaces what the
// one before it made the node send.
class NodeHarness {
 public:
  static constexpr const char* kCluster = "default";

  explicit NodeHarness(const Options& options = Options(), uint64_t seed = 1)
      : codec_(kCluster), now_(At(0)), node_(options, Self(), seed, now_, &pool_) {}

  static Identity Self() {
    Identity identity;
    identity.id = IdOf(0);
    identity.epoch = 1;
    identity.cluster = kCluster;
    identity.attributes = AttributesOf(0);
    return identity;
  }
  static Address AddressOf(uint64_t n) { return AttributesOf(n).address; }

  Node& node() { return node_; }
  const Node& node() const { return node_; }
  TimePoint now() const { return now_; }
  const Effects& effects() const { return effects_; }
  wire::Codec& codec() { return codec_; }

  // ---- Inputs ----
  void Receive(const Address& from, std::string_view bytes) {
    effects_.Clear();
    node_.HandlePacket(now_, from, bytes, effects_);
  }
  // A packet that member `sender` stamped, from its own address or from `from`.
  void Receive(uint64_t sender, wire::Packet packet) {
    ReceiveFrom(AddressOf(sender), sender, std::move(packet));
  }
  void ReceiveFrom(const Address& from, uint64_t sender, wire::Packet packet) {
    Receive(from, Encode(sender, std::move(packet)));
  }
  void Gossip(uint64_t sender, std::vector<wire::Update> updates) {
    wire::Packet packet;
    packet.type = wire::PacketType::kGossip;
    packet.updates = std::move(updates);
    Receive(sender, std::move(packet));
  }
  // Members 1 to `last` become known and alive, each by its own word.
  void Meet(uint64_t last) {
    for (uint64_t n = 1; n <= last; ++n) Gossip(n, {Full(n, kFirst, wire::State::kAlive)});
  }
  void Open(StreamId stream, const Address& peer) {
    effects_.Clear();
    node_.HandleStreamOpened(now_, stream, peer, effects_);
  }
  void Stream(StreamId stream, uint64_t sender, const wire::StreamMessage& message) {
    effects_.Clear();
    node_.HandleStreamMessage(now_, stream, EncodeBody(sender, message), effects_);
  }
  void EndStream(StreamId stream, StreamEnd end) {
    effects_.Clear();
    node_.HandleStreamClosed(now_, stream, end, effects_);
  }
  // Runs what is due; the node's clock stands still.
  void Fire(Backlog backlog = Backlog::kDrained) {
    effects_.Clear();
    node_.HandleDeadline(now_, backlog, effects_);
  }
  // Time passes and nothing is run.
  void SkipTo(TimePoint t) { now_ = std::max(now_, t); }
  // To the next deadline, or by `wait` if that is sooner; what was due there is in effects().
  void Step(Duration wait) {
    now_ = std::max(now_, std::min(now_ + wait, node_.NextDeadline()));
    Fire();
  }
  // Runs all deadlines of the next `span`; `each` sees the effects of each.
  template <typename Each>
  void Run(Duration span, Each each) {
    const TimePoint end = now_ + span;
    while (node_.NextDeadline() <= end) {
      Step(end - now_);
      each();
    }
    now_ = end;
  }
  void Run(Duration span) {
    Run(span, [] {});
  }

  // The peers' side of a probe: all but `silent` answer the pings just sent, and vote truly when
  // asked. Returns how many answered.
  int AnswerPings(uint64_t silent = 0) {
    int answers = 0;
    std::vector<std::pair<Address, wire::Packet>> sent;
    for (const Effects::Datagram& datagram : effects_.datagrams()) {
      sent.emplace_back(datagram.to, Decode(effects_.bytes(datagram)));
    }
    for (const auto& [to, asked] : sent) {
      if (asked.type == wire::PacketType::kVoteRequest) {
        const uint64_t voter = MemberAt(to);
        if (voter == silent) continue;
        Vote(voter, asked, asked.target == IdOf(silent) ? wire::Vote::kFor : wire::Vote::kAgainst);
        continue;
      }
      const uint64_t n = asked.target_prefix - 1;  // IdOf
      if (asked.type != wire::PacketType::kPing || n == silent) continue;
      Ack(n, asked.sequence);
      ++answers;
    }
    return answers;
  }
  // `answered_ms`: since the subject last answered that voter; 0: not known.
  void Vote(uint64_t voter, const wire::Packet& request, wire::Vote vote,
            uint32_t answered_ms = 0) {
    wire::Packet packet;
    packet.type = wire::PacketType::kVote;
    packet.target = request.target;
    packet.answers = request.sequence;
    packet.vote = vote;
    packet.answered_ms = answered_ms;
    Receive(voter, std::move(packet));
  }
  void Ack(uint64_t sender, uint32_t answers, std::vector<wire::Update> updates = {}) {
    wire::Packet ack;
    ack.type = wire::PacketType::kAck;
    ack.answers = answers;
    ack.updates = std::move(updates);
    Receive(sender, std::move(ack));
  }

  // ---- Bytes ----
  std::string Encode(uint64_t sender, wire::Packet packet) {
    packet.sender = IdOf(sender);
    packet.epoch = 1;
    packet.sequence = ++sequence_;
    std::string bytes;
    codec_.EncodePacket(packet, {}, &bytes);
    return bytes;
  }
  std::string EncodeBody(uint64_t sender, wire::StreamMessage message) {
    if (message.sender.is_zero()) message.sender = IdOf(sender);
    message.epoch = 1;
    message.boot = 1;
    std::string frame;
    codec_.EncodeFrame(message, {}, &frame);
    return frame.substr(wire::limits::kFrameHeaderBytes);
  }

  // ---- Outputs of the last input ----
  std::vector<wire::Packet> Packets() {
    std::vector<wire::Packet> packets;
    for (const Effects::Datagram& datagram : effects_.datagrams()) {
      packets.push_back(Decode(effects_.bytes(datagram)));
    }
    return packets;
  }
  // Short updates tell half an id: the rest is filled in, as a receiver does from its table.
  wire::Packet Decode(std::string_view bytes) {
    wire::Packet packet;
    MUSTER_CHECK(codec_.DecodePacket(bytes, &packet) == wire::Reject::kNone);
    for (wire::Update& update : packet.updates) {
      if (!update.id.is_whole()) update.id = IdOf(update.id.hi - 1);
    }
    return packet;
  }
  // Whose address that is; 0 where it is nobody's among the first hundred.
  static uint64_t MemberAt(const Address& address) {
    for (uint64_t n = 1; n < 100; ++n) {
      if (AddressOf(n) == address) return n;
    }
    return 0;
  }
  std::vector<wire::StreamMessage> Frames(StreamId stream) {
    std::vector<wire::StreamMessage> frames;
    for (const Effects::StreamAction& action : effects_.stream_actions()) {
      if (action.verb != Effects::StreamVerb::kSend || action.stream != stream) continue;
      frames.emplace_back();
      const std::string_view body = effects_.bytes(action).substr(wire::limits::kFrameHeaderBytes);
      MUSTER_CHECK(codec_.DecodeFrame(body, &frames.back()) == wire::Reject::kNone);
    }
    return frames;
  }
  bool Closes(StreamId stream) const {
    return std::any_of(effects_.stream_actions().begin(), effects_.stream_actions().end(),
                       [stream](const Effects::StreamAction& action) {
                         return action.verb == Effects::StreamVerb::kClose &&
                                action.stream == stream;
                       });
  }
  int Count(EventType type) const {
    return static_cast<int>(
        std::count_if(effects_.events().begin(), effects_.events().end(),
                      [type](const Event& event) { return event.type == type; }));
  }
  wire::State StateOf(uint64_t n) const {
    const MemberView* member = node_.member(IdOf(n));
    MUSTER_CHECK(member != nullptr);
    return member->state;
  }
  uint64_t Rejected(wire::Reject reject) const {
    return node_.stats().rejected[static_cast<size_t>(reject)];
  }

  // The incarnation that members are met at.
  static constexpr uint64_t kFirst = uint64_t{1} << Incarnation::kCounterBits;

 private:
  wire::Codec codec_;
  RecordPool pool_;
  TimePoint now_;
  Effects effects_;
  uint32_t sequence_ = 0;
  Node node_;
};

// All that an attacker might want to change.
struct Snapshot {
  explicit Snapshot(const Node& node)
      : version(node.members().version()),
        size(node.members().size()),
        view(node.members().view_cell()),
        tombstones(node.members().tombstone_cell()),
        incarnation(node.incarnation()) {}
  friend bool operator==(const Snapshot&, const Snapshot&) = default;

  uint64_t version;
  size_t size;
  wire::ViewCell view;
  wire::ViewCell tombstones;
  Incarnation incarnation;
};

// Inputs that were rejected, for whatever reason.
inline uint64_t AllRejected(const NodeHarness& h) {
  uint64_t sum = 0;
  for (int i = 0; i < wire::kRejectCount; ++i) sum += h.Rejected(static_cast<wire::Reject>(i));
  return sum;
}

}  // namespace muster::core
