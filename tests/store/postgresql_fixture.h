#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "src/base/time.h"
#include "src/store/datastore_url.h"
#include "src/store/presence_store.h"
#include "tests/store/contract/session.h"
#include "tests/store/servers/postgresql_server.h"

namespace muster::store {

// One PostgreSQL server for the whole program, started when the first test wants it, and a fresh
// database for each test.
class PostgresqlTest : public testing::Test {
 protected:
  servers::PostgresqlServer& server();
  const std::string& database();
  std::string Url() { return server().Url(database()); }

  // A store at `url`, which may be asked for again and again.
  PresenceStore* Open(const std::string& url, UrlSource fresh = nullptr);
  PresenceStore* Open() { return Open(Url()); }
  contract::Session& session() { return *session_; }

  // Starts the server again after a Stop or Kill; expected to succeed.
  void Restart();
  // As the superuser, in the test's database; expected to succeed.
  std::string Query(const std::string& sql);
  // Until the superuser reads `expected`.
  bool QueryBecomes(const std::string& sql, const std::string& expected,
                    Duration budget = Duration::Seconds(10));
  // How many sessions the role "muster" has in the test's database.
  std::string CountSessions() const;

  // Expects the code, and a text of one printable line with no password in it. Returns the text.
  std::string ExpectError(const absl::Status& status, absl::StatusCode code);
  // Expects that record `n` can be written and is then read.
  void ExpectWorks(PresenceStore* store, uint64_t n = 1);
  // How long `call` took by the real clock.
  Duration Time(const std::function<void()>& call);

  void TearDown() override;

 private:
  std::string database_;
  std::unique_ptr<contract::Session> session_ = std::make_unique<contract::Session>();
};

}  // namespace muster::store
