#include "src/runtime/sockaddr.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <uv.h>

#include <algorithm>
#include <string>
#include <utility>

namespace muster::runtime {
namespace {

Address Parse(const char* text) { return *Address::Parse(text); }

TEST(SockaddrTest, RoundTripsOnBothKindsOfSockets) {
  for (const char* text : {"10.0.0.1:7946", "127.0.0.1:1", "[fd00::1]:65535", "[::1]:7946"}) {
    const Address address = Parse(text);
    for (const bool ipv6_socket : {false, true}) {
      const sockaddr_storage storage = ToSockaddr(address, ipv6_socket);
      const bool as_v4 = address.is_v4() && !ipv6_socket;
      EXPECT_EQ(storage.ss_family, as_v4 ? AF_INET : AF_INET6);
      EXPECT_EQ(FromSockaddr(reinterpret_cast<const sockaddr*>(&storage)), address) << text;
    }
  }
  sockaddr_storage other{};
  other.ss_family = AF_UNIX;
  EXPECT_FALSE(FromSockaddr(reinterpret_cast<const sockaddr*>(&other)).is_set());
}

TEST(SockaddrTest, WhoReachesWhom) {
  struct Row {
    const char* local;
    const char* remote;
    bool reaches;
  };
  for (const Row& row :
       {Row{"127.0.0.1", "10.0.0.1", true}, Row{"0.0.0.0", "10.0.0.1", true},
        Row{"0.0.0.0", "fd00::1", false}, Row{"::", "10.0.0.1", true}, Row{"::", "fd00::1", true},
        Row{"fd00::2", "fd00::1", true}, Row{"fd00::2", "10.0.0.1", false}}) {
    EXPECT_EQ(CanReach(Parse(row.local), Parse(row.remote)), row.reaches)
        << row.local << " to " << row.remote;
  }
}

TEST(SockaddrTest, BindErrorsNameAddressAndRemedy) {
  const Address address = Parse("127.0.0.9:7946");
  for (const auto& [error, code] : {std::pair{UV_EADDRINUSE, absl::StatusCode::kAlreadyExists},
                                    std::pair{UV_EACCES, absl::StatusCode::kPermissionDenied},
                                    std::pair{UV_EADDRNOTAVAIL, absl::StatusCode::kInvalidArgument},
                                    std::pair{UV_ENOBUFS, absl::StatusCode::kUnavailable}}) {
    const absl::Status status = BindError("UDP", address, error);
    EXPECT_EQ(status.code(), code);
    const std::string text(status.message());
    EXPECT_EQ(text.find("cannot listen on UDP 127.0.0.9:7946\n"), 0u) << text;
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2) << text;
  }
}

}  // namespace
}  // namespace muster::runtime
