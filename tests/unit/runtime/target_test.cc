#include "src/runtime/target.h"

#include <gtest/gtest.h>

#include <string>

namespace muster::runtime {
namespace {

TEST(TargetTest, AcceptsAddressesAndNames) {
  struct Row {
    const char* text;
    const char* host;  // "" for an address
    int port;
    const char* address;
  };
  const std::string longest = std::string(253, 'a');
  const Row rows[] = {
      {"10.0.0.1", "", 7946, "10.0.0.1:7946"},
      {"10.0.0.1:80", "", 80, "10.0.0.1:80"},
      {"::1", "", 7946, "[::1]:7946"},
      {"[fd00::1]:9", "", 9, "[fd00::1]:9"},
      {"web-1", "web-1", 7946, nullptr},
      {"db.example.org:65535", "db.example.org", 65535, nullptr},
      {"_svc._tcp.example.", "_svc._tcp.example.", 7946, nullptr},
      {"1.host", "1.host", 7946, nullptr},
      {"fe", "fe", 7946, nullptr},
      {longest.c_str(), longest.c_str(), 7946, nullptr},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.text);
    const absl::StatusOr<Target> target = Target::Parse(row.text);
    ASSERT_TRUE(target.ok()) << target.status();
    EXPECT_EQ(target->text, row.text);
    EXPECT_EQ(target->host, row.host);
    EXPECT_EQ(target->port, row.port);
    EXPECT_EQ(target->is_name(), row.address == nullptr);
    if (row.address != nullptr) {
      EXPECT_EQ(target->address.ToString(), row.address);
    }
  }
}

TEST(TargetTest, RefusesEverythingElseWithTheText) {
  const std::string too_long(254, 'a');
  for (const std::string text :
       {"",         ":",         ":80",        "web:",          "web:0",      "web:65536",
        "web:http", "web:80:90", "10.0.0.300", "10.0.0",        "10.0.0.1:0", "[::1",
        "[::1]:0",  "::1::2",    "a b",        "web/1",         "-web",       ".web",
        "w\n",      "0.0.0.0",   "[::]:7946",  too_long.c_str()}) {
    const absl::StatusOr<Target> target = Target::Parse(text);
    EXPECT_EQ(target.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_NE(std::string(target.status().message()).find("'" + text + "'"), std::string::npos)
        << target.status();
  }
}

}  // namespace
}  // namespace muster::runtime
