#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/base/rng.h"
#include "src/store/postgresql_connection.h"
#include "tests/e2e/harness/clock.h"
#include "tests/e2e/harness/process.h"
#include "tests/store/postgresql_fixture.h"

// What befalls the server or the network between: each fault ends an operation in time, with a
// telling code, and the next operation after the fault works without further ado.

namespace muster::store {
namespace {

using absl::StatusCode;
using contract::MakeId;
using contract::MakeRecord;
using servers::PostgresqlServer;

class PostgresqlFaultTest : public PostgresqlTest {};

// The processor time that this process has used.
Duration ProcessorTime() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return Duration::Micros((usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1'000'000 +
                          usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

// The longest time for which the loop stood still while it ran.
class LagMeter {
 public:
  explicit LagMeter(uv_loop_t* loop) {
    uv_timer_init(loop, &timer_);
    timer_.data = this;
    last_ = e2e::Now();
    uv_timer_start(
        &timer_,
        [](uv_timer_t* timer) {
          auto* self = static_cast<LagMeter*>(timer->data);
          const TimePoint now = e2e::Now();
          self->longest_ = std::max(self->longest_, now - self->last_);
          self->last_ = now;
        },
        1, 1);
  }
  Duration Close(contract::Loop* loop) {
    uv_close(reinterpret_cast<uv_handle_t*>(&timer_), nullptr);
    loop->RunPending();
    return longest_;
  }

 private:
  uv_timer_t timer_;
  TimePoint last_;
  Duration longest_;
};

// A socket on loopback that listens and never accepts. With `is_full` its queue is taken up by
// others, so that the kernel drops whoever asks: a packet filter that swallows everything.
class DeafListener {
 public:
  explicit DeafListener(bool is_full) {
    listener_ = Socket();
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t length = sizeof(address);
    EXPECT_EQ(bind(listener_, generic, length), 0);
    EXPECT_EQ(listen(listener_, is_full ? 0 : 64), 0);
    EXPECT_EQ(getsockname(listener_, generic, &length), 0);
    port_ = ntohs(address.sin_port);
    for (int i = 0; is_full && i < 4; ++i) {
      others_.push_back(Socket());
      connect(others_.back(), generic, length);
    }
  }
  ~DeafListener() {
    close(listener_);
    for (const int other : others_) close(other);
  }
  uint16_t port() const { return port_; }
  std::string Url() const {
    return absl::StrCat("postgresql://muster:pw-4711@127.0.0.1:", port_, "/muster");
  }

 private:
  static int Socket() { return socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); }
  int listener_ = -1;
  std::vector<int> others_;
  uint16_t port_ = 0;
};

// Answers everybody on loopback with the same bytes, and hangs up.
class Impostor {
 public:
  Impostor(contract::Loop* loop, std::string bytes) : loop_(loop), bytes_(std::move(bytes)) {
    uv_tcp_init(loop->get(), &listener_);
    listener_.data = this;
    sockaddr_in address;
    uv_ip4_addr("127.0.0.1", 0, &address);
    EXPECT_EQ(uv_tcp_bind(&listener_, reinterpret_cast<sockaddr*>(&address), 0), 0);
    EXPECT_EQ(uv_listen(reinterpret_cast<uv_stream_t*>(&listener_), 8, OnConnection), 0);
    int length = sizeof(address);
    uv_tcp_getsockname(&listener_, reinterpret_cast<sockaddr*>(&address), &length);
    url_ = absl::StrCat("postgresql://muster:pw-4711@127.0.0.1:", ntohs(address.sin_port), "/x");
  }
  ~Impostor() {
    uv_close(reinterpret_cast<uv_handle_t*>(&listener_), nullptr);
    loop_->RunPending();
  }
  const std::string& url() const { return url_; }

 private:
  static void OnConnection(uv_stream_t* listener, int /*status*/) {
    auto* self = static_cast<Impostor*>(listener->data);
    auto* guest = new uv_tcp_t;
    uv_tcp_init(listener->loop, guest);
    uv_accept(listener, reinterpret_cast<uv_stream_t*>(guest));
    uv_buf_t buffer = uv_buf_init(self->bytes_.data(), static_cast<unsigned>(self->bytes_.size()));
    uv_try_write(reinterpret_cast<uv_stream_t*>(guest), &buffer, 1);
    uv_close(reinterpret_cast<uv_handle_t*>(guest),
             [](uv_handle_t* handle) { delete reinterpret_cast<uv_tcp_t*>(handle); });
  }
  contract::Loop* loop_;
  std::string bytes_;
  uv_tcp_t listener_;
  std::string url_;
};

TEST_F(PostgresqlFaultTest, AServerThatIsKilledAndComesBack) {
  PresenceStore* store = Open();
  ExpectWorks(store, 1);
  server().Kill();
  for (int i = 0; i < 3; ++i) {
    const Duration took =
        Time([&] { ExpectError(session().Scan(store).status(), StatusCode::kUnavailable); });
    EXPECT_LT(took, Duration::Seconds(1));
  }
  Restart();
  ExpectWorks(store, 2);
  EXPECT_EQ(session().Scan(store)->rows.size(), 2u);
}

// The connection is lost while an answer is awaited.
TEST_F(PostgresqlFaultTest, AServerThatDiesAmidAnOperation) {
  PresenceStore* store = Open();
  ExpectWorks(store);
  server().Pause();
  std::vector<StatusCode> ended;
  for (uint64_t n = 1; n <= 5; ++n) {
    store->Upsert(MakeRecord(n), Duration::Seconds(60), [&](const absl::StatusOr<size_t>& live) {
      ended.push_back(live.status().code());
    });
  }
  session().loop().RunFor(Duration::Millis(100));
  EXPECT_TRUE(ended.empty());
  server().Kill();
  ASSERT_TRUE(session().loop().RunUntil([&] { return ended.size() == 5; }, Duration::Seconds(6)));
  EXPECT_EQ(ended, std::vector<StatusCode>(5, StatusCode::kUnavailable));
  Restart();
  ExpectWorks(store);
}

// The end of a session that nobody uses is noticed without being asked, and costs nothing.
TEST_F(PostgresqlFaultTest, AnIdleConnectionThatTheServerEnds) {
  PresenceStore* store = Open();
  ExpectWorks(store);
  EXPECT_EQ(Query(absl::StrCat("SELECT pg_terminate_backend(pid) FROM pg_stat_activity",
                               " WHERE usename = 'muster' AND datname = '", database(), "'")),
            "t");
  const Duration before = ProcessorTime();
  session().loop().RunFor(Duration::Millis(500));
  EXPECT_LT(ProcessorTime() - before, Duration::Millis(100)) << "the loop is kept busy";
  EXPECT_EQ(Query(CountSessions()), "0");
  ExpectWorks(store);
  ASSERT_TRUE(server().Stop().ok());
  session().loop().RunFor(Duration::Millis(100));
  ExpectError(session().Scan(store).status(), StatusCode::kUnavailable);
  Restart();
  ExpectWorks(store);
}

TEST_F(PostgresqlFaultTest, ASessionThatIsEndedAmidAStatement) {
  ExpectWorks(Open());
  auto blocker = e2e::Process::Start(
      {.argv = {"/usr/bin/psql", "-h", server().folder(), "-p", absl::StrCat(server().port()), "-U",
                "postgres", "-d", database(), "-X", "-c",
                "BEGIN; LOCK TABLE muster_presence; SELECT pg_sleep(60)"},
       .environment = {},
       .stdout_path = "",
       .stderr_path = ""});
  ASSERT_TRUE(blocker.ok()) << blocker.status();
  ASSERT_TRUE(
      QueryBecomes("SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND"
                   " granted AND relation = 'muster_presence'::regclass",
                   "1"));
  std::optional<absl::Status> ended;
  Open()->Scan([&](const absl::StatusOr<PresenceScan>& scan) { ended = scan.status(); });
  const std::string waiting =
      absl::StrCat(" FROM pg_stat_activity WHERE usename = 'muster' AND datname = '", database(),
                   "' AND wait_event_type = 'Lock'");
  ASSERT_TRUE(QueryBecomes("SELECT count(*)" + waiting, "1", Duration::Seconds(3)));
  EXPECT_EQ(Query("SELECT pg_terminate_backend(pid)" + waiting), "t");
  ASSERT_TRUE(session().loop().RunUntil([&] { return ended.has_value(); }, Duration::Seconds(2)));
  ExpectError(*ended, StatusCode::kUnavailable);
}

// Frozen, with a connection open: the operation's budget counts. Frozen, without: the connection's.
// The loop goes on meanwhile.
TEST_F(PostgresqlFaultTest, AServerThatStandsStill) {
  PresenceStore* store = Open();
  ExpectWorks(store);
  server().Pause();
  LagMeter lag(session().loop().get());
  Duration took =
      Time([&] { ExpectError(session().Scan(store).status(), StatusCode::kDeadlineExceeded); });
  EXPECT_GE(took, PresenceStore::kOperationBudget - Duration::Millis(100));
  EXPECT_LT(took, PresenceStore::kOperationBudget + Duration::Seconds(1));
  took = Time([&] {
    ExpectError(session().Erase(store, MakeId(1), Incarnation::Of(9, 0)).status(),
                StatusCode::kDeadlineExceeded);
  });
  EXPECT_LT(took, PresenceStore::kConnectBudget + Duration::Seconds(1));
  // Roomy, for machines that do much else; the benchmark measures it.
  EXPECT_LT(lag.Close(&session().loop()), Duration::Millis(250));
  server().Resume();
  ExpectWorks(store);
}

TEST_F(PostgresqlFaultTest, ATableThatIsEmptiedOrDropped) {
  PresenceStore* store = Open();
  ExpectWorks(store, 1);
  Query("TRUNCATE muster_presence");
  EXPECT_EQ(session().Scan(store)->rows.size(), 0u);
  EXPECT_EQ(*session().Upsert(store, MakeRecord(1)), 1u);
  Query("DROP TABLE muster_presence");
  EXPECT_EQ(*session().Erase(store, MakeId(1), Incarnation::Of(9, 0)), false);
  EXPECT_EQ(*session().Upsert(store, MakeRecord(1)), 1u);
}

TEST_F(PostgresqlFaultTest, ADatabaseThatIsDropped) {
  PresenceStore* store = Open();
  ExpectWorks(store);
  ASSERT_TRUE(
      server().Query(absl::StrCat("DROP DATABASE ", database(), " WITH (FORCE)"), "postgres").ok());
  ExpectError(session().Scan(store).status(), StatusCode::kFailedPrecondition);
  ASSERT_TRUE(server().CreateDatabase(database()).ok());
  ExpectWorks(store);
}

TEST_F(PostgresqlFaultTest, AnAddressThatSwallowsEverything) {
  const DeafListener dropped(true);
  const DeafListener silent(false);
  for (const DeafListener* listener : {&dropped, &silent}) {
    PresenceStore* store = Open(listener->Url());
    const Duration took =
        Time([&] { ExpectError(session().Scan(store).status(), StatusCode::kDeadlineExceeded); });
    EXPECT_LT(took, PresenceStore::kConnectBudget + Duration::Millis(500));
  }
  // One of several hosts: the others get their share of the time.
  PresenceStore* store = Open(absl::StrCat("postgresql://muster:pw-4711@127.0.0.1:", dropped.port(),
                                           ",127.0.0.1:", silent.port(),
                                           ",127.0.0.1:", server().port(), "/", database()));
  EXPECT_LT(Time([&] { ExpectWorks(store); }), PresenceStore::kConnectBudget);
}

TEST_F(PostgresqlFaultTest, ClosingAmidAConnectionAttempt) {
  const DeafListener listener(true);
  PresenceStore* store = Open(listener.Url());
  std::optional<absl::Status> ended;
  store->Scan([&](const absl::StatusOr<PresenceScan>& scan) { ended = scan.status(); });
  session().loop().RunFor(Duration::Millis(50));
  EXPECT_LT(Time([&] { EXPECT_TRUE(session().Close(store)); }), Duration::Millis(500));
  ASSERT_TRUE(ended.has_value());
  EXPECT_EQ(ended->code(), StatusCode::kCancelled);
}

TEST_F(PostgresqlFaultTest, SomethingElseThatListens) {
  std::vector<std::string> answers = {
      "",
      "HTTP/1.1 400 Bad Request\r\n\r\n",
      "SSH-2.0-OpenSSH_9.2p1\r\n",
      "S",                                      // TLS, and then nothing
      "S\x16\x03\x01garbage",                   // TLS, and then none
      "N",                                      // no TLS, and then nothing
      std::string("NR\0\0\0\x08\0\0\0\0", 10),  // lets us in and goes
      std::string("NR\0\0\0\x08\0\0\0\x63", 10),
      std::string("NE\xff\xff\xff\xff", 6),
      std::string("NE\0\0\0\x0bSFATAL\0", 12),
  };
  Rng rng(77);
  for (int i = 0; i < 200; ++i) {
    std::string bytes = i % 2 == 0 ? "N" : "";
    for (uint64_t left = rng.Below(80); left > 0; --left) {
      bytes.push_back(static_cast<char>(rng.Below(256)));
    }
    answers.push_back(std::move(bytes));
  }
  for (const std::string& bytes : answers) {
    const Impostor impostor(&session().loop(), bytes);
    PresenceStore* store = Open(impostor.url());
    const auto scan = session().Scan(store);
    EXPECT_TRUE(absl::IsUnavailable(scan.status()) || absl::IsFailedPrecondition(scan.status()) ||
                absl::IsDeadlineExceeded(scan.status()))
        << scan.status();
    ExpectError(scan.status(), scan.status().code());
    ASSERT_TRUE(session().Close(store));
  }
}

// A disk of a few megabytes, in a mount namespace of the test's own.
TEST_F(PostgresqlFaultTest, ADiskThatIsFull) {
  ASSERT_EQ(unshare(CLONE_NEWNS), 0) << "needs root";
  ASSERT_EQ(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
  std::string folder = "/tmp/muster-full-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  ASSERT_EQ(mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=80m"), 0);
  {
    auto full = PostgresqlServer::Start({.settings = {}, .parent = folder});
    ASSERT_TRUE(full.ok()) << full.status();
    session().loop().RunPending();
    PresenceStore* store = Open((*full)->Url());
    ExpectWorks(store);
    const std::string ballast = folder + "/ballast";
    const int file = open(ballast.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    const std::string block(4096, 'x');
    while (write(file, block.data(), block.size()) > 0) continue;
    close(file);
    PresenceRecord record = MakeRecord(1);
    record.tags.clear();
    for (int i = 0; i < 8; ++i)
      record.tags.emplace_back(absl::StrCat("k", i), std::string(120, 'v'));
    absl::Status refused;
    for (uint64_t n = 1; n < 2000 && refused.ok(); ++n) {
      record.id = MakeId(n);
      refused = session().Upsert(store, record).status();
    }
    ExpectError(refused, StatusCode::kResourceExhausted);
    unlink(ballast.c_str());
    ExpectWorks(store, 5000);
    ASSERT_TRUE(session().Close(store));
  }
  EXPECT_EQ(umount2(folder.c_str(), MNT_DETACH), 0);
  rmdir(folder.c_str());
}

// An agent at rest holds no session of the server.
TEST_F(PostgresqlFaultTest, AConnectionThatIsNotUsedIsGivenBack) {
  PresenceStore* store = Open();
  ExpectWorks(store);
  EXPECT_EQ(Query(CountSessions()), "1");
  session().loop().RunFor(PostgresqlConnection::kIdleKept - Duration::Seconds(4));
  EXPECT_EQ(Query(CountSessions()), "1");
  EXPECT_TRUE(QueryBecomes(CountSessions(), "0", Duration::Seconds(8)));
  ExpectWorks(store);
}

}  // namespace
}  // namespace muster::store
