// Datastores that stop, vanish, fill up or forget under running agents. A store is a hint:
// whatever happens to it, nobody's state changes, nothing waits for it, and it is used again as
// soon as it can be.

#include <gtest/gtest.h>
#include <sys/mount.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "tests/e2e/cluster_test.h"
#include "tests/e2e/harness/clock.h"
#include "tests/e2e/harness/process.h"
#include "tests/e2e/presence_scene.h"

namespace muster::e2e {
namespace {

using Scenes = std::vector<std::unique_ptr<Scene>>;

constexpr size_t kAgents = 3;
const std::set<std::string> kNames = {"n1", "n2", "n3"};

// The fault has ended: refreshes are at most 6 s apart; after half a minute of failures the next
// attempt is up to 16 s away.
constexpr Duration kRecovery = Duration::Seconds(25);

void FormAll(const Scenes& scenes) {
  for (const auto& scene : scenes) {
    ASSERT_OK(scene->Form(kAgents));
    ASSERT_OK(scene->cluster().WatchAll());
  }
}

// Nobody was accused of anything, nobody ended, and all are together.
void ExpectUntouched(Scene& scene) {
  EXPECT_EQ(scene.Disturbances(kNames), "") << scene.kind() << "\n" << scene.cluster().Describe();
}

void ExpectRecovers(Scene& scene) {
  const TimePoint begin = Now();
  EXPECT_TRUE(scene.WaitStoreState("ok", kRecovery)) << scene.kind() << " " << scene.StoreOf(0);
  EXPECT_TRUE(scene.rows().Become(kNames, kRecovery))
      << scene.kind() << " " << scene.rows().error() << "\n"
      << scene.cluster().Describe();
  std::cout << scene.kind() << ": in use again after " << (Now() - begin).millis() << " ms\n";
}

// The states that agents report while their store is out of order.
void ExpectSaysSince(Scene& scene, const nlohmann::json& earlier) {
  nlohmann::json now = scene.StoreOf(0);
  EXPECT_EQ(now.value("state", ""), "failing") << now;
  EXPECT_FALSE(now["error"].is_null()) << now;
  EXPECT_TRUE(now["since"].is_string()) << now;
  EXPECT_EQ(now["since"], earlier.value("since", "")) << "since when must not move";
}

// It is ready at once, sees so many members at least without delay, and leaves within 3 s.
void ExpectComesAndGoesOnce(Scene& scene, Agent& newcomer, size_t members, const char* how) {
  const TimePoint begin = Now();
  ASSERT_OK(newcomer.Start());
  ASSERT_TRUE(newcomer.WaitReady(Duration::Seconds(2))) << newcomer.Log();
  const Duration ready = Now() - begin;
  EXPECT_TRUE(WaitUntil(Duration::Seconds(2), [&] { return newcomer.Members().size() >= members; }))
      << scene.cluster().Describe();
  const Duration joined = Now() - begin;
  const TimePoint asked = Now();
  newcomer.Terminate();
  const std::optional<int> code = newcomer.WaitExit(Duration::Seconds(3));
  const Duration ended = Now() - asked;
  ASSERT_TRUE(code.has_value()) << scene.kind() << ": it waits for the store\n" << newcomer.Log();
  EXPECT_EQ(*code, 0) << newcomer.Log();
  std::cout << scene.kind() << ", " << how << ": ready after " << ready.millis()
            << " ms, joined after " << joined.millis() << " ms, ended " << ended.millis()
            << " ms after SIGTERM\n";
}

// A newcomer that knows nobody, then with --join, then with nothing but the peers it remembers.
void ExpectComesAndGoes(Scene& scene) {
  Agent& newcomer = scene[scene.Add()];
  ExpectComesAndGoesOnce(scene, newcomer, 1, "with nothing");
  newcomer.options().join = {scene[0].ip()};
  if (!testing::Test::HasFatalFailure()) {
    ExpectComesAndGoesOnce(scene, newcomer, kAgents + 1, "by --join");
  }
  newcomer.options().join.clear();
  if (!testing::Test::HasFatalFailure()) {
    ExpectComesAndGoesOnce(scene, newcomer, kAgents + 1, "by its peers");
  }
}

// What the agents of a scene have used up so far.
std::vector<Duration> ProcessorTimes(Scene& scene) {
  std::vector<Duration> times;
  for (size_t i = 0; i < kAgents; ++i) times.push_back(scene[i].ProcessorTime());
  return times;
}

// At the end of a freeze: its status has said all the while what is wrong, and nothing was wasted.
void ExpectCalm(Scene& scene, const nlohmann::json& earlier, const std::vector<Duration>& before) {
  constexpr Duration kProcessorTime = Duration::Millis(1500);  // 5 % of a core for half a minute
  ExpectSaysSince(scene, earlier);
  Duration most;
  for (size_t i = 0; i < kAgents; ++i) {
    most = std::max(most, scene[i].ProcessorTime() - before[i]);
  }
  EXPECT_LE(most.millis(), kProcessorTime.millis());
  std::cout << scene.kind() << ": at most " << most.millis() << " ms of processor time\n";
  EXPECT_EQ(scene.Metric(0, "muster_store_up"), 0);
  EXPECT_GE(scene.Metric(0, "muster_store_refresh_errors_total"), 1);
}

// Half a minute in which no store answers, with a tolerance of one second.
TEST(Frozen, StoreOfHalfAMinuteIsNoticedByNobodyButTheStatus) {
  const Scenes scenes = MakeScenes(Scene::Options(), kDatastoreKinds);
  FormAll(scenes);
  std::vector<std::vector<Duration>> used;
  for (const auto& scene : scenes) {
    ASSERT_OK(scene->store().Freeze());
    used.push_back(ProcessorTimes(*scene));
  }
  const TimePoint frozen = Now();
  std::vector<nlohmann::json> failing;
  for (const auto& scene : scenes) {
    ASSERT_TRUE(scene->WaitStoreState("failing", Duration::Seconds(14))) << scene->StoreOf(0);
    failing.push_back(scene->StoreOf(0));
  }
  for (const auto& scene : scenes) ExpectComesAndGoes(*scene);
  const auto no_accusation = [&] {
    return std::all_of(scenes.begin(), scenes.end(), [](const std::unique_ptr<Scene>& scene) {
      return scene->cluster().CountEvents("member.suspected") == 0 &&
             scene->cluster().CountEvents("member.failed") == 0;
    });
  };
  for (size_t s = 0; s < scenes.size(); ++s) {
    SCOPED_TRACE(scenes[s]->kind());
    EXPECT_TRUE(HoldsFor(frozen + Duration::Seconds(30) - Now(), no_accusation));
    ExpectCalm(*scenes[s], failing[s], used[s]);
    ASSERT_OK(scenes[s]->store().Thaw());
  }
  for (const auto& scene : scenes) {
    ExpectRecovers(*scene);
    ExpectUntouched(*scene);
    EXPECT_EQ(scene->Metric(0, "muster_store_up"), 1);
    EXPECT_EQ(scene->FindSecret(scene->store().secret()), "");
    // One word about it from each, and no flood of them.
    EXPECT_EQ(scene->cluster().CountEvents("store.failed"), static_cast<int>(kAgents));
    EXPECT_EQ(scene->cluster().CountEvents("store.recovered"), static_cast<int>(kAgents));
  }
}

// The server's machine dies; meanwhile somebody changes the password; the file that agents read the
// URL from follows later.
TEST(Killed, ServerComesBackWithAnotherPassword) {
  Scene::Options options;
  options.url_in_file = true;
  const Scenes scenes = MakeScenes(options, {"redis", "postgresql"});
  FormAll(scenes);
  std::vector<std::string> secrets;
  for (const auto& scene : scenes) secrets.push_back(scene->store().secret());
  for (const auto& scene : scenes) scene->server()->Kill();
  for (const auto& scene : scenes) {
    ASSERT_TRUE(scene->WaitStoreState("failing", Duration::Seconds(14))) << scene->StoreOf(0);
    ExpectComesAndGoes(*scene);
    const CommandResult listed = (*scene)[0].Run({"presence", "list"});
    EXPECT_EQ(listed.exit_code, 1) << listed.out;
    EXPECT_NE(listed.err.find(scene->kind()), std::string::npos) << listed.err;
    EXPECT_LT(listed.elapsed.millis(), 9000);
  }
  for (size_t s = 0; s < scenes.size(); ++s) {
    ASSERT_OK(scenes[s]->server()->StartAgain());
    ASSERT_OK(scenes[s]->server()->ChangePassword("n3w-s3cret"));
    secrets.push_back(scenes[s]->store().secret());
  }
  for (const auto& scene : scenes) {
    // The old password opens no door; the operator is told what is wrong.
    EXPECT_TRUE(WaitUntil(kRecovery, [&] {
      const std::string error = scene->StoreOf(0)["error"].dump();
      return error.find("password") != std::string::npos ||
             error.find("WRONGPASS") != std::string::npos;
    })) << scene->StoreOf(0);
    for (const std::string& secret : secrets) EXPECT_EQ(scene->FindSecret(secret), "");
    scene->WriteUrlFile();
    scene->RenewRows();
  }
  for (const auto& scene : scenes) {
    ExpectRecovers(*scene);
    ExpectUntouched(*scene);
    for (const std::string& secret : secrets) EXPECT_EQ(scene->FindSecret(secret), "");
  }
}

// The store has been of use since `freed`, when there was room again.
void ExpectWrittenSince(Scene& scene, TimePoint freed) {
  EXPECT_TRUE(scene.WaitStoreState("ok", kRecovery)) << scene.StoreOf(0);
  EXPECT_TRUE(WaitUntil(kRecovery, [&] {
    return std::all_of(kNames.begin(), kNames.end(), [&](const std::string& name) {
      const std::optional<store::PresenceRow> row = scene.rows().Of(name);
      return row.has_value() && row->age < Now() - freed;
    });
  })) << scene.cluster().Describe();
  std::cout << scene.kind() << ": in use again " << (Now() - freed).millis()
            << " ms after there was room\n";
}

// A folder in memory that takes `kib` KiB, mounted for this test program only.
class SmallDisk {
 public:
  SmallDisk(std::string path, int kib) : path_(std::move(path)) {
    mounted_ =
        mount("none", path_.c_str(), "tmpfs", 0, absl::StrCat("size=", kib, "k").c_str()) == 0;
  }
  ~SmallDisk() {
    if (mounted_) umount2(path_.c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  const std::string& path() const { return path_; }
  // Writes until nothing fits.
  void Fill() const {
    std::ofstream file(path_ + "/ballast", std::ios::app);
    for (const size_t size : {65536, 4096, 512, 1}) {
      const std::string block(size, 'x');
      while (file.write(block.data(), static_cast<std::streamsize>(size)).flush()) continue;
      file.clear();
    }
  }
  void Free() const { std::filesystem::remove(path_ + "/ballast"); }

 private:
  std::string path_;
  bool mounted_ = false;
};

// Real full disks: under the agents' shared file, and under a Redis that saves what it is told and
// takes no more writes when it cannot.
TEST(Full, DisksUnderAFileAndUnderARedis) {
  ScratchFolder folder;
  const SmallDisk under_file(folder.Sub("file"), 512);
  const SmallDisk under_redis(folder.Sub("redis"), 512);
  ASSERT_TRUE(under_file.mounted() && under_redis.mounted());
  Scene::Options options;
  options.store_folder = under_file.path();
  Scene with_file(options);
  options.kind = "redis";
  options.store_folder = under_redis.path();
  options.first_address = 10;
  Scene with_redis(options);
  for (Scene* scene : {&with_file, &with_redis}) {
    ASSERT_OK(scene->Form(kAgents));
    ASSERT_OK(scene->cluster().WatchAll());
  }
  under_file.Fill();
  under_redis.Fill();
  // Pages that are there already can be written over: a new host's row is what needs more of them.
  for (size_t i = 1; i <= 2000 && with_file.rows().error().ok(); ++i) {
    with_file.rows().Plant(StrayRecord(i, "127.0.40.1", options.cluster)).IgnoreError();
  }
  EXPECT_FALSE(with_file.rows().error().ok()) << "the disk is not full";
  // The next save is due within a second of the next write.
  EXPECT_TRUE(WaitUntil(kRecovery, [&] {
    return !with_redis.rows().Plant(StrayRecord(1, "127.0.40.1", options.cluster)).ok();
  })) << "the disk is not full";
  const std::pair<Scene*, const char*> words[] = {{&with_file, "full"}, {&with_redis, "MISCONF"}};
  for (const auto& [scene, word] : words) {
    EXPECT_TRUE(scene->WaitStoreState("failing", kRecovery)) << scene->StoreOf(0);
    const nlohmann::json failing = scene->StoreOf(0);
    EXPECT_NE(failing["error"].dump().find(word), std::string::npos) << failing;
    ExpectComesAndGoes(*scene);
    ExpectSaysSince(*scene, failing);
    EXPECT_GE(scene->Metric(0, "muster_store_refresh_errors_total"), 1);
    // It can be read all the while.
    EXPECT_EQ((*scene)[0].Run({"presence", "list"}).exit_code, 0);
  }
  const TimePoint freed = Now();
  under_file.Free();
  under_redis.Free();
  for (Scene* scene : {&with_file, &with_redis}) {
    ExpectWrittenSince(*scene, freed);
    ExpectUntouched(*scene);
  }
}

// What somebody's command of the server's own client prints.
std::string Ask(const PostgresqlDatastore& server, const std::string& sql) {
  return RunCommand({.argv = server.ClientCommand(sql),
                     .environment = {},
                     .stdout_path = "",
                     .stderr_path = ""})
      .out;
}

// Every agent says so in its status, in the server's words.
void ExpectAllSay(Scene& scene, const std::string& words) {
  EXPECT_TRUE(WaitUntil(kRecovery,
                        [&] {
                          for (size_t i = 0; i < kAgents; ++i) {
                            const nlohmann::json store = scene.StoreOf(i);
                            if (store.value("state", "") != "failing") return false;
                            if (store["error"].dump().find(words) == std::string::npos)
                              return false;
                          }
                          return true;
                        }))
      << scene.StoreOf(0) << scene.StoreOf(1) << scene.StoreOf(2);
}

// A PostgreSQL whose disk fills up: at first it serves on and refuses what needs more room; then
// its write-ahead log needs more, and it goes down.
TEST(Full, DiskUnderAPostgresql) {
  ScratchFolder folder;
  const SmallDisk disk(folder.Sub("postgresql"), 80 * 1024);
  ASSERT_TRUE(disk.mounted());
  Scene::Options options;
  options.kind = "postgresql";
  options.store_folder = disk.path();
  Scene scene(options);
  ASSERT_OK(scene.Form(kAgents));
  ASSERT_OK(scene.cluster().WatchAll());
  auto& server = dynamic_cast<PostgresqlDatastore&>(scene.store());

  // While somebody reads, say for a backup, old versions of rows keep their places: then the rows
  // that are there already need more room too.
  absl::StatusOr<Process> reader =
      Process::Start({.argv = server.ClientCommand("SELECT pg_sleep(300)"),
                      .environment = {},
                      .stdout_path = "",
                      .stderr_path = ""});
  ASSERT_OK(reader.status());
  ASSERT_TRUE(WaitUntil(Duration::Seconds(5), [&] {
    return Ask(server, "SELECT count(*) FROM pg_stat_activity WHERE query ~ '^SELECT pg_sleep'") ==
           "1\n";
  }));
  disk.Fill();
  constexpr size_t kStrays = 20;
  size_t refused = 0;  // one after the other
  for (size_t i = 0; i < 5000 && refused < kStrays; ++i) {
    const store::PresenceRecord stray = StrayRecord(1 + i % kStrays, "127.0.40.1", options.cluster);
    refused = scene.rows().Plant(stray).ok() ? 0 : refused + 1;
  }
  ASSERT_EQ(refused, kStrays) << "the disk is not full";
  ExpectAllSay(scene, "No space left on device");
  const nlohmann::json failing = scene.StoreOf(0);
  ExpectComesAndGoes(scene);
  ExpectSaysSince(scene, failing);
  EXPECT_GE(scene.Metric(0, "muster_store_refresh_errors_total"), 1);
  EXPECT_EQ(scene[0].Run({"presence", "list"}).exit_code, 0) << "it can be read all the while";
  TimePoint freed = Now();
  disk.Free();
  ExpectWrittenSince(scene, freed);
  ExpectUntouched(scene);

  disk.Fill();
  // As a server does by itself, each time that 16 MiB have been logged: the next row that an agent
  // writes asks for a file that cannot be.
  EXPECT_NE(Ask(server, "SELECT pg_switch_wal()"), "");
  ASSERT_TRUE(scene.WaitStoreState("failing", kRecovery)) << scene.StoreOf(0);
  const nlohmann::json down = scene.StoreOf(0);
  ExpectAllSay(scene, "onnection refused");
  ExpectSaysSince(scene, down);
  EXPECT_EQ(Ask(server, "SELECT 1"), "") << "it runs on";
  server.Kill();
  freed = Now();
  disk.Free();
  ASSERT_OK(server.StartAgain());
  ExpectWrittenSince(scene, freed);
  ExpectUntouched(scene);
  EXPECT_EQ(scene.FindSecret(scene.store().secret()), "");
}

}  // namespace
}  // namespace muster::e2e
