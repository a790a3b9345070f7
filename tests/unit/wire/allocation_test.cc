// A warm codec takes no memory per datagram. Counts every call of operator new in this program.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <functional>
#include <new>
#include <string>

#include "proto/gossip.pb.h"
#include "src/wire/codec.h"
#include "src/wire/framing.h"
#include "tests/unit/wire/samples.h"

namespace {

size_t g_allocations = 0;
size_t g_allocated_bytes = 0;

void* Allocate(size_t bytes) {
  ++g_allocations;
  g_allocated_bytes += bytes;
  if (void* memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
  std::abort();
}

}  // namespace

void* operator new(size_t bytes) { return Allocate(bytes); }
void* operator new[](size_t bytes) { return Allocate(bytes); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }

namespace muster::wire {
namespace {

using testing::kCluster;
using testing::SamplePacket;
using testing::SampleUpdate;

size_t AllocationsOf(const std::function<void()>& work) {
  const size_t before = g_allocations;
  work();
  return g_allocations - before;
}

TEST(Allocation, TheCounterCounts) {
  EXPECT_EQ(AllocationsOf([] { delete new int; }), 1u);
}

TEST(Allocation, NoneInAWarmCodec) {
  Codec codec(kCluster);
  std::string datagram;
  Packet decoded;
  for (const PacketType type : testing::kAllPacketTypes) {
    Packet packet = SamplePacket(type);
    if (type == PacketType::kGossip) {
      for (uint64_t i = 0; i < 25; ++i) packet.updates.push_back(SampleUpdate(i));
    }
    Reject reject = Reject::kNone;
    const auto round = [&] {
      datagram.clear();
      codec.EncodePacket(packet, "", &datagram);
      codec.OverheadBytes(packet);
      reject = codec.DecodePacket(datagram, &decoded);
    };
    round();
    ASSERT_EQ(reject, Reject::kNone);
    EXPECT_EQ(AllocationsOf(round), 0u) << "type " << static_cast<int>(type);
    EXPECT_EQ(decoded.updates.size(), packet.updates.size());
  }
}

TEST(Allocation, NoneForPiecesOfShortUpdates) {
  const Update update = SampleUpdate();
  std::string piece;
  EncodeUpdate(update, &piece);
  EXPECT_EQ(AllocationsOf([&] {
              piece.clear();
              EncodeUpdate(update, &piece);
            }),
            0u);
}

TEST(Allocation, NoneForRejectedDatagrams) {
  Codec codec(kCluster);
  Packet decoded;
  const std::string junk[] = {std::string(600, 'x'), testing::Envelope("staging", "x"),
                              testing::Envelope(kCluster, std::string(600, '\x7a'))};
  for (const std::string& bytes : junk) codec.DecodePacket(bytes, &decoded);
  EXPECT_EQ(AllocationsOf([&] {
              for (const std::string& bytes : junk) codec.DecodePacket(bytes, &decoded);
            }),
            0u);
}

// Empty elements take two bytes each on the wire and some 70 once parsed.
TEST(Allocation, HostileCountsAreRefusedBeforeTheyCost) {
  Codec codec(kCluster);
  StreamMessage decoded;
  std::string updates;
  for (int i = 0; i < 30'000; ++i) updates += std::string("\x7a\x00", 2);
  std::string tags;
  for (int i = 0; i < 30'000; ++i) tags += std::string("\x3a\x00", 2);
  proto::StreamMessage with_tags;
  with_tags.set_type(static_cast<uint32_t>(StreamType::kSyncRecords));
  with_tags.set_sender_hi(1);
  ASSERT_TRUE(with_tags.add_updates()->mutable_attributes()->MergeFromString(tags));
  for (const std::string& body : {updates, with_tags.SerializeAsString()}) {
    const std::string frame = testing::Envelope(kCluster, body);
    ASSERT_LE(frame.size(), limits::kFrameBytesMax);
    const size_t before = g_allocated_bytes;
    EXPECT_EQ(codec.DecodeFrame(frame, &decoded), Reject::kLimit);
    EXPECT_EQ(g_allocated_bytes - before, 0u);
  }
}

// A length of 64 KiB alone takes no memory; the bytes behind it do when they are there.
TEST(Allocation, FrameReaderTakesMemoryAsBytesArrive) {
  FrameReader reader;
  std::string_view body;
  const size_t before = g_allocated_bytes;
  reader.Append(std::string_view("\x00\x01\x00\x00", 4));
  EXPECT_EQ(reader.Next(&body), FrameReader::Result::kNeedMore);
  EXPECT_LE(g_allocated_bytes - before, 64u);
}

}  // namespace
}  // namespace muster::wire
