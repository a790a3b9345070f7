#include "src/agent/settings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

namespace muster::agent {
namespace {

HostFacts Host() {
  HostFacts host;
  host.host_name = "web-1";
  host.addresses = {{"lo", *Address::Parse("127.0.0.1")}, {"eth0", *Address::Parse("10.0.0.5")}};
  for (InterfaceAddress& entry : host.addresses) entry.address = entry.address.WithPort(0);
  host.data_base = "/var/lib/muster";
  return host;
}

Settings Resolved(const Config& config, const HostFacts& host = Host()) {
  absl::StatusOr<Settings> settings = ResolveSettings(config, host);
  EXPECT_TRUE(settings.ok()) << settings.status();
  return settings.ok() ? *std::move(settings) : Settings();
}

TEST(SettingsTest, Defaults) {
  const Settings settings = Resolved(Config());
  EXPECT_EQ(settings.name, "web-1");
  EXPECT_EQ(settings.cluster, "default");
  EXPECT_EQ(settings.bind.ToString(), "0.0.0.0:7946");
  EXPECT_EQ(settings.advertise.ToString(), "10.0.0.5:7946");
  EXPECT_TRUE(settings.seeds.empty());
  EXPECT_FALSE(settings.join_timeout.has_value());
  EXPECT_EQ(settings.options.tolerance, Duration::Seconds(4));
  EXPECT_EQ(settings.options.period, Duration::Seconds(1));
  EXPECT_EQ(settings.options.members_max, 20'000);
  EXPECT_EQ(settings.data_dir, "/var/lib/muster");
  EXPECT_EQ(settings.socket_path, "/var/lib/muster/agent.sock");
  EXPECT_FALSE(settings.http.is_set());
  EXPECT_EQ(settings.log_level, LogLevel::kInfo);
  EXPECT_EQ(settings.log_file, "");
}

TEST(SettingsTest, TheDatastoreIsInTheDataFolderUnlessNamed) {
  Config config;
  config.data_dir = "/srv/n1";
  EXPECT_EQ(Resolved(config).datastore.kind, "sqlite");
  EXPECT_EQ(Resolved(config).datastore.text, "sqlite:/srv/n1/presence.db");
  EXPECT_EQ(Resolved(config).record_ttl, Duration::Seconds(3600));

  config.datastore = "redis://:secret@10.0.0.9/2";
  EXPECT_EQ(Resolved(config).datastore.kind, "redis");
  EXPECT_EQ(Resolved(config).datastore.text, "redis://:secret@10.0.0.9/2");
  EXPECT_EQ(Resolved(config).datastore.shown, "redis://:***@10.0.0.9:6379/2");
  config.datastore = "none";
  EXPECT_TRUE(Resolved(config).datastore.is_none());

  config.datastore = "sqlite:shared/presence.db";
  setenv("BUILD_WORKING_DIRECTORY", "/home/me", 1);
  EXPECT_EQ(Resolved(config).datastore.text, "sqlite:/home/me/shared/presence.db");
  EXPECT_EQ(Resolved(config).datastore.shown, "sqlite:/home/me/shared/presence.db");
  config.datastore = "";
  config.datastore_file = "store.url";
  EXPECT_EQ(Resolved(config).datastore_file, "/home/me/store.url");
  unsetenv("BUILD_WORKING_DIRECTORY");
}

TEST(SettingsTest, ADatastoreThatMakesNoSenseIsRefusedWithoutItsSecret) {
  Config config;
  config.datastore = "redis://user:hunter2@10.0.0.9:99999/0";
  const absl::Status bad_url = ResolveSettings(config, Host()).status();
  EXPECT_EQ(bad_url.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(bad_url.ToString().find("hunter2"), std::string::npos) << bad_url;

  config.datastore = "none";
  config.datastore_file = "/etc/store.url";
  EXPECT_FALSE(ResolveSettings(config, Host()).ok()) << "two stores";

  config.datastore = "";
  config.datastore_file = "redis://user:hunter2@10.0.0.9/0";
  const absl::Status no_file = ResolveSettings(config, Host()).status();
  EXPECT_EQ(no_file.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(no_file.ToString().find("hunter2"), std::string::npos) << no_file;
  EXPECT_NE(no_file.ToString().find("--datastore-file"), std::string::npos) << no_file;

  for (const char* ttl : {"59s", "59999ms", "721h", "-1h", "0s", "soon", ""}) {
    Config with_ttl;
    with_ttl.record_ttl = ttl;
    EXPECT_FALSE(ResolveSettings(with_ttl, Host()).ok()) << ttl;
  }
  for (const char* ttl : {"60s", "720h"}) {
    Config with_ttl;
    with_ttl.record_ttl = ttl;
    EXPECT_TRUE(ResolveSettings(with_ttl, Host()).ok()) << ttl;
  }
}

TEST(SettingsTest, AddressesWorkEachOtherOut) {
  struct Row {
    const char* bind;
    const char* advertise;
    const char* bound;
    const char* advertised;
    const char* name;
    const char* folder;
  };
  const Row rows[] = {
      {"", "", "0.0.0.0:7946", "10.0.0.5:7946", "web-1", "/var/lib/muster"},
      {"0.0.0.0:8000", "", "0.0.0.0:8000", "10.0.0.5:8000", "web-1", "/var/lib/muster"},
      {"10.0.0.5", "", "10.0.0.5:7946", "10.0.0.5:7946", "web-1", "/var/lib/muster"},
      {"", "192.0.2.1", "0.0.0.0:7946", "192.0.2.1:7946", "web-1", "/var/lib/muster"},
      {":: ", "", nullptr, nullptr, nullptr, nullptr},
      {"10.0.0.5:8000", "192.0.2.1", "10.0.0.5:8000", "192.0.2.1:8000", "web-1", "/var/lib/muster"},
      {"10.0.0.5:8000", "192.0.2.1:9", "10.0.0.5:8000", "192.0.2.1:9", "web-1", "/var/lib/muster"},
      {"", "127.0.0.2", "127.0.0.2:7946", "127.0.0.2:7946", "web-1-127.0.0.2",
       "/var/lib/muster/127.0.0.2_7946"},
      {"", "127.0.0.2:8000", "127.0.0.2:8000", "127.0.0.2:8000", "web-1-127.0.0.2",
       "/var/lib/muster/127.0.0.2_8000"},
      {"127.0.0.3", "", "127.0.0.3:7946", "127.0.0.3:7946", "web-1-127.0.0.3",
       "/var/lib/muster/127.0.0.3_7946"},
      {"", "::1", "[::1]:7946", "[::1]:7946", "web-1---1", "/var/lib/muster/--1_7946"},
      {"", "2001:db8::7", "[::]:7946", "[2001:db8::7]:7946", "web-1", "/var/lib/muster"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(std::string("--bind=") + row.bind + " --advertise=" + row.advertise);
    Config config;
    config.bind = row.bind;
    config.advertise = row.advertise;
    if (row.bound == nullptr) {
      EXPECT_FALSE(ResolveSettings(config, Host()).ok());
      continue;
    }
    const Settings settings = Resolved(config);
    EXPECT_EQ(settings.bind.ToString(), row.bound);
    EXPECT_EQ(settings.advertise.ToString(), row.advertised);
    EXPECT_EQ(settings.name, row.name);
    EXPECT_EQ(settings.data_dir, row.folder);
    EXPECT_EQ(settings.socket_path, std::string(row.folder) + "/agent.sock");
  }
}

TEST(SettingsTest, WhatIsGivenBeatsTheRulesForLoopback) {
  Config config;
  config.advertise = "127.0.0.2";
  config.bind = "0.0.0.0";
  config.name = "mine";
  config.data_dir = "/srv/mine";
  config.socket = "/run/mine.sock";
  const Settings settings = Resolved(config);
  EXPECT_EQ(settings.bind.ToString(), "0.0.0.0:7946");
  EXPECT_EQ(settings.name, "mine");
  EXPECT_EQ(settings.data_dir, "/srv/mine");
  EXPECT_EQ(settings.socket_path, "/run/mine.sock");
}

TEST(SettingsTest, ProfilesAndTolerance) {
  struct Row {
    const char* profile;
    const char* tolerance;
    int64_t tolerance_ms;
    int64_t period_ms;
  };
  for (const Row& row :
       {Row{"local", "", 1000, 250}, Row{"lan", "", 4000, 1000}, Row{"wan", "", 12'000, 2000},
        Row{"lan", "10s", 10'000, 1000}, Row{"lan", "2s", 2000, 500}, Row{"lan", "250ms", 250, 62},
        Row{"wan", "10m", 600'000, 2000}}) {
    SCOPED_TRACE(std::string(row.profile) + " " + row.tolerance);
    Config config;
    config.profile = row.profile;
    config.tolerance = row.tolerance;
    const Settings settings = Resolved(config);
    EXPECT_EQ(settings.options.tolerance.millis(), row.tolerance_ms);
    EXPECT_EQ(settings.options.period.millis(), row.period_ms);
    EXPECT_TRUE(settings.options.Validate().ok());
  }
}

TEST(SettingsTest, EverythingElseIsTakenOver) {
  Config config;
  config.cluster = "blue";
  config.join = {"10.0.0.1", "db.example.org:8000"};
  config.join_timeout = "1.5s";
  config.tags = {"role=web", "zone=a=b", "empty="};
  config.http = "localhost:8080";
  config.max_members = "12";
  config.no_batch = true;
  config.log_level = "debug";
  config.log_file = "/var/log/muster.log";
  const Settings settings = Resolved(config);
  EXPECT_EQ(settings.cluster, "blue");
  EXPECT_EQ(settings.seeds, config.join);
  EXPECT_EQ(settings.join_timeout, Duration::Millis(1500));
  EXPECT_EQ(settings.tags, (wire::Tags{{"empty", ""}, {"role", "web"}, {"zone", "a=b"}}));
  EXPECT_EQ(settings.http.ToString(), "127.0.0.1:8080");
  EXPECT_EQ(settings.options.members_max, 12);
  EXPECT_FALSE(settings.options.batching);
  EXPECT_TRUE(Resolved(Config()).options.batching);
  EXPECT_EQ(settings.log_level, LogLevel::kDebug);
  EXPECT_EQ(settings.log_file, "/var/log/muster.log");
}

TEST(SettingsTest, RelativePathsStandInTheUsersFolder) {
  setenv("BUILD_WORKING_DIRECTORY", "/home/ann/site", 1);
  Config config;
  config.data_dir = "data";
  config.socket = "../s.sock";
  config.log_file = "./log";
  const Settings settings = Resolved(config);
  unsetenv("BUILD_WORKING_DIRECTORY");
  EXPECT_EQ(settings.data_dir, "/home/ann/site/data");
  EXPECT_EQ(settings.socket_path, "/home/ann/s.sock");
  EXPECT_EQ(settings.log_file, "/home/ann/site/log");
}

struct Refusal {
  const char* what;
  std::function<void(Config*)> set;
  const char* says;  // somewhere in the text
};

class RefusalTest : public testing::TestWithParam<Refusal> {};

TEST_P(RefusalTest, IsAUsageErrorOfThreeLinesWithTheValue) {
  Config config;
  GetParam().set(&config);
  const absl::Status status = ResolveSettings(config, Host()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  const std::string text(status.message());
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2) << text;
  EXPECT_NE(text.find(GetParam().says), std::string::npos) << text;
}

INSTANTIATE_TEST_SUITE_P(
    Values, RefusalTest,
    testing::Values(
        Refusal{"bind name", [](Config* c) { c->bind = "myhost"; }, "--bind: 'myhost'"},
        Refusal{"bind port", [](Config* c) { c->bind = "10.0.0.5:0"; }, "'10.0.0.5:0'"},
        Refusal{"advertise name", [](Config* c) { c->advertise = "myhost"; },
                "a host name does not do here"},
        Refusal{"advertise any", [](Config* c) { c->advertise = "0.0.0.0"; }, "'0.0.0.0'"},
        Refusal{"advertise link-local", [](Config* c) { c->advertise = "169.254.1.1"; },
                "'169.254.1.1'"},
        Refusal{"mixed IP versions",
                [](Config* c) {
                  c->bind = "10.0.0.5";
                  c->advertise = "2001:db8::1";
                },
                "[2001:db8::1]:7946"},
        Refusal{"name", [](Config* c) { c->name = "web 1"; }, "'web 1'"},
        Refusal{"long name", [](Config* c) { c->name = std::string(129, 'n'); }, "128 letters"},
        Refusal{"no cluster", [](Config* c) { c->cluster = ""; }, "--cluster"},
        Refusal{"long cluster", [](Config* c) { c->cluster = std::string(129, 'c'); }, "128"},
        Refusal{"cluster with a line", [](Config* c) { c->cluster = "a\x01"; }, "printable"},
        Refusal{"join",
                [](Config* c) {
                  c->join = {"10.0.0.1", "10.0.0.300"};
                },
                "'10.0.0.300'"},
        Refusal{"join-timeout", [](Config* c) { c->join_timeout = "10"; }, "--join-timeout: '10'"},
        Refusal{"join-timeout zero", [](Config* c) { c->join_timeout = "0s"; }, "'0s'"},
        Refusal{"profile", [](Config* c) { c->profile = "man"; }, "'man'"},
        Refusal{"tolerance", [](Config* c) { c->tolerance = "soon"; }, "'soon'"},
        Refusal{"tolerance low", [](Config* c) { c->tolerance = "249ms"; }, "'249ms'"},
        Refusal{"tolerance high", [](Config* c) { c->tolerance = "601s"; }, "'601s'"},
        Refusal{"tag", [](Config* c) { c->tags = {"web"}; }, "'web'"},
        Refusal{"tag without key", [](Config* c) { c->tags = {"=web"}; }, "'=web'"},
        Refusal{"tag twice",
                [](Config* c) {
                  c->tags = {"a=1", "b=2", "a=3"};
                },
                "given twice"},
        Refusal{"max-members", [](Config* c) { c->max_members = "many"; }, "'many'"},
        Refusal{"max-members zero", [](Config* c) { c->max_members = "0"; }, "--max-members: '0'"},
        Refusal{"socket", [](Config* c) { c->socket = "/" + std::string(107, 's'); },
                "it has 108 bytes"},
        Refusal{"socket-group", [](Config* c) { c->socket_group = "no-such-group"; },
                "'no-such-group'"},
        Refusal{"http port", [](Config* c) { c->http = "127.0.0.1"; }, "no port"},
        Refusal{"http name", [](Config* c) { c->http = "web:80"; }, "'web:80'"},
        Refusal{"log-level", [](Config* c) { c->log_level = "loud"; }, "'loud'"}),
    [](const testing::TestParamInfo<Refusal>& row) {
      std::string name = row.param.what;
      std::replace_if(
          name.begin(), name.end(), [](char c) { return c == ' ' || c == '-'; }, '_');
      return name;
    });

TEST(SettingsTest, LimitsAreReachedExactly) {
  Config config;
  config.socket = "/" + std::string(106, 's');
  EXPECT_TRUE(ResolveSettings(config, Host()).ok()) << "107 bytes";
  for (int i = 0; i < 32; ++i) config.tags.push_back("key" + std::to_string(i) + "=v");
  EXPECT_TRUE(ResolveSettings(config, Host()).ok()) << "32 tags";
  config.tags.push_back("one=more");
  EXPECT_FALSE(ResolveSettings(config, Host()).ok()) << "33 tags";
  config.tags = {"k=" + std::string(511, 'v')};
  EXPECT_TRUE(ResolveSettings(config, Host()).ok()) << "512 bytes";
  config.tags = {"k=" + std::string(512, 'v')};
  EXPECT_FALSE(ResolveSettings(config, Host()).ok()) << "513 bytes";
}

TEST(SettingsTest, WhatTheHostLacksIsNoUsageError) {
  HostFacts host = Host();
  host.data_base = "";
  EXPECT_EQ(ResolveSettings(Config(), host).status().code(), absl::StatusCode::kFailedPrecondition);
  host = Host();
  host.addresses.pop_back();
  EXPECT_EQ(ResolveSettings(Config(), host).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(SettingsTest, ABadHostNameAsksForAName) {
  HostFacts host = Host();
  host.host_name = "bad_host!";
  const absl::Status status = ResolveSettings(Config(), host).status();
  EXPECT_NE(std::string(status.message()).find("--name"), std::string::npos) << status;
}

TEST(SettingsTest, DifferencesThatNeedARestart) {
  const Settings running = Resolved(Config());
  Config config;
  config.tags = {"a=b"};
  config.log_level = "error";
  EXPECT_TRUE(FixedDifferences(running, Resolved(config)).empty());
  config.cluster = "other";
  config.tolerance = "8s";
  config.no_batch = true;
  EXPECT_EQ(FixedDifferences(running, Resolved(config)),
            (std::vector<std::string>{"cluster", "tolerance", "no-batch"}));
}

}  // namespace
}  // namespace muster::agent
