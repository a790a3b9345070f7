#include "src/sim/stream_table.h"

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "src/base/rng.h"
#include "src/base/time.h"

namespace muster::sim {
namespace {

using core::StreamEnd;
using core::StreamId;
using Listener = StreamTable::Listener;

constexpr Duration kBudget = Duration::Seconds(8);

const char* EndName(StreamEnd end) {
  constexpr const char* kNames[] = {"closed", "refused", "unreachable", "timed out", "broken"};
  return kNames[static_cast<int>(end)];
}

// Three hosts that do nothing by themselves and write down what reaches them.
class StreamTableTest : public ::testing::Test, public StreamTable::Hosts {
 protected:
  StreamTableTest()
      : network_(Config(), Rng(1)),
        table_(&queue_, &network_, this),
        now_(TimePoint::FromMicros(1'000'000)) {
    for (int i = 0; i < 3; ++i) {
      network_.AddHost();
      table_.AddHost();
    }
  }
  static NetworkConfig Config() {
    NetworkConfig config;
    config.latency = LatencyModel::Uniform(Duration::Millis(1), Duration::Millis(1));
    return config;
  }

  int HostAt(const Address& address) const override {
    const int host = static_cast<int>(address.v4() & 255) - 1;
    return host < 3 ? host : -1;
  }
  Listener ListenerAt(int host) const override { return listener_[host]; }
  Address AddressOf(int host) const override { return At(host); }
  bool Reads(int host) const override { return reads_[host]; }
  StreamId NextAcceptedId(int) override { return accepted_ += 2; }
  Duration AcceptedBudget(int) const override { return kBudget; }
  void OnStreamOpened(int host, StreamId stream, const Address& peer) override {
    Note(host, stream, "opened " + peer.IpToString());
  }
  void OnStreamFrames(int host, StreamId stream, std::string_view frames) override {
    Note(host, stream, std::string(frames));
    if (frames == "ask") table_.Send(now_, host, stream, "answer");
  }
  void OnStreamEnded(int host, StreamId stream, StreamEnd end) override {
    Note(host, stream, EndName(end));
  }
  void OnBytesKeptBack(int host, TimePoint written, TimePoint arrives) override {
    kept_back_.push_back({host, arrives - written});
  }

  static Address At(int host) {
    return Address::V4(0x0a000000 + static_cast<uint32_t>(host) + 1, kDefaultPort);
  }
  void Note(int host, StreamId stream, const std::string& what) {
    noted_.push_back(std::to_string(host) + "/" + std::to_string(stream) + " " + what);
  }
  // What happened within `span`, and clears it.
  std::vector<std::string> Run(Duration span) {
    const TimePoint end = now_ + span;
    while (queue_.next() <= end) {
      const SimQueue::Slot slot = queue_.Pop(&now_);
      const SimEvent event = queue_[slot];
      queue_.Release(slot);
      table_.Handle(now_, event);
    }
    now_ = end;
    return std::exchange(noted_, {});
  }
  using Notes = std::vector<std::string>;

