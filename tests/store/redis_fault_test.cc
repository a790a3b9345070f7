#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "src/store/redis_connection.h"
#include "src/store/redis_scripts.h"
#include "src/store/redis_store.h"
#include "src/store/redis_url.h"
#include "tests/store/contract/session.h"
#include "tests/store/servers/impostor.h"
#include "tests/store/servers/redis_server.h"

namespace muster::store {
namespace {

using contract::MakeId;
using contract::MakeRecord;
using testing::BlackHole;
using testing::Impostor;
using testing::RedisServer;

constexpr Incarnation kTop = Incarnation::FromRaw(~uint64_t{0});

// A number in the server's INFO, "used_memory:1234".
int64_t Info(RedisServer& server, const std::string& section, const std::string& name) {
  const auto info = server.Command({"INFO", section});
  EXPECT_TRUE(info.ok()) << info.status();
  for (absl::string_view line : absl::StrSplit(info.value_or(""), "\r\n")) {
    if (absl::ConsumePrefix(&line, name + ":")) return std::atoll(std::string(line).c_str());
  }
  return -1;
}

// How often the server has run a command.
int64_t Calls(RedisServer& server, const std::string& command) {
  const auto info = server.Command({"INFO", "commandstats"});
  EXPECT_TRUE(info.ok()) << info.status();
  for (absl::string_view line : absl::StrSplit(info.value_or(""), "\r\n")) {
    if (absl::ConsumePrefix(&line, "cmdstat_" + command + ":calls=")) {
      return std::atoll(std::string(line).c_str());
    }
  }
  return 0;
}

constexpr int kMustersDatabase = 1;

class RedisFault : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = RedisServer::Start();
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  static RedisUrl Url(const std::string& host, uint16_t port, const std::string& password = "",
                      const std::string& user = "") {
    RedisUrl url;
    url.host = host;
    url.port = port;
    url.user = user;
    url.password = password;
    return url;
  }
  PresenceStore* Open(const RedisUrl& url, RedisUrlSource fresh = nullptr) {
    return session_.Adopt(OpenRedisStore(url, std::move(fresh), session_.Options()));
  }
  PresenceStore* Open() { return Open(Url("127.0.0.1", server_->port())); }
  // As the user whose rights are tested; in a database of its own, which takes the right to select.
  PresenceStore* OpenAsMuster() {
    RedisUrl url = Url("127.0.0.1", server_->port(), "pass", "muster");
    url.database = kMustersDatabase;
    return Open(url);
  }
  std::string Run(const std::vector<std::string>& command) {
    const auto reply = server_->Command(command);
    EXPECT_TRUE(reply.ok()) << reply.status();
    return reply.value_or("");
  }
  void Fill(PresenceStore* store, uint64_t rows) {
    for (uint64_t n = 1; n <= rows; ++n) {
      ASSERT_TRUE(session_.Upsert(store, MakeRecord(n)).ok());
    }
  }
  // "live/damaged" of a scan, or its error.
  std::string Seen(PresenceStore* store) {
    const auto scan = session_.Scan(store);
    if (!scan.ok()) return std::string(scan.status().message());
    return absl::StrCat(scan->rows.size(), "/", scan->damaged);
  }
  std::string Index() const { return RedisIndexKey("prod"); }
  std::string Row(uint64_t n) const { return RedisRowKey("prod", MakeId(n).ToHex()); }

