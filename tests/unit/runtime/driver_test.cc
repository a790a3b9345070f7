#include "src/runtime/driver.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "src/runtime/clock.h"
#include "src/runtime/sockaddr.h"
#include "src/runtime/udp_socket.h"
#include "src/wire/message.h"
#include "tests/unit/runtime/loop.h"

namespace muster::runtime {
namespace {

constexpr uint32_t kLoopback = 0x7f000001;

// One driver of the `local` profile on a free port, with all events it told.
struct TestAgent {
  std::unique_ptr<Driver> driver;
  std::vector<core::Event> events;

  bool Saw(core::EventType type, const HostId& member) const {
    return std::any_of(events.begin(), events.end(), [&](const core::Event& event) {
      return event.type == type && event.member == member;
    });
  }
  bool Saw(core::EventType type) const {
    return std::any_of(events.begin(), events.end(),
                       [type](const core::Event& event) { return event.type == type; });
  }
  HostId id() const { return driver->node().id(); }
  std::string address() const { return driver->bound().ToString(); }
  bool Holds(const HostId& id, wire::State state) const {
    const core::MemberView* view = driver->node().member(id);
    return view != nullptr && view->state == state;
  }
};

class DriverTest : public testing::Test {
 protected:
  static Driver::Config ConfigOf(uint64_t number) {
    Driver::Config config;
    config.bind = Address::V4(kLoopback, 0);
    config.options = core::Options::For(core::Profile::kLocal);
    config.identity.id = {number, number};
    config.identity.attributes.name = "n" + std::to_string(number);
    config.identity.attributes.address = config.bind;
    config.identity.attributes.boot = number;
    config.identity.attributes.agent = "test";
    config.seed = number;
    config.log_events = false;
    return config;
  }

  TestAgent& StartAgent(Driver::Config config) {
    auto started = Driver::Start(loop_.get(), std::move(config));
    EXPECT_TRUE(started.ok()) << started.status();
    agents_.push_back(std::make_unique<TestAgent>());
    TestAgent& agent = *agents_.back();
    agent.driver = *std::move(started);
    agent.driver->AddListener([&agent](TimePoint, const core::Event& event) {
      agent.events.push_back(event);
      agent.events.back().record = {};  // must not outlive the driver
    });
    return agent;
  }

  // Two agents, the second joined through the first, each holding the other alive.
  std::pair<TestAgent*, TestAgent*> StartPair() {
    TestAgent& first = StartAgent(ConfigOf(1));
    Driver::Config config = ConfigOf(2);
    config.seeds = {first.address()};
    TestAgent& second = StartAgent(std::move(config));
    EXPECT_TRUE(loop_.RunUntil([&] {
      return first.Holds(second.id(), wire::State::kAlive) &&
             second.Holds(first.id(), wire::State::kAlive);
    }));
    return {&first, &second};
  }

  void Stop(TestAgent& agent) {
    if (agent.driver == nullptr) return;
    loop_.Close(*agent.driver);
    agent.driver.reset();
  }
  void TearDown() override {
    for (const auto& agent : agents_) Stop(*agent);
  }

  Loop loop_;
  std::vector<std::unique_ptr<TestAgent>> agents_;
};

TEST_F(DriverTest, PortZeroTakesAFreeOneAndAdvertisesIt) {
  const TestAgent& agent = StartAgent(ConfigOf(1));
  EXPECT_NE(agent.driver->bound().port(), 0);
  EXPECT_EQ(agent.driver->node().members().self().attributes().address, agent.driver->bound());
}

// A listener whose connections nobody answers, as a stopped process's.
class SilentPeer {
 public:
  SilentPeer() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_storage any = ToSockaddr(Address::V4(kLoopback, 0), false);
    socklen_t size = sizeof(sockaddr_in);
    EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&any), size), 0);
    EXPECT_EQ(listen(fd_, 4), 0);
    EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&any), &size), 0);
    address_ = FromSockaddr(reinterpret_cast<const sockaddr*>(&any));
  }
  ~SilentPeer() { close(fd_); }
  std::string address() const { return address_.ToString(); }

 private:
  int fd_;
  Address address_;
};

TEST_F(DriverTest, AStreamThatEndsBesideADueDeadlineDoesNotTurnTimeBack) {
  const SilentPeer silent;
  TestAgent& first = StartAgent(ConfigOf(1));
  Driver::Config config = ConfigOf(2);
  config.seeds = {first.address()};
  config.options.stream_budget = Duration::Millis(200);
  TestAgent& second = StartAgent(std::move(config));
  ASSERT_TRUE(loop_.RunUntil([&] { return second.Holds(first.id(), wire::State::kAlive); }));
  std::string error;
  second.driver->Join({silent.address()}, [&](const std::string&, const Address&,
                                              const std::string& why) { error = why; });
  // The loop stands still until the stream's budget and a probe's turn are both over.
  const TimePoint until = MonotonicNow() + Duration::Millis(600);
  while (MonotonicNow() < until) {
  }
  EXPECT_TRUE(loop_.RunUntil([&] { return !error.empty(); }));
  EXPECT_TRUE(second.Holds(first.id(), wire::State::kAlive));
}

