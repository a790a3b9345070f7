#include "tests/store/postgresql_fixture.h"

#include <uv.h>

#include <cstdlib>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/store/presence_factory.h"
#include "tests/e2e/harness/clock.h"

namespace muster::store {
namespace {

using servers::PostgresqlServer;

std::unique_ptr<PostgresqlServer> the_server;

// Ends the server before the program's statics go, and the threads of libuv's pool before OpenSSL
// cleans up: what it keeps for a thread goes with the thread.
class ServerEnvironment : public testing::Environment {
 public:
  void TearDown() override {
    the_server.reset();
    uv_library_shutdown();
  }
};
const testing::Environment* const environment =
    testing::AddGlobalTestEnvironment(new ServerEnvironment);

}  // namespace

PostgresqlServer& PostgresqlTest::server() {
  if (the_server == nullptr) {
    auto started = PostgresqlServer::Start({.settings = {"max_connections=20"}});
    if (!started.ok()) {
      ADD_FAILURE() << started.status();
      std::abort();
    }
    the_server = *std::move(started);
  }
  return *the_server;
}

const std::string& PostgresqlTest::database() {
  static int databases = 0;
  if (database_.empty()) {
    database_ = absl::StrCat("test", ++databases);
    const absl::Status created = server().CreateDatabase(database_);
    EXPECT_TRUE(created.ok()) << created;
    uv_update_time(session_->loop().get());
  }
  return database_;
}

PresenceStore* PostgresqlTest::Open(const std::string& url, UrlSource fresh) {
  return session_->Adopt(
      OpenPresenceStore(ParseDatastoreUrl(url).value(), std::move(fresh), session_->Options()));
}

// Budgets count from the loop's own time, which stands still while a test waits for a process.
void PostgresqlTest::Restart() {
  const absl::Status restarted = server().Restart();
  EXPECT_TRUE(restarted.ok()) << restarted;
  uv_update_time(session_->loop().get());
}

std::string PostgresqlTest::Query(const std::string& sql) {
  auto answer = server().Query(sql, database());
  uv_update_time(session_->loop().get());
  EXPECT_TRUE(answer.ok()) << sql << ": " << answer.status();
  return answer.value_or("");
}

bool PostgresqlTest::QueryBecomes(const std::string& sql, const std::string& expected,
                                  Duration budget) {
  return session_->loop().RunUntil([&] { return Query(sql) == expected; }, budget);
}

std::string PostgresqlTest::CountSessions() const {
  return absl::StrCat("SELECT count(*) FROM pg_stat_activity WHERE usename = 'muster'",
                      " AND datname = '", database_, "'");
}

std::string PostgresqlTest::ExpectError(const absl::Status& status, absl::StatusCode code) {
  EXPECT_EQ(status.code(), code) << status;
  const std::string text(status.message());
  EXPECT_FALSE(absl::StrContains(text, PostgresqlServer::kPassword)) << text;
  for (const char c : text) EXPECT_TRUE(c >= ' ' && c < 0x7f) << text;
  EXPECT_FALSE(status.ok() || text.empty());
  return text;
}

void PostgresqlTest::ExpectWorks(PresenceStore* store, uint64_t n) {
  const auto live = session_->Upsert(store, contract::MakeRecord(n));
  EXPECT_TRUE(live.ok()) << live.status();
  const auto scan = session_->Scan(store);
  ASSERT_TRUE(scan.ok()) << scan.status();
  bool is_read = false;
  for (const PresenceRow& row : scan->rows) is_read |= row.record.id == contract::MakeId(n);
  EXPECT_TRUE(is_read);
}

Duration PostgresqlTest::Time(const std::function<void()>& call) {
  const TimePoint begin = e2e::Now();
  call();
  return e2e::Now() - begin;
}

void PostgresqlTest::TearDown() { session_.reset(); }

}  // namespace muster::store
