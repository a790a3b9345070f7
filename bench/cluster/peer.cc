#include "bench/cluster/peer.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "tests/e2e/harness/clock.h"

namespace muster::bench {
namespace {

constexpr size_t kFirstAddress = 500;  // beyond those of our own agents
constexpr Duration kMeeting = Duration::Seconds(100);

std::string Rpc(size_t index) {
  return absl::StrCat("-rpc-addr=", e2e::AddressOf(kFirstAddress + index), ":7373");
}

}  // namespace

absl::Status SerfFleet::Start(const std::string& binary, size_t count) {
  const std::string seed = absl::StrCat(e2e::AddressOf(kFirstAddress), ":7947");
  for (size_t i = 0; i < count; ++i) {
    e2e::ProcessOptions options;
    options.argv = {binary,
                    "agent",
                    absl::StrCat("-node=s", i + 1),
                    absl::StrCat("-bind=", e2e::AddressOf(kFirstAddress + i), ":7947"),
                    Rpc(i),
                    "-profile=lan",
                    "-log-level=err"};
    if (i > 0) options.argv.push_back("-retry-join=" + seed);
    options.stderr_path = folder_.path() + "/log";
    absl::StatusOr<e2e::Process> process = e2e::Process::Start(options);
    if (!process.ok()) return process.status();
    processes_.push_back(*std::move(process));
  }
  if (e2e::WaitUntil(
          kMeeting, [&] { return AllSeeAll(binary); }, Duration::Seconds(1))) {
    return absl::OkStatus();
  }
  return absl::DeadlineExceededError("the Serf agents did not meet");
}

bool SerfFleet::AllSeeAll(const std::string& binary) {
  for (size_t i = 0; i < processes_.size(); ++i) {
    e2e::ProcessOptions options;
    options.argv = {binary, "members", Rpc(i), "-status=alive"};
    const e2e::CommandResult result = e2e::RunCommand(options);
    const auto lines = std::count(result.out.begin(), result.out.end(), '\n');
    if (static_cast<size_t>(lines) != processes_.size()) return false;
  }
  return true;
}

std::vector<pid_t> SerfFleet::pids() const {
  std::vector<pid_t> pids;
  for (const e2e::Process& process : processes_) pids.push_back(process.pid());
  return pids;
}

}  // namespace muster::bench
