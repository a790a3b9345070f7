#include "bench/store/squad.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "src/base/status_macros.h"
#include "src/base/time.h"
#include "tests/e2e/harness/clock.h"

namespace muster::bench {
namespace {

constexpr Duration kMeeting = Duration::Seconds(30);

}  // namespace

Squad::Squad(const std::string& kind, const std::string& url, size_t agents, size_t first_address)
    : kind_(kind) {
  for (size_t i = 0; i < agents; ++i) {
    e2e::AgentOptions options;
    options.name = absl::StrCat(kind, "-", i + 1);
    options.ip = e2e::AddressOf(first_address + i);
    options.folder = folder_.Sub(options.name);
    options.more = {"--cluster=" + kind, "--datastore=" + url};
    if (kind == "none" && i > 0) options.join = {e2e::AddressOf(first_address)};
    agents_.push_back(std::make_unique<e2e::Agent>(std::move(options)));
  }
}

Squad::~Squad() {
  for (const auto& agent : agents_) agent->Kill();
}

absl::Status Squad::Start() {
  for (const auto& agent : agents_) MUSTER_RETURN_IF_ERROR(agent->Start());
  if (e2e::WaitUntil(
          kMeeting, [this] { return IsWhole(); }, Duration::Millis(100))) {
    return absl::OkStatus();
  }
  std::string views;
  for (const auto& agent : agents_) absl::StrAppend(&views, agent->Describe(), " ");
  return absl::DeadlineExceededError(absl::StrCat("the agents did not meet: ", views));
}

bool Squad::IsWhole() {
  return std::all_of(agents_.begin(), agents_.end(), [this](const auto& agent) {
    const absl::StatusOr<nlohmann::json> status = agent->Get("/v1/status");
    if (!status.ok() || agent->Members().size() != agents_.size()) return false;
    return kind_ == "none" || (*status)["store"]["last_refresh"].is_string();
  });
}

absl::Status Squad::Check(const std::string& store_state) {
  for (const auto& agent : agents_) {
    if (!agent->running()) return absl::InternalError(agent->name() + " ended by itself");
    if (agent->Log().find("event=member.failed") != std::string::npos) {
      return absl::InternalError(agent->name() + " took a member for failed");
    }
    const absl::StatusOr<nlohmann::json> status = agent->Get("/v1/status");
    if (!status.ok()) return status.status();
    const std::string state = (*status)["store"]["state"].get<std::string>();
    if (kind_ != "none" && state != store_state) {
      return absl::InternalError(
          absl::StrCat("the store of ", agent->name(), " is ", state, ", expected: ", store_state));
    }
  }
  return absl::OkStatus();
}

std::vector<pid_t> Squad::pids() const {
  std::vector<pid_t> pids;
  for (const auto& agent : agents_) pids.push_back(agent->pid());
  return pids;
}

}  // namespace muster::bench
