#include "tests/e2e/harness/cluster.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "src/base/status_macros.h"
#include "tests/e2e/harness/clock.h"
#include "tests/e2e/harness/process.h"

namespace muster::e2e {
namespace {

constexpr size_t kAddressesPerGroup = 250;
constexpr Duration kMeeting = Duration::Seconds(15);
constexpr size_t kLogTailBytes = 3000;

}  // namespace

std::string AddressOf(size_t index) {
  return absl::StrCat("127.0.", 7 + index / kAddressesPerGroup, ".",
                      1 + index % kAddressesPerGroup);
}

ScratchFolder::ScratchFolder() {
  std::string pattern = "/tmp/muster-XXXXXX";
  if (mkdtemp(pattern.data()) != nullptr) path_ = pattern;
}

ScratchFolder::~ScratchFolder() {
  if (getenv("MUSTER_KEEP") != nullptr) {
    std::fprintf(stderr, "kept: %s\n", path_.c_str());
    return;
  }
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

std::string ScratchFolder::Sub(const std::string& name) const {
  const std::string path = absl::StrCat(path_, "/", name);
  mkdir(path.c_str(), 0700);
  return path;
}

Cluster::~Cluster() {
  const int crashes = Process::CrashCount();
  RunningNames();  // reaps those that ended
  if (Process::CrashCount() != crashes) std::fputs(Describe().c_str(), stderr);
  for (const std::unique_ptr<Agent>& agent : agents_) agent->Kill();
}

size_t Cluster::Add(const std::vector<size_t>& join_through, const std::vector<std::string>& more) {
  const size_t index = agents_.size();
  AgentOptions options;
  options.name = absl::StrCat("n", index + 1);
  options.ip = AddressOf(index);
  options.folder = folder_.Sub(options.name);
  options.profile = profile_;
  for (const size_t peer : join_through) options.join.push_back(agents_[peer]->ip());
  options.more = more;
  agents_.push_back(std::make_unique<Agent>(std::move(options)));
  watchers_.emplace_back();
  return index;
}

absl::Status Cluster::StartChain(size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const size_t index = size() == 0 ? Add({}) : Add({size() - 1});
    MUSTER_RETURN_IF_ERROR(StartAgent(index));
  }
  if (WaitWhole(kMeeting)) return absl::OkStatus();
  return absl::DeadlineExceededError(absl::StrCat("the agents did not meet\n", Describe()));
}

absl::Status Cluster::StartAgent(size_t index, bool with_join) {
  MUSTER_RETURN_IF_ERROR(agents_[index]->Start(with_join));
  if (agents_[index]->WaitReady()) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat(agents_[index]->name(), " did not get ready:\n", agents_[index]->Log()));
}

absl::Status Cluster::Watch(size_t index) {
  watchers_[index].push_back(std::make_unique<Watcher>(agents_[index]->url()));
  if (watchers_[index].back()->connected()) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("no event stream from ", agents_[index]->name(), "\n", Describe()));
}

absl::Status Cluster::WatchAll() {
  for (size_t i = 0; i < size(); ++i) MUSTER_RETURN_IF_ERROR(Watch(i));
  return absl::OkStatus();
}

std::vector<SeenEvent> Cluster::Events(size_t index) const {
  std::vector<SeenEvent> all;
  for (const std::unique_ptr<Watcher>& watcher : watchers_[index]) {
    for (SeenEvent& event : watcher->Events()) all.push_back(std::move(event));
  }
  return all;
}

int Cluster::CountEvents(const std::string& type, const std::string& member) const {
  int count = 0;
  for (const auto& runs : watchers_) {
    for (const std::unique_ptr<Watcher>& watcher : runs) count += watcher->CountType(type, member);
  }
  return count;
}

std::vector<std::string> Cluster::RunningNames() {
  std::vector<std::string> names;
  for (const std::unique_ptr<Agent>& agent : agents_) {
    if (agent->running()) names.push_back(agent->name());
  }
  return names;
}

bool Cluster::AllSee(const std::vector<std::string>& names, const std::string& status) {
  return std::all_of(agents_.begin(), agents_.end(), [&](const std::unique_ptr<Agent>& agent) {
    if (!agent->responsive()) return true;
    const std::map<std::string, MemberRow> rows = agent->Members();
    return std::all_of(names.begin(), names.end(), [&](const std::string& name) {
      const auto found = rows.find(name);
      return found != rows.end() && found->second.status == status;
    });
  });
}

bool Cluster::WaitAllSee(const std::vector<std::string>& names, const std::string& status,
                         Duration budget) {
  return WaitUntil(
      budget, [&] { return AllSee(names, status); }, Duration::Millis(20));
}

bool Cluster::WaitWhole(Duration budget) {
  const std::vector<std::string> names = RunningNames();
  const auto whole = [&](const std::unique_ptr<Agent>& agent) {
    if (!agent->responsive()) return true;
    const std::map<std::string, MemberRow> rows = agent->Members();
    const auto alive = std::count_if(rows.begin(), rows.end(),
                                     [](const auto& row) { return row.second.status == "alive"; });
    return static_cast<size_t>(alive) == names.size() &&
           std::all_of(names.begin(), names.end(), [&](const std::string& name) {
             return rows.contains(name) && rows.at(name).status == "alive";
           });
  };
  return WaitUntil(
      budget, [&] { return std::all_of(agents_.begin(), agents_.end(), whole); },
      Duration::Millis(20));
}

std::string Cluster::Describe() {
  std::string text;
  for (const std::unique_ptr<Agent>& agent : agents_) {
    const std::string log = ReadFile(agent->log_path());
    absl::StrAppend(&text, "--- ",
                    agent->responsive() ? agent->Describe() : agent->name() + " is stopped", "\n",
                    log.substr(log.size() - std::min(log.size(), kLogTailBytes)), "\n");
  }
  return text;
}

}  // namespace muster::e2e
