#include "src/store/datastore_url.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/status/statusor.h"
#include "src/store/back_end.h"
#include "src/store/postgresql_url.h"
#include "src/store/presence_factory.h"
#include "src/store/redis_url.h"

namespace muster::store {
namespace {

// What no error and no shown text may contain.
constexpr char kSecret[] = "hunter2";

DatastoreUrl Parsed(const std::string& text) {
  const absl::StatusOr<DatastoreUrl> url = ParseDatastoreUrl(text);
  EXPECT_TRUE(url.ok()) << text << ": " << url.status();
  return url.ok() ? *url : DatastoreUrl();
}

RedisUrl ParsedRedis(const std::string& text) {
  EXPECT_EQ(Parsed(text).kind, "redis");
  EXPECT_EQ(Parsed(text).text, text);
  const absl::StatusOr<RedisUrl> url = RedisUrl::Parse(text);
  EXPECT_TRUE(url.ok()) << text << ": " << url.status();
  if (!url.ok()) return {};
  EXPECT_EQ(Parsed(text).shown, url->Shown());
  return *url;
}

// The fault and the remedy.
std::string Refused(const std::string& text) {
  const absl::StatusOr<DatastoreUrl> url = ParseDatastoreUrl(text);
  EXPECT_EQ(url.status().code(), absl::StatusCode::kInvalidArgument) << text;
  const std::string message(url.status().message());
  EXPECT_NE(message.find("; "), std::string::npos) << text << ": " << message;
  EXPECT_EQ(message.find(kSecret), std::string::npos) << text << ": " << message;
  return message;
}

TEST(DatastoreUrl, None) {
  EXPECT_TRUE(Parsed("none").is_none());
  EXPECT_EQ(Parsed("none"), DatastoreUrl());
  EXPECT_FALSE(Parsed("sqlite:p").is_none());
  Refused("nonesuch");
  EXPECT_EQ(Parsed("none").shown, "none");
}

TEST(DatastoreUrl, Sqlite) {
  const DatastoreUrl url = Parsed("sqlite:/var/lib/my files/presence.db");
  EXPECT_EQ(url.kind, "sqlite");
  EXPECT_EQ(url.text, "sqlite:/var/lib/my files/presence.db");
  EXPECT_EQ(url.shown, "sqlite:/var/lib/my files/presence.db");
  EXPECT_EQ(Parsed("sqlite:p.db").text, "sqlite:p.db");
  EXPECT_EQ(Parsed("sqlite:///var/p.db").text, "sqlite:/var/p.db");
  for (const char* bad : {"sqlite:", "sqlite://", "sqlite://host/p.db", "sqlite:/var/lib/",
                          "sqlite::memory:", "sqlite:/a\nb", "sqlite:///"}) {
    Refused(bad);
  }
}

TEST(DatastoreUrl, Redis) {
  RedisUrl url = ParsedRedis("redis://10.0.0.1");
  EXPECT_EQ(url.host, "10.0.0.1");
  EXPECT_EQ(url.port, 6379);
  EXPECT_EQ(url.database, 0);
  EXPECT_EQ(url.user + url.password, "");
  EXPECT_EQ(url.Shown(), "redis://10.0.0.1:6379/0");

  url = ParsedRedis("redis://ad%40min:hun%74er2%2f%3A@cache-1.example.com:7000/15");
  EXPECT_EQ(url.user, "ad@min");
  EXPECT_EQ(url.password, "hunter2/:");
  EXPECT_EQ(url.host, "cache-1.example.com");
  EXPECT_EQ(url.port, 7000);
  EXPECT_EQ(url.database, 15);
  EXPECT_EQ(url.Shown(), "redis://ad%40min:***@cache-1.example.com:7000/15");

  url = ParsedRedis("redis://:hunter2:x@host/");
  EXPECT_EQ(url.user, "");
  EXPECT_EQ(url.password, "hunter2:x");
  EXPECT_EQ(url.database, 0);
  EXPECT_EQ(url.Shown(), "redis://:***@host:6379/0");
  EXPECT_EQ(ParsedRedis("redis://user@host").Shown(), "redis://user@host:6379/0");
}

TEST(DatastoreUrl, RedisOverIpv6) {
  const RedisUrl url = ParsedRedis("redis://u:hunter2@[2001:db8::1]:7000/1");
  EXPECT_EQ(url.host, "2001:db8::1");
  EXPECT_EQ(url.port, 7000);
  EXPECT_EQ(url.Shown(), "redis://u:***@[2001:db8::1]:7000/1");
  EXPECT_EQ(ParsedRedis("redis://[::1]").port, 6379);
  EXPECT_EQ(ParsedRedis("redis://[fe80::1%eth0]:1").host, "fe80::1%eth0");
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
    EXPECT_EQ(url.kind, "postgresql") << text;
    EXPECT_EQ(url.text, text);
    EXPECT_EQ(url.shown, text);
    EXPECT_TRUE(CheckPostgresqlUrl(text).ok()) << text;
    EXPECT_EQ(ShownPostgresqlUrl(text), text);
  }
  for (const char* bad :
       {"postgresql://host:x/db", "postgresql://host:0", "postgresql://[::1", "postgresql://host?x",
        "postgresql://host?=x", "postgresql://host?a=b%"}) {
    Refused(bad);
  }
}

TEST(DatastoreUrl, PostgresqlSecretsAreHidden) {
  EXPECT_EQ(Parsed("postgresql://me:hunter2@host:5432/db").shown,
            "postgresql://me:***@host:5432/db");
  EXPECT_EQ(Parsed("postgres://:hunter2@host").shown, "postgres://:***@host");
  EXPECT_EQ(Parsed("postgresql://me:@[::1]:5/db").shown, "postgresql://me:***@[::1]:5/db");
  EXPECT_EQ(Parsed("postgresql://host/db?password=hunter2").shown,
            "postgresql://host/db?password=***");
  EXPECT_EQ(
      Parsed("postgresql://u:hunter2@h?user=x&sslpassword=hunter2&sslmode=require&password=hunter2")
          .shown,
      "postgresql://u:***@h?user=x&sslpassword=***&sslmode=require&password=***");
  EXPECT_EQ(Parsed("postgresql://h?PASSWORD=hunter2&oauth_client_secret=hunter2").shown,
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

TEST(DatastoreUrl, ErrorsListAllForms) {
  EXPECT_EQ(Refused(""),
            "the datastore URL is empty; write none, sqlite:PATH, "
            "redis://[user[:password]@]host[:port][/db] or postgresql://...");
}

TEST(DatastoreUrl, RelativePathsAreResolvedAsTheCallerSays) {
  const PathResolver resolve = [](const std::string& path) { return "/home/me/" + path; };
  EXPECT_EQ(ParseDatastoreUrl("sqlite:p.db", resolve)->text, "sqlite:/home/me/p.db");
  EXPECT_EQ(ParseDatastoreUrl("sqlite:p.db", resolve)->shown, "sqlite:/home/me/p.db");
  EXPECT_EQ(ParseDatastoreUrl("redis://p.db", resolve)->text, "redis://p.db");
}

}  // namespace
}  // namespace muster::store
