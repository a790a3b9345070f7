#include "src/runtime/stream_table.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "src/runtime/clock.h"
#include "src/runtime/sockaddr.h"
#include "src/runtime/udp_socket.h"
#include "src/wire/limits.h"
#include "tests/unit/runtime/loop.h"

namespace muster::runtime {
namespace {

using core::StreamEnd;
using core::StreamId;

std::string Frame(const std::string& body) {
  std::string frame;
  for (int shift = 24; shift >= 0; shift -= 8) {
    frame += static_cast<char>(body.size() >> shift & 0xff);
  }
  return frame + body;
}

// Writes down what the table tells.
struct Recorder : StreamTable::Handler {
  void OnStreamOpened(StreamId stream, const Address& peer) override { opened[stream] = peer; }
  void OnStreamMessage(StreamId stream, std::string_view body) override {
    messages[stream].emplace_back(body);
    if (on_message) on_message(stream);
  }
  void OnStreamEnded(StreamId stream, StreamEnd end) override { ended[stream] = end; }

  std::map<StreamId, Address> opened;
  std::map<StreamId, std::vector<std::string>> messages;
  std::map<StreamId, StreamEnd> ended;
  std::function<void(StreamId)> on_message;
};

class StreamTableTest : public testing::Test {
 protected:
  static constexpr Duration kBudget = Duration::Seconds(8);
  // A port that is free on UDP is free on TCP here: nobody else runs in between.
  Address FreeAddress() {
    UdpSocket probe;
    EXPECT_TRUE(probe.Open(loop_.get(), Address::V4(0x7f000001, 0)).ok());
    const Address address = probe.bound();
    loop_.Close(probe);
    return address;
  }
  void Start(const StreamTable::Limits& server_limits = {},
             const StreamTable::Limits& client_limits = {}) {
    address_ = FreeAddress();
    ASSERT_TRUE(server_.Listen(loop_.get(), address_, server_limits, &at_server_).ok());
    ASSERT_TRUE(client_.Listen(loop_.get(), FreeAddress(), client_limits, &at_client_).ok());
  }
  void TearDown() override {
    loop_.Close(server_);
    loop_.Close(client_);
  }
  // The other side's id of the client's n-th stream.
  static StreamId Inbound(int n) { return static_cast<StreamId>(2 * n); }

