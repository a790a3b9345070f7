#include "tests/e2e/harness/agent.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "src/api/client.h"
#include "tests/e2e/harness/clock.h"

namespace muster::e2e {
namespace {

constexpr Duration kCallBudget = Duration::Seconds(10);

std::string TextOf(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

std::string MusterBinary() {
  const char* path = getenv("MUSTER_BINARY");
  return path != nullptr ? path : "";
}

CommandResult RunMuster(const std::vector<std::string>& arguments, const std::string& socket,
                        Duration budget) {
  ProcessOptions options;
  options.argv = {MusterBinary()};
  options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
  if (!socket.empty()) options.environment = {{"MUSTER_AGENT", "unix:" + socket}};
  return RunCommand(std::move(options), budget);
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

absl::Status CopyDataFolder(const std::string& from, const std::string& to) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::create_directory(to, error);
  fs::permissions(to, fs::perms::owner_all, error);
  for (const auto& file : fs::directory_iterator(from, error)) {
    if (!file.is_regular_file(error)) continue;
    fs::copy(file.path(), fs::path(to) / file.path().filename(), error);
    // Files that are about to take another's place come and go.
    if (error == std::errc::no_such_file_or_directory) error.clear();
    if (error) break;
  }
  return error ? absl::InternalError(absl::StrCat(from, ": ", error.message())) : absl::OkStatus();
}

Agent::Agent(AgentOptions options) : options_(std::move(options)) {}

absl::Status Agent::Start(bool with_join) {
  ProcessOptions process;
  process.argv = {MusterBinary(),
                  "agent",
                  "--name=" + options_.name,
                  "--bind=" + options_.ip,
                  "--advertise=" + options_.ip,
                  "--data-dir=" + data_folder(),
                  "--profile=" + options_.profile};
  if (with_join) {
    for (const std::string& peer : options_.join) process.argv.push_back("--join=" + peer);
  }
  process.argv.insert(process.argv.end(), options_.more.begin(), options_.more.end());
  process.environment = options_.environment;
  process.stderr_path = log_path();
  log_begin_ = ReadFile(log_path()).size();
  absl::StatusOr<Process> started = Process::Start(process);
  if (!started.ok()) return started.status();
  process_ = *std::move(started);
  return absl::OkStatus();
}

void Agent::Kill() {
  process_.Kill();
  paused_ = false;
}

void Agent::Pause() {
  process_.Signal(SIGSTOP);
  paused_ = true;
}

void Agent::Resume() {
  process_.Signal(SIGCONT);
  paused_ = false;
}

void Agent::Terminate() { process_.Signal(SIGTERM); }

bool Agent::WaitReady(Duration budget) {
  const std::string mark = " ready: name=";
  return WaitUntil(budget, [&] { return Log().find(mark) != std::string::npos || !running(); }) &&
         running();
}

Duration Agent::ProcessorTime() const {
  clockid_t clock = 0;
  timespec used = {};
  if (clock_getcpuclockid(pid(), &clock) != 0 || clock_gettime(clock, &used) != 0) return {};
  return Duration::Micros(int64_t{used.tv_sec} * 1'000'000 + used.tv_nsec / 1000);
}

bool Agent::WaitRemembers(Duration budget) const {
  return WaitUntil(budget, [this] {
    return ReadFile(data_folder() + "/identity").find("\npeer ") != std::string::npos;
  });
}

std::string Agent::Log() const {
  const std::string whole = ReadFile(log_path());
  return whole.size() <= log_begin_ ? std::string() : whole.substr(log_begin_);
}

absl::StatusOr<nlohmann::json> Agent::Call(const std::string& method, const std::string& path,
                                           const std::string& body) const {
  absl::StatusOr<api::Client> client = api::Client::Create(url());
  if (!client.ok()) return client.status();
  const absl::StatusOr<api::Response> answer = client->Call(method, path, body, kCallBudget);
  if (!answer.ok()) return answer.status();
  if (answer->status != 200) {
    return absl::InternalError(absl::StrCat(answer->status, " ", answer->body));
  }
  nlohmann::json parsed = nlohmann::json::parse(answer->body, nullptr, false);
  if (parsed.is_discarded()) return absl::InternalError(absl::StrCat("no JSON: ", answer->body));
  return parsed;
}

std::map<std::string, MemberRow> Agent::Members() const {
  std::map<std::string, MemberRow> rows;
  const absl::StatusOr<nlohmann::json> answer = Get("/v1/members");
  if (!answer.ok() || !answer->contains("members")) return rows;
  for (const nlohmann::json& member : (*answer)["members"]) {
    MemberRow row;
    row.name = TextOf(member, "name");
    row.id = TextOf(member, "id");
    row.address = TextOf(member, "address");
    row.status = TextOf(member, "status");
    if (!absl::SimpleAtoi(TextOf(member, "incarnation"), &row.incarnation)) row.incarnation = 0;
    rows[row.name] = row;
  }
  return rows;
}

std::string Agent::StatusOf(const std::string& name) const {
  const std::map<std::string, MemberRow> rows = Members();
  const auto found = rows.find(name);
  return found == rows.end() ? std::string() : found->second.status;
}

std::string Agent::Describe() const {
  std::string text = name() + " sees:";
  for (const auto& [member, row] : Members()) {
    absl::StrAppend(&text, " ", member, " ", row.status, ",");
  }
  text.back() = ';';
  return text;
}

uint64_t Agent::RejectedTotal() const {
  const absl::StatusOr<nlohmann::json> status = Get("/v1/status");
  uint64_t total = 0;
  if (!status.ok() || !status->contains("rejected")) return 0;
  for (const auto& item : (*status)["rejected"].items()) {
    uint64_t count = 0;
    if (item.value().is_number_unsigned()) {
      count = item.value().get<uint64_t>();
    } else if (item.value().is_string() &&
               !absl::SimpleAtoi(item.value().get<std::string>(), &count)) {
      count = 0;
    }
    total += count;
  }
  return total;
}

CommandResult Agent::Run(const std::vector<std::string>& arguments, Duration budget) const {
  return RunMuster(arguments, socket(), budget);
}

}  // namespace muster::e2e