TEST_F(DriverTest, ABusyPortIsNamedWithARemedy) {
  const TestAgent& first = StartAgent(ConfigOf(1));
  Driver::Config config = ConfigOf(2);
  config.bind = first.driver->bound();
  const absl::Status status = Driver::Start(loop_.get(), std::move(config)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  const std::string text(status.message());
  EXPECT_NE(text.find(first.address()), std::string::npos) << text;
  EXPECT_NE(text.find("--bind"), std::string::npos) << text;
}

TEST_F(DriverTest, AnAddressOfAnotherHostIsRefused) {
  Driver::Config config = ConfigOf(1);
  config.bind = Address::V4(0xc0000201, 7946);  // 192.0.2.1, for documentation only
  EXPECT_EQ(Driver::Start(loop_.get(), std::move(config)).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(DriverTest, AMalformedSeedOrOptionIsRefused) {
  Driver::Config config = ConfigOf(1);
  config.seeds = {"300.1.2.3"};
  EXPECT_EQ(Driver::Start(loop_.get(), std::move(config)).status().code(),
            absl::StatusCode::kInvalidArgument);
  config = ConfigOf(1);
  config.options.tolerance = Duration::Millis(1);
  EXPECT_EQ(Driver::Start(loop_.get(), std::move(config)).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(DriverTest, TwoJoinAndCountTraffic) {
  const auto [first, second] = StartPair();
  EXPECT_TRUE(loop_.RunUntil([f = first, s = second] {
    return f->Saw(core::EventType::kMemberJoined, s->id()) &&
           s->Saw(core::EventType::kMemberJoined, f->id()) &&
           s->driver->join_state() == core::JoinState::kJoined;
  }));
  EXPECT_EQ(second->driver->last_join_error(), "");
  EXPECT_TRUE(
      loop_.RunUntil([s = second] { return s->driver->node().stats().probes_answered > 0; }));
  const Traffic traffic = second->driver->traffic();
  EXPECT_GT(traffic.udp_packets_in, 0u);
  EXPECT_GT(traffic.udp_bytes_out, 0u);
  EXPECT_GT(traffic.tcp_bytes_in, 0u);
  EXPECT_GT(traffic.tcp_bytes_out, 0u);
}

TEST_F(DriverTest, ASeedMayBeAName) {
  TestAgent& first = StartAgent(ConfigOf(1));
  Driver::Config config = ConfigOf(2);
  config.seeds = {"localhost:" + std::to_string(first.driver->bound().port())};
  TestAgent& second = StartAgent(std::move(config));
  EXPECT_EQ(second.driver->join_state(), core::JoinState::kJoining) << "before it is resolved";
  EXPECT_TRUE(loop_.RunUntil([&] { return second.Holds(first.id(), wire::State::kAlive); }));
}

TEST_F(DriverTest, ASilentMemberFails) {
  const auto [first, second] = StartPair();
  const HostId id = second->id();
  Stop(*second);
  EXPECT_TRUE(
      loop_.RunUntil([f = first, id] { return f->Holds(id, wire::State::kFailed); }, 20'000));
  EXPECT_TRUE(first->Saw(core::EventType::kMemberFailed, id));
}

TEST_F(DriverTest, ALeaverIsShownAsLeft) {
  const auto [first, second] = StartPair();
  ASSERT_TRUE(second->driver->Leave().ok());
  EXPECT_TRUE(loop_.RunUntil([f = first, s = second] {
    return s->Saw(core::EventType::kLeaveDone) && f->Holds(s->id(), wire::State::kLeft);
  }));
  EXPECT_FALSE(first->Saw(core::EventType::kMemberFailed, second->id()));
  EXPECT_EQ(second->driver->Leave().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(DriverTest, PingTellsTheRoundTripOnce) {
  const auto [first, second] = StartPair();
  int answers = 0;
  ASSERT_TRUE(first->driver
                  ->Ping(second->id(),
                         [&answers](bool answered, Duration rtt) {
                           ++answers;
                           EXPECT_TRUE(answered);
                           EXPECT_GT(rtt, Duration::Zero());
                           EXPECT_LT(rtt, Duration::Seconds(1));
                         })
                  .ok());
  EXPECT_EQ(answers, 0) << "never within the call";
  EXPECT_TRUE(loop_.RunUntil([&answers] { return answers > 0; }));
  EXPECT_EQ(answers, 1);
  EXPECT_EQ(first->driver->Ping({9, 9}, nullptr).code(), absl::StatusCode::kNotFound);
}

TEST_F(DriverTest, JoinAnswersForEachAddressAndThenEnds) {
  TestAgent& first = StartAgent(ConfigOf(1));
  TestAgent& second = StartAgent(ConfigOf(2));
  std::vector<std::string> results;
  bool done = false;
  second.driver->Join(
      {first.address(), "no such name", "127.0.0.1:1"},
      [&](const std::string& target, const Address& address, const std::string& error) {
        EXPECT_FALSE(done);
        results.push_back(target + (address.is_set() ? " address " : " none ") +
                          (error.empty() ? "ok" : "failed"));
      },
      [&done] { done = true; });
  EXPECT_TRUE(results.empty()) << "never within the call";
  EXPECT_TRUE(loop_.RunUntil([&done] { return done; }, 20'000));
  std::sort(results.begin(), results.end());
  EXPECT_EQ(results,
            (std::vector<std::string>{"127.0.0.1:1 address failed", first.address() + " address ok",
                                      "no such name none failed"}));
  EXPECT_TRUE(second.Holds(first.id(), wire::State::kAlive));
}

TEST_F(DriverTest, JoinOfNothingEnds) {
  TestAgent& agent = StartAgent(ConfigOf(1));
  bool done = false;
  agent.driver->Join({}, nullptr, [&done] { done = true; });
  EXPECT_FALSE(done);
  EXPECT_TRUE(loop_.RunUntil([&done] { return done; }));
}

TEST_F(DriverTest, AListenerMayCommandTheDriver) {
  const auto [first, second] = StartPair();
  bool commanded = false;
  Driver* driver = first->driver.get();
  driver->AddListener([&commanded, driver](TimePoint, const core::Event& event) {
    if (event.type != core::EventType::kMemberUpdated || commanded) return;
    commanded = true;
    EXPECT_TRUE(driver->SetTags({{"role", "seen"}}).ok());
  });
  ASSERT_TRUE(second->driver->SetTags({{"role", "web"}}).ok());
  EXPECT_TRUE(loop_.RunUntil([f = first, s = second] {
    const core::MemberView* view = s->driver->node().member(f->id());
    return view != nullptr && view->attributes().tags == wire::Tags{{"role", "seen"}};
  }));
}

TEST_F(DriverTest, AListenerMayCloseTheDriver) {
  TestAgent& first = StartAgent(ConfigOf(1));
  Driver::Config config = ConfigOf(2);
  config.seeds = {first.address()};
  TestAgent& second = StartAgent(std::move(config));
  bool closed = false;
  int after = 0;
  Driver* driver = second.driver.get();
  driver->AddListener([&](TimePoint, const core::Event&) {
    if (!closed && after == 0) driver->Close([&closed] { closed = true; });
    ++after;
  });
  EXPECT_TRUE(loop_.RunUntil([&closed] { return closed; }));
  EXPECT_EQ(after, 1) << "no event after the close";
  EXPECT_FALSE(driver->Leave().ok());
  second.driver.reset();
}

TEST_F(DriverTest, JunkIsCountedAndNothingElse) {
  TestAgent& agent = StartAgent(ConfigOf(1));
  const uint64_t version = agent.driver->node().members().version();
  UdpSocket sender;
  ASSERT_TRUE(sender.Open(loop_.get(), Address::V4(kLoopback, 0)).ok());
  int answers = 0;
  ASSERT_TRUE(
      sender.StartReading([&](const Address&, std::string_view) { ++answers; }, nullptr).ok());
  sender.Send(agent.driver->bound(), std::string(1200, 'x'), 0);
  sender.Send(agent.driver->bound(), std::string(1201, 'x'), 0);
  sender.Send(agent.driver->bound(), std::string(60'000, 'x'), 0);
  sender.Send(agent.driver->bound(), "", 0);
  EXPECT_TRUE(loop_.RunUntil([&agent] { return agent.driver->traffic().udp_packets_in >= 4; }));
  const auto& rejected = agent.driver->node().stats().rejected;
  EXPECT_EQ(rejected[static_cast<size_t>(wire::Reject::kTooLong)], 2u);
  EXPECT_EQ(rejected[static_cast<size_t>(wire::Reject::kTooShort)], 1u);
  EXPECT_EQ(agent.driver->node().members().version(), version);
  EXPECT_EQ(answers, 0);
  loop_.Close(sender);
}

TEST_F(DriverTest, ClocksAgree) {
  const TestAgent& agent = StartAgent(ConfigOf(1));
  const TimePoint now = agent.driver->now();
  const int64_t wall = agent.driver->ToUnixMicros(now);
  EXPECT_EQ(agent.driver->ToUnixMicros(now + Duration::Seconds(5)) / 1'000'000,
            (wall + 5'000'000) / 1'000'000);
  EXPECT_GT(now.micros(), 0);
}

}  // namespace
}  // namespace muster::runtime
