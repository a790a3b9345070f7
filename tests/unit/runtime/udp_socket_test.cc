#include "src/runtime/udp_socket.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/runtime/loop.h"

namespace muster::runtime {
namespace {

class UdpSocketTest : public testing::Test {
 protected:
  void SetUp() override {
    for (UdpSocket* socket : {&left_, &right_}) {
      ASSERT_TRUE(socket->Open(loop_.get(), Address::V4(0x7f000001, 0)).ok());
    }
    ASSERT_TRUE(left_
                    .StartReading([](const Address&, std::string_view) {},
                                  [this](uint32_t sequence) { late_.push_back(sequence); })
                    .ok());
    ASSERT_TRUE(right_
                    .StartReading(
                        [this](const Address& from, std::string_view bytes) {
                          EXPECT_EQ(from, left_.bound());
                          received_.emplace_back(bytes);
                        },
                        nullptr)
                    .ok());
  }
  void TearDown() override {
    loop_.Close(left_);
    loop_.Close(right_);
  }
  bool Received(size_t count) {
    return loop_.RunUntil([this, count] { return received_.size() >= count; });
  }

  Loop loop_;
  UdpSocket left_;
  UdpSocket right_;
  std::vector<std::string> received_;
  std::vector<uint32_t> late_;
};

TEST_F(UdpSocketTest, CarriesPacketsAndCountsThem) {
  left_.Send(right_.bound(), "one", 7);
  left_.Send(right_.bound(), "", 0);
  left_.Send(right_.bound(), std::string(1200, 'x'), 0);
  ASSERT_TRUE(Received(3));
  EXPECT_EQ(received_[0], "one");
  EXPECT_EQ(received_[1], "");
  EXPECT_EQ(received_[2], std::string(1200, 'x'));
  EXPECT_EQ(left_.counters().packets_out, 3u);
  EXPECT_EQ(left_.counters().bytes_out, 1203u);
  EXPECT_EQ(right_.counters().packets_in, 3u);
  EXPECT_EQ(right_.counters().bytes_in, 1203u);
  EXPECT_TRUE(late_.empty()) << "it left at once";
}

TEST_F(UdpSocketTest, LongPacketsAreCutWhereTheyAreTooLongAnyway) {
  left_.Send(right_.bound(), std::string(UdpSocket::kReceiveBytes, 'a'), 0);
  left_.Send(right_.bound(), std::string(UdpSocket::kReceiveBytes + 1, 'b'), 0);
  ASSERT_TRUE(Received(2));
  EXPECT_EQ(received_[0].size(), UdpSocket::kReceiveBytes);
  EXPECT_EQ(received_[1].size(), UdpSocket::kReceiveBytes);
}

TEST_F(UdpSocketTest, KnowsWhetherAPacketWaits) {
  EXPECT_FALSE(right_.HasInput());
  left_.Send(right_.bound(), "x", 0);
  EXPECT_TRUE(right_.HasInput());
  ASSERT_TRUE(Received(1));
  EXPECT_FALSE(right_.HasInput());
}

TEST_F(UdpSocketTest, ErrorsOfTheSystemAreCountedOnly) {
  left_.Send(*Address::Parse("255.255.255.255:7946"), "broadcast needs permission", 0);
  left_.Send(*Address::Parse("[::1]:7946"), "not on an IPv4 socket", 0);
  left_.Send(right_.bound(), std::string(70'000, 'x'), 0);
  EXPECT_EQ(left_.counters().send_errors, 3u);
  EXPECT_EQ(left_.counters().packets_out, 0u);
}

TEST_F(UdpSocketTest, QueuedPingsAreReportedWhenTheyLeave) {
  left_.QueueForTest(right_.bound(), "first", 41);
  left_.QueueForTest(right_.bound(), "no ping", 0);
  // Behind a queue nothing goes ahead.
  left_.Send(right_.bound(), "second", 42);
  EXPECT_EQ(left_.queued(), 3u);
  EXPECT_TRUE(late_.empty());
  ASSERT_TRUE(Received(3));
  EXPECT_EQ(received_, (std::vector<std::string>{"first", "no ping", "second"}));
  EXPECT_EQ(late_, (std::vector<uint32_t>{41, 42}));
  EXPECT_EQ(left_.queued(), 0u);
  EXPECT_EQ(left_.counters().packets_out, 3u);
}

TEST_F(UdpSocketTest, TheQueueIsBounded) {
  for (size_t i = 0; i < UdpSocket::kQueuedMax; ++i) left_.QueueForTest(right_.bound(), "x", 0);
  EXPECT_EQ(left_.queued(), UdpSocket::kQueuedMax);
  EXPECT_EQ(left_.counters().send_dropped, 0u);
  left_.QueueForTest(right_.bound(), "x", 0);
  EXPECT_EQ(left_.queued(), UdpSocket::kQueuedMax);
  EXPECT_EQ(left_.counters().send_dropped, 1u);
}

TEST_F(UdpSocketTest, ABusyPortIsRefused) {
  UdpSocket third;
  EXPECT_EQ(third.Open(loop_.get(), left_.bound()).code(), absl::StatusCode::kAlreadyExists);
  loop_.Close(third);
}

TEST_F(UdpSocketTest, ClosingWhatWasNeverOpenedIsFine) {
  UdpSocket never;
  loop_.Close(never);
}

}  // namespace
}  // namespace muster::runtime