  std::unique_ptr<RedisServer> server_;
  contract::Session session_;
};

TEST_F(RedisFault, AnUpsertIsOneRoundTripAndConnectionsAreKept) {
  PresenceStore* store = Open();
  Fill(store, 1);
  const int64_t calls = Calls(*server_, "evalsha");
  const int64_t connections = Info(*server_, "stats", "total_connections_received");
  const int64_t before = Info(*server_, "stats", "total_reads_processed");
  const int64_t reads = Info(*server_, "stats", "total_reads_processed");
  Fill(store, 10);
  // Besides what the question itself takes.
  EXPECT_EQ(Info(*server_, "stats", "total_reads_processed") - reads, 10 + reads - before);
  EXPECT_EQ(Calls(*server_, "evalsha"), calls + 10);
  // Those of the questions.
  EXPECT_EQ(Info(*server_, "stats", "total_connections_received"), connections + 5);
}

TEST_F(RedisFault, ScriptsAreKnownByTheirHashAndSentWhenTheyAreNot) {
  for (const RedisScript* script : {&kRedisUpsert, &kRedisErase, &kRedisLook, &kRedisFetch}) {
    EXPECT_EQ(Run({"SCRIPT", "LOAD", std::string(script->text)}), script->sha1);
  }
  PresenceStore* store = Open();
  for (int i = 0; i < 2; ++i) {
    Run({"SCRIPT", "FLUSH"});
    const int64_t sent = Calls(*server_, "eval");
    Fill(store, 2);
    EXPECT_EQ(Seen(store), "2/0");
    EXPECT_EQ(session_.Erase(store, MakeId(1), kTop).value(), true);
    EXPECT_EQ(Seen(store), "1/0");
    EXPECT_EQ(Calls(*server_, "eval"), sent + 4);
  }
}

TEST_F(RedisFault, AServerThatIsKilledAndStartedAgain) {
  PresenceStore* store = Open();
  Fill(store, 3);
  server_->Kill();
  for (int i = 0; i < 3; ++i) {
    const TimePoint begin = session_.loop().Now();
    const auto refused = session_.Upsert(store, MakeRecord(1));
    EXPECT_EQ(refused.status().code(), absl::StatusCode::kUnavailable) << refused.status();
    EXPECT_TRUE(absl::StrContains(refused.status().message(), "connection refused"))
        << refused.status();
    EXPECT_TRUE(absl::StrContains(refused.status().message(), absl::StrCat(server_->port())));
    EXPECT_LT(session_.loop().Now() - begin, Duration::Seconds(1));
  }
  ASSERT_TRUE(server_->Restart().ok());
  EXPECT_EQ(session_.Upsert(store, MakeRecord(2)).value(), 1u);
  EXPECT_EQ(Seen(store), "1/0");
}

// The loop need not even have heard of it: the kept connection is found dead by the first command.
TEST_F(RedisFault, ARestartBetweenTwoOperationsIsNoError) {
  PresenceStore* store = Open();
  for (int i = 0; i < 5; ++i) {
    Fill(store, 2);
    ASSERT_TRUE(server_->Restart().ok());
    EXPECT_EQ(session_.Upsert(store, MakeRecord(1)).value(), 1u);
  }
}

TEST_F(RedisFault, AServerThatDiesAmidAnOperation) {
  PresenceStore* store = Open();
  Fill(store, 1);
  server_->Pause();
  std::optional<absl::Status> ended;
  store->Scan([&](const absl::StatusOr<PresenceScan>& scan) { ended = scan.status(); });
  session_.loop().RunFor(Duration::Millis(100));
  EXPECT_FALSE(ended.has_value());
  server_->Kill();
  ASSERT_TRUE(session_.loop().RunUntil([&] { return ended.has_value(); }, Duration::Seconds(2)));
  EXPECT_EQ(ended->code(), absl::StatusCode::kUnavailable) << *ended;
  ASSERT_TRUE(server_->Restart().ok());
  EXPECT_EQ(Seen(store), "0/0");
}

// Everything that only time ends, side by side: the whole budget of 5 s is waited for but once.
TEST_F(RedisFault, WhoeverKeepsUsWaitingGetsTheBudgetAndNoMore) {
  PresenceStore* kept = Open();
  Fill(kept, 1);
  server_->Pause();
  PresenceStore* fresh = Open();  // the kernel takes its connection
  Impostor slow(
      session_.loop().get(),
      [](int, std::string_view bytes) {
        return bytes.empty() ? std::string() : ":" + std::string(999, '0') + "\r\n";
      },
      Duration::Millis(50));
  PresenceStore* trickled = Open(Url("127.0.0.1", slow.port()));
  Impostor silent(session_.loop().get(), [](int, std::string_view) { return std::string(); });
  PresenceStore* unanswered = Open(Url("127.0.0.1", silent.port(), "secret"));
  std::promise<void> release;
  const RedisUrl real = Url("127.0.0.1", server_->port());
  PresenceStore* disk =
      Open(real, [released = release.get_future().share(), real]() -> absl::StatusOr<RedisUrl> {
        released.wait();
        return real;
      });

  const TimePoint begin = session_.loop().Now();
  struct End {
    absl::StatusCode code;
    Duration after;
  };
  std::vector<End> ends;
  const auto note = [&](const absl::Status& status) {
    ends.push_back({status.code(), session_.loop().Now() - begin});
  };
  for (PresenceStore* store : {kept, fresh, trickled, unanswered, disk}) {
    store->Upsert(MakeRecord(1), Duration::Seconds(60),
                  [&](const absl::StatusOr<size_t>& live) { note(live.status()); });
    store->Scan([&](const absl::StatusOr<PresenceScan>& scan) { note(scan.status()); });
    store->Erase(MakeId(1), kTop, [&](const absl::StatusOr<bool>& gone) { note(gone.status()); });
  }
  // The loop meanwhile does what it likes, undisturbed.
  TimePoint last = begin;
  Duration longest;
  ASSERT_TRUE(session_.loop().RunUntil(
      [&] {
        const TimePoint now = session_.loop().Now();
        longest = std::max(longest, now - last);
        last = now;
        return ends.size() == 15;
      },
      Duration::Seconds(7)));
  EXPECT_LT(longest, Duration::Millis(500));
  for (const End& end : ends) {
    EXPECT_EQ(end.code, absl::StatusCode::kDeadlineExceeded);
    EXPECT_GT(end.after, Duration::Millis(4'800));
    EXPECT_LT(end.after, Duration::Millis(5'700));
  }
  // All come back by themselves.
  release.set_value();
  server_->Resume();
  for (PresenceStore* store : {kept, fresh, disk}) {
    EXPECT_TRUE(session_.Upsert(store, MakeRecord(1)).ok());
  }
}

TEST_F(RedisFault, AnAddressThatSwallowsPacketsGetsTwoSeconds) {
  const BlackHole hole;
  ASSERT_NE(hole.port(), 0);
  PresenceStore* store = Open(Url("127.0.0.1", hole.port()));
  const TimePoint begin = session_.loop().Now();
  const auto live = session_.Upsert(store, MakeRecord(1));
  const Duration took = session_.loop().Now() - begin;
  EXPECT_EQ(live.status().code(), absl::StatusCode::kUnavailable) << live.status();
  EXPECT_GT(took, Duration::Millis(1'900));
  EXPECT_LT(took, Duration::Millis(2'700));
}

TEST_F(RedisFault, ClosingDoesNotWaitForTheServer) {
  const BlackHole hole;
  Impostor silent(session_.loop().get(), [](int, std::string_view) { return std::string(); });
  for (const uint16_t port : {hole.port(), silent.port()}) {
    PresenceStore* store = Open(Url("127.0.0.1", port));
    std::optional<absl::Status> ended;
    store->Scan([&](const absl::StatusOr<PresenceScan>& scan) { ended = scan.status(); });
    session_.loop().RunFor(Duration::Millis(50));
    const TimePoint begin = session_.loop().Now();
    EXPECT_TRUE(session_.Close(store));
    EXPECT_LT(session_.loop().Now() - begin, Duration::Millis(500));
    ASSERT_TRUE(ended.has_value());
    EXPECT_EQ(ended->code(), absl::StatusCode::kCancelled);
  }
}

TEST_F(RedisFault, NamesAndIpv6) {
  const uint16_t port = server_->port();
  EXPECT_EQ(session_.Upsert(Open(Url("localhost", port)), MakeRecord(1)).value(), 1u);
  // Nobody listens on ::1 at that port.
  const auto live = session_.Upsert(Open(Url("::1", port)), MakeRecord(1));
  EXPECT_EQ(live.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(absl::StrContains(live.status().message(), "::1")) << live.status();
  const auto none = session_.Upsert(Open(Url(std::string(300, 'x'), port)), MakeRecord(1));
  EXPECT_EQ(none.status().code(), absl::StatusCode::kUnavailable) << none.status();
}

TEST_F(RedisFault, DatabasesAreApart) {
  RedisUrl third = Url("127.0.0.1", server_->port());
  third.database = 3;
  PresenceStore* store = Open(third);
  Fill(store, 2);
  EXPECT_EQ(Seen(store), "2/0");
  EXPECT_EQ(Seen(Open()), "0/0");
  RedisUrl beyond = third;
  beyond.database = 99;
  const auto live = session_.Upsert(Open(beyond), MakeRecord(1));
  EXPECT_EQ(live.status().code(), absl::StatusCode::kFailedPrecondition) << live.status();
  EXPECT_EQ(Run({"EXISTS", Row(1)}), "0");
}

TEST_F(RedisFault, AConnectionIsGivenBackAfterAWhile) {
  auto guard = std::make_shared<LoopGuard>();
  bool gone = false;
  guard->gone = [&gone] { gone = true; };
  RedisConnection connection(session_.loop().get(), Url("127.0.0.1", server_->port()), nullptr,
                             std::move(guard), Duration::Millis(300));
  const auto ping = [&] {
    std::optional<bool> ok;
    connection.Send({"PING"}, [&](const absl::StatusOr<RedisReply>& reply) { ok = reply.ok(); });
    EXPECT_FALSE(ok.has_value()) << "called back within the call";
    EXPECT_TRUE(session_.loop().RunUntil([&] { return ok.has_value(); }, Duration::Seconds(3)));
    return ok.value_or(false);
  };
  const auto clients = [&] { return Info(*server_, "clients", "connected_clients") - 1; };
  EXPECT_TRUE(ping());
  EXPECT_TRUE(ping());
  EXPECT_EQ(clients(), 1);
  EXPECT_TRUE(session_.loop().RunUntil([&] { return clients() == 0; }, Duration::Seconds(3)));
  EXPECT_TRUE(ping());
  EXPECT_EQ(clients(), 1);
  connection.Close();
  EXPECT_TRUE(session_.loop().RunUntil([&] { return gone; }, Duration::Seconds(3)));
}

// --- what is stored -----------------------------------------------------------------------------

TEST_F(RedisFault, ALostIndexIsMadeAnew) {
  PresenceStore* store = Open();
  Fill(store, 5);
  EXPECT_EQ(Seen(store), "5/0");
  Run({"DEL", Index()});
  EXPECT_EQ(Seen(store), "5/0");
  EXPECT_EQ(session_.Upsert(store, MakeRecord(1)).value(), 5u);
  // Also when a writer comes first and an index of one row looks like a sound one.
  Run({"DEL", Index()});
  EXPECT_EQ(session_.Upsert(store, MakeRecord(1)).value(), 1u);
  EXPECT_EQ(Seen(Open()), "5/0");
  EXPECT_EQ(session_.Upsert(store, MakeRecord(1)).value(), 5u);
}

TEST_F(RedisFault, TheKeysAreWalkedThroughOnlyWhenTheIndexIsLost) {
  // Other people's keys, and some that look almost like ours.
  for (int i = 0; i < 30; ++i) {
    std::vector<std::string> command = {"MSET"};
    for (int j = 0; j < 100; ++j) {
      command.push_back(absl::StrCat("other:", i, ":", j));
      command.push_back("x");
    }
    Run(command);
  }
  Run({"SET", RedisRowKey("prod", std::string(32, 'F')), "x"});
  Run({"SET", RedisRowKey("prod", std::string(32, 'g')), "x"});
  Run({"SET", RedisRowKey("prod", std::string(31, '0')), "x"});
  PresenceStore* store = Open();
  Fill(store, 4);
  Run({"DEL", Index()});
  EXPECT_EQ(Seen(store), "4/0");
  const int64_t walked = Calls(*server_, "scan");
  EXPECT_GT(walked, 1);
  EXPECT_LE(walked, 64);
  Fill(store, 6);
  EXPECT_EQ(Seen(store), "6/0");
  EXPECT_EQ(Seen(Open()), "6/0");
  EXPECT_EQ(Calls(*server_, "scan"), walked);
}

TEST_F(RedisFault, AnEmptyDatabaseIsNotWalkedThroughAgainAndAgain) {
  PresenceStore* store = Open();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Seen(store), "0/0");
  EXPECT_EQ(Calls(*server_, "scan"), 1);
  // What says so does not stay for ever.
  EXPECT_GT(std::atoll(Run({"PTTL", Index()}).c_str()), 0);
}

TEST_F(RedisFault, AForeignValueInPlaceOfTheIndexIsReplaced) {
  PresenceStore* store = Open();
  Fill(store, 3);
  for (const std::vector<std::string>& plant : {std::vector<std::string>{"SET", Index(), "x"},
                                                {"HSET", Index(), "a", "b"},
                                                {"RPUSH", Index(), "a"}}) {
    Run({"DEL", Index()});
    Run(plant);
    EXPECT_EQ(session_.Erase(store, MakeId(9), kTop).value(), false);
    EXPECT_EQ(Seen(store), "3/0");
    EXPECT_EQ(Run({"TYPE", Index()}), "zset");
    Run({"DEL", Index()});
    Run(plant);
    EXPECT_EQ(session_.Upsert(store, MakeRecord(1)).value(), 1u);
    EXPECT_EQ(Seen(store), "3/0");
  }
}

TEST_F(RedisFault, StaleAndForeignMembersOfTheIndexAreDropped) {
  PresenceStore* store = Open();
  Fill(store, 4);
  EXPECT_EQ(Seen(store), "4/0");
  Run({"DEL", Row(2)});  // evicted, say
  Run({"ZADD", Index(), "1e300", "junk"});
  Run({"ZADD", Index(), "+inf", std::string(100'000, 'j')});
  Run({"ZADD", Index(), "+inf", MakeId(77).ToHex()});
  EXPECT_EQ(session_.Upsert(store, MakeRecord(1)).value(), 7u);
  EXPECT_EQ(Seen(store), "3/0");
  EXPECT_EQ(session_.Upsert(store, MakeRecord(1)).value(), 3u);
}

TEST_F(RedisFault, RowsThatAreNotWhatTheyShouldBe) {
  PresenceStore* store = Open();
  Fill(store, 9);
  EXPECT_EQ(Seen(store), "9/0");
  Run({"SET", Row(1), "a text", "PX", "60000"});
  Run({"PERSIST", Row(2)});
  Run({"HSET", Row(3), "record", std::string(5'000'000, 'x')});
  Run({"HSET", Row(4), "ttl", "soon"});
  Run({"HSET", Row(5), "ttl", std::string(1'000, '9')});
  Run({"HDEL", Row(6), "record"});
  Run({"HDEL", Row(7), "incarnation"});                            // only erases look at it
  Run({"HSET", Row(8), "record", EncodePresence(MakeRecord(9))});  // another's
  EXPECT_EQ(Seen(store), "2/7");
  // Nobody but its host replaces what cannot be read.
  EXPECT_EQ(session_.Erase(store, MakeId(1), kTop).value(), false);
  EXPECT_EQ(session_.Erase(store, MakeId(7), kTop).value(), false);
  Fill(store, 9);
  EXPECT_EQ(Seen(store), "9/0");
}

// Records of the greatest length: answers come in pieces.
TEST_F(RedisFault, AThousandLongRows) {
  PresenceStore* store = Open();
  PresenceRecord record = MakeRecord(0);
  record.name = std::string(128, 'n');
  record.tags = {{"k", std::string(500, 'v')}};
  for (uint64_t n = 1; n <= 1'000; ++n) {
    record.id = MakeId(n);
    ASSERT_TRUE(session_.Upsert(store, record).ok());
  }
  EXPECT_EQ(Seen(store), "1000/0");
  EXPECT_EQ(Seen(store), "1000/0");
}

// --- who may what -------------------------------------------------------------------------------

TEST_F(RedisFault, AChangedPasswordIsFoundByWhoeverLooksForIt) {
  const uint16_t port = server_->port();
  auto current = std::make_shared<std::atomic<int>>(1);
  PresenceStore* informed = Open(Url("127.0.0.1", port), [current, port] {
    return absl::StatusOr<RedisUrl>(
        Url("127.0.0.1", port, absl::StrCat("secret-", current->load())));
  });
  Run({"CONFIG", "SET", "requirepass", "secret-1"});
  server_->set_password("secret-1");
  PresenceStore* uninformed = Open(Url("127.0.0.1", port, "secret-1"));
  Fill(informed, 1);
  Fill(uninformed, 1);

  Run({"CONFIG", "SET", "requirepass", "secret-2"});
  server_->set_password("secret-2");
  Run({"CLIENT", "KILL", "TYPE", "normal"});
  *current = 2;
  EXPECT_TRUE(session_.Upsert(informed, MakeRecord(1)).ok());
  const auto refused = session_.Upsert(uninformed, MakeRecord(1));
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kUnauthenticated) << refused.status();
  EXPECT_FALSE(absl::StrContains(refused.status().message(), "secret-")) << refused.status();
  // It stays an error, and ends by itself when the old password holds again.
  EXPECT_EQ(session_.Scan(uninformed).status().code(), absl::StatusCode::kUnauthenticated);
  Run({"CONFIG", "SET", "requirepass", "secret-1"});
  server_->set_password("secret-1");
  EXPECT_TRUE(session_.Scan(uninformed).ok());
}

TEST_F(RedisFault, NoPasswordWhereOneIsAsked) {
  Run({"CONFIG", "SET", "requirepass", "secret"});
  server_->set_password("secret");
  EXPECT_EQ(session_.Scan(Open()).status().code(), absl::StatusCode::kUnauthenticated);
}

TEST_F(RedisFault, APasswordWhereNoneIsAsked) {
  const auto scan = session_.Scan(Open(Url("127.0.0.1", server_->port(), "hunter2")));
  EXPECT_EQ(scan.status().code(), absl::StatusCode::kUnauthenticated) << scan.status();
  EXPECT_FALSE(absl::StrContains(scan.status().message(), "hunter2")) << scan.status();
}

TEST_F(RedisFault, AStoreThatMovedIsShownWhereItIs) {
  RedisUrl now = Url("127.0.0.1", server_->port(), "");
  now.database = 7;
  // Port 1 refuses.
  RedisUrl source = Url("127.0.0.1", 1);
  PresenceStore* store = Open(source, [&source] { return absl::StatusOr<RedisUrl>(source); });
  EXPECT_FALSE(session_.Scan(store).ok());
  EXPECT_EQ(store->shown(), "redis://127.0.0.1:1/0");
  source = now;
  EXPECT_TRUE(session_.Scan(store).ok());
  EXPECT_EQ(store->shown(), absl::StrCat("redis://127.0.0.1:", server_->port(), "/7"));
}

TEST_F(RedisFault, ASourceThatFailsIsAnError) {
  bool works = false;
  const RedisUrl url = Url("127.0.0.1", server_->port());
  PresenceStore* store = Open(url, [&works, url]() -> absl::StatusOr<RedisUrl> {
    if (!works) return absl::NotFoundError("/etc/muster/redis.secret: no such file");
    return url;
  });
  const auto live = session_.Upsert(store, MakeRecord(1));
  EXPECT_EQ(live.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(absl::StrContains(live.status().message(), "redis.secret")) << live.status();
  works = true;
  EXPECT_TRUE(session_.Upsert(store, MakeRecord(1)).ok());
}

// The line that README.md gives to administrators.
TEST_F(RedisFault, RightsAsTheReadmeGivesThem) {
  Run({"ACL", "SETUSER", "muster", "reset", "on", ">pass", "~muster:presence:*", "+@read",
       "+@write", "-@dangerous", "+select", "+eval", "+evalsha", "+time"});
  PresenceStore* store = OpenAsMuster();
  Fill(store, 3);
  EXPECT_EQ(Seen(store), "3/0");
  EXPECT_EQ(session_.Erase(store, MakeId(1), kTop).value(), true);
  // Also what is done about an index that was lost.
  EXPECT_EQ(server_->Command({"DEL", Index()}, kMustersDatabase).value_or(""), "1");
  EXPECT_EQ(Seen(store), "2/0");
}

// The rights that redis_store.h names are enough, and one less is an error that says so.
TEST_F(RedisFault, RightsOfUsers) {
  const std::string rights =
      "+auth +select +eval +evalsha +scan +time +type +hset +hget +hmget +hstrlen +pexpire +pttl "
      "+del "
      "+zadd "
      "+zrem +zremrangebyscore +zrevrangebyscore +zcount +zscore";
  std::vector<std::string> command = {"ACL", "SETUSER", "muster",
                                      "on",  ">pass",   "~muster:presence:*"};
  for (absl::string_view right : absl::StrSplit(rights, ' ')) command.emplace_back(right);
  Run(command);
  PresenceStore* store = OpenAsMuster();
  Fill(store, 3);
  EXPECT_EQ(Seen(store), "3/0");
  EXPECT_EQ(session_.Erase(store, MakeId(1), kTop).value(), true);
  Run({"ACL", "SETUSER", "muster", "-hset"});
  const auto within = session_.Upsert(store, MakeRecord(1));
  EXPECT_EQ(within.status().code(), absl::StatusCode::kPermissionDenied) << within.status();
  EXPECT_EQ(Seen(store), "2/0");
  Run({"ACL", "SETUSER", "muster", "-evalsha"});
  const auto scan = session_.Scan(store);
  EXPECT_EQ(scan.status().code(), absl::StatusCode::kPermissionDenied) << scan.status();
}

TEST_F(RedisFault, AFullServerIsReadFromAllTheSame) {
  PresenceStore* store = Open();
  Fill(store, 3);
  Run({"CONFIG", "SET", "maxmemory", "1"});
  const auto live = session_.Upsert(store, MakeRecord(4));
  EXPECT_EQ(live.status().code(), absl::StatusCode::kResourceExhausted) << live.status();
  EXPECT_EQ(Seen(store), "3/0");
  EXPECT_EQ(session_.Erase(store, MakeId(1), kTop).value(), true);
  Run({"CONFIG", "SET", "maxmemory", "0"});
  EXPECT_EQ(session_.Upsert(store, MakeRecord(4)).value(), 3u);
}

TEST_F(RedisFault, AReplicaIsReadFromAndNotWrittenTo) {
  PresenceStore* store = Open();
  Fill(store, 3);
  Run({"DEL", Index()});
  Run({"REPLICAOF", "127.0.0.1", "1"});
  const auto live = session_.Upsert(store, MakeRecord(4));
  EXPECT_EQ(live.status().code(), absl::StatusCode::kFailedPrecondition) << live.status();
  EXPECT_TRUE(absl::StrContains(live.status().message(), "READONLY")) << live.status();
  EXPECT_EQ(Seen(store), "3/0");
  Run({"REPLICAOF", "NO", "ONE"});
  EXPECT_TRUE(session_.Upsert(store, MakeRecord(4)).ok());
  EXPECT_EQ(Seen(store), "4/0");
}

}  // namespace
}  // namespace muster::store
