#include <gtest/gtest.h>
#include <uv.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "src/store/postgresql_store.h"
#include "src/store/presence_factory.h"
#include "tests/store/contract/contract.h"
#include "tests/store/servers/postgresql_server.h"

// The contract, on a real PostgreSQL server: one for the whole program, a database for each test.

namespace muster::store {
namespace {

using contract::PlaceKind;
using contract::PresenceContract;
using servers::PostgresqlServer;

PostgresqlServer* server = nullptr;

class ServerEnvironment : public testing::Environment {
 public:
  void SetUp() override {
    auto started = PostgresqlServer::Start();
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
    server = server_.get();
  }
  void TearDown() override {
    server_.reset();
    // The threads of libuv's pool end before OpenSSL cleans up: what it keeps for a thread goes
    // with the thread.
    uv_library_shutdown();
  }

 private:
  std::unique_ptr<PostgresqlServer> server_;
};

class PostgresqlPlace : public contract::Place {
 public:
  PostgresqlPlace() {
    static int places = 0;
    database_ = absl::StrCat("place", ++places);
    const absl::Status created = server->CreateDatabase(database_);
    EXPECT_TRUE(created.ok()) << created;
  }

  std::unique_ptr<PresenceStore> Open(PresenceOptions options) override {
    return OpenPostgresqlStore(ParseDatastoreUrl(server->Url(database_)).value(), nullptr,
                               std::move(options));
  }
  bool UsesInjectedClocks() const override { return false; }

  void Damage(const std::string& cluster, const HostId& id) override {
    EXPECT_EQ(Query(absl::StrCat("UPDATE muster_presence SET record = '\\x00ff00ff'",
                                 " WHERE cluster = '", cluster, "' AND host_id = '", id.ToHex(),
                                 "' RETURNING 'one'")),
              "one");
  }
  void Wipe() override { EXPECT_EQ(Query("DROP TABLE IF EXISTS muster_presence"), ""); }
  size_t StoredRows(const std::string& cluster) override {
    // A server knows no table before the first operation has made it.
    if (Query("SELECT to_regclass('muster_presence')").empty()) return 0;
    size_t rows = 0;
    EXPECT_TRUE(absl::SimpleAtoi(
        Query(absl::StrCat("SELECT count(*) FROM muster_presence WHERE cluster = '", cluster, "'")),
        &rows));
    return rows;
  }

 private:
  std::string Query(const std::string& sql) {
    auto answer = server->Query(sql, database_);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.value_or("");
  }

  std::string database_;
};

INSTANTIATE_TEST_SUITE_P(Postgresql, PresenceContract,
                         testing::Values(PlaceKind{
                             "Postgresql", [] { return std::make_unique<PostgresqlPlace>(); }}),
                         contract::PlaceName);

const testing::Environment* const environment =
    testing::AddGlobalTestEnvironment(new ServerEnvironment);

}  // namespace
}  // namespace muster::store
