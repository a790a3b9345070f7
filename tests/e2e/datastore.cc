#include "tests/e2e/datastore.h"

#include <sqlite3.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/base/status_macros.h"
#include "tests/store/servers/postgresql_server.h"
#include "tests/store/servers/redis_server.h"

namespace muster::e2e {
namespace {

using store::servers::PostgresqlServer;
using store::testing::RedisServer;

class Sqlite : public Datastore {
 public:
  explicit Sqlite(std::string path) : path_(std::move(path)) {}
  ~Sqlite() override { Sqlite::Thaw().IgnoreError(); }

  std::string kind() const override { return "sqlite"; }
  std::string url() const override { return "sqlite:" + path_; }

  absl::Status Wipe() override {
    std::error_code error;
    for (const char* part : {"", "-wal", "-shm"}) {
      std::filesystem::remove(path_ + part, error);
      if (error) return absl::InternalError(absl::StrCat(path_, part, ": ", error.message()));
    }
    return absl::OkStatus();
  }
  absl::Status Freeze() override {
    if (sqlite3_open_v2(path_.c_str(), &lock_, SQLITE_OPEN_READWRITE, nullptr) != SQLITE_OK) {
      return Failure();
    }
    sqlite3_busy_timeout(lock_, 3000);
    return sqlite3_exec(lock_, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK
               ? absl::OkStatus()
               : Failure();
  }
  absl::Status Thaw() override {
    sqlite3_close(std::exchange(lock_, nullptr));
    return absl::OkStatus();
  }

 private:
  absl::Status Failure() {
    return absl::InternalError(absl::StrCat(path_, ": ", sqlite3_errmsg(lock_)));
  }

  const std::string path_;
  sqlite3* lock_ = nullptr;
};

// The one of this program: starting one takes longer than most tests.
absl::StatusOr<RedisServer*> SharedRedis() {
  static std::unique_ptr<RedisServer> server;
  if (server == nullptr) {
    absl::StatusOr<std::unique_ptr<RedisServer>> started = RedisServer::Start();
    if (!started.ok()) return started.status();
    server = *std::move(started);
  }
  return server.get();
}

absl::StatusOr<PostgresqlServer*> SharedPostgresql() {
  static std::unique_ptr<PostgresqlServer> server;
  if (server == nullptr) {
    absl::StatusOr<std::unique_ptr<PostgresqlServer>> started = PostgresqlServer::Start();
    if (!started.ok()) return started.status();
    server = *std::move(started);
  }
  return server.get();
}

constexpr char kFirstPassword[] = "pw-0815-first";

class Redis : public ServerDatastore {
 public:
  explicit Redis(RedisServer* server) : server_(server) {}
  explicit Redis(std::unique_ptr<RedisServer> own) : own_(std::move(own)), server_(own_.get()) {}
  ~Redis() override {
    if (frozen_) server_->Resume();
    if (server_->pid() < 0) Redis::StartAgain().IgnoreError();
  }

  std::string kind() const override { return "redis"; }
  std::string url() const override { return server_->Url(); }
  std::string secret() const override { return password_; }

  absl::Status Wipe() override { return server_->Command({"FLUSHALL"}).status(); }
  absl::Status Freeze() override {
    server_->Pause();
    frozen_ = true;
    return absl::OkStatus();
  }
  absl::Status Thaw() override {
    server_->Resume();
    frozen_ = false;
    return absl::OkStatus();
  }
  void Kill() override { server_->Kill(); }
  absl::Status StartAgain() override { return server_->Restart(); }
  absl::Status ChangePassword(const std::string& password) override {
    MUSTER_RETURN_IF_ERROR(server_->Command({"CONFIG", "SET", "requirepass", password}).status());
    password_ = password;
    server_->set_password(password);
    return server_->Command({"CLIENT", "KILL", "TYPE", "normal"}).status();
  }

 private:
  std::unique_ptr<RedisServer> own_;  // null: the program's
  RedisServer* server_;
  std::string password_ = kFirstPassword;
  bool frozen_ = false;
};

class Postgresql : public PostgresqlDatastore {
 public:
  explicit Postgresql(PostgresqlServer* server) : server_(server) {}
  explicit Postgresql(std::unique_ptr<PostgresqlServer> own)
      : own_(std::move(own)), server_(own_.get()) {}
  ~Postgresql() override {
    if (frozen_) server_->Resume();
    if (killed_) Postgresql::StartAgain().IgnoreError();
  }

