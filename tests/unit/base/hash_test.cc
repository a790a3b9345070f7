#include "src/base/hash.h"

#include <gtest/gtest.h>

#include "src/base/digest.h"

namespace muster {
namespace {

// The first outputs of the reference SplitMix64 for these seeds.
TEST(Mix64, EqualsTheReference) {
  EXPECT_EQ(Mix64(0), 0xe220a8397b1dcdafu);
  EXPECT_EQ(Mix64(1234567), 6457827717110365317u);
}

TEST(HashCombine, IsStableAndOrdered) {
  EXPECT_EQ(HashCombine(1, 2), 0xe06dd043328bd285u);
  EXPECT_EQ(HashCombine(2, 1), 0xbcd9dbb49673066bu);
}

TEST(Digest, IsStable) {
  Digest digest;
  EXPECT_EQ(digest.value(), 0u);
  digest.Add(5);
  digest.Add("abc");
  EXPECT_EQ(digest.value(), 0x16194eebbde8a019u);
}

TEST(Digest, TellsOrderAndBordersApart) {
  const auto of = [](std::string_view a, std::string_view b) {
    Digest digest;
    digest.Add(a);
    digest.Add(b);
    return digest.value();
  };
  EXPECT_NE(of("ab", "c"), of("a", "bc"));
  EXPECT_NE(of("a", "b"), of("b", "a"));
  EXPECT_NE(of("", ""), of("", std::string_view("\0", 1)));
}

}  // namespace
}  // namespace muster
