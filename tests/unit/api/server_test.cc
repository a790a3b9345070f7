#include "src/api/server.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "src/api/client.h"
#include "src/api/driver_backend.h"
#include "src/api/json.h"
#include "src/api/listen.h"
#include "src/runtime/driver.h"
#include "tests/unit/api/fakes.h"
#include "tests/unit/api/loop.h"

namespace muster::api {
namespace {

constexpr Duration kPatience = Duration::Seconds(10);
constexpr uint32_t kLoopback = 0x7f000001;

TEST(Listen, TheSocketIsPrivate) {
  ShortFolder folder;
  {
    const auto listener = UnixListener::Open(folder.socket(), "");
    ASSERT_TRUE(listener.ok()) << listener.status();
    struct stat info {};
    ASSERT_EQ(stat(folder.socket().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
  }
  EXPECT_NE(access(folder.socket().c_str(), F_OK), 0) << "its file goes with it";
}

TEST(Listen, AGroupMayLook) {
  ShortFolder folder;
  const auto listener = UnixListener::Open(folder.socket(), std::to_string(getegid()));
  ASSERT_TRUE(listener.ok()) << listener.status();
  struct stat info {};
  ASSERT_EQ(stat(folder.socket().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0660u);
  EXPECT_EQ(info.st_gid, getegid());
  const auto unknown = UnixListener::Open(folder.file(), "no-such-group");
  EXPECT_EQ(unknown.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(unknown.status().ToString().find("no-such-group"), std::string::npos);
}

TEST(Listen, AStaleSocketIsReplacedALiveOneIsNot) {
  ShortFolder folder;
  {
    const int stale = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, folder.socket().c_str(), folder.socket().size() + 1);
    ASSERT_EQ(bind(stale, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    close(stale);
  }
  const auto live = UnixListener::Open(folder.socket(), "");
  ASSERT_TRUE(live.ok()) << live.status();
  const auto second = UnixListener::Open(folder.socket(), "");
  EXPECT_EQ(second.status().code(), absl::StatusCode::kAlreadyExists) << second.status();
  EXPECT_TRUE(RawClient(folder.socket()).connected());
}

TEST(Listen, OtherFilesAreNotTouched) {
  ShortFolder folder;
  std::fclose(std::fopen(folder.file().c_str(), "w"));
  EXPECT_EQ(UnixListener::Open(folder.file(), "").status().code(),
            absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(access(folder.file().c_str(), F_OK), 0);
}

TEST(Listen, PathsHaveALimit) {
  const std::string longest = "/tmp/" + std::string(UnixListener::kPathBytesMax - 5, 'x');
  EXPECT_TRUE(UnixListener::Open(longest, "").ok());
  const absl::Status status = UnixListener::Open(longest + "x", "").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(status.ToString().find("108 bytes"), std::string::npos) << status;
  EXPECT_FALSE(UnixListener::Open("/tmp/no/such/folder/a.sock", "").ok());
}

TEST(Listen, ABusyPortIsNamed) {
  Address bound;
  const absl::StatusOr<int> first = ListenTcp(Address::V4(kLoopback, 0), &bound);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_NE(bound.port(), 0);
  Address unused;
  const absl::Status second = ListenTcp(bound, &unused).status();
  EXPECT_EQ(second.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_NE(second.ToString().find(bound.ToString()), std::string::npos) << second;
  EXPECT_NE(second.ToString().find("another with --http"), std::string::npos) << second;
  EXPECT_EQ(ListenTcp(Address::V4(0x08080808, 1), &unused).status().code(),
            absl::StatusCode::kInvalidArgument);
  close(*first);
}

// Two real agents in one loop; the first has the API.
class ServerTest : public testing::Test {
 protected:
  void SetUp() override {
    first_ = StartDriver(1, {});
    second_ = StartDriver(2, {first_->bound().ToString()});
    Server::Options options;
    options.driver = first_.get();
    options.presence = &presence_;
    options.info = {"0.1.0", "local", 1'795'176'000'000'000};
    options.socket_path = folder_.socket();
    options.http = Address::V4(kLoopback, 0);
    options.on_left = [this] { ++left_; };
    auto server = Server::Start(options);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    ASSERT_TRUE(loop_.RunUntil([&] { return first_->node().members().up_count() == 2; }));
  }
  void TearDown() override {
    if (server_ != nullptr) Close(*server_);
    Close(*second_);
    Close(*first_);
    EXPECT_NE(access(folder_.socket().c_str(), F_OK), 0);
  }
  std::unique_ptr<runtime::Driver> StartDriver(uint64_t number, std::vector<std::string> seeds) {
    runtime::Driver::Config config;
    config.bind = Address::V4(kLoopback, 0);
    config.seeds = std::move(seeds);
    config.options = core::Options::For(core::Profile::kLocal);
    config.identity.id = {number << 32, number};
    config.identity.attributes.name = "n" + std::to_string(number);
    config.identity.attributes.address = config.bind;
    config.identity.attributes.boot = number;
    config.seed = number;
    config.log_events = false;
    auto driver = runtime::Driver::Start(loop_.get(), std::move(config));
    EXPECT_TRUE(driver.ok()) << driver.status();
    return *std::move(driver);
  }
  template <typename Part>
  void Close(Part& part) {
    bool closed = false;
    part.Close([&] { closed = true; });
    EXPECT_TRUE(loop_.RunUntil([&] { return closed; }));
  }
  Response Call(size_t url, const std::string& method, const std::string& path,
                const std::string& body = "", const std::function<void()>& each_turn = nullptr) {
    Response response;
    const std::string address = server_->urls()[url];
    loop_.RunClient(
        [&] {
          Client client = *Client::Create(address);
          const absl::StatusOr<Response> answer = client.Call(method, path, body, kPatience);
          EXPECT_TRUE(answer.ok()) << answer.status();
          if (answer.ok()) response = *answer;
        },
        each_turn);
    return response;
  }
  Json Get(const std::string& path) { return *ParseJson(Call(0, "GET", path).body); }

  ShortFolder folder_;
  TestLoop loop_;
  std::unique_ptr<runtime::Driver> first_;
  std::unique_ptr<runtime::Driver> second_;
  std::unique_ptr<Server> server_;
  FakePresence presence_;
  int left_ = 0;
};

TEST_F(ServerTest, ShowsWhatTheDriverKnows) {
  ASSERT_EQ(server_->urls().size(), 2u);
  EXPECT_EQ(server_->urls()[0], "unix:" + folder_.socket());
  EXPECT_EQ(server_->urls()[1], "http://" + server_->http_address().ToString());
  const Json members = Get("/v1/members");
  ASSERT_EQ(members["members"].size(), 2u);
  EXPECT_EQ(members["members"][0]["self"], true);
  EXPECT_EQ(members["members"][1]["address"], second_->bound().ToString());
  ASSERT_TRUE(loop_.RunUntil([&] { return first_->traffic().udp_packets_in > 0; }));
  const Json status = Get("/v1/status");
  EXPECT_EQ(status["name"], "n1");
  EXPECT_EQ(status["members"]["alive"], 2);
  EXPECT_EQ(status["api"].size(), 2u);
  EXPECT_EQ(status["started"], "2026-11-20T12:00:00.000Z");
  EXPECT_GT(std::stoull(status["traffic"]["udp_packets_in"].get<std::string>()), 0u);
  EXPECT_EQ(status["view"]["version"], std::to_string(first_->node().members().version()));
  const DriverBackend backend(first_.get(), nullptr);
  EXPECT_EQ(backend.member(1).id, second_->node().id());
  EXPECT_TRUE(backend.member(0).is_self);
}

TEST_F(ServerTest, TcpReadsAreFreeAndWritesForbidden) {
  EXPECT_EQ(Call(1, "GET", "/v1/members").status, 200);
  EXPECT_EQ(Call(1, "POST", "/v1/leave").status, 403);
  EXPECT_EQ(Call(1, "POST", "/v1/reachability").status, 403);
  EXPECT_FALSE(first_->node().leaving());
}

TEST_F(ServerTest, CommandsReachTheNode) {
  EXPECT_EQ(Call(0, "PUT", "/v1/self/tags", R"({"tags":{"role":"web"}})").status, 200);
  EXPECT_EQ(Get("/v1/members/n1")["tags"]["role"], "web");
  const Response live = Call(0, "DELETE", "/v1/members/n2");
  EXPECT_EQ(live.status, 409) << live.body;
  const Json reached = *ParseJson(Call(0, "POST", "/v1/reachability").body);
  EXPECT_EQ(DumpJson(reached), R"({"asked":1,"answered":1,"missing":[]})");
  const Json ping = *ParseJson(Call(0, "POST", "/v1/members/n2/ping").body);
  EXPECT_EQ(ping["answered"], true);
  EXPECT_GT(ping["rtt_ms"].get<double>(), 0);
  const Json join = *ParseJson(
      Call(0, "POST", "/v1/join", R"({"addresses":[")" + second_->bound().ToString() + R"("]})")
          .body);
  EXPECT_EQ(join["joined"], 1) << DumpJson(join);
}

TEST_F(ServerTest, AForceLeaveTakesTheRowOutOfTheDatastoreToo) {
  EXPECT_EQ(Call(0, "DELETE", "/v1/members/n2").status, 409);
  EXPECT_TRUE(presence_.forgotten.empty()) << "it is alive and stays";
  const Response evicted = Call(0, "DELETE", "/v1/members/n2?evict=1");
  EXPECT_EQ(evicted.status, 200) << evicted.body;
  EXPECT_EQ(presence_.forgotten, std::vector<HostId>{second_->node().id()});
  DriverBackend without(first_.get(), nullptr);
  EXPECT_FALSE(without.ForceLeave(first_->node().id(), false, false).ok());
}

TEST_F(ServerTest, StreamsTellOfTheDatastore) {
  RawClient client(folder_.socket());
  client.Send("GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n");
  loop_.RunClient([&] { client.ReadUntil("event: hello"); });
  server_->AnnounceStore(StoreEvent::kFailed, "10.0.0.9:6379: connection refused");
  std::string read;
  loop_.RunClient([&] { read = client.ReadUntil("connection refused"); });
  EXPECT_NE(read.find("event: store.failed"), std::string::npos) << read;
  Close(*server_);
  server_->AnnounceStore(StoreEvent::kRecovered, "too late for anybody");
  server_.reset();
}

TEST_F(ServerTest, AChangeEndsAWait) {
  const std::string version = Get("/v1/members")["version"];
  uint64_t changes = 0;
  const Response changed = Call(0, "GET", "/v1/members?wait=9s&index=" + version, "", [&] {
    // Again whenever the last change has arrived: the request may come after the first one.
    if (first_->node().members()[1].incarnation != second_->node().incarnation()) return;
    EXPECT_TRUE(second_->SetTags({{"count", std::to_string(++changes)}}).ok());
  });
  EXPECT_EQ(changed.status, 200);
  EXPECT_GT(std::stoull((*ParseJson(changed.body))["version"].get<std::string>()),
            std::stoull(version));
}

TEST_F(ServerTest, LeaveIsAnsweredAndThenTheHostIsTold) {
  const Response response = Call(0, "POST", "/v1/leave");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "{\"asked\":1,\"confirmed\":1}\n");
  EXPECT_TRUE(loop_.RunUntil([&] { return left_ == 1; }));
  EXPECT_EQ(second_->node().member(first_->node().id())->state, wire::State::kLeft);
}

TEST_F(ServerTest, TheHostMayCloseFromOnLeft) {
  bool closed = false;
  Close(*server_);
  Server::Options options;
  options.driver = first_.get();
  options.socket_path = folder_.socket();
  options.on_left = [&] { server_->Close([&] { closed = true; }); };
  auto again = Server::Start(options);
  ASSERT_TRUE(again.ok()) << again.status();
  server_ = *std::move(again);
  EXPECT_EQ(Call(0, "POST", "/v1/leave").status, 200);
  EXPECT_TRUE(loop_.RunUntil([&] { return closed; }));
  server_.reset();
}

TEST_F(ServerTest, AFailedStartLeavesNothingBehind) {
  Server::Options options;
  options.driver = first_.get();
  options.socket_path = folder_.file();
  options.http = server_->http_address();
  const absl::Status busy = Server::Start(options).status();
  EXPECT_EQ(busy.code(), absl::StatusCode::kAlreadyExists) << busy;
  EXPECT_NE(access(folder_.file().c_str(), F_OK), 0);
  EXPECT_EQ(Call(0, "GET", "/v1/health/live").status, 200);
}

}  // namespace
}  // namespace muster::api
