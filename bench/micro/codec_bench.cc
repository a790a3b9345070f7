// Time of the codec per datagram, envelope and checksum included. Figures to reach: a ping in
// 140 ns each way, a tenth of what memberlist (Go) takes.

#include <benchmark/benchmark.h>

#include <cstddef>
#include <string>

#include "src/wire/codec.h"
#include "tests/unit/wire/samples.h"

namespace muster::wire {
namespace {

// Short updates, spliced in until no other fits in a datagram.
std::string FillPieces(Codec* codec, const Packet& packet) {
  std::string pieces;
  for (uint64_t i = 0;; ++i) {
    std::string piece;
    EncodeUpdate(testing::SampleUpdate(100 + i), &piece);
    const size_t bytes = codec->OverheadBytes(packet) + pieces.size() + piece.size();
    if (bytes > limits::kDatagramBytesMax) return pieces;
    pieces += piece;
  }
}

void Encode(benchmark::State& state, const Packet& packet, bool is_full) {
  Codec codec(testing::kCluster);
  const std::string pieces = is_full ? FillPieces(&codec, packet) : "";
  std::string datagram;
  for (auto _ : state) {
    datagram.clear();
    codec.EncodePacket(packet, pieces, &datagram);
    benchmark::DoNotOptimize(datagram.data());
    benchmark::ClobberMemory();
  }
  state.counters["bytes"] = static_cast<double>(datagram.size());
}

void Decode(benchmark::State& state, const Packet& packet, bool is_full) {
  Codec codec(testing::kCluster);
  const std::string pieces = is_full ? FillPieces(&codec, packet) : "";
  std::string datagram;
  codec.EncodePacket(packet, pieces, &datagram);
  Packet decoded;
  for (auto _ : state) {
    if (codec.DecodePacket(datagram, &decoded) != Reject::kNone) {
      state.SkipWithError("the datagram was rejected");
      return;
    }
    benchmark::DoNotOptimize(&decoded);
    benchmark::ClobberMemory();
  }
  state.counters["bytes"] = static_cast<double>(datagram.size());
  state.counters["updates"] = static_cast<double>(decoded.updates.size());
}

void EncodePing(benchmark::State& state) {
  Encode(state, testing::SamplePacket(PacketType::kPing), false);
}
BENCHMARK(EncodePing);

void DecodePing(benchmark::State& state) {
  Decode(state, testing::SamplePacket(PacketType::kPing), false);
}
BENCHMARK(DecodePing);

void EncodeAck(benchmark::State& state) {
  Encode(state, testing::SamplePacket(PacketType::kAck), false);
}
BENCHMARK(EncodeAck);

void DecodeAck(benchmark::State& state) {
  Decode(state, testing::SamplePacket(PacketType::kAck), false);
}
BENCHMARK(DecodeAck);

// Each fact is encoded once when it is learnt; a full packet then splices the pieces.
void EncodeFullPacketOfPieces(benchmark::State& state) {
  Encode(state, testing::SamplePacket(PacketType::kPing), true);
}
BENCHMARK(EncodeFullPacketOfPieces);

void EncodeFullPacketOfUpdates(benchmark::State& state) {
  Codec codec(testing::kCluster);
  Packet packet = testing::SamplePacket(PacketType::kPing);
  for (uint64_t i = 0; codec.OverheadBytes(packet) <= limits::kDatagramBytesMax; ++i) {
    packet.updates.push_back(testing::SampleUpdate(100 + i));
  }
  packet.updates.pop_back();
  Encode(state, packet, false);
}
BENCHMARK(EncodeFullPacketOfUpdates);

void DecodeFullPacket(benchmark::State& state) {
  Decode(state, testing::SamplePacket(PacketType::kPing), true);
}
BENCHMARK(DecodeFullPacket);

void EncodeShortUpdate(benchmark::State& state) {
  const Update update = testing::SampleUpdate();
  std::string piece;
  for (auto _ : state) {
    piece.clear();
    benchmark::DoNotOptimize(EncodeUpdate(update, &piece));
  }
  state.counters["bytes"] = static_cast<double>(piece.size());
}
BENCHMARK(EncodeShortUpdate);

// One frame of full records, as in a join.
void DecodeFrameOfRecords(benchmark::State& state) {
  Codec codec(testing::kCluster);
  StreamMessage message = testing::SampleStreamMessage(StreamType::kSyncRecords);
  for (uint64_t i = 0; i < 256; ++i) message.updates.push_back(testing::SampleFullUpdate(10 + i));
  std::string frame;
  codec.EncodeFrame(message, "", &frame);
  const std::string_view body = std::string_view(frame).substr(limits::kFrameHeaderBytes);
  StreamMessage decoded;
  for (auto _ : state) {
    if (codec.DecodeFrame(body, &decoded) != Reject::kNone) {
      state.SkipWithError("the frame was rejected");
      return;
    }
    benchmark::DoNotOptimize(&decoded);
  }
  state.counters["bytes"] = static_cast<double>(frame.size());
}
BENCHMARK(DecodeFrameOfRecords);

}  // namespace
}  // namespace muster::wire

BENCHMARK_MAIN();
