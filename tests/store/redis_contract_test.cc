#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "src/base/strings.h"
#include "src/store/redis_scripts.h"
#include "src/store/redis_store.h"
#include "src/store/redis_url.h"
#include "tests/store/contract/contract.h"
#include "tests/store/servers/redis_server.h"

namespace muster::store {
namespace {

using contract::PresenceContract;
using testing::RedisServer;

class RedisPlace final : public contract::Place {
 public:
  RedisPlace(std::unique_ptr<RedisServer> server, RedisUrl url)
      : server_(std::move(server)), url_(std::move(url)) {}

  std::unique_ptr<PresenceStore> Open(PresenceOptions options) override {
    return OpenRedisStore(url_, nullptr, std::move(options));
  }
  bool UsesInjectedClocks() const override { return false; }

  void Damage(const std::string& cluster, const HostId& id) override {
    Run({"HSET", RedisRowKey(cluster, id.ToHex()), "record", "\x0a\xff not a record"});
  }
  void Wipe() override { Run({"FLUSHALL"}); }
  size_t StoredRows(const std::string& cluster) override {
    std::set<std::string> ids;
    const std::string prefix = RedisRowKey(cluster, "");
    for (absl::string_view key : absl::StrSplit(Run({"KEYS", "*"}), '\n', absl::SkipEmpty())) {
      if (absl::StartsWith(key, prefix)) ids.emplace(key.substr(prefix.size()));
    }
    const std::string index = Run({"ZRANGE", RedisIndexKey(cluster), "0", "-1"});
    for (absl::string_view id : absl::StrSplit(index, '\n', absl::SkipEmpty())) {
      if (id != ToAbsl(kRedisIndexMark)) ids.emplace(id);
    }
    return ids.size();
  }

 private:
  std::string Run(const std::vector<std::string>& command) {
    const auto reply = server_->Command(command);
    EXPECT_TRUE(reply.ok()) << reply.status();
    return reply.value_or("");
  }

  std::unique_ptr<RedisServer> server_;
  const RedisUrl url_;
};

std::unique_ptr<contract::Place> MakePlace() {
  auto server =
      RedisServer::Start({.password = "a pass:word@/", .max_memory = "", .save_folder = ""});
  EXPECT_TRUE(server.ok()) << server.status();
  if (!server.ok()) return nullptr;
  RedisUrl url;
  url.host = "127.0.0.1";
  url.port = (*server)->port();
  url.password = "a pass:word@/";
  return std::make_unique<RedisPlace>(*std::move(server), std::move(url));
}

INSTANTIATE_TEST_SUITE_P(Redis, PresenceContract,
                         ::testing::Values(contract::PlaceKind{"Redis", MakePlace}),
                         contract::PlaceName);

}  // namespace
}  // namespace muster::store