  SimQueue queue_;
  Network network_;
  StreamTable table_;
  TimePoint now_;
  Listener listener_[3] = {Listener::kAccepts, Listener::kAccepts, Listener::kAccepts};
  bool reads_[3] = {true, true, true};
  StreamId accepted_ = 0;
  std::vector<std::string> noted_;
  std::vector<std::pair<int, Duration>> kept_back_;  // from which host, for how long
};

TEST_F(StreamTableTest, OpensAsksAnswersAndCloses) {
  table_.Open(now_, 0, 1, At(1), kBudget);
  table_.Send(now_, 0, 1, "ask");
  EXPECT_EQ(Run(Duration::Millis(10)),
            (Notes{"1/2 opened 10.0.0.1", "0/1 opened 10.0.0.2", "1/2 ask", "0/1 answer"}));
  table_.Close(now_, 0, 1);
  EXPECT_EQ(Run(Duration::Millis(10)), Notes{"1/2 closed"});
  EXPECT_EQ(table_.open_connections(), 0u);
  EXPECT_EQ(Run(Duration::Seconds(60)), Notes{});
}

TEST_F(StreamTableTest, ABudgetThatIsOverEndsTheStreamNowAndNotBefore) {
  table_.Open(now_, 0, 1, At(1), Duration::Millis(-5));
  EXPECT_EQ(queue_.next(), now_);
  EXPECT_EQ(Run(Duration::Millis(10)), Notes{"0/1 timed out"});
}

TEST_F(StreamTableTest, WhatIsSentBeforeAndAfterOpeningArrivesInOrder) {
  table_.Open(now_, 0, 1, At(1), kBudget);
  for (const char* frame : {"a", "b", "c"}) table_.Send(now_, 0, 1, frame);
  Run(Duration::Micros(2'500));
  network_.SetLoss(600'000);
  for (const char* frame : {"d", "e", "f", "g"}) table_.Send(now_, 0, 1, frame);
  Notes frames;
  for (const std::string& note : Run(Duration::Seconds(7))) {
    if (note.size() == 5) frames.push_back(note);
  }
  EXPECT_EQ(frames, (Notes{"1/2 a", "1/2 b", "1/2 c", "1/2 d", "1/2 e", "1/2 f", "1/2 g"}));
  EXPECT_GT(network_.counts().segments_lost, 0u);
  ASSERT_FALSE(kept_back_.empty());
  EXPECT_EQ(kept_back_.back().first, 1);
  EXPECT_GE(kept_back_.back().second, Duration::Millis(200)) << "a retransmission later";
}

TEST_F(StreamTableTest, CloseComesAfterAllThatWasSent) {
  table_.Open(now_, 0, 1, At(1), kBudget);
  table_.Send(now_, 0, 1, "last words");
  table_.Close(now_, 0, 1);
  EXPECT_EQ(Run(Duration::Millis(10)),
            (Notes{"1/2 opened 10.0.0.1", "1/2 last words", "1/2 closed"}));
}

TEST_F(StreamTableTest, AMachineWithoutTheProcessRefuses) {
  listener_[1] = Listener::kRefuses;
  table_.Open(now_, 0, 1, At(1), kBudget);
  EXPECT_EQ(Run(Duration::Millis(10)), Notes{"0/1 refused"});
  EXPECT_EQ(table_.open_connections(), 0u);
  EXPECT_EQ(table_.counts().refused, 1u);
}

TEST_F(StreamTableTest, NobodyAnswersForADeadMachineOrAnUnknownAddress) {
  listener_[1] = Listener::kNothing;
  table_.Open(now_, 0, 1, At(1), Duration::Seconds(2));
  table_.Open(now_, 0, 3, At(77), Duration::Seconds(2));
  EXPECT_EQ(Run(Duration::Millis(1999)), Notes{});
  EXPECT_EQ(Run(Duration::Millis(2)), (Notes{"0/1 timed out", "0/3 timed out"}));
  EXPECT_EQ(table_.open_connections(), 0u);
}

TEST_F(StreamTableTest, TheFirstSegmentIsSentAgainAfterASecond) {
  const Network::CutId cut = network_.Cut({0}, {1}, kTcp);
  table_.Open(now_, 0, 1, At(1), kBudget);
  EXPECT_EQ(Run(Duration::Millis(500)), Notes{});
  network_.Heal(cut);
  EXPECT_EQ(Run(Duration::Millis(499)), Notes{});
  EXPECT_EQ(Run(Duration::Millis(4)), (Notes{"1/2 opened 10.0.0.1", "0/1 opened 10.0.0.2"}));
}

TEST_F(StreamTableTest, BytesWaitOutACut) {
  table_.Open(now_, 0, 1, At(1), kBudget);
  Run(Duration::Millis(10));
  const Network::CutId cut = network_.Cut({0}, {1}, kBoth);
  table_.Send(now_, 0, 1, "late");
  EXPECT_EQ(Run(Duration::Seconds(1)), Notes{});
  network_.Heal(cut);
  EXPECT_EQ(Run(Duration::Seconds(1)), Notes{"1/2 late"});
}

TEST_F(StreamTableTest, BothEndsHaveABudget) {
  table_.Open(now_, 0, 1, At(1), Duration::Seconds(2));
  Run(Duration::Millis(10));
  EXPECT_EQ(Run(Duration::Seconds(3)), (Notes{"0/1 timed out", "1/2 broken"}));
  table_.Open(now_, 0, 3, At(1), Duration::Seconds(20));
  Run(Duration::Millis(10));
  EXPECT_EQ(Run(Duration::Seconds(9)), (Notes{"1/4 timed out", "0/3 broken"}));
  EXPECT_EQ(table_.open_connections(), 0u);
}

TEST_F(StreamTableTest, AKilledProcessResetsADeadMachineDoesNot) {
  table_.Open(now_, 0, 1, At(1), kBudget);
  table_.Open(now_, 0, 3, At(2), kBudget);
  Run(Duration::Millis(10));
  listener_[1] = Listener::kRefuses;
  table_.ProcessDied(now_, 1, true);
  listener_[2] = Listener::kNothing;
  table_.ProcessDied(now_, 2, false);
  EXPECT_EQ(Run(Duration::Seconds(5)), Notes{"0/1 broken"});
  EXPECT_EQ(Run(Duration::Seconds(5)), Notes{"0/3 timed out"});
  EXPECT_EQ(table_.open_connections(), 0u);
}

TEST_F(StreamTableTest, AProcessThatExitsDeliversWhatItSent) {
  table_.Open(now_, 0, 1, At(1), kBudget);
  Run(Duration::Millis(10));
  table_.Send(now_, 0, 1, "farewell");
  table_.ProcessExited(now_, 0);
  EXPECT_EQ(Run(Duration::Millis(10)), (Notes{"1/2 farewell", "1/2 closed"}));
}

TEST_F(StreamTableTest, SendingToAProcessThatIsGoneEndsInAReset) {
  table_.Open(now_, 0, 1, At(1), kBudget);
  Run(Duration::Millis(10));
  const Network::CutId cut = network_.Cut({1}, {0}, kBoth);  // its reset is lost
  listener_[1] = Listener::kRefuses;
  table_.ProcessDied(now_, 1, true);
  EXPECT_EQ(Run(Duration::Millis(100)), Notes{});
  network_.Heal(cut);
  table_.Send(now_, 0, 1, "anybody?");
  EXPECT_EQ(Run(Duration::Millis(10)), Notes{"0/1 broken"});
}

TEST_F(StreamTableTest, AReceiverThatDoesNotReadStopsTheSender) {
  table_.Open(now_, 0, 1, At(1), Duration::Seconds(60));
  Run(Duration::Millis(10));
  reads_[1] = false;
  const std::string frame(64 * 1024, 'x');
  for (int i = 0; i < 10; ++i) {
    table_.Send(now_, 0, 1, frame);
    Run(Duration::Millis(5));
  }
  const uint64_t stuck = Run(Duration::Seconds(1)).size();
  EXPECT_EQ(stuck, 0u);
  reads_[1] = true;
  table_.BuffersRead(1);
  EXPECT_EQ(Run(Duration::Seconds(2)).size(), 6u);  // four had fitted into the buffer
}

TEST_F(StreamTableTest, UnknownStreamsAreIgnored) {
  table_.Send(now_, 0, 99, "nobody");
  table_.Close(now_, 0, 99);
  EXPECT_EQ(Run(Duration::Seconds(1)), Notes{});
}

TEST_F(StreamTableTest, ManyStreamsUseTheSameFewSlots) {
  for (StreamId id = 1; id < 2001; id += 2) {
    table_.Open(now_, 0, id, At(1), kBudget);
    Run(Duration::Millis(5));
    table_.Close(now_, 0, id);
    Run(Duration::Millis(5));
    ASSERT_EQ(table_.open_connections(), 0u);
  }
  EXPECT_EQ(table_.counts().accepted, 1000u);
}

}  // namespace
}  // namespace muster::sim
