#include "src/agent/address_choice.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace muster::agent {
namespace {

std::vector<InterfaceAddress> List(std::vector<std::pair<const char*, const char*>> entries) {
  std::vector<InterfaceAddress> list;
  for (const auto& [interface, ip] : entries) {
    list.push_back({interface, Address::Parse(ip)->WithPort(0)});
  }
  return list;
}

TEST(AddressChoiceTest, Rules) {
  struct Row {
    const char* what;
    std::vector<InterfaceAddress> addresses;
    bool ipv4_only;
    const char* chosen;
  };
  const Row rows[] = {
      {"private before public",
       List({{"lo", "127.0.0.1"}, {"eth0", "203.0.113.9"}, {"eth1", "192.168.1.4"}}), true,
       "192.168.1.4"},
      {"the first of several private", List({{"eth0", "10.1.1.1"}, {"docker0", "172.17.0.1"}}),
       true, "10.1.1.1"},
      {"public where there is no private",
       List({{"lo", "127.0.0.1"}, {"eth0", "203.0.113.9"}, {"eth1", "203.0.113.10"}}), true,
       "203.0.113.9"},
      {"link-local never", List({{"eth0", "169.254.7.7"}, {"eth1", "203.0.113.9"}}), true,
       "203.0.113.9"},
      {"no IPv6 for an IPv4 socket", List({{"eth0", "fd00::1"}, {"eth0", "203.0.113.9"}}), true,
       "203.0.113.9"},
      {"IPv6 for one that serves both", List({{"eth0", "fe80::1"}, {"eth0", "fd00::1"}}), false,
       "fd00::1"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    const absl::StatusOr<AddressChoice> choice = ChooseAddress(row.addresses, row.ipv4_only);
    ASSERT_TRUE(choice.ok()) << choice.status();
    EXPECT_EQ(choice->address.IpToString(), row.chosen);
  }
}

TEST(AddressChoiceTest, SaysWhatItPassedOver) {
  const absl::StatusOr<AddressChoice> choice = ChooseAddress(
      List({{"lo", "127.0.0.1"}, {"eth0", "10.0.0.5"}, {"docker0", "172.17.0.1"}}), true);
  ASSERT_TRUE(choice.ok());
  EXPECT_EQ(choice->why, "eth0; not chosen: 127.0.0.1 (lo, loopback), 172.17.0.1 (docker0)");
}

TEST(AddressChoiceTest, NothingUsableListsTheCandidates) {
  const absl::Status status =
      ChooseAddress(List({{"lo", "127.0.0.1"}, {"eth0", "169.254.7.7"}, {"eth1", "2001:db8::1"}}),
                    true)
          .status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  const std::string text(status.message());
  for (const char* part : {"127.0.0.1 (lo, loopback)", "169.254.7.7 (eth0, link-local)",
                           "2001:db8::1 (eth1, IPv6, but bound to IPv4)", "--advertise"}) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  }
  EXPECT_NE(std::string(ChooseAddress({}, true).status().message()).find("none at all"),
            std::string::npos);
}

}  // namespace
}  // namespace muster::agent
