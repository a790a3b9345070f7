// The life of a presence record with real agents, and what people see of it. Each test does the
// same with every kind of datastore, side by side.

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <iostream>
#include <regex>
#include <set>

#include "absl/strings/str_cat.h"
#include "tests/e2e/cluster_test.h"
#include "tests/e2e/harness/clock.h"
#include "tests/e2e/presence_scene.h"

namespace muster::e2e {
namespace {

// A refresh comes within 6 s, and what it brings to light is dealt with at once.
constexpr Duration kRefresh = Duration::Seconds(7);
constexpr Duration kNextRefresh = Duration::Seconds(10);
constexpr Duration kAtOnce = Duration::Seconds(2);

bool IsTime(const nlohmann::json& value) {
  static const std::regex pattern(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)");
  return value.is_string() && std::regex_match(value.get<std::string>(), pattern);
}

class PresenceRowsOfAgents : public testing::Test {
 protected:
  void SetUp() override {
    scenes_ = MakeScenes(Scene::Options(), kDatastoreKinds);
    for (const auto& scene : scenes_) {
      ASSERT_OK(scene->Form(3));
      ASSERT_OK(scene->cluster().WatchAll());
    }
  }
  void TearDown() override {
    for (const auto& scene : scenes_) {
      EXPECT_EQ(scene->FindSecret(scene->store().secret()), "") << scene->kind();
    }
  }
  // The steps of a test run for all kinds before the waits that follow them.
  void ForEach(const std::function<void(Scene&)>& step) {
    for (const auto& scene : scenes_) {
      SCOPED_TRACE(scene->kind());
      step(*scene);
      if (HasFatalFailure()) return;
    }
  }

