#include "src/store/datastore_url.h"

#include <gtest/gtest.h>

#include <string>

namespace muster::store {
namespace {

// What no error and no shown text may contain.
constexpr char kSecret[] = "hunter2";

DatastoreUrl Parsed(const std::string& text) {
  const absl::StatusOr<DatastoreUrl> url = DatastoreUrl::Parse(text);
  EXPECT_TRUE(url.ok()) << text << ": " << url.status();
  return url.ok() ? *url : DatastoreUrl();
}

// The fault and the remedy.
std::string Refused(const std::string& text) {
  const absl::StatusOr<DatastoreUrl> url = DatastoreUrl::Parse(text);
  EXPECT_EQ(url.status().code(), absl::StatusCode::kInvalidArgument) << text;
  const std::string message(url.status().message());
  EXPECT_NE(message.find("; "), std::string::npos) << text << ": " << message;
  EXPECT_EQ(message.find(kSecret), std::string::npos) << text << ": " << message;
  return message;
}

TEST(DatastoreUrl, None) {
  EXPECT_EQ(Parsed("none").kind, DatastoreKind::kNone);
  EXPECT_EQ(Parsed("none").Shown(), "none");
}

TEST(DatastoreUrl, Sqlite) {
  const DatastoreUrl url = Parsed("sqlite:/var/lib/my files/presence.db");
  EXPECT_EQ(url.kind, DatastoreKind::kSqlite);
  EXPECT_EQ(url.path, "/var/lib/my files/presence.db");
  EXPECT_EQ(url.Shown(), "sqlite:/var/lib/my files/presence.db");
  EXPECT_EQ(Parsed("sqlite:p.db").path, "p.db");
  EXPECT_EQ(Parsed("sqlite:///var/p.db").path, "/var/p.db");
  for (const char* bad : {"sqlite:", "sqlite://", "sqlite://host/p.db", "sqlite:/var/lib/",
                          "sqlite::memory:", "sqlite:/a\nb", "sqlite:///"}) {
    Refused(bad);
  }
}

TEST(DatastoreUrl, Redis) {
  DatastoreUrl url = Parsed("redis://10.0.0.1");
  EXPECT_EQ(url.kind, DatastoreKind::kRedis);
  EXPECT_EQ(url.host, "10.0.0.1");
  EXPECT_EQ(url.port, 6379);
  EXPECT_EQ(url.database, 0);
  EXPECT_EQ(url.user + url.password, "");
  EXPECT_EQ(url.Shown(), "redis://10.0.0.1:6379/0");

  url = Parsed("redis://ad%40min:hun%74er2%2f%3A@cache-1.example.com:7000/15");
  EXPECT_EQ(url.user, "ad@min");
  EXPECT_EQ(url.password, "hunter2/:");
  EXPECT_EQ(url.host, "cache-1.example.com");
  EXPECT_EQ(url.port, 7000);
  EXPECT_EQ(url.database, 15);
  EXPECT_EQ(url.Shown(), "redis://ad%40min:***@cache-1.example.com:7000/15");

  url = Parsed("redis://:hunter2:x@host/");
  EXPECT_EQ(url.user, "");
  EXPECT_EQ(url.password, "hunter2:x");
  EXPECT_EQ(url.database, 0);
  EXPECT_EQ(url.Shown(), "redis://:***@host:6379/0");
  EXPECT_EQ(Parsed("redis://user@host").Shown(), "redis://user@host:6379/0");
}

TEST(DatastoreUrl, RedisOverIpv6) {
  const DatastoreUrl url = Parsed("redis://u:hunter2@[2001:db8::1]:7000/1");
  EXPECT_EQ(url.host, "2001:db8::1");
  EXPECT_EQ(url.port, 7000);
  EXPECT_EQ(url.Shown(), "redis://u:***@[2001:db8::1]:7000/1");
  EXPECT_EQ(Parsed("redis://[::1]").port, 6379);
  EXPECT_EQ(Parsed("redis://[fe80::1%eth0]:1").host, "fe80::1%eth0");
  EXPECT_NE(Refused("redis://::1").find("brackets"), std::string::npos);
  for (const char* bad :
       {"redis://[::1", "redis://[::1]x", "redis://[::1]6379", "redis://[host]:6379", "redis://[]",
        "redis://[::g]", "redis://[[::1]]", "redis://[127.0.0.1]"}) {
    Refused(bad);
  }
}

TEST(DatastoreUrl, RedisRefused) {
  for (const char* bad : {"redis://",
                          "redis://:6379",
                          "redis://u:hunter2@",
                          "redis://u:hunter2@/0",
                          "redis://host:0",
                          "redis://host:65536",
                          "redis://host:",
                          "redis://host:+1",
                          "redis://host:99999999999999999999",
                          "redis://u:hunter2@host:p",
                          "redis://host/x",
                          "redis://host/-1",
                          "redis://host/0/",
                          "redis://host/99999999999999",
                          "redis://host?db=1",
                          "redis://host#x",
                          "redis://ho st",
                          "redis://h%6fst",
                          "redis://u:%hunter2@host",
                          "redis://u:hunter2%@host",
                          "redis://u:hunter2%0@host",
                          "redis://u:hunter2%00@host",
                          "redis://u:hunter2\n@host",
                          "redis://a..b!/0"}) {
    Refused(bad);
  }
  Refused("redis://" + std::string(256, 'h'));
  Refused("redis://" + std::string(5000, 'h'));
}

TEST(DatastoreUrl, AnUnescapedPasswordIsNeverQuoted) {
  for (const char* bad : {"redis://u:a/hunter2@host",
                          "redis://u:a?hunter2@host",
                          "redis://u:a#hunter2@host",
                          "redis://u:a@hunter2@host",
                          "redis://u:hunter2",
                          "redis://u:/hunter2",
                          "redis://host:6379/hunter2",
                          "postgresql://u:a/hunter2@host",
                          "postgresql://u:hunter2",
                          "postgresql://u:a@hunter2@host",
                          "postgresql://u:a?hunter2@host/db",
                          "postgresql://u:a:hunter2@host/db",
                          "postgresql://host/db?password=a&hunter2",
                          "postgresql://host/db?password=a=hunter2",
                          "postgresql://host/db?password=%hunter2",
                          "postgresql://host/db?password=hunter2@x",
                          "postgresql://host/db?pass%77ord=hunter2",
                          "hunter2",
                          "hunter2://host",
                          "user:hunter2@host",
                          "REDIS://u:hunter2@host",
                          "rediss://u:hunter2@host",
                          "mysql://u:hunter2@host"}) {
    Refused(bad);
  }
}

TEST(DatastoreUrl, Tls) {
  const std::string text = Refused("rediss://cache:6380/0");
  EXPECT_NE(text.find("TLS"), std::string::npos) << text;
  EXPECT_NE(text.find("tunnel"), std::string::npos) << text;
}

TEST(DatastoreUrl, Postgresql) {
  for (const char* text :
       {"postgresql://", "postgresql:///db", "postgresql://host", "postgres://host:5432/db",
        "postgresql://a:5432,b,[::1]:5433/db?target_session_attrs=any",
        "postgresql://%2Frun%2Fpostgresql/db", "postgresql://u@host/db?sslmode=require"}) {
    const DatastoreUrl url = Parsed(text);
    EXPECT_EQ(url.kind, DatastoreKind::kPostgresql) << text;
    EXPECT_EQ(url.conninfo, text);
    EXPECT_EQ(url.Shown(), text);
  }
  for (const char* bad :
       {"postgresql://host:x/db", "postgresql://host:0", "postgresql://[::1", "postgresql://host?x",
        "postgresql://host?=x", "postgresql://host?a=b%"}) {
    Refused(bad);
  }
}

TEST(DatastoreUrl, PostgresqlSecretsAreHidden) {
  EXPECT_EQ(Parsed("postgresql://me:hunter2@host:5432/db").Shown(),
            "postgresql://me:***@host:5432/db");
  EXPECT_EQ(Parsed("postgres://:hunter2@host").Shown(), "postgres://:***@host");
  EXPECT_EQ(Parsed("postgresql://me:@[::1]:5/db").Shown(), "postgresql://me:***@[::1]:5/db");
  EXPECT_EQ(Parsed("postgresql://host/db?password=hunter2").Shown(),
            "postgresql://host/db?password=***");
  EXPECT_EQ(
      Parsed("postgresql://u:hunter2@h?user=x&sslpassword=hunter2&sslmode=require&password=hunter2")
          .Shown(),
      "postgresql://u:***@h?user=x&sslpassword=***&sslmode=require&password=***");
  EXPECT_EQ(Parsed("postgresql://h?PASSWORD=hunter2&oauth_client_secret=hunter2").Shown(),
            "postgresql://h?PASSWORD=***&oauth_client_secret=***");
}

TEST(DatastoreUrl, NothingElse) {
  for (const char* bad : {"", " ", "None", "redis", "redis:", "redis:/host", "://", "postgresql:",
                          "postgresql:/host", "/var/lib/p.db", "none ", "http://x"}) {
    Refused(bad);
  }
  EXPECT_NE(Refused("").find("sqlite:PATH"), std::string::npos);
  Refused(std::string("redis://a\0b", 11));
}

TEST(DatastoreUrl, KindsHaveNames) {
  EXPECT_STREQ(DatastoreKindName(DatastoreKind::kNone), "none");
  EXPECT_STREQ(DatastoreKindName(DatastoreKind::kSqlite), "sqlite");
  EXPECT_STREQ(DatastoreKindName(DatastoreKind::kRedis), "redis");
  EXPECT_STREQ(DatastoreKindName(DatastoreKind::kPostgresql), "postgresql");
}

}  // namespace
}  // namespace muster::store
