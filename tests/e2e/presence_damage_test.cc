// SQLite files that rot under running agents, who share them: no crash, no row that nobody wrote,
// no change of anybody's state, and a sound file in the end.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>

#include "absl/strings/str_cat.h"
#include "src/base/rng.h"
#include "tests/e2e/cluster_test.h"
#include "tests/e2e/harness/clock.h"
#include "tests/e2e/presence_scene.h"

namespace muster::e2e {
namespace {

namespace fs = std::filesystem;
using Scenes = std::vector<std::unique_ptr<Scene>>;

constexpr size_t kAgents = 3;
const std::set<std::string> kNames = {"n1", "n2", "n3"};
constexpr Duration kRecovery = Duration::Seconds(20);

// The file of the sqlite scenes.
std::string FileOf(Scene& scene) {
  return scene.store().url().substr(std::string("sqlite:").size());
}

// What becomes of a file, behind the backs of those that have it open.
struct Damage {
  std::string name;
  std::function<void(const std::string& path)> inflict;
};

// Other bits with --gtest_shuffle --gtest_random_seed=N.
void FlipBits(const std::string& path, size_t count) {
  const auto variant = static_cast<uint64_t>(testing::UnitTest::GetInstance()->random_seed());
  Rng rng(20263 + variant);
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  const uint64_t size = fs::file_size(path);
  for (size_t i = 0; i < count && size > 0; ++i) {
    const auto place = static_cast<std::streamoff>(rng.Below(size));
    char byte = 0;
    file.seekg(place);
    file.get(byte);
    file.seekp(place);
    file.put(static_cast<char>(byte ^ (1 << rng.Below(8))));
  }
}

std::vector<Damage> AllDamages() {
  return {
      {"cut to nothing", [](const std::string& path) { fs::resize_file(path, 0); }},
      {"cut in the middle",
       [](const std::string& path) { fs::resize_file(path, fs::file_size(path) / 2 + 100); }},
      {"a few bits flipped", [](const std::string& path) { FlipBits(path, 5); }},
      {"many bits flipped", [](const std::string& path) { FlipBits(path, 200); }},
      {"log's bits flipped", [](const std::string& path) { FlipBits(path + "-wal", 200); }},
      {"another kind of file",
       [](const std::string& path) { std::ofstream(path) << "no database, but a letter\n"; }},
      {"deleted, its log left behind", [](const std::string& path) { fs::remove(path); }},
  };
}

TEST(Damaged, SqliteFilesUnderRunningAgents) {
  const std::vector<Damage> damages = AllDamages();
  Scenes scenes;
  for (size_t s = 0; s < damages.size(); ++s) {
    Scene::Options options;
    options.profile = "lan";
    options.first_address = s * 10;
    scenes.push_back(std::make_unique<Scene>(options));
  }
  for (const auto& scene : scenes) {
    ASSERT_OK(scene->Form(kAgents));
    ASSERT_OK(scene->cluster().WatchAll());
  }
  for (size_t s = 0; s < scenes.size(); ++s) damages[s].inflict(FileOf(*scenes[s]));
  const TimePoint damaged = Now();
  for (size_t s = 0; s < scenes.size(); ++s) {
    SCOPED_TRACE(damages[s].name);
    Scene& scene = *scenes[s];
    absl::Status error;
    // Rows younger than the damage, in a file that a newcomer opens.
    EXPECT_TRUE(WaitUntil(
        kRecovery,
        [&] {
          const std::unique_ptr<PresenceRows> rows = scene.RowsOf(scene.options().cluster);
          return std::all_of(kNames.begin(), kNames.end(), [&](const std::string& name) {
            const std::optional<store::PresenceRow> row = rows->Of(name);
            error = rows->error();
            return row.has_value() && row->age < Now() - damaged;
          });
        },
        Duration::Millis(200)))
        << error << "\n"
        << scene.cluster().Describe();
    EXPECT_TRUE(scene.WaitStoreState("ok", kRecovery)) << scene.StoreOf(0);
    EXPECT_EQ(scene.RowsOf(scene.options().cluster)->Names(), kNames) << "an invented row";
    EXPECT_EQ(scene.Disturbances(kNames), "") << scene.cluster().Describe();
  }
}

// A file of rows of hosts that never were, damaged again and again while three agents write their
// own rows into it; after each blow one of them is made to read it.
class RottingFile {
 public:
  explicit RottingFile(Scene* scene) : scene_(scene), path_(FileOf(*scene)) {
    const std::string made = scene->cluster().folder().path() + "/sound.db";
    {
      PresenceRows rows("sqlite:" + made, scene->options().cluster);
      for (size_t i = 1; i <= kRows; ++i) {
        const store::PresenceRecord record =
            StrayRecord(i, absl::StrCat("127.0.40.", i), scene->options().cluster);
        EXPECT_TRUE(rows.Plant(record).ok()) << rows.error();
        known_[record.id.ToHex()] = record.name + " " + record.address.ToString();
      }
    }
    sound_ = ReadFile(made);
    for (const auto& [name, row] : (*scene)[0].Members()) known_[row.id] = name + " " + row.address;
  }
  size_t size() const { return sound_.size(); }

