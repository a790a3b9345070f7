// Time of the protocol's state machine, without sockets. Figures to reach: a packet's worth of work
// in well under the microseconds that memberlist (Go) takes for the codec alone.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/core/member_table.h"
#include "src/core/node.h"
#include "src/core/options.h"
#include "src/wire/codec.h"
#include "tests/unit/core/claims.h"

namespace muster::core {
namespace {

constexpr uint64_t kMembers = 10'000;
constexpr size_t kTableMax = 20'000;

std::vector<wire::Update> Updates(uint64_t incarnation, bool full) {
  std::vector<wire::Update> updates;
  for (uint64_t n = 0; n < kMembers; ++n) {
    updates.push_back(full ? Full(n, incarnation, wire::State::kAlive)
                           : Short(n, incarnation, wire::State::kAlive));
  }
  return updates;
}

void ApplyAll(const std::vector<wire::Update>& updates, MemberTable* table) {
  for (const wire::Update& update : updates) {
    benchmark::DoNotOptimize(table->Apply(At(0), update));
  }
}

void CountUpdates(benchmark::State& state) {
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) *
                          static_cast<int64_t>(kMembers));
}

// 10,000 full updates of members not known before, into an empty table.
void MergeUnknownMembers(benchmark::State& state) {
  const std::vector<wire::Update> updates = Updates(1, true);
  size_t bytes = 0;
  for (auto _ : state) {
    RecordPool pool;
    MemberTable table(&pool, kTableMax, kTableMax);
    ApplyAll(updates, &table);
    bytes = table.BytesUsed();
  }
  CountUpdates(state);
  state.counters["bytes_per_member"] = static_cast<double>(bytes) / static_cast<double>(kMembers);
}
BENCHMARK(MergeUnknownMembers)->Unit(benchmark::kMillisecond);

// 10,000 short updates that each raise a known member's incarnation.
void MergeRaisedIncarnations(benchmark::State& state) {
  RecordPool pool;
  MemberTable table(&pool, kTableMax, kTableMax);
  ApplyAll(Updates(1, true), &table);
  std::vector<wire::Update> updates = Updates(1, false);
  uint64_t incarnation = 1;
  for (auto _ : state) {
    ++incarnation;
    for (wire::Update& update : updates) update.incarnation = Incarnation::FromRaw(incarnation);
    ApplyAll(updates, &table);
  }
  CountUpdates(state);
}
BENCHMARK(MergeRaisedIncarnations)->Unit(benchmark::kMillisecond);

// 10,000 updates that say what the table holds: the most frequent ones.
void MergeKnownFacts(benchmark::State& state) {
  RecordPool pool;
  MemberTable table(&pool, kTableMax, kTableMax);
  ApplyAll(Updates(1, true), &table);
  const std::vector<wire::Update> updates = Updates(1, false);
  for (auto _ : state) ApplyAll(updates, &table);
  CountUpdates(state);
}
BENCHMARK(MergeKnownFacts)->Unit(benchmark::kMillisecond);

// A node that has heard of all members; the benchmark plays the others, who answer every ping at
// once and hold the same table.
class Cluster {
 public:
  explicit Cluster(uint64_t members)
      : codec_("default"),
        node_(Options::For(Profile::kLan), Self(), 1, At(0), &pool_),
        members_(members) {
    std::vector<wire::Update> updates;
    wire::Packet packet;
    packet.type = wire::PacketType::kGossip;
    packet.sender = IdOf(1);
    for (uint64_t n = 1; n < members; ++n) {
      packet.updates.push_back(Full(n, Incarnation::Of(1, 0).raw(), wire::State::kAlive));
      if (packet.updates.size() < 10 && n + 1 < members) continue;
      Deliver(packet);
      packet.updates.clear();
    }
    while (node_.queue_depth() > 0) Step();
  }

  // Until the next deadline, and answers what came out. Returns the pings answered.
  size_t Step() {
    effects_.Clear();
    now_ = std::max(now_ + Duration::Micros(1), node_.NextDeadline());
    node_.HandleDeadline(now_, Backlog::kDrained, effects_);
    pings_.clear();
    for (const Effects::Datagram& datagram : effects_.datagrams()) {
      if (datagram.probe_sequence != 0) pings_.push_back({datagram.to, datagram.probe_sequence});
    }
    for (const Ping& ping : pings_) Answer(ping);
    return pings_.size();
  }

  const Node& node() const { return node_; }

 private:
  struct Ping {
    Address to;
    uint32_t sequence;
  };

  static Identity Self() {
    Identity self;
    self.id = IdOf(0);
    self.attributes = AttributesOf(0);
    return self;
  }

  void Deliver(const wire::Packet& packet) {
    datagram_.clear();
    codec_.EncodePacket(packet, {}, &datagram_);
    effects_.Clear();
    node_.HandlePacket(now_, AttributesOf(1).address, datagram_, effects_);
  }

  void Answer(const Ping& ping) {
    ack_.type = wire::PacketType::kAck;
    ack_.sender = IdOf(ping.to.v4() - AttributesOf(0).address.v4());
    ack_.epoch = 1;
    ack_.answers = ping.sequence;
    ack_.pace_ms = static_cast<uint16_t>(std::min<uint64_t>(members_ - 1, 9) * 1000);
    ack_.view = node_.members().view_cell();
    datagram_.clear();
    codec_.EncodePacket(ack_, {}, &datagram_);
    effects_.Clear();
    node_.HandlePacket(now_, ping.to, datagram_, effects_);
  }

  RecordPool pool_;
  wire::Codec codec_;
  Node node_;
  uint64_t members_;
  TimePoint now_ = At(0);
  Effects effects_;
  std::string datagram_;
  wire::Packet ack_;
  std::vector<Ping> pings_;
};

void NextDeadline(benchmark::State& state) {
  Cluster cluster(static_cast<uint64_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(cluster.node().NextDeadline());
}
BENCHMARK(NextDeadline)->Arg(32)->Arg(10'000);

// One ping out and its ack in, deadlines and round-trip estimate included; the encoding of the ack,
// which another member would do, is part of the time.
void ProbeRound(benchmark::State& state) {
  Cluster cluster(static_cast<uint64_t>(state.range(0)));
  const uint64_t answered_before = cluster.node().stats().probes_answered;
  size_t pings = 0;
  for (auto _ : state) {
    size_t answered = 0;
    while (answered == 0) answered = cluster.Step();
    pings += answered;
  }
  if (cluster.node().stats().probes_answered - answered_before != pings) {
    state.SkipWithError("a ping went unanswered");
  }
  state.SetItemsProcessed(static_cast<int64_t>(pings));
}
BENCHMARK(ProbeRound)->Arg(32)->Arg(10'000);

}  // namespace
}  // namespace muster::core

BENCHMARK_MAIN();
