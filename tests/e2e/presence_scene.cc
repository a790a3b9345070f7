#include "tests/e2e/presence_scene.h"

#include <fstream>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "src/api/client.h"
#include "src/base/status_macros.h"
#include "src/store/identity_file.h"
#include "tests/e2e/harness/clock.h"

namespace muster::e2e {
namespace {

constexpr Duration kMeeting = Duration::Seconds(15);
constexpr size_t kAddressesPerScene = 40;

int CountOf(const std::string& text, const std::string& part) {
  int count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// The body of an answer, whatever its status.
std::string BodyOf(const Agent& agent, const std::string& path) {
  absl::StatusOr<api::Client> client = api::Client::Create(agent.url());
  if (!client.ok()) return "";
  const absl::StatusOr<api::Response> answer = client->Call("GET", path, "", Duration::Seconds(10));
  return answer.ok() ? answer->body : std::string();
}

}  // namespace

Scene::Scene(Options options) : options_(std::move(options)), cluster_(options_.profile) {
  const std::string& own = cluster_.folder().path();
  absl::StatusOr<std::unique_ptr<Datastore>> made =
      options_.store_folder.empty() ? MakeDatastore(options_.kind, own)
                                    : MakeDatastoreIn(options_.kind, options_.store_folder);
  made_ = made.status();
  if (!made.ok()) return;
  store_ = *std::move(made);
  if (options_.url_in_file) WriteUrlFile();
  rows_ = RowsOf(options_.cluster);
}

std::unique_ptr<PresenceRows> Scene::RowsOf(const std::string& cluster) {
  return std::make_unique<PresenceRows>(store_->url(), cluster);
}

void Scene::WriteUrlFile() { std::ofstream(url_file()) << store_->url() << "\n"; }

size_t Scene::Add(const std::vector<std::string>& more) {
  std::vector<std::string> flags = options_.flags;
  flags.push_back("--cluster=" + options_.cluster);
  flags.push_back(options_.url_in_file ? "--datastore-file=" + url_file()
                                       : "--datastore=" + store_->url());
  flags.insert(flags.end(), more.begin(), more.end());
  const size_t index = cluster_.Add({}, flags);
  cluster_[index].options().ip = AddressOf(options_.first_address + index);
  return index;
}

absl::Status Scene::Launch() {
  for (size_t i = 0; i < cluster_.size(); ++i) {
    if (!cluster_[i].running()) MUSTER_RETURN_IF_ERROR(cluster_[i].Start());
  }
  return absl::OkStatus();
}

std::optional<Duration> Scene::TimeToMeet(TimePoint begin, size_t agents, Duration budget) {
  if (!cluster_.WaitWhole(budget - (Now() - begin))) return std::nullopt;
  const Duration took = Now() - begin;
  if (cluster_.RunningNames().size() != agents) return std::nullopt;
  return took;
}

absl::Status Scene::Form(size_t count) {
  MUSTER_RETURN_IF_ERROR(made_);
  for (size_t i = 0; i < count; ++i) Add();
  const TimePoint begin = Now();
  MUSTER_RETURN_IF_ERROR(Launch());
  std::set<std::string> names;
  for (size_t i = 0; i < cluster_.size(); ++i) names.insert(cluster_[i].name());
  if (!TimeToMeet(begin, cluster_.size(), kMeeting)) {
    return absl::DeadlineExceededError(
        absl::StrCat(kind(), ": the agents did not meet\n", cluster_.Describe()));
  }
  if (!rows_->Become(names, kMeeting)) {
    return absl::DeadlineExceededError(
        absl::StrCat(kind(), ": not every agent has its row: ", rows_->error().ToString(), "\n",
                     cluster_.Describe()));
  }
  return absl::OkStatus();
}

void Scene::KillAll() {
  for (size_t i = 0; i < cluster_.size(); ++i) cluster_[i].Kill();
}

nlohmann::json Scene::StoreOf(size_t index) {
  const absl::StatusOr<nlohmann::json> status = cluster_[index].Get("/v1/status");
  if (!status.ok() || !status->contains("store")) return nlohmann::json::object();
  return (*status)["store"];
}

std::string Scene::StoreStateOf(size_t index) { return StoreOf(index).value("state", ""); }

bool Scene::WaitStoreState(const std::string& state, Duration budget) {
  return WaitUntil(
      budget,
      [&] {
        for (size_t i = 0; i < cluster_.size(); ++i) {
          if (cluster_[i].responsive() && StoreStateOf(i) != state) return false;
        }
        return true;
      },
      Duration::Millis(50));
}

double Scene::Metric(size_t index, const std::string& name) {
  const std::string text = BodyOf(cluster_[index], "/metrics");
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    double value = 0;
    if (words.size() == 2 && words[0] == name && absl::SimpleAtod(words[1], &value)) return value;
  }
  return -1;
}

int Scene::Accusations() {
  int count = 0;
  for (size_t i = 0; i < cluster_.size(); ++i) {
    const std::string log = ReadFile(cluster_[i].log_path());
    for (const char* event : {"event=member.suspected", "event=member.failed", "event=conflict"}) {
      count += CountOf(log, event);
    }
  }
  return count;
}

std::string Scene::Disturbances(const std::set<std::string>& members) {
  std::string text;
  if (Accusations() != 0) text += "the logs tell of accusations; ";
  for (const char* event : {"member.suspected", "member.failed", "conflict"}) {
    if (cluster_.CountEvents(event) != 0) absl::StrAppend(&text, event, " events; ");
  }
  for (size_t i = 0; i < cluster_.size(); ++i) {
    const bool is_meant = members.contains(cluster_[i].name());
    if (is_meant && !cluster_[i].running()) absl::StrAppend(&text, cluster_[i].name(), " ended; ");
  }
  if (!cluster_.AllSee({members.begin(), members.end()}, "alive"))
    text += "they are not together; ";
  return text;
}

std::string Scene::FindSecret(const std::string& secret) {
  if (secret.empty()) return "";
  const auto shows = [&secret](const std::string& text) {
    return text.find(secret) != std::string::npos;
  };
  for (size_t i = 0; i < cluster_.size(); ++i) {
    const Agent& agent = cluster_[i];
    if (shows(ReadFile(agent.log_path()))) return agent.name() + "'s log";
    if (!cluster_[i].responsive()) continue;
    for (const char* path : {"/v1/status", "/v1/presence", "/metrics"}) {
      if (shows(BodyOf(agent, path))) return absl::StrCat(path, " of ", agent.name());
    }
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"status"}, {"presence", "list"}, {"presence", "purge", "x"}}) {
      const CommandResult result = agent.Run(command);
      if (shows(result.out) || shows(result.err)) return absl::StrCat("muster ", command[0]);
    }
    for (const SeenEvent& event : cluster_.Events(i)) {
      if (shows(event.line)) return "events of " + agent.name();
    }
  }
  return "";
}

std::vector<std::unique_ptr<Scene>> MakeScenes(Scene::Options options,
                                               const std::vector<std::string>& kinds) {
  std::vector<std::unique_ptr<Scene>> scenes;
  for (const std::string& kind : kinds) {
    options.kind = kind;
    options.first_address = scenes.size() * kAddressesPerScene;
    scenes.push_back(std::make_unique<Scene>(options));
  }
  return scenes;
}

absl::Status ForgetPeers(const std::string& data_folder) {
  store::IdentityFile file(data_folder);
  absl::StatusOr<store::IdentityFile::Loaded> loaded = file.Load();
  if (!loaded.ok()) return loaded.status();
  loaded->record.peers.clear();
  return file.Save(loaded->record);
}

}  // namespace muster::e2e
