#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "src/store/bytes_received.h"
#include "src/store/postgresql_error.h"
#include "src/store/postgresql_target.h"
#include "src/store/socket_watch.h"
#include "tests/store/contract/loop.h"

namespace muster::store {
namespace {

using absl::StatusCode;

TEST(PostgresqlErrorTest, EverySqlStateHasItsCode) {
  const std::pair<const char*, StatusCode> expected[] = {
      {"08006", StatusCode::kUnavailable},
      {"57P01", StatusCode::kUnavailable},
      {"57P03", StatusCode::kUnavailable},
      {"58030", StatusCode::kUnavailable},
      {"40001", StatusCode::kUnavailable},
      {"XX000", StatusCode::kUnavailable},
      {"", StatusCode::kUnavailable},
      {"2", StatusCode::kUnavailable},
      {"28P01", StatusCode::kUnauthenticated},
      {"28000", StatusCode::kUnauthenticated},
      {"42501", StatusCode::kPermissionDenied},
      {"53100", StatusCode::kResourceExhausted},
      {"53300", StatusCode::kResourceExhausted},
      {"25006", StatusCode::kFailedPrecondition},
      {"3D000", StatusCode::kFailedPrecondition},
      {"42703", StatusCode::kFailedPrecondition},
      {"57P04", StatusCode::kFailedPrecondition},
      {"57014", StatusCode::kDeadlineExceeded},
      {"XX001", StatusCode::kDataLoss},
  };
  for (const auto& [sqlstate, code] : expected)
    EXPECT_EQ(PostgresqlCode(sqlstate), code) << sqlstate;
}

TEST(PostgresqlErrorTest, TheLastTryToConnectCounts) {
  const absl::Status status = PostgresqlConnectError(
      "connection to server at \"h\" (10.0.0.1), port 5432 failed: SSL error\n"
      "connection to server at \"h\" (10.0.0.1), port 5432 failed: FATAL:  28P01: password\n"
      "\tauthentication failed for user \"x\"\nLOCATION:  auth_failed, auth.c:335\n");
  EXPECT_EQ(status.code(), StatusCode::kUnauthenticated);
  EXPECT_TRUE(absl::StartsWith(
      status.message(),
      "connection to server at \"h\" (10.0.0.1), port 5432 failed: FATAL: password "
      "authentication failed for user \"x\" (28P01); "))
      << status;
}

TEST(PostgresqlErrorTest, TextsWithoutAStateAreJudgedByTheirWords) {
  EXPECT_EQ(PostgresqlConnectError("fe_sendauth: no password supplied\n").code(),
            StatusCode::kUnauthenticated);
  EXPECT_EQ(PostgresqlConnectError("session is read-only\n").code(),
            StatusCode::kFailedPrecondition);
  EXPECT_EQ(PostgresqlConnectError("Connection refused\n\tIs the server running?").message(),
            "Connection refused Is the server running?");
  EXPECT_EQ(PostgresqlConnectError("").code(), StatusCode::kUnavailable);
  const absl::Status no_tls = PostgresqlConnectError(
      "connection to server at \"h\", port 5432 failed: server does not support SSL, but SSL was "
      "required\n");
  EXPECT_EQ(no_tls.code(), StatusCode::kFailedPrecondition);
  EXPECT_TRUE(absl::EndsWith(no_tls.message(),
                             "required; set ssl = on at the server, or take sslmode from the URL"))
      << no_tls;
}

TEST(PostgresqlErrorTest, WhateverAServerSaysBecomesOneLine) {
  const std::string hostile = std::string("\x1b[2J\xc3\xa9\0\x7f", 8) + std::string(100'000, 'x');
  const absl::Status status = PostgresqlStatementError("12345", hostile);
  EXPECT_LT(status.message().size(), 400u);
  for (const char c : status.message()) EXPECT_TRUE(c >= ' ' && c < 0x7f);
}

TEST(PostgresqlTargetTest, OneHost) {
  const auto target = PostgresqlTarget::Parse("postgresql://u:p%40w@db.example:6000/name");
  ASSERT_TRUE(target.ok()) << target.status();
  ASSERT_EQ(target->hosts.size(), 1u);
  EXPECT_TRUE(target->hosts[0].NeedsLookup());
  EXPECT_EQ(target->hosts[0].Shown(), "db.example, port 6000");
  PostgresqlHost found = target->hosts[0];
  found.hostaddr = "10.1.2.3";
  EXPECT_FALSE(found.NeedsLookup());
  const auto parameters = target->Parameters(found);
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"host", "db.example"},
                                                        {"hostaddr", "10.1.2.3"},
                                                        {"port", "6000"},
                                                        {"user", "u"},
                                                        {"password", "p@w"},
                                                        {"dbname", "name"},
                                                        {"gssencmode", "disable"}}) {
    EXPECT_EQ(std::count(parameters.begin(), parameters.end(), std::pair(name, value)), 1) << name;
  }
}