  std::vector<std::unique_ptr<Scene>> scenes_;
};

TEST_F(PresenceRowsOfAgents, GoWithALeaveStayAfterACrashAndGoWithAForceLeave) {
  std::vector<store::PresenceRecord> dead;
  ForEach([](Scene& scene) { scene[2].Terminate(); });
  ForEach([](Scene& scene) {
    EXPECT_EQ(scene[2].WaitExit(Duration::Seconds(5)).value_or(-1), 0) << scene[2].Log();
    EXPECT_EQ(scene.rows().Names(), (std::set<std::string>{"n1", "n2"})) << "gone with its agent";
    EXPECT_EQ(scene.Accusations(), 0) << scene.cluster().Describe();
  });
  ForEach([&](Scene& scene) {
    dead.push_back(scene.rows().Of("n2").value_or(store::PresenceRow()).record);
    scene[1].Kill();
  });
  ForEach([](Scene& scene) {
    ASSERT_TRUE(WaitUntil(Duration::Seconds(10), [&] {
      return scene[0].StatusOf("n2") == "failed";
    })) << scene.cluster().Describe();
    EXPECT_EQ(scene.rows().Names(), (std::set<std::string>{"n1", "n2"})) << "a crash leaves it";
    const CommandResult forced = scene[0].Run({"force-leave", "n2"});
    EXPECT_EQ(forced.exit_code, 0) << forced.err;
    EXPECT_TRUE(scene.rows().Become({"n1"}, kAtOnce)) << scene[0].Log();
  });
  // Somebody brings it back, say a backup of the store: whoever sees it knows better.
  for (size_t s = 0; s < scenes_.size(); ++s) {
    ASSERT_OK(scenes_[s]->rows().Plant(dead[s]));
    EXPECT_EQ(scenes_[s]->rows().Names().size(), 2u);
  }
  ForEach([](Scene& scene) {
    EXPECT_TRUE(scene.rows().Become({"n1"}, kNextRefresh)) << scene[0].Log();
    EXPECT_GE(scene.Metric(0, "muster_store_erases_total"), 2);
    ASSERT_OK(scene[1].Start());
  });
  // A host that starts again is a member again, and so is its row.
  ForEach([](Scene& scene) {
    EXPECT_TRUE(scene.cluster().WaitWhole(Duration::Seconds(5))) << scene.cluster().Describe();
    EXPECT_TRUE(scene.rows().Become({"n1", "n2"}, kAtOnce)) << scene[1].Log();
  });
}

// The agent that ran the force-leave need not be the one that sees the row.
TEST_F(PresenceRowsOfAgents, OfAHostThatLeftAreRemovedByAnyAgentButNotTheLaterOnes) {
  std::vector<store::PresenceRecord> left;
  ForEach([&](Scene& scene) {
    left.push_back(scene.rows().Of("n3").value_or(store::PresenceRow()).record);
    scene[2].Terminate();
  });
  ForEach([](Scene& scene) {
    ASSERT_TRUE(scene[2].WaitExit(Duration::Seconds(5)).has_value());
    ASSERT_TRUE(scene.cluster().WaitAllSee({"n3"}, "left", kAtOnce)) << scene.cluster().Describe();
  });
  for (size_t s = 0; s < scenes_.size(); ++s) ASSERT_OK(scenes_[s]->rows().Plant(left[s]));
  ForEach([](Scene& scene) {
    EXPECT_TRUE(scene.rows().Become({"n1", "n2"}, kNextRefresh)) << scene.cluster().Describe();
  });
  // A later start of the host, which nobody here has met yet.
  for (size_t s = 0; s < scenes_.size(); ++s) {
    left[s].incarnation = Incarnation::Of(left[s].incarnation.epoch() + 1, 0);
    ASSERT_OK(scenes_[s]->rows().Plant(left[s]));
  }
  const TimePoint begin = Now();
  ForEach([&](Scene& scene) {
    EXPECT_TRUE(HoldsFor(kRefresh - (Now() - begin), [&] {
      return scene.rows().Names().contains("n3");
    })) << scene.cluster().Describe();
    EXPECT_EQ(scene[0].StatusOf("n3"), "left") << "a row makes no member";
  });
}

TEST_F(PresenceRowsOfAgents, FollowTagsAndIncarnation) {
  std::vector<Incarnation> before;
  std::vector<size_t> tagged;
  ForEach([&](Scene& scene) {
    const std::string config = scene.cluster().folder().path() + "/muster.toml";
    std::ofstream(config) << "tag = [\"role=web\"]\n";
    tagged.push_back(scene.Add({"--config=" + config}));
    ASSERT_OK(scene.Launch());
    ASSERT_TRUE(scene.cluster().WaitWhole(Duration::Seconds(10))) << scene.cluster().Describe();
    ASSERT_TRUE(scene.rows().Become({"n1", "n2", "n3", "n4"}, Duration::Seconds(5)));
    const store::PresenceRecord record = scene.rows().Of("n4")->record;
    EXPECT_EQ(record.tags, (std::vector<std::pair<std::string, std::string>>{{"role", "web"}}));
    before.push_back(record.incarnation);
    std::ofstream(config) << "tag = [\"role=db\", \"zone=a\"]\n";
    kill(scene[tagged.back()].pid(), SIGHUP);
  });
  size_t s = 0;
  ForEach([&](Scene& scene) {
    store::PresenceRecord record;
    EXPECT_TRUE(WaitUntil(kAtOnce, [&] {
      record = scene.rows().Of("n4").value_or(store::PresenceRow()).record;
      return record.tags.size() == 2;
    })) << scene[tagged[s]].Log();
    EXPECT_EQ(record.tags,
              (std::vector<std::pair<std::string, std::string>>{{"role", "db"}, {"zone", "a"}}));
    EXPECT_GT(record.incarnation, before[s]);
    EXPECT_EQ(absl::StrCat(record.incarnation.raw()),
              absl::StrCat(scene[0].Members()["n4"].incarnation));
    EXPECT_EQ(record.agent, scene.rows().Of("n1")->record.agent);
    ++s;
  });
}

TEST_F(PresenceRowsOfAgents, ComeBackAfterTheStoreHasLostAll) {
  ForEach([](Scene& scene) { ASSERT_OK(scene.store().Wipe()); });
  const TimePoint begin = Now();
  ForEach([&](Scene& scene) {
    EXPECT_TRUE(scene.rows().Become({"n1", "n2", "n3"}, kNextRefresh))
        << scene.rows().error() << "\n"
        << scene.cluster().Describe();
    EXPECT_TRUE(scene.WaitStoreState("ok", kAtOnce)) << scene.StoreOf(0);
    EXPECT_EQ(scene.Accusations(), 0) << scene.cluster().Describe();
    EXPECT_EQ(scene.cluster().CountEvents("member.failed"), 0);
    std::cout << scene.kind() << ": full again after " << (Now() - begin).millis() << " ms\n";
  });
  // And it is good for what it is for.
  ForEach([](Scene& scene) {
    scene.Add();
    ASSERT_OK(scene.Launch());
    EXPECT_TRUE(scene.cluster().WaitWhole(Duration::Seconds(5))) << scene.cluster().Describe();
  });
}

TEST_F(PresenceRowsOfAgents, OfAnotherClusterAreNeitherSeenNorFollowed) {
  std::vector<std::unique_ptr<PresenceRows>> others;
  std::vector<std::pair<size_t, size_t>> strangers;
  ForEach([&](Scene& scene) {
    others.push_back(scene.RowsOf("staging"));
    const size_t first = scene.Add({"--cluster=staging"});
    strangers.emplace_back(first, scene.Add({"--cluster=staging"}));
    ASSERT_OK(scene.Launch());
  });
  size_t s = 0;
  ForEach([&](Scene& scene) {
    EXPECT_TRUE(others[s]->Become({"n4", "n5"}, Duration::Seconds(5)));
    Agent& one = scene[strangers[s].first];
    EXPECT_TRUE(WaitUntil(Duration::Seconds(5), [&] { return one.Members().size() == 2; }))
        << scene.cluster().Describe();
    ++s;
  });
  const TimePoint begin = Now();
  s = 0;
  ForEach([&](Scene& scene) {
    const Agent& one = scene[strangers[s].first];
    EXPECT_TRUE(HoldsFor(kRefresh - (Now() - begin), [&] {
      return scene[0].Members().size() == 3 && one.Members().size() == 2;
    })) << scene.cluster().Describe();
    EXPECT_EQ(scene.rows().Names(), (std::set<std::string>{"n1", "n2", "n3"}));
    const CommandResult listed = one.Run({"presence", "list", "-o", "name"});
    EXPECT_TRUE(listed.out == "n4\nn5\n" || listed.out == "n5\nn4\n") << listed.out << listed.err;
    // Not even a packet: what is refused is counted.
    for (size_t i = 0; i < 5; ++i) EXPECT_EQ(scene[i].RejectedTotal(), 0u) << scene[i].name();
    ++s;
  });
}

TEST_F(PresenceRowsOfAgents, AreListedAndPurgedByCommand) {
  ForEach([](Scene& scene) {
    ASSERT_OK(scene.rows().Plant(StrayRecord(77, "127.0.40.77", scene.options().cluster)));
    const std::string stray = StrayRecord(77, "127.0.40.77", scene.options().cluster).name;
    const CommandResult table = scene[0].Run({"presence", "list"});
    EXPECT_EQ(table.exit_code, 0) << table.err;
    for (const std::string& word : {std::string("NAME"), std::string("n1 *"), scene[1].address(),
                                    stray, std::string("unknown"), std::string("4 rows")}) {
      EXPECT_NE(table.out.find(word), std::string::npos) << word << " is missing in\n" << table.out;
    }

    const CommandResult listed = scene[0].Run({"presence", "list", "-o", "json"});
    EXPECT_EQ(listed.exit_code, 0) << listed.err;
    nlohmann::json answer = nlohmann::json::parse(listed.out, nullptr, false);
    ASSERT_TRUE(answer.is_object() && answer["rows"].is_array()) << listed.out;
    ASSERT_EQ(answer["rows"].size(), 4u) << listed.out;
    EXPECT_EQ(answer["rows"][0]["name"], stray) << "freshest first";
    std::map<std::string, MemberRow> members = scene[0].Members();
    for (nlohmann::json& row : answer["rows"]) {
      const std::string name = row.value("name", "");
      EXPECT_TRUE(IsTime(row["refreshed"]) && IsTime(row["expires"]) && IsTime(row["created"]));
      EXPECT_LT(row["refreshed"], row["expires"]);
      EXPECT_EQ(row["status"], name == stray ? "unknown" : "alive") << row;
      if (name == stray) continue;
      EXPECT_EQ(row["id"], members[name].id);
      EXPECT_EQ(row["address"], members[name].address);
    }

    const CommandResult purged = scene[1].Run({"presence", "purge", stray, "-o", "json"});
    EXPECT_EQ(purged.exit_code, 0) << purged.err;
    EXPECT_EQ(nlohmann::json::parse(purged.out, nullptr, false).value("removed", 0), 1)
        << purged.out;
    EXPECT_EQ(scene.rows().Names(), (std::set<std::string>{"n1", "n2", "n3"}));
    const CommandResult again = scene[1].Run({"presence", "purge", stray});
    EXPECT_EQ(again.exit_code, 3) << again.out << again.err;
    EXPECT_NE(again.err.find(stray), std::string::npos) << again.err;
    EXPECT_EQ(scene.cluster().CountEvents("member.failed"), 0);
  });
  // The row of a host that lives is written again.
  ForEach([](Scene& scene) {
    EXPECT_EQ(scene[0].Run({"presence", "purge", "n2"}).exit_code, 0);
    EXPECT_EQ(scene.rows().Names(), (std::set<std::string>{"n1", "n3"}));
  });
  ForEach([](Scene& scene) {
    EXPECT_TRUE(scene.rows().Become({"n1", "n2", "n3"}, kNextRefresh));
    EXPECT_TRUE(scene.cluster().AllSee({"n1", "n2", "n3"}, "alive")) << scene.cluster().Describe();
  });
}

TEST_F(PresenceRowsOfAgents, AreTheSubjectOfStatusAndMetrics) {
  ForEach([](Scene& scene) {
    ASSERT_TRUE(WaitUntil(kNextRefresh, [&] { return scene.StoreOf(0).value("rows", 0) == 3; }))
        << scene.StoreOf(0);
    nlohmann::json store = scene.StoreOf(0);
    EXPECT_EQ(store["kind"], scene.kind());
    EXPECT_EQ(store["state"], "ok");
    EXPECT_TRUE(store["error"].is_null()) << store;
    for (const char* time : {"since", "last_refresh", "next_refresh", "last_look"}) {
      EXPECT_TRUE(IsTime(store[time])) << time << " in " << store;
    }
    EXPECT_LT(store["last_refresh"], store["next_refresh"]);
    const std::string url = store.value("url", "");
    EXPECT_EQ(url.substr(0, scene.kind().size()), scene.kind());
    EXPECT_EQ(url.find("***") != std::string::npos, !scene.store().secret().empty()) << url;

    const CommandResult shown = scene[0].Run({"status"});
    EXPECT_EQ(shown.exit_code, 0) << shown.err;
    EXPECT_NE(shown.out.find(url), std::string::npos) << shown.out;

    EXPECT_EQ(scene.Metric(0, "muster_store_up"), 1);
    EXPECT_EQ(scene.Metric(0, "muster_store_rows"), 3);
    EXPECT_GE(scene.Metric(0, "muster_store_refreshes_total"), 1);
    EXPECT_GE(scene.Metric(0, "muster_store_looks_total"), 1);
    for (const char* name : {"refresh_errors", "look_errors", "erase_errors", "damaged_rows"}) {
      EXPECT_EQ(scene.Metric(0, absl::StrCat("muster_store_", name, "_total")), 0) << name;
    }
  });
}

// A password that is on nobody's command line.
TEST(Secrets, ComeFromTheEnvironmentOrAFileToo) {
  const auto scenes = MakeScenes(Scene::Options(), {"redis", "postgresql"});
  for (const auto& scene : scenes) {
    SCOPED_TRACE(scene->kind());
    ASSERT_OK(scene->status());
    scene->WriteUrlFile();
    const std::pair<std::string, std::string> ways[] = {
        {"MUSTER_DATASTORE", scene->store().url()}, {"MUSTER_DATASTORE_FILE", scene->url_file()}};
    for (const auto& way : ways) {
      AgentOptions& options = (*scene)[scene->Add()].options();
      std::erase_if(options.more,
                    [](const std::string& flag) { return flag.starts_with("--datastore"); });
      options.environment = {way};
    }
    ASSERT_OK(scene->Launch());
  }
  for (const auto& scene : scenes) {
    SCOPED_TRACE(scene->kind());
    ASSERT_TRUE(scene->cluster().WaitWhole(Duration::Seconds(10))) << scene->cluster().Describe();
    const std::string secret = scene->store().secret();
    ASSERT_NE(secret, "");
    for (size_t i = 0; i < 2; ++i) {
      EXPECT_EQ(scene->StoreOf(i)["kind"], scene->kind());
      const std::string words = ReadFile(absl::StrCat("/proc/", (*scene)[i].pid(), "/cmdline"));
      EXPECT_NE(words.find("agent"), std::string::npos) << words;
      EXPECT_EQ(words.find(secret), std::string::npos) << words;
    }
    EXPECT_EQ(scene->FindSecret(secret), "");
  }
}

TEST(WithoutADatastore, NothingIsListedAndStatusSaysSo) {
  Cluster cluster("local");
  cluster.Add({}, {"--datastore=none"});
  ASSERT_OK(cluster.StartAgent(0));
  absl::StatusOr<nlohmann::json> status = cluster[0].Get("/v1/status");
  ASSERT_OK(status.status());
  EXPECT_EQ((*status)["store"]["kind"], "none");
  EXPECT_EQ((*status)["store"]["state"], "off");
  const CommandResult listed = cluster[0].Run({"presence", "list"});
  EXPECT_EQ(listed.exit_code, 1) << listed.out << listed.err;
  EXPECT_NE(listed.err.find("--datastore"), std::string::npos) << listed.err;
}

}  // namespace
}  // namespace muster::e2e
