#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/store/datastore_url.h"
#include "src/store/presence_factory.h"
#include "tests/e2e/harness/process.h"
#include "tests/store/postgresql_fixture.h"

// Who may do what, where the server is to be found, and what a database may already hold.

namespace muster::store {
namespace {

using absl::StatusCode;
using contract::MakeId;
using contract::MakeRecord;

constexpr int kServerSessions = 20;   // max_connections of the fixture's server
constexpr int kReservedSessions = 3;  // of them, for superusers

class PostgresqlAccessTest : public PostgresqlTest {
 protected:
  // The URL of a role that owns nothing.
  std::string GuestUrl() {
    Query(
        "DO $$ BEGIN CREATE ROLE guest LOGIN PASSWORD 'pw-4711';"
        " EXCEPTION WHEN duplicate_object THEN NULL; END $$");
    return absl::StrCat("postgresql://guest:pw-4711@127.0.0.1:", server().port(), "/", database());
  }
};

TEST_F(PostgresqlAccessTest, APasswordThatIsChanged) {
  std::string current = Url();
  PresenceStore* store = Open(Url(), [&current] { return ParseDatastoreUrl(current); });
  ExpectWorks(store);
  Query("ALTER ROLE muster PASSWORD 'pw-4712'");
  ExpectWorks(store);  // the session that is open stays so
  Query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'muster'");
  const std::string text =
      ExpectError(session().Scan(store).status(), StatusCode::kUnauthenticated);
  EXPECT_TRUE(absl::StrContains(text, "28P01")) << text;
  current.replace(current.find("pw-4711"), 7, "pw-4712");
  ExpectWorks(store);
  Query("ALTER ROLE muster PASSWORD 'pw-4711'");
}

TEST_F(PostgresqlAccessTest, AUrlThatCannotBeReadAnyMore) {
  absl::StatusOr<DatastoreUrl> current = ParseDatastoreUrl(Url());
  PresenceStore* store = Open(Url(), [&current] { return current; });
  current = absl::FailedPreconditionError("cannot read the file of the URL");
  ExpectError(session().Scan(store).status(), StatusCode::kFailedPrecondition);
  current = ParseDatastoreUrl("none");
  ExpectError(session().Scan(store).status(), StatusCode::kFailedPrecondition);
  current = ParseDatastoreUrl(Url());
  ExpectWorks(store);
}

TEST_F(PostgresqlAccessTest, NoPasswordAndNoSuchRole) {
  const std::string place = absl::StrCat("@127.0.0.1:", server().port(), "/", database());
  ExpectError(session().Scan(Open("postgresql://muster" + place)).status(),
              StatusCode::kUnauthenticated);
  ExpectError(session().Scan(Open("postgresql://nobody:pw-4711" + place)).status(),
              StatusCode::kUnauthenticated);
}

TEST_F(PostgresqlAccessTest, NoSuchDatabase) {
  const std::string text = ExpectError(session().Scan(Open(server().Url("nowhere"))).status(),
                                       StatusCode::kFailedPrecondition);
  EXPECT_TRUE(absl::StrContains(text, "CREATE DATABASE")) << text;
}

TEST_F(PostgresqlAccessTest, ARoleThatMayNotDoEverything) {
  PresenceStore* guest = Open(GuestUrl());
  // May not create the table; may not touch one that is there.
  const std::string text =
      ExpectError(session().Scan(guest).status(), StatusCode::kPermissionDenied);
  EXPECT_TRUE(absl::StrContains(text, "GRANT")) << text;
  ExpectWorks(Open(), 1);
  ExpectError(session().Scan(guest).status(), StatusCode::kPermissionDenied);
  // May read: an expired row that it cannot sweep does no harm.
  ASSERT_TRUE(session().Upsert(Open(), MakeRecord(2), Duration::Seconds(1)).ok());
  Query("UPDATE muster_presence SET expires = now() WHERE host_id = '" + MakeId(2).ToHex() + "'");
  Query("GRANT SELECT ON muster_presence TO guest");
  const auto scan = session().Scan(guest);
  ASSERT_TRUE(scan.ok()) << scan.status();
  EXPECT_EQ(scan->rows.size(), 1u);
  ExpectError(session().Upsert(guest, MakeRecord(3)).status(), StatusCode::kPermissionDenied);
  ExpectError(session().Erase(guest, MakeId(1), Incarnation::Of(9, 0)).status(),
              StatusCode::kPermissionDenied);
  // May do everything but create tables.
  Query("GRANT INSERT, UPDATE, DELETE ON muster_presence TO guest");
  ExpectWorks(guest, 3);
  EXPECT_EQ(*session().Erase(guest, MakeId(3), Incarnation::Of(9, 0)), true);
}

TEST_F(PostgresqlAccessTest, ADatabaseThatIsReadOnly) {
  ExpectWorks(Open());
  Query(absl::StrCat("ALTER DATABASE ", database(), " SET default_transaction_read_only = on"));
  PresenceStore* store = Open();
  ExpectError(session().Upsert(store, MakeRecord(1)).status(), StatusCode::kFailedPrecondition);
  ExpectError(session().Erase(store, MakeId(1), Incarnation::Of(9, 0)).status(),
              StatusCode::kFailedPrecondition);
  EXPECT_EQ(session().Scan(store)->rows.size(), 1u);
  PresenceStore* demanding = Open(Url() + "?target_session_attrs=read-write");
  ExpectError(session().Scan(demanding).status(), StatusCode::kFailedPrecondition);
  ASSERT_TRUE(
      server().Query(absl::StrCat("ALTER DATABASE ", database(), " RESET ALL"), "postgres").ok());
  ExpectWorks(demanding);
}

TEST_F(PostgresqlAccessTest, ATableOfSomebodyElse) {
  const std::string columns =
      "cluster text, host_id uuid, incarnation numeric(20),"
      " refreshed timestamptz, expires timestamptz, record bytea";
  const std::vector<std::string> others = {
      "CREATE TABLE muster_presence (a int)",
      "CREATE TABLE muster_presence (cluster int, host_id int, incarnation int, refreshed int,"
      " expires int, record int, PRIMARY KEY (cluster, host_id))",
      "CREATE TABLE muster_presence (cluster text, host_id text, incarnation text,"
      " refreshed timestamptz, expires timestamptz, record text, PRIMARY KEY (cluster, host_id))",
      "CREATE TABLE muster_presence (" + columns + ")",  // no key
      "CREATE TABLE muster_presence (" + columns +
          ", extra int NOT NULL,"
          " PRIMARY KEY (cluster, host_id))",
      "CREATE VIEW muster_presence AS SELECT 1 AS cluster",
      "CREATE SEQUENCE muster_presence",
  };
  PresenceStore* store = Open();
  for (const std::string& other : others) {
    Query(other + "; GRANT ALL ON muster_presence TO muster");
    const std::string text = ExpectError(session().Upsert(store, MakeRecord(1)).status(),
                                         StatusCode::kFailedPrecondition);
    EXPECT_TRUE(absl::StrContains(text, "rename it")) << text;
    const bool is_view = absl::StrContains(other, "VIEW");
    const bool is_sequence = absl::StrContains(other, "SEQUENCE");
    Query(is_view       ? "DROP VIEW muster_presence"
          : is_sequence ? "DROP SEQUENCE muster_presence"
                        : "DROP TABLE muster_presence");
  }
  ExpectWorks(store);
}

// Rows that somebody has written by hand.
TEST_F(PostgresqlAccessTest, RowsThatNoAgentWrote) {
  PresenceStore* store = Open();
  ExpectWorks(store, 1);
  const std::string insert = "INSERT INTO muster_presence SELECT 'prod', gen_random_uuid(), ";
  Query(insert + "1, now(), 'infinity', 'x'");
  Query(insert + "1, '4713-01-01 BC', '294276-12-31', 'x'");
  Query(insert + "1, '-infinity', now() + interval '1 hour', 'x'");
  Query(insert + "0, now(), now() + interval '1 hour', decode(repeat('00', 100000), 'hex')");
  Query(insert + "99999999999999999999, now(), now() + interval '1 hour', ''");
  // A copy of a sound record under another host's id.
  Query(insert + "1, now(), now() + interval '1 hour', record FROM muster_presence LIMIT 1");
  const auto scan = session().Scan(store);
  ASSERT_TRUE(scan.ok()) << scan.status();
  EXPECT_EQ(scan->rows.size(), 1u);
  EXPECT_EQ(scan->damaged, 4u);
}

TEST_F(PostgresqlAccessTest, TheWholeRangeOfIncarnations) {
  PresenceStore* store = Open();
  PresenceRecord record = MakeRecord(1);
  record.incarnation = Incarnation::FromRaw(~uint64_t{0});
  ASSERT_TRUE(session().Upsert(store, record).ok());
  const Incarnation below = Incarnation::FromRaw(~uint64_t{0} - 1);
  EXPECT_EQ(*session().Erase(store, record.id, below), false);
  EXPECT_EQ(session().Scan(store)->rows.at(0).record, record);
  EXPECT_EQ(*session().Erase(store, record.id, record.incarnation), true);
}

// A server whose clock jumps by an hour sees every row an hour older, or younger.
TEST_F(PostgresqlAccessTest, AServersClockThatIsSet) {
  PresenceStore* store = Open();
  const Duration ttl = Duration::Seconds(1800);
  const auto step = [this](const std::string& sign) {
    Query(absl::StrCat("UPDATE muster_presence SET refreshed = refreshed ", sign,
                       " interval '1 hour', expires = expires ", sign, " interval '1 hour'"));
  };
  for (const uint64_t n : {1, 2}) ASSERT_TRUE(session().Upsert(store, MakeRecord(n), ttl).ok());
  step("-");  // forwards
  EXPECT_EQ(session().Scan(store)->rows.size(), 0u);
  // The next refresh brings back whoever lives, and nobody else.
  EXPECT_EQ(*session().Upsert(store, MakeRecord(1), ttl), 1u);
  EXPECT_EQ(session().Scan(store)->rows.size(), 1u);
  ASSERT_TRUE(session().Upsert(store, MakeRecord(2), ttl).ok());
  step("+");  // backwards
  EXPECT_EQ(*session().Upsert(store, MakeRecord(1), ttl), 2u);
  const auto scan = session().Scan(store);
  ASSERT_TRUE(scan.ok()) << scan.status();
  ASSERT_EQ(scan->rows.size(), 2u);
  for (const PresenceRow& row : scan->rows) {
    const bool is_refreshed = row.record.id == MakeId(1);
    EXPECT_GE(row.age, Duration::Zero());
    EXPECT_LE(row.age, Duration::Seconds(10));
    EXPECT_LE(row.expires_in, is_refreshed ? ttl : ttl + Duration::Seconds(3600));
  }
}

// Every agent of a new cluster finds no table, at the same time.
TEST_F(PostgresqlAccessTest, ManyAgentsThatStartTogether) {
  constexpr uint64_t kAgents = 12;
  std::vector<PresenceStore*> stores;
  for (uint64_t n = 0; n < kAgents; ++n) stores.push_back(Open());
  for (int round = 0; round < 8; ++round) {
    Query("DROP TABLE IF EXISTS muster_presence");
    uint64_t ended = 0;
    for (uint64_t n = 0; n < kAgents; ++n) {
      stores[n]->Upsert(MakeRecord(n), Duration::Seconds(60),
                        [&](const absl::StatusOr<size_t>& live) {
                          EXPECT_TRUE(live.ok()) << live.status();
                          ++ended;
                        });
    }
    ASSERT_TRUE(session().loop().RunUntil([&] { return ended == kAgents; }, Duration::Seconds(6)));
    EXPECT_EQ(session().Scan(stores[0])->rows.size(), kAgents);
  }
}

TEST_F(PostgresqlAccessTest, AServerWithoutAnotherSession) {
  std::vector<PresenceStore*> stores;
  for (int i = 0; i < kServerSessions - kReservedSessions; ++i) {
    stores.push_back(Open());
    ASSERT_TRUE(session().Scan(stores.back()).ok());
  }
  PresenceStore* late = Open();
  ExpectError(session().Scan(late).status(), StatusCode::kResourceExhausted);
  ASSERT_TRUE(session().Close(stores.back()));
  ASSERT_TRUE(QueryBecomes(CountSessions(), absl::StrCat(stores.size() - 1)));
  ExpectWorks(late);
}

TEST_F(PostgresqlAccessTest, AUnixSocket) {
  ExpectWorks(Open(server().SocketUrl(database())));
  ExpectError(session().Scan(Open("postgresql://muster@%2Fnonexistent/x")).status(),
              StatusCode::kUnavailable);
}

TEST_F(PostgresqlAccessTest, NamesOfHosts) {
  const std::string rest = absl::StrCat(":", server().port(), "/", database());
  ExpectWorks(Open("postgresql://muster:pw-4711@localhost" + rest));
  const auto scan = session().Scan(Open("postgresql://muster:pw-4711@no.such.host.invalid" + rest));
  EXPECT_TRUE(absl::IsUnavailable(scan.status()) || absl::IsDeadlineExceeded(scan.status()))
      << scan.status();
  ExpectError(scan.status(), scan.status().code());
}

TEST_F(PostgresqlAccessTest, SeveralHosts) {
  ExpectWorks(Open(absl::StrCat("postgresql://muster:pw-4711@127.0.0.1:1,no.such.host.invalid,",
                                "127.0.0.1:", server().port(), "/", database())));
  ExpectError(
      session().Scan(Open("postgresql://muster:pw-4711@127.0.0.1:1,127.0.0.1:2/x")).status(),
      StatusCode::kUnavailable);
}

TEST_F(PostgresqlAccessTest, ParametersThatLibpqDoesNotKnow) {
  for (const char* parameters : {"?nonsense=1", "?sslmode=nonsense", "?port=1,2,3"}) {
    ExpectError(session().Scan(Open(Url() + parameters)).status(), StatusCode::kFailedPrecondition);
  }
  ExpectError(session().Scan(Open(Url() + "?sslmode=require")).status(),
              StatusCode::kFailedPrecondition);
}

TEST_F(PostgresqlAccessTest, WhatTheServerHasToSayIsNotPrinted) {
  Query("ALTER ROLE muster SET client_min_messages = debug5");
  testing::internal::CaptureStderr();
  ExpectWorks(Open());
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  Query("ALTER ROLE muster RESET client_min_messages");
}

// The program runs itself, in a place where the library is an empty file.
TEST_F(PostgresqlAccessTest, WithoutLibpq) {
  if (getenv("WITHOUT_LIBPQ") != nullptr) {
    const std::string text =
        ExpectError(session().Scan(Open("postgresql://muster:pw-4711@127.0.0.1:1/x")).status(),
                    StatusCode::kFailedPrecondition);
    EXPECT_TRUE(absl::StrContains(text, "libpq5")) << text;
    return;
  }
  std::string folder = "/tmp/muster-nopq-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  std::ofstream(folder + "/libpq.so.5").flush();
  std::string program(4096, '\0');
  program.resize(static_cast<size_t>(readlink("/proc/self/exe", program.data(), program.size())));
  const e2e::CommandResult result =
      e2e::RunCommand({.argv = {program, "--gtest_filter=*WithoutLibpq"},
                       .environment = {{"LD_LIBRARY_PATH", folder}, {"WITHOUT_LIBPQ", "1"}},
                       .stdout_path = "",
                       .stderr_path = ""});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_TRUE(absl::StrContains(result.out, "1 test from")) << result.out;
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace muster::store
