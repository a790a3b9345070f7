#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "src/api/event_hub.h"
#include "src/api/timers.h"
#include "src/api/waiters.h"
#include "tests/unit/api/fakes.h"

namespace muster::api {
namespace {

TimePoint At(int64_t us) { return TimePoint::FromMicros(us); }

TEST(Timers, RunInOrderAndOnce) {
  Timers timers;
  std::string log;
  timers.Set(At(30), [&] { log += "c"; });
  timers.Set(At(10), [&] { log += "a"; });
  const Timers::Id cancelled = timers.Set(At(15), [&] { log += "x"; });
  timers.Set(At(20), [&] { log += "b"; });
  EXPECT_EQ(timers.next(), At(10));
  timers.Cancel(cancelled);
  timers.Cancel(0);
  timers.Run(At(20));
  EXPECT_EQ(log, "ab");
  EXPECT_EQ(timers.next(), At(30));
  timers.Run(At(100));
  EXPECT_EQ(log, "abc");
  EXPECT_TRUE(timers.next().is_never());
}

TEST(Timers, TellWhenTheNextAlarmIsEarlier) {
  Timers timers;
  int told = 0;
  timers.set_on_earlier([&] { ++told; });
  timers.Set(At(20), [] {});
  timers.Set(At(30), [] {});
  EXPECT_EQ(told, 1);
  timers.Set(At(10), [] {});
  EXPECT_EQ(told, 2);
}

TEST(Timers, ActionsMaySetAndCancel) {
  Timers timers;
  int runs = 0;
  Timers::Id other = 0;
  timers.Set(At(10), [&] {
    ++runs;
    timers.Cancel(other);
    timers.Set(At(5), [&] { runs += 100; });
  });
  other = timers.Set(At(11), [&] { runs += 10; });
  timers.Run(At(20));
  EXPECT_EQ(runs, 1) << "what an action sets waits for the next run";
  EXPECT_LE(timers.next(), At(20));
  timers.Run(At(20));
  EXPECT_EQ(runs, 101);
  EXPECT_EQ(timers.size(), 0u);
}

class WaitersTest : public testing::Test {
 protected:
  std::shared_ptr<FakeExchange> Add(uint64_t index, int64_t deadline, const std::string& name) {
    auto exchange = std::make_shared<FakeExchange>("GET", "/");
    kept_ = waiters_.Add(index, At(deadline), exchange, [this, name] { log_ += name; });
    return exchange;
  }
  Timers timers_;
  Waiters waiters_{&timers_, 3};
  std::string log_;
  bool kept_ = false;
};

TEST_F(WaitersTest, WakeWhenTheVersionHasPassed) {
  Add(5, 100, "a");
  Add(6, 100, "b");
  waiters_.Wake(5);
  EXPECT_EQ(log_, "");
  waiters_.Wake(6);
  EXPECT_EQ(log_, "a");
  timers_.Run(At(100));
  EXPECT_EQ(log_, "ab") << "and at the time-out, once";
  EXPECT_EQ(waiters_.size(), 0u);
  EXPECT_EQ(timers_.size(), 0u);
}

TEST_F(WaitersTest, HaveALimit) {
  for (int i = 0; i < 3; ++i) {
    Add(1, 100, "x");
    EXPECT_TRUE(kept_);
  }
  Add(1, 100, "y");
  EXPECT_FALSE(kept_);
  waiters_.Wake(2);
  EXPECT_EQ(log_, "xxx");
}

TEST_F(WaitersTest, VanishedClientsAreForgotten) {
  Add(1, 100, "a")->vanished = true;
  Add(1, 100, "b");
  waiters_.DropVanished();
  EXPECT_EQ(waiters_.size(), 1u);
  waiters_.Clear();
  timers_.Run(At(1000));
  EXPECT_EQ(log_, "");
}

class Hub : public testing::Test {
 protected:
  static constexpr size_t kEventsMax = 8;
  Hub() {
    limits_.streams_max = 2;
    limits_.backlog_events_max = kEventsMax;
  }
  std::unique_ptr<ByteSource> Subscribe(Framing framing, std::vector<std::string> types = {}) {
    EventHub::Subscriber subscriber;
    subscriber.framing = framing;
    subscriber.types = std::move(types);
    subscriber.hello = {"1-0", "hello", "{\"hello\":1}"};
    subscriber.wake = [this] { ++wakes_; };
    return hub_.Subscribe(std::move(subscriber));
  }
  void Publish(int number, const std::string& type = "member.joined") {
    const std::string n = std::to_string(number);
    hub_.Publish({"1-" + n, type, "{\"n\":" + n + "}"});
  }
  static std::string ReadAll(ByteSource& source, size_t block = 1024) {
    std::string out;
    std::string buffer(block, '\0');
    while (const size_t size = source.Read(buffer.data(), block)) out.append(buffer, 0, size);
    return out;
  }
  Limits limits_;
  int wakes_ = 0;
  EventHub hub_{&limits_, [](uint64_t missed) {
                  return StreamEvent{"1-9", "gap", "{\"missed\":" + std::to_string(missed) + "}"};
                }};
};

TEST_F(Hub, FramesAsServerSentEvents) {
  const auto stream = Subscribe(Framing::kServerSent);
  Publish(1);
  EXPECT_EQ(ReadAll(*stream),
            "id: 1-0\nevent: hello\ndata: {\"hello\":1}\n\n"
            "id: 1-1\nevent: member.joined\ndata: {\"n\":1}\n\n");
  hub_.Beat();
  EXPECT_EQ(ReadAll(*stream), ":\n\n");
}

TEST_F(Hub, FramesAsJsonLinesInPiecesOfAnySize) {
  const auto stream = Subscribe(Framing::kJsonLines);
  Publish(1);
  Publish(2);
  EXPECT_EQ(ReadAll(*stream, 1), "{\"hello\":1}\n{\"n\":1}\n{\"n\":2}\n");
  hub_.Beat();
  EXPECT_EQ(ReadAll(*stream), " ") << "a blank between two lines says nothing in JSON";
}

TEST_F(Hub, WakesOnlyReadersThatWait) {
  const auto stream = Subscribe(Framing::kJsonLines);
  Publish(1);
  EXPECT_EQ(wakes_, 0) << "it has not read yet";
  ReadAll(*stream);
  Publish(2);
  Publish(3);
  EXPECT_EQ(wakes_, 1);
  EXPECT_EQ(ReadAll(*stream), "{\"n\":2}\n{\"n\":3}\n");
  hub_.Beat();
  EXPECT_EQ(wakes_, 2);
}

TEST_F(Hub, FiltersByType) {
  const auto stream = Subscribe(Framing::kJsonLines, {"member.failed"});
  Publish(1);
  Publish(2, "member.failed");
  Publish(3);
  EXPECT_EQ(ReadAll(*stream), "{\"hello\":1}\n{\"n\":2}\n");
}

TEST_F(Hub, KeepsNothingThatEverybodyHasRead) {
  Publish(0);
  EXPECT_EQ(hub_.kept_events(), 0u) << "nobody listens";
  const auto fast = Subscribe(Framing::kJsonLines);
  auto slow = Subscribe(Framing::kJsonLines);
  for (int i = 1; i <= 3; ++i) Publish(i);
  ReadAll(*fast);
  EXPECT_EQ(hub_.kept_events(), 3u);
  slow.reset();
  EXPECT_EQ(hub_.kept_events(), 0u);
  EXPECT_EQ(hub_.kept_bytes(), 0u);
}

TEST_F(Hub, ASlowStreamWithinTheLimitMissesNothing) {
  const auto stream = Subscribe(Framing::kJsonLines);
  for (size_t i = 1; i <= kEventsMax; ++i) Publish(static_cast<int>(i));
  EXPECT_EQ(ReadAll(*stream).find("gap"), std::string::npos);
  EXPECT_FALSE(stream->finished());
}

TEST_F(Hub, ASlowStreamBeyondTheLimitGetsAGapAndEnds) {
  const auto slow = Subscribe(Framing::kJsonLines);
  const auto fast = Subscribe(Framing::kJsonLines);
  for (size_t i = 1; i <= kEventsMax + 1; ++i) {
    Publish(static_cast<int>(i));
    EXPECT_NE(ReadAll(*fast), "");
  }
  EXPECT_EQ(ReadAll(*slow), "{\"hello\":1}\n{\"missed\":9}\n");
  EXPECT_TRUE(slow->finished());
  EXPECT_FALSE(fast->finished());
  EXPECT_EQ(hub_.kept_events(), 0u);
}

TEST_F(Hub, TheBacklogIsBoundedInBytesToo) {
  limits_.backlog_bytes_max = 10'000;
  const auto slow = Subscribe(Framing::kJsonLines);
  for (int i = 0; i < 5; ++i) hub_.Publish({"1-1", "user", std::string(4000, 'x')});
  EXPECT_LE(hub_.kept_bytes(), 10'000u);
  EXPECT_NE(ReadAll(*slow).find("missed"), std::string::npos);
}

TEST_F(Hub, StreamsHaveALimit) {
  auto first = Subscribe(Framing::kJsonLines);
  const auto second = Subscribe(Framing::kJsonLines);
  EXPECT_EQ(Subscribe(Framing::kJsonLines), nullptr);
  first.reset();
  EXPECT_NE(Subscribe(Framing::kJsonLines), nullptr);
}

TEST_F(Hub, CloseEndsAllStreams) {
  const auto stream = Subscribe(Framing::kJsonLines);
  ReadAll(*stream);
  hub_.Close();
  EXPECT_EQ(wakes_, 1);
  EXPECT_EQ(ReadAll(*stream), "");
  EXPECT_TRUE(stream->finished());
}

}  // namespace
}  // namespace muster::api