  std::string kind() const override { return "postgresql"; }
  std::string url() const override {
    return absl::StrCat("postgresql://", PostgresqlServer::kRole, ":", password_,
                        "@127.0.0.1:", server_->port(), "/", PostgresqlServer::kDatabase);
  }
  std::string secret() const override { return password_; }

  absl::Status Wipe() override {
    return server_
        ->Query(absl::StrCat("DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION ",
                             PostgresqlServer::kRole))
        .status();
  }
  absl::Status Freeze() override {
    server_->Pause();
    frozen_ = true;
    return absl::OkStatus();
  }
  absl::Status Thaw() override {
    server_->Resume();
    frozen_ = false;
    return absl::OkStatus();
  }
  void Kill() override {
    server_->Kill();
    killed_ = true;
  }
  absl::Status StartAgain() override {
    killed_ = false;
    return server_->Restart();
  }
  absl::Status ChangePassword(const std::string& password) override {
    MUSTER_RETURN_IF_ERROR(server_
                               ->Query(absl::StrCat("ALTER ROLE ", PostgresqlServer::kRole,
                                                    " PASSWORD '", password, "'"))
                               .status());
    password_ = password;
    return server_
        ->Query(
            absl::StrCat("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '",
                         PostgresqlServer::kRole, "'"))
        .status();
  }

  std::vector<std::string> ClientCommand(const std::string& sql) const override {
    return server_->ClientCommand(sql);
  }

 private:
  std::unique_ptr<PostgresqlServer> own_;  // null: the program's
  PostgresqlServer* server_;
  std::string password_ = kFirstPassword;
  bool frozen_ = false;
  bool killed_ = false;
};

// As a test expects to find it, whatever the test before has done.
template <typename Kind>
absl::StatusOr<std::unique_ptr<ServerDatastore>> Prepared(std::unique_ptr<Kind> store) {
  MUSTER_RETURN_IF_ERROR(store->ChangePassword(kFirstPassword));
  MUSTER_RETURN_IF_ERROR(store->Wipe());
  return store;
}

}  // namespace

std::unique_ptr<Datastore> MakeSqlite(const std::string& folder) {
  return std::make_unique<Sqlite>(folder + "/shared.db");
}

absl::StatusOr<std::unique_ptr<ServerDatastore>> MakeRedis() {
  const absl::StatusOr<RedisServer*> server = SharedRedis();
  if (!server.ok()) return server.status();
  return Prepared(std::make_unique<Redis>(*server));
}

absl::StatusOr<std::unique_ptr<ServerDatastore>> MakePostgresql() {
  const absl::StatusOr<PostgresqlServer*> server = SharedPostgresql();
  if (!server.ok()) return server.status();
  return Prepared(std::make_unique<Postgresql>(*server));
}

absl::StatusOr<std::unique_ptr<Datastore>> MakeDatastore(const std::string& kind,
                                                         const std::string& folder) {
  if (kind == "redis") return MakeRedis();
  if (kind == "postgresql") return MakePostgresql();
  if (kind == "sqlite") return MakeSqlite(folder);
  return absl::InvalidArgumentError(absl::StrCat("no datastore of the kind '", kind, "'"));
}

absl::StatusOr<std::unique_ptr<Datastore>> MakeDatastoreIn(const std::string& kind,
                                                           const std::string& folder) {
  if (kind == "postgresql") {
    absl::StatusOr<std::unique_ptr<PostgresqlServer>> started =
        PostgresqlServer::Start({.settings = {}, .parent = folder});
    if (!started.ok()) return started.status();
    return Prepared(std::make_unique<Postgresql>(*std::move(started)));
  }
  if (kind != "redis") return MakeDatastore(kind, folder);
  absl::StatusOr<std::unique_ptr<RedisServer>> started =
      RedisServer::Start({.password = "", .max_memory = "", .save_folder = folder});
  if (!started.ok()) return started.status();
  return Prepared(std::make_unique<Redis>(*std::move(started)));
}

}  // namespace muster::e2e