TEST(PostgresqlTargetTest, SeveralHosts) {
  const auto target = PostgresqlTarget::Parse(
      "postgresql://a:1,[::1]:2,10.0.0.1:3,%2Frun%2Fpg:4/x?gssencmode=prefer");
  ASSERT_TRUE(target.ok()) << target.status();
  ASSERT_EQ(target->hosts.size(), 4u);
  EXPECT_TRUE(target->hosts[0].NeedsLookup());
  EXPECT_EQ(target->hosts[1].host, "::1");
  EXPECT_EQ(target->hosts[3].host, "/run/pg");
  for (size_t i = 1; i < 4; ++i) EXPECT_FALSE(target->hosts[i].NeedsLookup()) << i;
  EXPECT_EQ(target->hosts[2].port, "3");
  for (const auto& [name, value] : target->Parameters(target->hosts[0])) {
    if (name == "gssencmode") {
      EXPECT_EQ(value, "prefer");
    }
  }
}

TEST(PostgresqlTargetTest, NoHostMeansWhereLibpqLooks) {
  const auto target = PostgresqlTarget::Parse("postgresql:///x");
  ASSERT_TRUE(target.ok()) << target.status();
  ASSERT_EQ(target->hosts.size(), 1u);
  EXPECT_FALSE(target->hosts[0].NeedsLookup());
}

TEST(PostgresqlTargetTest, WhatCannotBeReadIsRefusedWithoutBeingShown) {
  for (const char* url :
       {"postgresql://u:pw-4711@h/x?nonsense=1", "postgresql://u:pw-4711%zz@h/x",
        "postgresql://u:pw-4711@[::1/x", "postgresql://u:pw-4711@a,b/x?port=1,2,3",
        "postgresql://u:pw-4711@a,b/x?hostaddr=10.0.0.1"}) {
    const auto target = PostgresqlTarget::Parse(url);
    EXPECT_EQ(target.status().code(), StatusCode::kFailedPrecondition) << url;
    EXPECT_FALSE(absl::StrContains(target.status().message(), "4711")) << target.status();
  }
}

// The number of a socket that was closed is given to the next one: the watch must see that one.
TEST(SocketWatchTest, ASocketWithTheNumberOfAnEarlierOne) {
  contract::Loop loop;
  int ready = 0;
  SocketWatch watch;
  for (int round = 0; round < 3; ++round) {
    std::array<int, 2> ends;
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    ASSERT_EQ(watch.Start(loop.get(), ends[0], UV_READABLE,
                          [&](bool is_readable, bool /*is_writable*/) {
                            EXPECT_TRUE(is_readable);
                            ++ready;
                            watch.Stop();
                          }),
              0);
    loop.RunPending();
    EXPECT_EQ(ready, round);
    ASSERT_EQ(write(ends[1], "x", 1), 1);
    EXPECT_TRUE(loop.RunUntil([&] { return ready == round + 1; }, Duration::Seconds(5)));
    EXPECT_FALSE(watch.is_active());
    close(ends[0]);
    close(ends[1]);
  }
  loop.RunPending();
}

TEST(SocketWatchTest, NoSocketIsAnError) {
  contract::Loop loop;
  SocketWatch watch;
  EXPECT_LT(watch.Start(loop.get(), -1, UV_READABLE, [](bool, bool) {}), 0);
  EXPECT_FALSE(watch.is_active());
}

TEST(BytesReceivedTest, CountsWhatCameInOverTcp) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(bind(listener, generic, length), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  ASSERT_EQ(getsockname(listener, generic, &length), 0);
  const int sender = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(connect(sender, generic, length), 0);
  const int receiver = accept(listener, nullptr, nullptr);
  ASSERT_GE(receiver, 0);
  std::string block(10'000, 'x');
  EXPECT_EQ(BytesReceived(receiver), 0u);
  for (uint64_t round = 1; round <= 3; ++round) {
    ASSERT_EQ(write(sender, block.data(), block.size()), 10'000);
    // It has come when it can be read; then it counts, and counts on when it has been read.
    ASSERT_EQ(recv(receiver, block.data(), block.size(), MSG_WAITALL | MSG_PEEK), 10'000);
    EXPECT_EQ(BytesReceived(receiver), round * 10'000);
    ASSERT_EQ(recv(receiver, block.data(), block.size(), MSG_WAITALL), 10'000);
    EXPECT_EQ(BytesReceived(receiver), round * 10'000);
  }
  EXPECT_EQ(BytesReceived(sender), 0u);
  for (const int each : {listener, sender, receiver}) close(each);
}

TEST(BytesReceivedTest, SaysNothingOfOtherSockets) {
  std::array<int, 2> ends;
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  ASSERT_EQ(write(ends[1], "x", 1), 1);
  EXPECT_EQ(BytesReceived(ends[0]), 0u);
  for (const int each : ends) close(each);
  EXPECT_EQ(BytesReceived(-1), 0u);
}

}  // namespace
}  // namespace muster::store
