#include "bench/store/place.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/store/instruments.h"
#include "src/base/status_macros.h"
#include "tests/e2e/harness/clock.h"
#include "tests/store/servers/postgresql_server.h"
#include "tests/store/servers/redis_server.h"

namespace muster::bench {
namespace {

using store::servers::PostgresqlServer;
using store::testing::RedisServer;

class SqlitePlace : public Place {
 public:
  explicit SqlitePlace(std::string folder) : folder_(std::move(folder)) {}
  ~SqlitePlace() override { SqlitePlace::Thaw(); }

  std::string kind() const override { return "sqlite"; }
  std::string url() const override { return "sqlite:" + path(); }
  absl::Status Empty() override {
    ++files_;
    return absl::OkStatus();
  }
  // In WAL mode every reader and writer passes by the locks in the shared memory's file, bytes 120
  // to 127 (sqlite.org/walformat.html, 2.3.1). They are free most of the time.
  absl::Status Freeze() override {
    const std::string shared = path() + "-shm";
    lock_ = open(shared.c_str(), O_RDWR | O_CLOEXEC);
    if (lock_ < 0) return absl::InternalError(absl::StrCat(shared, ": ", strerror(errno)));
    struct flock range = {};
    range.l_type = F_WRLCK;
    range.l_whence = SEEK_SET;
    range.l_start = 120;
    range.l_len = 8;
    const bool locked = e2e::WaitUntil(
        Duration::Seconds(10), [&] { return fcntl(lock_, F_SETLK, &range) == 0; },
        Duration::Millis(1));
    return locked ? absl::OkStatus() : absl::InternalError(absl::StrCat("cannot lock ", shared));
  }
  void Thaw() override {
    if (lock_ >= 0) close(std::exchange(lock_, -1));
  }
  absl::Status StartMeter() override {
    before_ = ReadFileUse();
    return absl::OkStatus();
  }
  absl::StatusOr<StoreUse> ReadMeter() override {
    const FileUse now = ReadFileUse();
    StoreUse use;
    use.commands = static_cast<double>(now.write_calls - before_.write_calls);
    use.bytes_to = static_cast<double>(now.bytes_written - before_.bytes_written);
    use.bytes_from = static_cast<double>(now.bytes_read - before_.bytes_read);
    return use;
  }

 private:
  std::string path() const { return absl::StrCat(folder_, "/presence-", files_, ".db"); }

  const std::string folder_;
  int files_ = 0;
  int lock_ = -1;
  FileUse before_;
};

StoreUse FromWire(const WireUse& wire, uint64_t commands) {
  return {static_cast<double>(commands), static_cast<double>(wire.connections),
          static_cast<double>(wire.bytes_to), static_cast<double>(wire.bytes_from)};
}

class RedisPlace : public Place {
 public:
  explicit RedisPlace(std::unique_ptr<RedisServer> server)
      : server_(std::move(server)), meter_(server_->port()) {}

  std::string kind() const override { return "redis"; }
  std::string url() const override { return server_->Url(); }
  absl::Status Empty() override { return server_->Command({"FLUSHALL"}).status(); }
  absl::Status Freeze() override {
    server_->Pause();
    return absl::OkStatus();
  }
  void Thaw() override { server_->Resume(); }
  // The wire is watched inside of the questions to the server, so that those do not count.
  absl::Status StartMeter() override {
    const absl::StatusOr<std::string> info = server_->Command({"INFO", "commandstats"});
    if (!info.ok()) return info.status();
    commands_ = CountRedisCommands(*info);
    return meter_.Start();
  }
  absl::StatusOr<StoreUse> ReadMeter() override {
    const absl::StatusOr<WireUse> wire = meter_.Read();
    if (!wire.ok()) return wire.status();
    const absl::StatusOr<std::string> info = server_->Command({"INFO", "commandstats"});
    if (!info.ok()) return info.status();
    return FromWire(*wire, CountRedisCommands(*info) - commands_);
  }

 private:
  std::unique_ptr<RedisServer> server_;
  PortMeter meter_;
  uint64_t commands_ = 0;
};

class PostgresqlPlace : public Place {
 public:
  explicit PostgresqlPlace(std::unique_ptr<PostgresqlServer> server)
      : server_(std::move(server)), meter_(server_->port()) {}

  std::string kind() const override { return "postgresql"; }
  std::string url() const override { return server_->Url(); }
  absl::Status Empty() override {
    return server_->Query("DROP TABLE IF EXISTS muster_presence").status();
  }
  absl::Status Freeze() override {
    server_->Pause();
    return absl::OkStatus();
  }
  void Thaw() override { server_->Resume(); }
  absl::Status StartMeter() override {
    statements_ = CountNow();
    return meter_.Start();
  }
  absl::StatusOr<StoreUse> ReadMeter() override {
    const absl::StatusOr<WireUse> wire = meter_.Read();
    if (!wire.ok()) return wire.status();
    return FromWire(*wire, CountNow() - statements_);
  }

 private:
  uint64_t CountNow() const { return CountStatements(server_->Log(), PostgresqlServer::kRole); }

  std::unique_ptr<PostgresqlServer> server_;
  PortMeter meter_;
  uint64_t statements_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Place>> MakePlace(const std::string& kind,
                                                 const std::string& folder) {
  if (kind == "sqlite") return std::make_unique<SqlitePlace>(folder);
  if (kind == "redis") {
    absl::StatusOr<std::unique_ptr<RedisServer>> server = RedisServer::Start();
    if (!server.ok()) return server.status();
    return std::make_unique<RedisPlace>(*std::move(server));
  }
  store::servers::PostgresqlServerOptions options;
  options.settings = {"log_statement=all", "log_line_prefix=%u ", "max_connections=200"};
  absl::StatusOr<std::unique_ptr<PostgresqlServer>> server =
      PostgresqlServer::Start(std::move(options));
  if (!server.ok()) return server.status();
  return std::make_unique<PostgresqlPlace>(*std::move(server));
}

}  // namespace muster::bench
