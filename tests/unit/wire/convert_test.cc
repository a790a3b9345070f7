#include "src/wire/convert.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "proto/gossip.pb.h"
#include "src/wire/attributes.h"
#include "tests/unit/wire/samples.h"

namespace muster::wire {
namespace {

using testing::Describe;

TEST(Convert, ClaimHoldsStateReasonAndCounter) {
  for (int state = 0; state < kStateCount; ++state) {
    for (int reason = 0; reason <= static_cast<int>(Reason::kReplaced); ++reason) {
      for (const uint64_t counter : {uint64_t{0}, uint64_t{1}, Incarnation::kCounterTop}) {
        Update update = testing::SampleUpdate();
        update.state = static_cast<State>(state);
        update.reason = static_cast<Reason>(reason);
        update.incarnation = Incarnation::Of(3, counter);
        proto::Update message;
        ToProto(update, &message);
        EXPECT_EQ(message.claim(),
                  static_cast<uint64_t>(state) + 8 * static_cast<uint64_t>(reason) + 128 * counter);
        Update back;
        ASSERT_EQ(FromProto(message, {}, &back), Reject::kNone);
        EXPECT_EQ(Describe(back), Describe(update));
      }
    }
  }
}

TEST(Convert, TheHashTravelsOnlyWithoutTheAttributes) {
  proto::Update message;
  ToProto(testing::SampleUpdate(), &message);
  EXPECT_EQ(message.attributes_hash(), testing::SampleUpdate().attributes_hash);
  EXPECT_FALSE(message.has_attributes());
  message.Clear();
  ToProto(testing::SampleFullUpdate(), &message);
  EXPECT_EQ(message.attributes_hash(), 0u);
  // A hash that comes along all the same is not believed.
  message.set_attributes_hash(7);
  Update back;
  ASSERT_EQ(FromProto(message, {}, &back), Reject::kNone);
  EXPECT_EQ(back.attributes_hash, AttributesHash(*back.attributes));
}

TEST(Convert, DecodingAPacketKeepsTheMemoryOfItsVectors) {
  Packet packet = testing::SamplePacket(PacketType::kPull);
  packet.updates.resize(30);
  const size_t ids = packet.wanted.capacity();
  proto::Packet message;
  ToProto(testing::SamplePacket(PacketType::kGossip), &message);
  ASSERT_EQ(FromProto(message, &packet), Reject::kNone);
  EXPECT_EQ(Describe(packet), Describe(testing::SamplePacket(PacketType::kGossip)));
  EXPECT_GE(packet.updates.capacity(), 30u);
  EXPECT_EQ(packet.wanted.capacity(), ids);
}

TEST(Convert, Addresses) {
  std::array<uint8_t, 16> ip{};
  ip[0] = 0xfd;
  ip[15] = 9;
  for (const Address& address : {Address::V4(0x7f000701, 1), Address::V6(ip, 65'535)}) {
    std::string bytes;
    SetIp(address, &bytes);
    EXPECT_EQ(bytes.size(), address.is_v4() ? 4u : 16u);
    Address back;
    EXPECT_EQ(ReadAddress(bytes, address.port(), &back), Reject::kNone);
    EXPECT_EQ(back, address);
  }
  Address back;
  EXPECT_EQ(ReadAddress("\x7f", 1, &back), Reject::kName);
  EXPECT_EQ(ReadAddress("", 1, &back), Reject::kName);
  EXPECT_EQ(ReadAddress("\x7f\x01\x01\x01", 0, &back), Reject::kName);
  EXPECT_EQ(ReadAddress("\x7f\x01\x01\x01", 65'536, &back), Reject::kName);
}

TEST(Convert, ViewCells) {
  std::optional<ViewCell> cell = ViewCell{1, 1};
  EXPECT_EQ(ReadViewCell(false, 0, 0, &cell), Reject::kNone);
  EXPECT_FALSE(cell.has_value());
  EXPECT_EQ(ReadViewCell(true, 0, 0, &cell), Reject::kNone);
  EXPECT_EQ(cell, ViewCell()) << "an empty set is not an absent one";
  EXPECT_EQ(ReadViewCell(true, 5, 6, &cell), Reject::kNone);
  EXPECT_EQ(cell, (ViewCell{5, 6}));
  EXPECT_EQ(ReadViewCell(false, 0, 6, &cell), Reject::kMalformed);
}

TEST(Convert, HostIds) {
  HalvesOfIds halves;
  std::vector<HostId> ids = {{9, 9}};
  EXPECT_EQ(ReadHostIds(halves, 2, &ids), Reject::kNone);
  EXPECT_TRUE(ids.empty());
  for (const uint64_t half : {1, 0, 0, 2}) halves.Add(half);
  EXPECT_EQ(ReadHostIds(halves, 2, &ids), Reject::kNone);
  EXPECT_EQ(ids, (std::vector<HostId>{{1, 0}, {0, 2}}));
  EXPECT_EQ(ReadHostIds(halves, 1, &ids), Reject::kLimit);
  halves.Add(3);
  EXPECT_EQ(ReadHostIds(halves, 9, &ids), Reject::kMalformed);
  halves.Set(4, 0);
  halves.Add(0);
  EXPECT_EQ(ReadHostIds(halves, 9, &ids), Reject::kMalformed);
}

}  // namespace
}  // namespace muster::wire