  Loop loop_;
  Address address_;
  Recorder at_server_;
  Recorder at_client_;
  StreamTable server_;
  StreamTable client_;
};

TEST_F(StreamTableTest, FramesTravelBothWays) {
  Start();
  client_.Open(1, address_, kBudget);
  client_.Send(1, Frame("hello") + Frame("again"));
  at_server_.on_message = [this](StreamId stream) {
    if (at_server_.messages[stream].size() == 2) server_.Send(stream, Frame("welcome"));
  };
  ASSERT_TRUE(loop_.RunUntil([this] { return !at_client_.messages[1].empty(); }));
  EXPECT_EQ(at_server_.messages[2], (std::vector<std::string>{"hello", "again"}));
  EXPECT_EQ(at_client_.messages[1], std::vector<std::string>{"welcome"});
  EXPECT_TRUE(at_server_.opened[2].is_loopback());
  EXPECT_EQ(at_client_.opened[1], address_);
  EXPECT_EQ(client_.counters().bytes_out, 4u + 5 + 4 + 5);
  EXPECT_EQ(server_.counters().bytes_in, 4u + 5 + 4 + 5);
  EXPECT_EQ(client_.counters().bytes_in, 4u + 7);
}

TEST_F(StreamTableTest, ConnectsFromTheAddressItIsBoundTo) {
  address_ = FreeAddress();
  ASSERT_TRUE(server_.Listen(loop_.get(), address_, {}, &at_server_).ok());
  const Address own = Address::V4(0x7f000005, FreeAddress().port());
  ASSERT_TRUE(client_.Listen(loop_.get(), own, {}, &at_client_).ok());
  client_.Open(1, address_, kBudget);
  ASSERT_TRUE(loop_.RunUntil([this] { return !at_server_.opened.empty(); }));
  EXPECT_EQ(at_server_.opened[2].IpToString(), "127.0.0.5");
}

TEST_F(StreamTableTest, ACloseComesAfterEverythingSent) {
  Start();
  const std::string big(wire::limits::kFrameBytesMax, 'x');
  constexpr size_t kFrames = 64;  // 4 MiB: far more than the kernel takes at once
  client_.Open(1, address_, kBudget);
  for (size_t i = 0; i < kFrames; ++i) client_.Send(1, Frame(big));
  client_.CloseAfterFlush(1);
  client_.Send(1, Frame("too late"));
  ASSERT_TRUE(loop_.RunUntil([this] { return at_server_.ended.contains(2); }));
  EXPECT_EQ(at_server_.ended[2], StreamEnd::kClosed);
  EXPECT_EQ(at_server_.messages[2].size(), kFrames);
  EXPECT_TRUE(loop_.RunUntil([this] { return client_.size() == 0; }));
  EXPECT_TRUE(at_client_.ended.empty()) << "its own close is not told";
  EXPECT_EQ(client_.queued_bytes(), 0u);
}

TEST_F(StreamTableTest, AnsweringAndClosingAtOnceLosesNothing) {
  Start();
  at_server_.on_message = [this](StreamId stream) {
    server_.Send(stream, Frame("answer"));
    server_.CloseAfterFlush(stream);
  };
  client_.Open(1, address_, kBudget);
  // More input than the server reads: its close must not reset the connection under the answer.
  for (int i = 0; i < 50; ++i) client_.Send(1, Frame(std::string(1000, 'q')));
  ASSERT_TRUE(loop_.RunUntil([this] { return at_client_.ended.contains(1); }));
  EXPECT_EQ(at_client_.messages[1], std::vector<std::string>{"answer"});
  EXPECT_EQ(at_client_.ended[1], StreamEnd::kClosed);
  EXPECT_EQ(at_server_.messages[2].size(), 1u);
}

TEST_F(StreamTableTest, RefusedConnectionsSaySo) {
  Start();
  client_.Open(1, FreeAddress(), kBudget);
  ASSERT_TRUE(loop_.RunUntil([this] { return at_client_.ended.contains(1); }));
  EXPECT_EQ(at_client_.ended[1], StreamEnd::kRefused);
  EXPECT_TRUE(at_client_.opened.empty());
}

TEST_F(StreamTableTest, WhatFailsWithinTheCallIsTakenAfterIt) {
  Start();
  client_.Open(1, *Address::Parse("[::1]:7946"), kBudget);
  EXPECT_TRUE(at_client_.ended.empty());
  StreamId stream = 0;
  StreamEnd end = StreamEnd::kClosed;
  ASSERT_TRUE(client_.TakeFailed(&stream, &end));
  EXPECT_EQ(stream, 1u);
  EXPECT_EQ(end, StreamEnd::kUnreachable);
  EXPECT_FALSE(client_.TakeFailed(&stream, &end));
}

TEST_F(StreamTableTest, BudgetsEndStreamsOnBothSides) {
  StreamTable::Limits limits;
  limits.inbound_budget = Duration::Millis(60);
  Start(limits);
  const TimePoint begin = MonotonicNow();
  client_.Open(1, address_, Duration::Millis(30));
  EXPECT_LE(client_.next_deadline() - begin, Duration::Millis(130));
  ASSERT_TRUE(loop_.RunUntil([this] { return !at_server_.opened.empty(); }));
  // The table has no timer of its own; here the test plays its owner.
  client_.HandleDeadlines(begin);
  EXPECT_TRUE(at_client_.ended.empty());
  client_.HandleDeadlines(begin + kBudget);
  EXPECT_EQ(at_client_.ended[1], StreamEnd::kTimedOut);
  server_.HandleDeadlines(MonotonicNow() + kBudget);
  EXPECT_EQ(at_server_.ended[2], StreamEnd::kTimedOut);
  EXPECT_EQ(server_.next_deadline(), TimePoint::Never());
}

TEST_F(StreamTableTest, BadLengthsAndCutFramesBreakAStream) {
  Start();
  const std::string too_long("\x00\x01\x00\x01", 4);
  const std::string zero(4, '\0');
  const std::string cut = Frame("whole").substr(0, 7);
  StreamId id = 1;
  for (const std::string& bytes : {too_long, zero, cut}) {
    client_.Open(id, address_, kBudget);
    client_.Send(id, bytes);
    client_.CloseAfterFlush(id);
    id += 2;
  }
  ASSERT_TRUE(loop_.RunUntil([this] { return at_server_.ended.size() == 3; }));
  for (const auto& [stream, end] : at_server_.ended) EXPECT_EQ(end, StreamEnd::kJunk) << stream;
  EXPECT_TRUE(at_server_.messages.empty());
}

TEST_F(StreamTableTest, TheLongestFrameIsTaken) {
  Start();
  client_.Open(1, address_, kBudget);
  client_.Send(1, Frame(std::string(wire::limits::kFrameBytesMax, 'y')));
  ASSERT_TRUE(loop_.RunUntil([this] { return !at_server_.messages[2].empty(); }));
  EXPECT_EQ(at_server_.messages[2][0].size(), wire::limits::kFrameBytesMax);
}

TEST_F(StreamTableTest, BeyondTheLimitConnectionsWaitTheirTurn) {
  StreamTable::Limits limits;
  limits.inbound_max = 2;
  Start(limits);
  for (StreamId id : {1, 3, 5, 7}) {
    client_.Open(id, address_, kBudget);
    client_.Send(id, Frame(std::to_string(id)));
  }
  // All are connected as far as they can tell: the kernel answers for those that wait.
  ASSERT_TRUE(loop_.RunUntil(
      [this] { return at_client_.opened.size() == 4 && at_server_.messages.size() == 2; }));
  EXPECT_FALSE(loop_.RunUntil([this] { return at_server_.opened.size() > 2; }, 30));
  EXPECT_EQ(server_.inbound(), 2u);
  client_.CloseAfterFlush(1);
  ASSERT_TRUE(loop_.RunUntil([this] { return at_server_.messages.size() == 3; }));
  EXPECT_EQ(server_.inbound(), 2u);
  client_.CloseAfterFlush(3);
  ASSERT_TRUE(loop_.RunUntil([this] { return at_server_.messages.size() == 4; }));
  EXPECT_EQ(server_.inbound(), 2u);
}

TEST_F(StreamTableTest, WhereNothingWasSaidAClosedConnectionGivesItsPlaceAtOnce) {
  StreamTable::Limits limits;
  limits.inbound_max = 1;
  Start(limits);
  // Says nothing, and never ends its side.
  const int silent = socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_storage to = ToSockaddr(address_, false);
  ASSERT_EQ(connect(silent, reinterpret_cast<const sockaddr*>(&to), sizeof(sockaddr_in)), 0);
  ASSERT_TRUE(loop_.RunUntil([this] { return at_server_.opened.size() == 1; }));
  client_.Open(1, address_, kBudget);
  client_.Send(1, Frame("1"));
  server_.CloseAfterFlush(Inbound(1));
  EXPECT_TRUE(loop_.RunUntil([this] { return at_server_.messages.size() == 1; }));
  close(silent);
}

TEST_F(StreamTableTest, QueuesAreBounded) {
  StreamTable::Limits limits;
  limits.queued_bytes_max = 100;
  limits.queued_bytes_total_max = 150;
  Start({}, limits);
  StreamId stream = 0;
  StreamEnd end = StreamEnd::kClosed;
  client_.Open(1, address_, kBudget);
  client_.Send(1, std::string(100, 'x'));
  EXPECT_FALSE(client_.TakeFailed(&stream, &end)) << "at the limit";
  client_.Send(1, "x");
  ASSERT_TRUE(client_.TakeFailed(&stream, &end)) << "beyond";
  EXPECT_EQ(end, StreamEnd::kBroken);
  EXPECT_EQ(client_.queued_bytes(), 0u);
  client_.Open(3, address_, kBudget);
  client_.Send(3, std::string(100, 'x'));
  client_.Open(5, address_, kBudget);
  client_.Send(5, std::string(50, 'x'));
  EXPECT_FALSE(client_.TakeFailed(&stream, &end)) << "at the limit of all";
  client_.Send(5, "x");
  ASSERT_TRUE(client_.TakeFailed(&stream, &end)) << "beyond";
  EXPECT_EQ(stream, 5u);
}

TEST_F(StreamTableTest, AReaderThatStopsDoesNotHoldUpTheRest) {
  Start();
  // The server never reads on: it has closed, and lingers until the deadline its owner runs.
  client_.Open(1, address_, kBudget);
  ASSERT_TRUE(loop_.RunUntil([this] { return at_server_.opened.contains(2); }));
  server_.Send(2, Frame("last words"));
  server_.CloseAfterFlush(2);
  EXPECT_LE(server_.next_deadline() - MonotonicNow(), StreamTable::kLinger);
  server_.HandleDeadlines(MonotonicNow() + StreamTable::kLinger + Duration::Millis(1));
  EXPECT_EQ(server_.size(), 0u);
  EXPECT_TRUE(at_server_.ended.empty());
}

TEST_F(StreamTableTest, UnknownStreamsAreIgnored) {
  Start();
  client_.Send(99, "x");
  client_.CloseAfterFlush(99);
  StreamId stream = 0;
  StreamEnd end = StreamEnd::kClosed;
  EXPECT_FALSE(client_.TakeFailed(&stream, &end));
}

TEST_F(StreamTableTest, ClosingWithStreamsOfEveryKindLeavesNothing) {
  Start();
  client_.Open(1, address_, kBudget);
  client_.Send(1, Frame("open"));
  ASSERT_TRUE(loop_.RunUntil([this] { return !at_server_.messages.empty(); }));
  client_.Open(3, address_, kBudget);
  client_.Send(3, Frame("connecting"));
  client_.Send(1, Frame(std::string(60'000, 'z')));
  client_.CloseAfterFlush(1);
}

}  // namespace
}  // namespace muster::runtime
