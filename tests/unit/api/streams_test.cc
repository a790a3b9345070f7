#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/api/fakes.h"

namespace muster::api {
namespace {

class Streams : public testing::Test, protected ServiceHarness {
 protected:
  Streams() { backend.AddMember("n2"); }
  ~Streams() override {
    for (const ExchangePtr& exchange : open_) exchange->source.reset();
  }
  ExchangePtr Open(const std::string& query = "", const std::string& accept = "application/jsonl") {
    auto exchange = std::make_shared<FakeExchange>("GET", "/v1/events" + query);
    exchange->sent.accept = accept;
    open_.push_back(exchange);
    return Send(exchange);
  }
  void Fail(size_t member) {
    core::Event event;
    event.type = core::EventType::kMemberFailed;
    event.member = backend.members[member].id;
    event.from = wire::State::kSuspect;
    event.to = wire::State::kFailed;
    backend.members[member].state = event.to;
    event.version = ++backend.table_version;
    event.batch = batch_;
    Emit(event);
  }
  static std::vector<Json> Lines(const std::string& text) {
    std::vector<Json> lines;
    for (size_t at = 0; at < text.size();) {
      const size_t end = text.find('\n', at);
      if (end == std::string::npos) break;
      const absl::StatusOr<Json> json = ParseJson(text.substr(at, end - at));
      EXPECT_TRUE(json.ok()) << text.substr(at, end - at);
      if (json.ok()) lines.push_back(*json);
      at = end + 1;
    }
    return lines;
  }
  std::vector<ExchangePtr> open_;
  uint64_t batch_ = 7;
};

TEST_F(Streams, BeginWithHelloAndTheMembers) {
  backend.AddMember("gone").state = wire::State::kPruned;
  const auto stream = Open();
  EXPECT_EQ(stream->content_type, "application/jsonl");
  const std::vector<Json> lines = Lines(stream->Read());
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0]["type"], "hello");
  EXPECT_EQ(lines[0]["id"], "3-0");
  EXPECT_EQ(lines[0]["self"], backend.members[0].id.ToHex());
  EXPECT_EQ(lines[0]["cluster"], "blue");
  EXPECT_EQ(lines[0]["version"], std::to_string(backend.table_version));
  ASSERT_EQ(lines[0]["members"].size(), 2u);
  EXPECT_EQ(lines[0]["members"][1]["name"], "n2");
}

TEST_F(Streams, CarryAnEventTheMomentItHappens) {
  const auto stream = Open();
  stream->Read();
  Fail(1);
  EXPECT_EQ(stream->wakes, 1);
  const std::vector<Json> lines = Lines(stream->Read());
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0]["type"], "member.failed");
  EXPECT_EQ(lines[0]["id"], "3-1");
  EXPECT_EQ(lines[0]["member"]["name"], "n2");
  EXPECT_EQ(lines[0]["version"], std::to_string(backend.table_version));
}

TEST_F(Streams, ServerSentEventsUnlessAskedForLines) {
  for (const char* accept : {"", "*/*", "text/event-stream"}) {
    const auto stream = Open("", accept);
    EXPECT_EQ(stream->content_type, "text/event-stream");
    EXPECT_TRUE(stream->Read().starts_with("id: 3-0\nevent: hello\ndata: {")) << accept;
  }
  for (const char* accept : {"application/jsonl", "text/html, application/x-ndjson;q=0.9"}) {
    EXPECT_EQ(Open("", accept)->content_type, "application/jsonl");
  }
}

TEST_F(Streams, CountEventsThatNobodyHeard) {
  Fail(1);
  const auto stream = Open();
  EXPECT_EQ(Lines(stream->Read())[0]["id"], "3-1");
  core::Event internal;
  internal.type = core::EventType::kRefutedSelf;
  Emit(internal);
  Fail(1);
  EXPECT_EQ(Lines(stream->Read())[0]["id"], "3-2") << "internal events do not count";
}

TEST_F(Streams, CarryTheBatchOfTheNode) {
  backend.AddMember("n3");
  backend.AddMember("n4");
  const auto stream = Open("?type=member.failed");
  stream->Read();
  Fail(1);
  Fail(2);
  batch_ = 8;
  Fail(3);
  const std::vector<Json> lines = Lines(stream->Read());
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0]["batch"], "7");
  EXPECT_EQ(lines[1]["batch"], "7");
  EXPECT_EQ(lines[2]["batch"], "8");
}

TEST_F(Streams, FilterByType) {
  const auto stream = Open("?type=member.joined,self.health");
  stream->Read();
  Fail(1);
  EXPECT_EQ(stream->Read(), "");
  core::Event event;
  event.type = core::EventType::kSelfHealth;
  event.value = 2;
  Emit(event);
  EXPECT_EQ(Lines(stream->Read())[0]["health"], 2);
  EXPECT_EQ(Open("?type=member.died")->code(), "bad_request");
}

TEST_F(Streams, SignsOfLifeOnlyWhileSomebodyListens) {
  EXPECT_TRUE(service.NextDeadline().is_never());
  const auto stream = Open("", "");
  stream->Read();
  Advance(Limits().heartbeat);
  EXPECT_EQ(stream->Read(), ":\n\n");
  stream->source.reset();
  Advance(Limits().heartbeat);
  EXPECT_TRUE(service.NextDeadline().is_never()) << "an idle agent sleeps";
}

TEST(StreamLimits, StreamsBeyondTheLimitAreToldAtOnce) {
  Limits limits;
  limits.streams_max = 1;
  ServiceHarness harness(limits);
  const auto first = harness.Get("/v1/events");
  EXPECT_NE(first->source, nullptr);
  EXPECT_EQ(harness.Get("/v1/events")->status(), 429);
  first->source.reset();
  const auto next = harness.Get("/v1/events");
  EXPECT_NE(next->source, nullptr);
  next->source.reset();
}

TEST(StreamLimits, ASlowStreamIsTold) {
  Limits limits;
  limits.backlog_events_max = 2;
  ServiceHarness harness(limits);
  const auto stream = harness.Get("/v1/events");
  core::Event event;
  event.type = core::EventType::kAgreement;
  for (int i = 0; i < 3; ++i) harness.Emit(event);
  const std::string text = stream->Read();
  EXPECT_NE(text.find("event: gap\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\"missed\":\"3\""), std::string::npos) << text;
  EXPECT_TRUE(stream->source->finished());
  stream->source.reset();
}

TEST_F(Streams, StopEndsThem) {
  const auto stream = Open();
  stream->Read();
  service.Stop();
  EXPECT_EQ(stream->Read(), "");
  EXPECT_TRUE(stream->source->finished());
  const auto late = Get("/v1/members");
  EXPECT_EQ(late->status(), 503);
  EXPECT_EQ(late->code(), "unavailable");
}

}  // namespace
}  // namespace muster::api
