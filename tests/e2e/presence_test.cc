// Agents that have nothing but a datastore in common: how they find each other, and find each other
// again. No test here uses --join unless it says so.

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>

#include "absl/strings/str_cat.h"
#include "tests/e2e/cluster_test.h"
#include "tests/e2e/harness/clock.h"
#include "tests/e2e/harness/network.h"
#include "tests/e2e/presence_scene.h"

namespace muster::e2e {
namespace {

constexpr Duration kMeetWithin = Duration::Seconds(5);
constexpr size_t kTogether = 8;

// One line a figure, for whoever reads the test's log.
void Print(const std::string& kind, const std::string& what, Duration took) {
  std::cout << kind << ": " << what << ": " << took.millis() << " ms\n";
}

class Presence : public testing::TestWithParam<std::string> {
 protected:
  Scene::Options WithKind() const {
    Scene::Options options;
    options.kind = GetParam();
    return options;
  }
};

INSTANTIATE_TEST_SUITE_P(Kinds, Presence, testing::ValuesIn(kDatastoreKinds),
                         [](const auto& parameter) { return parameter.param; });

TEST_P(Presence, EightStartedTogetherFormOneClusterEachTime) {
  constexpr int kRounds = 20;
  Duration longest;
  for (int round = 1; round <= kRounds; ++round) {
    Scene scene(WithKind());
    ASSERT_OK(scene.status());
    for (size_t i = 0; i < kTogether; ++i) scene.Add();
    const TimePoint begin = Now();
    ASSERT_OK(scene.Launch());
    const std::optional<Duration> took = scene.TimeToMeet(begin, kTogether, kMeetWithin);
    ASSERT_TRUE(took.has_value()) << "round " << round << "\n" << scene.cluster().Describe();
    longest = std::max(longest, *took);
  }
  Print(GetParam(), absl::StrCat("the slowest of ", kRounds, " meetings"), longest);
}

// By the name of the member.
using Table = std::map<std::string, MemberRow>;

// Every agent shows every member of `before` with the same id and a higher incarnation.
void ExpectSameHostsLater(Scene& scene, const Table& before) {
  for (size_t i = 0; i < scene.cluster().size(); ++i) {
    Table now = scene[i].Members();
    EXPECT_EQ(now.size(), before.size()) << scene[i].Describe();
    for (const auto& [name, row] : before) {
      EXPECT_EQ(now[name].id, row.id) << name;
      EXPECT_GT(now[name].incarnation, row.incarnation) << name;
    }
  }
}

TEST_P(Presence, AllKilledMeetAgainAlsoAtNewAddresses) {
  Scene scene(WithKind());
  ASSERT_OK(scene.Form(kTogether));
  const Table first = scene[0].Members();
  ASSERT_EQ(first.size(), kTogether);

  scene.KillAll();
  EXPECT_EQ(scene.rows().Names().size(), kTogether) << "a crash leaves the rows";
  TimePoint begin = Now();
  ASSERT_OK(scene.Launch());
  std::optional<Duration> took = scene.TimeToMeet(begin, kTogether, kMeetWithin);
  ASSERT_TRUE(took.has_value()) << scene.cluster().Describe();
  Print(GetParam(), "eight killed and started again have met", *took);
  ExpectSameHostsLater(scene, first);
  const Table second = scene[0].Members();

  // Nobody is where disk or store say: neither the peers remembered nor the rows lead anywhere.
  scene.KillAll();
  for (size_t i = 0; i < kTogether; ++i) scene[i].options().ip = AddressOf(100 + i);
  begin = Now();
  ASSERT_OK(scene.Launch());
  took = scene.TimeToMeet(begin, kTogether, kMeetWithin);
  ASSERT_TRUE(took.has_value()) << scene.cluster().Describe();
  Print(GetParam(), "the same at new addresses", *took);
  ExpectSameHostsLater(scene, second);
  for (const auto& [name, row] : scene[0].Members()) {
    EXPECT_EQ(row.address.substr(0, 9), AddressOf(100).substr(0, 9)) << name;
    EXPECT_NE(row.address, second.at(name).address);
  }
  EXPECT_EQ(scene.Accusations(), 0) << scene.cluster().Describe();
}

// n1 and n2, n3 and n4 have met, and nobody else.
bool AreTwoPairs(Scene& scene) {
  for (size_t i = 0; i < 4; ++i) {
    Table rows = scene[i].Members();
    const std::string other = absl::StrCat("n", (i ^ 1) + 1);
    if (rows.size() != 2 || rows[other].status != "alive") return false;
  }
  return true;
}

TEST(Pairs, ThatFormedApartMerge) {
  const auto scenes = MakeScenes(Scene::Options(), kDatastoreKinds);
  std::vector<std::string> left;
  std::vector<std::string> right;
  for (const auto& scene : scenes) {
    ASSERT_OK(scene->status());
    for (size_t i = 0; i < 4; ++i) scene->Add();
    for (const size_t i : {0, 1}) left.push_back((*scene)[i].ip());
    for (const size_t i : {2, 3}) right.push_back((*scene)[i].ip());
  }
  PacketFilter filter;
  ASSERT_OK(filter.Cut(left, right));
  for (const auto& scene : scenes) ASSERT_OK(scene->Launch());
  for (const auto& scene : scenes) {
    ASSERT_TRUE(WaitUntil(Duration::Seconds(10), [&] { return AreTwoPairs(*scene); }))
        << scene->cluster().Describe();
    ASSERT_TRUE(scene->rows().Become({"n1", "n2", "n3", "n4"}, Duration::Seconds(10)));
  }
  // They see each other's rows, dial, and get no answer: longer than any one attempt lasts.
  EXPECT_TRUE(HoldsFor(Duration::Seconds(2), [&] {
    return std::all_of(scenes.begin(), scenes.end(),
                       [](const std::unique_ptr<Scene>& scene) { return AreTwoPairs(*scene); });
  }));
  const TimePoint begin = Now();
  ASSERT_OK(filter.Clear());
  for (const auto& scene : scenes) {
    const std::optional<Duration> took = scene->TimeToMeet(begin, 4, Duration::Seconds(10));
    ASSERT_TRUE(took.has_value()) << scene->cluster().Describe();
    Print(scene->kind(), "two pairs have merged", *took);
    EXPECT_EQ(scene->Accusations(), 0) << scene->cluster().Describe();
  }
}

// With --join inside each pair, because their store is not there yet.
TEST(Pairs, MergeOnceTheirStoreCanBeReached) {
  const auto scenes = MakeScenes(Scene::Options(), {"redis", "postgresql"});
  for (const auto& scene : scenes) {
    ASSERT_OK(scene->status());
    scene->server()->Kill();
    for (size_t i = 0; i < 4; ++i) scene->Add();
    (*scene)[1].options().join = {(*scene)[0].ip()};
    (*scene)[3].options().join = {(*scene)[2].ip()};
    ASSERT_OK(scene->Launch());
  }
  for (const auto& scene : scenes) {
    ASSERT_TRUE(WaitUntil(Duration::Seconds(10), [&] { return AreTwoPairs(*scene); }))
        << scene->cluster().Describe();
    ASSERT_TRUE(scene->WaitStoreState("failing", Duration::Seconds(10)))
        << scene->StoreOf(0).dump();
  }
  for (const auto& scene : scenes) {
    ASSERT_OK(scene->server()->StartAgain());
    const TimePoint begin = Now();
    const std::optional<Duration> took = scene->TimeToMeet(begin, 4, Duration::Seconds(15));
    ASSERT_TRUE(took.has_value()) << scene->cluster().Describe();
    Print(scene->kind(), "two pairs have merged after the store came", *took);
    EXPECT_EQ(scene->Accusations(), 0) << scene->cluster().Describe();
  }
}

// Kills n3 and starts it elsewhere, with no peer on its disk.
void RestartElsewhere(Scene& scene) {
  const MemberRow before = scene[0].Members()["n3"];
  scene[2].Kill();
  ASSERT_OK(ForgetPeers(scene[2].data_folder()));
  scene[2].options().ip = AddressOf(scene.options().first_address + 20);
  const TimePoint begin = Now();
  ASSERT_OK(scene.Launch());
  const auto moved_everywhere = [&] {
    for (size_t i = 0; i < 3; ++i) {
      const MemberRow row = scene[i].Members()["n3"];
      if (row.status != "alive" || row.address != scene[2].address()) return false;
    }
    return true;
  };
  ASSERT_TRUE(WaitUntil(kMeetWithin, moved_everywhere)) << scene.cluster().Describe();
  Print(scene.kind(), "started again at a new address", Now() - begin);
  const MemberRow after = scene[0].Members()["n3"];
  EXPECT_EQ(after.id, before.id);
  EXPECT_GT(after.incarnation, before.incarnation);
  EXPECT_TRUE(scene.cluster().WaitWhole(Duration::Seconds(5))) << scene.cluster().Describe();
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(scene[i].Members().size(), 3u) << scene[i].Describe();
  // Still one row for the host, which leads to where it is now.
  EXPECT_TRUE(WaitUntil(Duration::Seconds(5), [&] {
    const std::optional<store::PresenceRow> row = scene.rows().Of("n3");
    return row.has_value() && row->record.address.ToString() == scene[2].address();
  }));
  EXPECT_EQ(scene.rows().All().size(), 3u);
}

TEST(Moved, HostIsTheSameMember) {
  const auto scenes = MakeScenes(Scene::Options(), kDatastoreKinds);
  for (const auto& scene : scenes) {
    SCOPED_TRACE(scene->kind());
    ASSERT_OK(scene->Form(3));
    ASSERT_OK(scene->cluster().WatchAll());
    RestartElsewhere(*scene);
    if (HasFatalFailure()) return;
  }
  // Long enough for a detector that still looked for it at its old address.
  EXPECT_TRUE(HoldsFor(Duration::Seconds(3), [&] {
    return std::all_of(scenes.begin(), scenes.end(), [](const std::unique_ptr<Scene>& scene) {
      return scene->cluster().CountEvents("member.failed") == 0 &&
             scene->cluster().CountEvents("conflict") == 0;
    });
  }));
}

TEST_P(Presence, ACopyOfADataFolderIsRefusedWithBothAddresses) {
  Scene scene(WithKind());
  ASSERT_OK(scene.Form(3));
  const Table before = scene[0].Members();
  const std::optional<store::PresenceRow> row_before = scene.rows().Of("n2");
  ASSERT_TRUE(row_before.has_value());
  const size_t copy = scene.Add();
  ASSERT_OK(CopyDataFolder(scene[1].data_folder(), scene[copy].data_folder()));
  ASSERT_OK(ForgetPeers(scene[copy].data_folder()));
  ASSERT_OK(scene[copy].Start());
  const std::optional<int> code = scene[copy].WaitExit(Duration::Seconds(15));
  ASSERT_TRUE(code.has_value()) << "it was let in\n" << scene.cluster().Describe();
  EXPECT_EQ(*code, 1);
  const std::string log = scene[copy].Log();
  EXPECT_NE(log.find(scene[1].address()), std::string::npos) << log;
  EXPECT_NE(log.find(scene[copy].address()), std::string::npos) << log;
  EXPECT_TRUE(scene.cluster().WaitWhole(Duration::Seconds(5))) << scene.cluster().Describe();
  const Table after = scene[0].Members();
  EXPECT_EQ(after.size(), before.size()) << scene.cluster().Describe();
  EXPECT_EQ(after.at("n2").id, before.at("n2").id);
  EXPECT_EQ(after.at("n2").address, before.at("n2").address);
  const std::optional<store::PresenceRow> row = scene.rows().Of("n2");
  ASSERT_TRUE(row.has_value()) << "the copy took the row with it";
  EXPECT_EQ(row->record.id, row_before->record.id);
  EXPECT_EQ(row->record.address, row_before->record.address);
  EXPECT_EQ(scene.rows().All().size(), 3u);
}

TEST_P(Presence, TwoHundredDeadRowsHardlyDelayAStart) {
  Scene::Options options = WithKind();
  options.flags = {};  // with the default TTL the live member's row is not refreshed meanwhile
  Scene scene(options);
  ASSERT_OK(scene.Form(1));
  // Half of the addresses refuse at once, and half of them never answer.
  PacketFilter filter;
  ASSERT_OK(filter.Blackhole({"127.0.41.0/24"}));
  for (size_t i = 1; i <= 200; ++i) {
    const std::string ip = absl::StrCat("127.0.", 40 + i % 2, ".", i);
    ASSERT_OK(scene.rows().Plant(StrayRecord(i, ip, options.cluster)));
  }
  const std::vector<store::PresenceRow> rows = scene.rows().All();
  ASSERT_EQ(rows.size(), 201u);
  EXPECT_EQ(rows.back().record.name, "n1") << "the way in is the last that is tried";
  const size_t newcomer = scene.Add();
  const TimePoint begin = Now();
  ASSERT_OK(scene.Launch());
  const std::optional<Duration> took = scene.TimeToMeet(begin, 2, Duration::Seconds(10));
  ASSERT_TRUE(took.has_value()) << scene.cluster().Describe();
  Print(GetParam(), "joined past 200 dead rows", *took);
  EXPECT_LE(took->millis(), 2000);
  EXPECT_GT(filter.dropped().value_or(Counter()).packets, 0u) << "the silent ones were not tried";
  EXPECT_EQ(scene[newcomer].Members().size(), 2u) << "a row is no member";
  EXPECT_EQ(scene.Accusations(), 0) << scene.cluster().Describe();
}

}  // namespace
}  // namespace muster::e2e
