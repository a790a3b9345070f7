#include "src/api/http_server.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "src/api/client.h"
#include "src/api/http_exchange.h"
#include "src/api/listen.h"
#include "tests/unit/api/fakes.h"
#include "tests/unit/api/loop.h"

namespace muster::api {
namespace {

constexpr Duration kPatience = Duration::Seconds(10);

class Http : public testing::Test {
 protected:
  void Begin(const Limits& limits = {}) {
    limits_ = limits;
    harness_.emplace(limits_);
    harness_->backend.AddMember("n2");
    auto listener = UnixListener::Open(folder_.socket(), "");
    ASSERT_TRUE(listener.ok()) << listener.status();
    listener_.emplace(*std::move(listener));
    auto server = HttpServer::Start(loop_.get(), listener_->ReleaseFd(), &limits_,
                                    [this](std::shared_ptr<Exchange> exchange) {
                                      harness_->service.HandleRequest(std::move(exchange));
                                    });
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  void TearDown() override { End(); }
  void End() {
    if (server_ == nullptr) return;
    bool closed = false;
    harness_->service.Stop();
    server_->Close([&] { closed = true; });
    EXPECT_FALSE(closed);
    EXPECT_TRUE(loop_.RunUntil([&] { return closed; }));
    server_.reset();
  }
  Client MakeClient() { return *Client::Create("unix:" + folder_.socket()); }
  Response Call(const std::string& method, const std::string& path, const std::string& body = "",
                const std::function<void()>& each_turn = nullptr) {
    Response response;
    loop_.RunClient(
        [&] {
          Client client = MakeClient();
          const absl::StatusOr<Response> answer = client.Call(method, path, body, kPatience);
          EXPECT_TRUE(answer.ok()) << answer.status();
          if (answer.ok()) response = *answer;
        },
        each_turn);
    return response;
  }
  bool SomebodyWaits() const { return !harness_->service.NextDeadline().is_never(); }
  // One raw exchange; the connection is closed after it.
  std::string Raw(const std::string& request) {
    std::string answer;
    loop_.RunClient([&] {
      RawClient client(folder_.socket());
      client.Send(request);
      answer = client.ReadAll();
    });
    return answer;
  }
  void EmitAgreement() {
    core::Event event;
    event.type = core::EventType::kAgreement;
    harness_->Emit(event);
  }
  // Opens a raw event stream and reads its hello.
  std::unique_ptr<RawClient> OpenStream() {
    auto client = std::make_unique<RawClient>(folder_.socket());
    loop_.RunClient([&] {
      client->Send("GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n");
      EXPECT_NE(client->ReadUntil("\"members\":[").find("event: hello"), std::string::npos);
    });
    return client;
  }

  ShortFolder folder_;
  TestLoop loop_;
  Limits limits_;
  std::optional<ServiceHarness> harness_;
  std::optional<UnixListener> listener_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(Http, AnswersWithBodyTagAndType) {
  Begin();
  const Response response = Call("GET", "/v1/members");
  EXPECT_EQ(response.status, 200);
  EXPECT_TRUE(response.etag.starts_with("W/\"")) << response.etag;
  EXPECT_EQ((*ParseJson(response.body))["members"].size(), 2u);
  const std::string raw =
      Raw("GET /v1/members/n2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(raw.starts_with("HTTP/1.1 200 ")) << raw;
  EXPECT_NE(raw.find("Content-Type: application/json\r\n"), std::string::npos);
  EXPECT_NE(raw.find("Muster-Version: 18\r\n"), std::string::npos) << raw;
}

TEST_F(Http, ErrorsCarryTheirHeaders) {
  Begin();
  const std::string raw =
      Raw("PUT /v1/members HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
          "Content-Length: 0\r\n\r\n");
  EXPECT_TRUE(raw.starts_with("HTTP/1.1 405 ")) << raw;
  EXPECT_NE(raw.find("Allow: GET, HEAD\r\n"), std::string::npos) << raw;
  EXPECT_EQ(Call("GET", "/v1/members/%zz").status, 400);
  EXPECT_EQ(Call("GET", "/v1/members/" + Client::EscapePath("a/b c")).status, 404);
}

TEST_F(Http, HeadHasNoBody) {
  Begin();
  const std::string raw = Raw("HEAD /v1/members HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(raw.starts_with("HTTP/1.1 200 ")) << raw;
  EXPECT_TRUE(raw.ends_with("\r\n\r\n")) << raw;
}

TEST_F(Http, AKnownTagGets304) {
  Begin();
  const std::string etag = Call("GET", "/v1/members").etag;
  const std::string raw =
      Raw("GET /v1/members HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
          "If-None-Match: " +
          etag + "\r\n\r\n");
  EXPECT_TRUE(raw.starts_with("HTTP/1.1 304 ")) << raw;
  EXPECT_NE(raw.find("ETag: " + etag), std::string::npos);
}

TEST_F(Http, SeveralRequestsOnOneConnection) {
  Begin();
  const std::string one = "GET /v1/health/live HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string last = "GET /v1/health/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  const std::string raw = Raw(one + one + last);
  EXPECT_NE(raw.find("\"ready\":true"), std::string::npos) << raw;
  size_t answers = 0;
  for (size_t at = 0; (at = raw.find("HTTP/1.1 200", at)) != std::string::npos; ++at) ++answers;
  EXPECT_EQ(answers, 3u);
}

TEST_F(Http, ReadsBodies) {
  Begin();
  EXPECT_EQ(Call("PUT", "/v1/self/tags", R"({"tags":{"role":"web"}})").status, 200);
  EXPECT_EQ(harness_->backend.members[0].tags, (wire::Tags{{"role", "web"}}));
  const std::string chunked =
      Raw("PUT /v1/self/tags HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
          "Transfer-Encoding: chunked\r\n\r\n8\r\n{\"tags\":\r\n3\r\n{}}\r\n0\r\n\r\n");
  EXPECT_TRUE(chunked.starts_with("HTTP/1.1 200 ")) << chunked;
  EXPECT_TRUE(harness_->backend.members[0].tags.empty());
}

TEST_F(Http, BodiesHaveALimit) {
  Begin();
  std::string body = R"({"tags":{}})";
  body.resize(limits_.body_bytes_max, ' ');
  EXPECT_EQ(Call("PUT", "/v1/self/tags", body).status, 200);
  for (const size_t size : {limits_.body_bytes_max + 1, size_t{4} << 20}) {
    body.resize(size, ' ');
    const Response refused = Call("PUT", "/v1/self/tags", body);
    EXPECT_EQ(refused.status, 413) << size;
    EXPECT_EQ((*ParseJson(refused.body))["error"]["code"], "too_large");
  }
}

TEST_F(Http, HeadersHaveALimit) {
  Begin();
  // What counts: method, target, and the names and values of the fields.
  const std::string fields = "HostxConnectioncloseX-Filler";
  const std::string start = "GET/v1/health/live" + fields;
  const auto answer = [&](size_t bytes) {
    const std::string filler(bytes - start.size(), 'f');
    return Raw("GET /v1/health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Filler: " +
               filler + "\r\n\r\n");
  };
  EXPECT_TRUE(answer(limits_.header_bytes_max).starts_with("HTTP/1.1 200 "));
  const std::string refused = answer(limits_.header_bytes_max + 1);
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 413 ")) << refused;
  EXPECT_NE(refused.find("too_large"), std::string::npos);
}

TEST_F(Http, HeadersThatNeverEndAreCutOff) {
  Begin();
  const std::string raw = Raw("GET /v1/health/live HTTP/1.1\r\nX: " + std::string(256 * 1024, 'x'));
  EXPECT_FALSE(raw.starts_with("HTTP/1.1 200")) << raw.substr(0, 200);
}

TEST_F(Http, ClientsHaveALimit) {
  Limits limits;
  limits.clients_max = 2;
  Begin(limits);
  auto first = OpenStream();
  const auto second = OpenStream();
  const std::string refused = Raw("GET /v1/health/live HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 429 ")) << refused;
  EXPECT_NE(refused.find("\"busy\""), std::string::npos);
  first->Hangup();
  harness_->Advance(limits_.heartbeat);  // the next write shows that it is gone
  EXPECT_TRUE(loop_.RunUntil([&] { return server_->connections() == 1; }));
  EXPECT_EQ(Call("GET", "/v1/health/live").status, 200);
}

TEST_F(Http, JunkIsRefusedAndHarmsNobody) {
  Begin();
  for (const char* junk : {"\r\n\r\n\r\n", "hello\r\n\r\n", "GET\r\n\r\n",
                           "\x16\x03\x01\x02\r\n\r\n", "GET / HTTP/9.9\r\n\r\n"}) {
    EXPECT_EQ(Raw(std::string(junk) + "Connection: close\r\n\r\n").find("HTTP/1.1 200"),
              std::string::npos);
  }
  EXPECT_EQ(Call("GET", "/v1/health/live").status, 200);
}

TEST_F(Http, ABlockingReadIsAnsweredByAChange) {
  Begin();
  const Response response = Call("GET", "/v1/members?wait=9s&index=18", "", [this] {
    if (!SomebodyWaits() || harness_->backend.table_version > 18) return;
    core::Event event;
    event.type = core::EventType::kMemberUpdated;
    event.version = ++harness_->backend.table_version;
    harness_->Emit(event);
    harness_->Settle();
  });
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ((*ParseJson(response.body))["version"], "19");
}

TEST_F(Http, MetricsAreText) {
  Begin();
  const std::string raw = Raw("GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(raw.starts_with("HTTP/1.1 200 ")) << raw;
  EXPECT_NE(raw.find("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"),
            std::string::npos)
      << raw;
  EXPECT_NE(raw.find("\nmuster_members{status=\"alive\"} 2\n"), std::string::npos) << raw;
}

TEST_F(Http, ADatastoreMayAnswerAfterItsClientHasGone) {
  Begin();
  FakePresence presence;
  harness_->backend.datastore = &presence;
  RawClient client(folder_.socket());
  client.Send("GET /v1/presence HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(loop_.RunUntil([&] { return presence.lists.size() == 1; }));
  client.Hangup();
  EXPECT_EQ(Call("GET", "/v1/health/live").status, 200);
  presence.AnswerList();
  EXPECT_EQ(Call("GET", "/v1/health/live").status, 200);
  // And after the server itself.
  RawClient late(folder_.socket());
  late.Send("GET /v1/presence HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(loop_.RunUntil([&] { return presence.lists.size() == 1; }));
  End();
  presence.FailList(absl::UnavailableError("connection lost"));
}

TEST_F(Http, StreamsServerSentEvents) {
  Begin();
  const auto client = OpenStream();
  EmitAgreement();
  loop_.RunClient([&] {
    const std::string text = client->ReadUntil("\"agreeing\"");
    EXPECT_NE(text.find("Content-Type: text/event-stream"), std::string::npos);
    EXPECT_NE(text.find("id: 3-1\nevent: agreement\ndata: {\"id\":\"3-1\""), std::string::npos)
        << text;
  });
}

TEST_F(Http, StreamsJsonLinesToTheClient) {
  Begin();
  std::vector<std::string> types;
  bool emitted = false;
  const auto client = [&] {
    Client reader = MakeClient();
    const absl::StatusOr<Response> end =
        reader.Stream("/v1/events", kPatience, [&](std::string_view line) {
          const absl::StatusOr<Json> event = ParseJson(line);
          EXPECT_TRUE(event.ok()) << line;
          types.push_back(event.ok() ? (*event)["type"].get<std::string>() : "");
          return types.size() < 2;
        });
    EXPECT_TRUE(end.ok()) << end.status();
  };
  // Once somebody listens: a sign of life, then an event.
  loop_.RunClient(client, [&] {
    if (!SomebodyWaits() || std::exchange(emitted, true)) return;
    harness_->Advance(Limits().heartbeat);
    EmitAgreement();
  });
  EXPECT_EQ(types, (std::vector<std::string>{"hello", "agreement"}));
}

TEST_F(Http, AVanishedStreamIsNoticedAtTheNextSignOfLife) {
  Begin();
  auto client = OpenStream();
  ASSERT_EQ(server_->connections(), 1u);
  client->Hangup();
  harness_->Advance(limits_.heartbeat);
  EXPECT_TRUE(loop_.RunUntil([&] { return server_->connections() == 0; }));
}

TEST_F(Http, AVanishedWaiterIsForgotten) {
  Limits limits;
  limits.waiters_max = 1;
  Begin(limits);
  auto client = std::make_unique<RawClient>(folder_.socket());
  client->Send("GET /v1/members?wait=500s&index=99 HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(loop_.RunUntil([&] { return SomebodyWaits(); }));
  EXPECT_EQ(Call("GET", "/v1/members?wait=1s&index=99").status, 429);
  client->Hangup();
  harness_->Advance(limits_.heartbeat);
  EXPECT_TRUE(harness_->service.NextDeadline().is_never());
}

TEST_F(Http, ASlowStreamIsCutOffAndDelaysNobody) {
  Limits limits;
  limits.backlog_events_max = 100;
  Begin(limits);
  const auto slow = OpenStream();
  // Far more than socket buffers hold: the stream stops taking, then falls behind for good.
  for (int round = 0; round < 400; ++round) {
    for (int i = 0; i < 50; ++i) EmitAgreement();
    uv_run(loop_.get(), UV_RUN_NOWAIT);
  }
  EXPECT_EQ(Call("GET", "/v1/health/live").status, 200);
  loop_.RunClient([&] {
    const std::string text = slow->ReadUntil("\r\n0\r\n\r\n");
    EXPECT_NE(text.find("event: gap\n"), std::string::npos);
    EXPECT_TRUE(text.ends_with("\r\n0\r\n\r\n")) << "the stream ends in good order";
  });
}

TEST_F(Http, CloseAnswersWhatWaitsAndEndsStreams) {
  Begin();
  const auto stream = OpenStream();
  auto waiter = std::make_unique<RawClient>(folder_.socket());
  waiter->Send("GET /v1/members?wait=500s&index=99 HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(loop_.RunUntil([&] { return server_->connections() == 2; }));
  ASSERT_TRUE(loop_.RunUntil([&] { return SomebodyWaits(); }));
  uv_run(loop_.get(), UV_RUN_NOWAIT);
  End();
  EXPECT_TRUE(stream->ReadAll().ends_with("0\r\n\r\n"));
  const std::string answer = waiter->ReadAll();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ") || answer.empty()) << answer;
  EXPECT_FALSE(RawClient(folder_.socket()).connected());
}

TEST_F(Http, CloseDoesNotWaitForAClientThatDoesNotRead) {
  Limits limits;
  limits.close_for = Duration::Millis(50);
  Begin(limits);
  const auto stuck = OpenStream();
  for (int round = 0; round < 200; ++round) {
    for (int i = 0; i < 50; ++i) EmitAgreement();
    uv_run(loop_.get(), UV_RUN_NOWAIT);
  }
  End();
  EXPECT_EQ(server_, nullptr);
}

TEST_F(Http, LeaveIsDoneWhenItsAnswerIsDelivered) {
  Begin();
  harness_->backend.on_leave = [this] {
    core::Event event;
    event.type = core::EventType::kLeaveDone;
    event.asked = event.value = 3;
    harness_->Emit(event);
  };
  const Response response = Call("POST", "/v1/leave", "", [this] { harness_->Settle(); });
  EXPECT_EQ(response.body, "{\"asked\":3,\"confirmed\":3}\n");
  EXPECT_TRUE(loop_.RunUntil([this] {
    harness_->Settle();
    return harness_->left == 1;
  }));
}

}  // namespace
}  // namespace muster::api
