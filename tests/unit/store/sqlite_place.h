#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "src/store/sqlite_file.h"
#include "tests/unit/store/samples.h"

namespace muster::store::testing {

// A folder of its own with a presence file in it, the clocks of the host, and other programs' ways
// to the file.
class SqlitePlaceTest : public ::testing::Test {
 protected:
  static constexpr Duration kTtl = Duration::Seconds(3600);

  void SetUp() override {
    // In memory where there is such a place: thousands of files are made, each synced several
    // times.
    const std::string base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    std::string name = base + "/muster-sqlite-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    path_ = folder_ + "/presence.db";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // As another process would have it.
  std::unique_ptr<SqliteFile> Open(const std::string& cluster = "prod") {
    PresenceOptions options;
    options.cluster = cluster;
    options.wall_us = [this] { return wall_us_; };
    options.monotonic = [this] { return now_; };
    return std::make_unique<SqliteFile>(path_, options);
  }
  void Pass(Duration span) {
    wall_us_ += span.micros();
    now_ += span;
  }

  // Runs SQL as the sqlite3 tool would; the last value of the last row, as text.
  std::string Sql(const std::string& sql) {
    sqlite3* database = nullptr;
    std::string value;
    EXPECT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
    const auto keep = [](void* out, int columns, char** values, char**) {
      const char* last = columns > 0 ? values[columns - 1] : nullptr;
      *static_cast<std::string*>(out) = last == nullptr ? "" : last;
      return 0;
    };
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), keep, &value, nullptr), SQLITE_OK)
        << sql << ": " << sqlite3_errmsg(database);
    EXPECT_EQ(sqlite3_close(database), SQLITE_OK);
    return value;
  }

  bool Exists(const std::string& suffix) const { return std::filesystem::exists(path_ + suffix); }
  std::string Read() const {
    std::ifstream file(path_, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }
  // In place of what is there, in the same file.
  void Overwrite(const std::string& bytes) const {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << bytes;
  }
  void RemoveAll() const {
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      std::filesystem::remove(entry.path());
    }
  }

  std::string folder_;
  std::string path_;
  int64_t wall_us_ = 1'700'000'000'000'000;
  TimePoint now_ = TimePoint::FromMicros(5'000'000);
};

}  // namespace muster::store::testing
