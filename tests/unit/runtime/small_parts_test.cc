// The parts of the runtime that need no test file of their own: clock, lag meter, post queue,
// requests, resolver, seed book, join watch.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "src/runtime/clock.h"
#include "src/runtime/join_watch.h"
#include "src/runtime/lag_meter.h"
#include "src/runtime/post_queue.h"
#include "src/runtime/requests.h"
#include "src/runtime/resolver.h"
#include "src/runtime/seed_book.h"
#include "tests/unit/runtime/loop.h"

namespace muster::runtime {
namespace {

TEST(ClockTest, IsAboveZeroAndNeverGoesBack) {
  TimePoint last = MonotonicNow();
  EXPECT_GT(last.micros(), 0);
  for (int i = 0; i < 1000; ++i) {
    const TimePoint now = MonotonicNow();
    EXPECT_GE(now, last);
    last = now;
  }
  EXPECT_GT(UnixMicrosNow(), int64_t{1'600'000'000} * 1'000'000);
}

TEST(LagMeterTest, QuantilesOfTheLastSamples) {
  LagMeter lag;
  EXPECT_EQ(lag.QuantileMs(50), 0);
  lag.Add(Duration::Millis(-3));
  EXPECT_EQ(lag.QuantileMs(99), 0) << "early counts as on time";
  for (size_t i = 0; i < LagMeter::kSamples; ++i) lag.Add(Duration::Millis(1));
  lag.Add(Duration::Millis(70));
  lag.Add(Duration::Millis(80));
  lag.Add(Duration::Millis(90));
  EXPECT_EQ(lag.QuantileMs(50), 1);
  EXPECT_EQ(lag.QuantileMs(99), 70);
  EXPECT_EQ(lag.QuantileMs(100), 90);
  EXPECT_EQ(lag.QuantileMs(0), 1);
}

TEST(PostQueueTest, RunsLaterInOrderAndNotAfterClose) {
  Loop loop;
  PostQueue posts;
  posts.Start(loop.get());
  std::vector<int> calls;
  posts.Post([&] {
    calls.push_back(1);
    posts.Post([&] { calls.push_back(3); });
  });
  posts.Post([&] { calls.push_back(2); });
  EXPECT_TRUE(calls.empty());
  EXPECT_TRUE(loop.RunUntil([&] { return calls.size() == 3; }));
  EXPECT_EQ(calls, (std::vector<int>{1, 2, 3}));
  posts.Post([&] { calls.push_back(4); });
  loop.Close(posts);
  EXPECT_EQ(calls.size(), 3u);
}

TEST(RequestsTest, EachAnswerFindsItsCommandOnce) {
  Requests requests;
  int pings = 0;
  requests.AddPing(5, [&pings](bool answered, Duration rtt) {
    EXPECT_TRUE(answered);
    EXPECT_EQ(rtt, Duration::Millis(2));
    ++pings;
  });
  core::Event event;
  event.type = core::EventType::kPingDone;
  event.request = 5;
  event.value = 1;
  event.elapsed = Duration::Millis(2);
  const auto answer = requests.Take(event);
  ASSERT_TRUE(answer);
  answer();
  EXPECT_EQ(pings, 1);
  EXPECT_FALSE(requests.Take(event)) << "answered already";
  event.type = core::EventType::kMemberJoined;
  EXPECT_FALSE(requests.Take(event));
}

TEST(RequestsTest, AJoinEndsWithItsLastAttempt) {
  std::vector<std::string> results;
  int ends = 0;
  const auto batch = std::make_shared<JoinBatch>(
      [&](const std::string& target, const Address& address, const std::string& error) {
        results.push_back(target + " " + address.ToString() + " " + error);
      },
      [&ends] { ++ends; });
  Requests requests;
  batch->Begin(2);
  requests.AddJoin(1, "db", 2, batch);
  core::Event event;
  event.type = core::EventType::kJoinTried;
  event.request = 1;
  event.address = *Address::Parse("10.0.0.1");
  requests.Take(event)();
  EXPECT_EQ(ends, 0);
  event.address = *Address::Parse("10.0.0.2");
  event.value = 1;
  requests.Take(event)();
  EXPECT_EQ(ends, 1);
  EXPECT_EQ(results, (std::vector<std::string>{"db 10.0.0.1:7946 no answer", "db 10.0.0.2:7946 "}));
  EXPECT_FALSE(requests.Take(event));
}

class NamesTest : public testing::Test {
 protected:
  void SetUp() override { resolver_.Start(loop_.get(), *Address::Parse("127.0.0.1")); }
  void TearDown() override { loop_.Close(resolver_); }
  Loop loop_;
  Resolver resolver_;
};

TEST_F(NamesTest, AddressesAreAnsweredWithinTheCall) {
  std::vector<Address> found;
  resolver_.Resolve(*Target::Parse("127.0.0.2:5"),
                    [&found](std::vector<Address> addresses, const std::string& error) {
                      EXPECT_EQ(error, "");
                      found = std::move(addresses);
                    });
  EXPECT_EQ(found, std::vector<Address>{*Address::Parse("127.0.0.2:5")});
  std::string why;
  resolver_.Resolve(*Target::Parse("[fd00::1]:5"),
                    [&why](std::vector<Address> addresses, const std::string& error) {
                      EXPECT_TRUE(addresses.empty());
                      why = error;
                    });
  EXPECT_NE(why.find("127.0.0.1"), std::string::npos) << why;
}

TEST_F(NamesTest, NamesAreLookedUpBesideTheLoop) {
  bool answered = false;
  resolver_.Resolve(*Target::Parse("localhost:81"),
                    [&](std::vector<Address> addresses, const std::string& error) {
                      answered = true;
                      EXPECT_EQ(error, "");
                      ASSERT_FALSE(addresses.empty());
                      for (const Address& address : addresses) {
                        EXPECT_TRUE(address.is_v4()) << "an IPv4 socket reaches nothing else";
                        EXPECT_TRUE(address.is_loopback());
                        EXPECT_EQ(address.port(), 81);
                      }
                    });
  EXPECT_FALSE(answered);
  EXPECT_TRUE(loop_.RunUntil([&answered] { return answered; }));
}

TEST_F(NamesTest, NoAnswerAfterClose) {
  resolver_.Resolve(*Target::Parse("localhost"),
                    [](std::vector<Address>, const std::string&) { FAIL(); });
}

TEST_F(NamesTest, ASeedBookKeepsOrderAndDropsDoubles) {
  SeedBook book(&resolver_, {*Target::Parse("127.0.0.9"), *Target::Parse("localhost:9"),
                             *Target::Parse("127.0.0.9:7946"), *Target::Parse("127.0.0.8")});
  EXPECT_TRUE(book.has_names());
  EXPECT_EQ(book.addresses().size(), 2u);
  bool refreshed = false;
  book.Refresh([&refreshed] { refreshed = true; });
  EXPECT_FALSE(refreshed);
  EXPECT_TRUE(loop_.RunUntil([&refreshed] { return refreshed; }));
  EXPECT_EQ(book.error(), "");
  const std::vector<Address> all = book.addresses();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all.front(), *Address::Parse("127.0.0.9"));
  EXPECT_EQ(all[1], *Address::Parse("127.0.0.1:9"));
  EXPECT_EQ(all.back(), *Address::Parse("127.0.0.8"));
  EXPECT_EQ(book.texts(),
            (std::vector<std::string>{"127.0.0.9", "localhost:9", "127.0.0.9:7946", "127.0.0.8"}));
}

TEST_F(NamesTest, ASeedBookWithoutNamesRefreshesAtOnce) {
  SeedBook book(&resolver_, {*Target::Parse("127.0.0.9")});
  EXPECT_FALSE(book.has_names());
  bool refreshed = false;
  book.Refresh([&refreshed] { refreshed = true; });
  EXPECT_TRUE(refreshed);
}

TEST(JoinWatchTest, SleepsUntilSomethingFailsAndStopsWhenItNoLongerDoes) {
  Loop loop;
  JoinWatch watch;
  int asked = 0;
  std::string line;
  watch.Start(loop.get(), [&] {
    ++asked;
    return line;
  });
  watch.Check();
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(uv_loop_alive(loop.get()), 0) << "no timer while nothing fails";
  line = "event=join.failed";
  watch.Check();
  EXPECT_EQ(asked, 2);
  EXPECT_NE(uv_loop_alive(loop.get()), 0) << "the timer of the next line runs";
  watch.Check();
  EXPECT_EQ(asked, 2) << "not before its time";
  loop.Close(watch);
}

}  // namespace
}  // namespace muster::runtime
