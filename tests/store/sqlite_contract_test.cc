#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/store/sqlite_store.h"
#include "tests/store/contract/contract.h"

// The contract, on a SQLite file.

namespace muster::store {
namespace {

using contract::PlaceKind;
using contract::PresenceContract;

class SqlitePlace : public contract::Place {
 public:
  SqlitePlace() {
    char name[] = "/tmp/muster-sqlite-XXXXXX";
    EXPECT_NE(mkdtemp(name), nullptr);
    folder_ = name;
    path_ = folder_ + "/presence.db";
  }
  ~SqlitePlace() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<PresenceStore> Open(PresenceOptions options) override {
    return OpenSqliteStore(path_, std::move(options));
  }
  bool UsesInjectedClocks() const override { return true; }
  void Damage(const std::string& cluster, const HostId& id) override {
    EXPECT_EQ(Query(absl::StrCat("UPDATE muster_presence SET record = x'00ff00ff'", Where(cluster),
                                 " AND id = x'", id.ToHex(), "' RETURNING 1")),
              1);
  }
  void Wipe() override {
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path_ + suffix);
  }
  size_t StoredRows(const std::string& cluster) override {
    // The first operation creates the file.
    if (!std::filesystem::exists(path_)) return 0;
    return static_cast<size_t>(
        Query(absl::StrCat("SELECT count(*) FROM muster_presence", Where(cluster))));
  }

 private:
  static std::string Where(const std::string& cluster) {
    return absl::StrCat(" WHERE cluster = '", cluster, "'");
  }
  // The integer that the statement gives; -1 without one.
  int64_t Query(const std::string& sql) {
    sqlite3* database = nullptr;
    sqlite3_stmt* statement = nullptr;
    int64_t value = -1;
    EXPECT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr), SQLITE_OK)
        << sqlite3_errmsg(database);
    while (sqlite3_step(statement) == SQLITE_ROW) value = sqlite3_column_int64(statement, 0);
    EXPECT_EQ(sqlite3_finalize(statement), SQLITE_OK);
    EXPECT_EQ(sqlite3_close(database), SQLITE_OK);
    return value;
  }

  std::string folder_;
  std::string path_;
};

INSTANTIATE_TEST_SUITE_P(Sqlite, PresenceContract,
                         testing::Values(PlaceKind{"Sqlite",
                                                   [] { return std::make_unique<SqlitePlace>(); }}),
                         contract::PlaceName);

}  // namespace
}  // namespace muster::store
