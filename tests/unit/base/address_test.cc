#include "src/base/address.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "absl/status/status.h"

namespace muster {
namespace {

struct GoodCase {
  const char* text;
  const char* with_port;
  const char* ip;
  bool is_v4;
};

class GoodAddress : public ::testing::TestWithParam<GoodCase> {};

TEST_P(GoodAddress, ParsesAndPrints) {
  const auto address = Address::Parse(GetParam().text);
  ASSERT_TRUE(address.ok()) << address.status();
  EXPECT_EQ(address->ToString(), GetParam().with_port);
  EXPECT_EQ(address->IpToString(), GetParam().ip);
  EXPECT_EQ(address->is_v4(), GetParam().is_v4);
  EXPECT_TRUE(address->is_set());
  const auto again = Address::Parse(address->ToString());
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(*again, *address);
}

INSTANTIATE_TEST_SUITE_P(
    Table, GoodAddress,
    ::testing::Values(GoodCase{"10.0.0.1", "10.0.0.1:7946", "10.0.0.1", true},
                      GoodCase{"10.0.0.1:1", "10.0.0.1:1", "10.0.0.1", true},
                      GoodCase{"255.255.255.255:65535", "255.255.255.255:65535", "255.255.255.255",
                               true},
                      GoodCase{"::1", "[::1]:7946", "::1", false},
                      GoodCase{"[::1]", "[::1]:7946", "::1", false},
                      GoodCase{"[2001:db8::7]:80", "[2001:db8::7]:80", "2001:db8::7", false},
                      GoodCase{"2001:DB8::A", "[2001:db8::a]:7946", "2001:db8::a", false},
                      GoodCase{"::ffff:10.0.0.1", "10.0.0.1:7946", "10.0.0.1", true},
                      GoodCase{"[::ffff:10.0.0.1]:9", "10.0.0.1:9", "10.0.0.1", true}));

class BadAddress : public ::testing::TestWithParam<const char*> {};

TEST_P(BadAddress, IsRefusedWithTheText) {
  const auto address = Address::Parse(GetParam());
  ASSERT_FALSE(address.ok()) << address->ToString();
  EXPECT_EQ(address.status().code(), absl::StatusCode::kInvalidArgument);
  const std::string message(address.status().message());
  EXPECT_NE(message.find("'" + std::string(GetParam()) + "'"), std::string::npos) << message;
  EXPECT_NE(message.find("write IP, IP:PORT or [IPv6]:PORT"), std::string::npos) << message;
}

INSTANTIATE_TEST_SUITE_P(Table, BadAddress,
                         ::testing::Values("", ":", ":7946", "10.0.0", "10.0.0.1:", "10.0.0.1:0",
                                           "10.0.0.1:65536", "10.0.0.1:-1", "10.0.0.1:7x",
                                           "10.0.0.1: 7", "256.0.0.1", "10.0.0.1.2", "1.2.3.4/8",
                                           "localhost", "web-1:7946", "[::1", "[::1]7946",
                                           "[::1]:", "[::1]:0", "[]:1", "::1::", ":::", "fe80::1%1",
                                           " 10.0.0.1", "10.0.0.1 "));

TEST(Address, DefaultPortIsTheCallers) {
  const auto address = Address::Parse("10.0.0.1", 99);
  ASSERT_TRUE(address.ok());
  EXPECT_EQ(address->port(), 99);
}

TEST(Address, ZeroValueIsNoAddress) {
  EXPECT_FALSE(Address().is_set());
  EXPECT_TRUE(Address().is_unspecified());
  EXPECT_TRUE(Address::V4(0, 0).is_set());
  EXPECT_NE(Address(), Address::V4(0, 0));
}

TEST(Address, MappedIpv4IsPlainIpv4) {
  std::array<uint8_t, 16> mapped{};
  mapped[10] = mapped[11] = 0xff;
  mapped[12] = 10;
  mapped[15] = 1;
  EXPECT_EQ(Address::V6(mapped, 5), Address::V4(0x0a000001, 5));
  EXPECT_EQ(Address::V6(mapped, 5).v4(), 0x0a000001u);
}

struct ClassCase {
  const char* text;
  bool loopback;
  bool unspecified;
  bool is_private;
  bool link_local;
};

class AddressClass : public ::testing::TestWithParam<ClassCase> {};

TEST_P(AddressClass, IsTold) {
  const auto address = Address::Parse(GetParam().text);
  ASSERT_TRUE(address.ok()) << address.status();
  EXPECT_EQ(address->is_loopback(), GetParam().loopback);
  EXPECT_EQ(address->is_unspecified(), GetParam().unspecified);
  EXPECT_EQ(address->is_private(), GetParam().is_private);
  EXPECT_EQ(address->is_link_local(), GetParam().link_local);
}

INSTANTIATE_TEST_SUITE_P(Table, AddressClass,
                         ::testing::Values(ClassCase{"127.0.0.1", true, false, false, false},
                                           ClassCase{"127.255.0.9", true, false, false, false},
                                           ClassCase{"128.0.0.1", false, false, false, false},
                                           ClassCase{"0.0.0.0", false, true, false, false},
                                           ClassCase{"::", false, true, false, false},
                                           ClassCase{"::1", true, false, false, false},
                                           ClassCase{"10.255.0.1", false, false, true, false},
                                           ClassCase{"172.16.0.1", false, false, true, false},
                                           ClassCase{"172.31.255.1", false, false, true, false},
                                           ClassCase{"172.32.0.1", false, false, false, false},
                                           ClassCase{"192.168.1.1", false, false, true, false},
                                           ClassCase{"192.169.1.1", false, false, false, false},
                                           ClassCase{"fd00::1", false, false, true, false},
                                           ClassCase{"169.254.1.1", false, false, false, true},
                                           ClassCase{"fe80::1", false, false, false, true},
                                           ClassCase{"fec0::1", false, false, false, false},
                                           ClassCase{"8.8.8.8", false, false, false, false}));

TEST(Address, OrdersByIpThenPort) {
  EXPECT_LT(Address::V4(1, 9), Address::V4(2, 1));
  EXPECT_LT(Address::V4(1, 1), Address::V4(1, 2));
  EXPECT_EQ(Address::V4(1, 1).WithPort(2), Address::V4(1, 2));
}

}  // namespace
}  // namespace muster