  // Puts the sound file in place of whatever is there.
  void Restore() {
    const std::string made = path_ + ".made";
    std::ofstream(made, std::ios::binary) << sound_;
    fs::rename(made, path_);
  }
  void CutAt(uint64_t size) {
    Restore();
    fs::resize_file(path_, size);
  }
  // In place, below the agents' feet.
  void Flip(uint64_t bit) {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    const auto place = static_cast<std::streamoff>(bit / 8);
    file.seekg(place);
    const int byte = file.get();
    if (byte < 0) return;  // a new file has been begun, which is shorter
    file.seekp(place);
    file.put(static_cast<char>(byte ^ (1 << (bit % 8))));
  }

  // Has an agent read it: every row is one that was written.
  void Read(const Agent& agent) {
    const absl::StatusOr<nlohmann::json> answer = agent.Get("/v1/presence");
    if (!answer.ok()) {
      ++unanswered;
      return;
    }
    for (const nlohmann::json& row : (*answer)["rows"]) {
      const std::string id = row.value("id", "");
      ASSERT_TRUE(known_.contains(id)) << "an invented row: " << row;
      EXPECT_EQ(row.value("name", "") + " " + row.value("address", ""), known_[id]);
      ++rows_read;
    }
  }

  size_t rows_read = 0;
  size_t unanswered = 0;

 private:
  static constexpr size_t kRows = 30;
  Scene* scene_;
  const std::string path_;
  std::string sound_;
  std::map<std::string, std::string> known_;  // by id: name and address
};

TEST(Damaged, AHundredCutsAndAThousandFlippedBits) {
  constexpr size_t kCuts = 100;
  constexpr size_t kFlips = 1000;
  constexpr size_t kFlipsPerFile = 10;
  Scene::Options options;
  options.profile = "lan";
  Scene scene(options);
  ASSERT_OK(scene.Form(kAgents));
  ASSERT_OK(scene.cluster().WatchAll());
  RottingFile file(&scene);
  ASSERT_GT(file.size(), 8192u);
  Rng rng(static_cast<uint64_t>(testing::UnitTest::GetInstance()->random_seed()) + 1);
  const TimePoint begin = Now();
  for (size_t i = 0; i < kCuts; ++i) {
    SCOPED_TRACE(absl::StrCat("cut ", i));
    file.CutAt(rng.Below(file.size()));
    file.Read(scene[i % kAgents]);
    if (HasFatalFailure()) return;
  }
  for (size_t i = 0; i < kFlips; ++i) {
    SCOPED_TRACE(absl::StrCat("flip ", i));
    if (i % kFlipsPerFile == 0) file.Restore();
    // Every other one in the header and the schema's page.
    file.Flip(rng.Below(8 * (i % 2 == 0 ? 4096 : file.size())));
    file.Read(scene[i % kAgents]);
    if (HasFatalFailure()) return;
  }
  int replaced = 0;
  for (size_t i = 0; i < kAgents; ++i) {
    replaced += static_cast<int>(scene.Metric(i, "muster_store_notices_total"));
  }
  std::cout << kCuts + kFlips << " blows in " << (Now() - begin).millis() << " ms: " << replaced
            << " files replaced, " << file.rows_read << " rows read, " << file.unanswered
            << " reads failed\n";
  EXPECT_GT(replaced, 100) << "hardly any of it was damage";
  EXPECT_TRUE(WaitUntil(Duration::Seconds(5),
                        [&] { return scene.cluster().CountEvents("store.replaced") == replaced; }))
      << scene.cluster().CountEvents("store.replaced") << " events";
  EXPECT_NE(scene[0].Log().find("event=store.replaced"), std::string::npos);
  EXPECT_GT(file.rows_read, 1000u) << "hardly anything was left to be read";
  EXPECT_LT(file.unanswered, 50u);
  EXPECT_FALSE(fs::exists(FileOf(scene) + ".damaged-4")) << "three are kept";
  fs::remove(FileOf(scene));
  EXPECT_TRUE(scene.rows().Become(kNames, kRecovery)) << scene.rows().error();
  EXPECT_TRUE(scene.WaitStoreState("ok", kRecovery)) << scene.StoreOf(0);
  EXPECT_EQ(scene.Disturbances(kNames), "") << scene.cluster().Describe();
}

}  // namespace
}  // namespace muster::e2e
