#include "src/base/ids.h"

#include <gtest/gtest.h>

#include <string>

namespace muster {
namespace {

constexpr HostId kId{0x0123456789abcdef, 0xfedcba9876543210};

TEST(HostId, HexRoundTrip) {
  EXPECT_EQ(kId.ToHex(), "0123456789abcdeffedcba9876543210");
  EXPECT_EQ(HostId::FromHex(kId.ToHex()), kId);
  EXPECT_EQ(HostId::FromHex("0123456789ABCDEFFEDCBA9876543210"), kId);
  EXPECT_EQ(kId.ToHexPrefix(4), "0123");
  EXPECT_EQ(kId.ToHexPrefix(16), "0123456789abcdef");
}

TEST(HostId, RefusesWhatIsNot32HexDigits) {
  const std::string good = kId.ToHex();
  const std::string table[] = {"",
                               good.substr(1),
                               good + "0",
                               " " + good.substr(1),
                               good.substr(1) + "g",
                               good.substr(1) + "-",
                               "0x" + good.substr(2)};
  for (const std::string& text : table) EXPECT_FALSE(HostId::FromHex(text).has_value()) << text;
}

TEST(HostId, ZeroIsNobody) {
  EXPECT_TRUE(HostId().is_zero());
  EXPECT_FALSE((HostId{0, 1}).is_zero());
  EXPECT_FALSE((HostId{1, 0}).is_zero());
}

TEST(HostId, OrdersByHighHalfFirst) {
  EXPECT_LT((HostId{1, 9}), (HostId{2, 0}));
  EXPECT_LT((HostId{1, 1}), (HostId{1, 2}));
}

// Ring places and view cells are compared between hosts: these values may never change.
TEST(HostId, HashIsStable) {
  EXPECT_EQ(kId.Hash(), 0x98c67307d7ddb926u);
  EXPECT_EQ(kId.Hash(7), 0xb13929777a9e8772u);
}

TEST(Incarnation, PacksEpochAboveCounter) {
  const Incarnation incarnation = Incarnation::Of(5, 9);
  EXPECT_EQ(incarnation.raw(), (uint64_t{5} << 24) + 9);
  EXPECT_EQ(incarnation.epoch(), 5u);
  EXPECT_EQ(incarnation.counter(), 9u);
  EXPECT_EQ(Incarnation::FromRaw(incarnation.raw()), incarnation);
  EXPECT_EQ(Incarnation::Of(Incarnation::kEpochMax, Incarnation::kCounterTop).raw(), UINT64_MAX);
}

TEST(Incarnation, NewerEpochBeatsAnyCounter) {
  EXPECT_GT(Incarnation::Of(6, 0), Incarnation::Of(5, Incarnation::kCounterTop));
}

TEST(Incarnation, RefutationSaturatesBelowTheBarAndTheEviction) {
  constexpr uint64_t kTop = Incarnation::kCounterTop;
  EXPECT_EQ(Incarnation::Of(5, 0).Refuted(), Incarnation::Of(5, 1));
  EXPECT_EQ(Incarnation::Of(5, kTop - 3).Refuted(), Incarnation::Of(5, kTop - 2));
  EXPECT_EQ(Incarnation::Of(5, kTop - 2).Refuted(), Incarnation::Of(5, kTop - 2));
  EXPECT_EQ(Incarnation::Of(5, 3).Barred(), Incarnation::Of(5, kTop - 1));
  EXPECT_TRUE(Incarnation::Of(5, 3).Barred().is_barred());
  EXPECT_GT(Incarnation::Of(5, 3).Barred(), Incarnation::Of(5, kTop - 2).Refuted());
  EXPECT_EQ(Incarnation::Of(5, 3).Evicted(), Incarnation::Of(5, kTop));
  EXPECT_TRUE(Incarnation::Of(5, 3).Evicted().is_top());
  EXPECT_FALSE(Incarnation::Of(5, 3).Evicted().is_barred());
  EXPECT_GT(Incarnation::Of(5, 3).Evicted(), Incarnation::Of(5, 3).Barred());
}

}  // namespace
}  // namespace muster
