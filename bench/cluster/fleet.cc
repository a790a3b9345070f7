#include "bench/cluster/fleet.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "bench/cluster/usage.h"
#include "src/base/status_macros.h"
#include "src/base/strings.h"
#include "tests/e2e/harness/clock.h"

namespace muster::bench {
namespace {

// How often logs are looked at; the times in them are the agents' own.
constexpr Duration kLogInterval = Duration::Millis(50);
constexpr size_t kNamesShown = 5;

// 0-based index of "n17"; `limit` for any other name.
size_t IndexOf(const std::string& name, size_t limit) {
  uint32_t number = 0;
  if (name.size() < 2 || name[0] != 'n') return limit;
  if (!absl::SimpleAtoi(ToAbsl(std::string_view(name).substr(1)), &number)) return limit;
  return number >= 1 && number <= limit ? number - 1 : limit;
}

}  // namespace

void Idle(Duration span) {
  e2e::WaitUntil(
      span, [] { return false; }, std::min(span, Duration::Seconds(1)));
}

Fleet::Fleet(size_t count, const std::string& profile, const std::vector<std::string>& more) {
  for (size_t i = 0; i < count; ++i) {
    e2e::AgentOptions options;
    options.name = absl::StrCat("n", i + 1);
    options.ip = e2e::AddressOf(i);
    options.folder = folder_.Sub(options.name);
    options.profile = profile;
    options.more = more;
    if (i > 0) options.join = {e2e::AddressOf(0)};
    agents_.push_back(std::make_unique<e2e::Agent>(std::move(options)));
    logs_.emplace_back(agents_.back()->log_path());
    sights_.push_back({std::vector<bool>(count), 0, 0, 0});
  }
}

absl::StatusOr<StartTimes> Fleet::StartTogether(Duration budget) {
  const int64_t begin_us = e2e::WallMicros();
  for (const std::unique_ptr<e2e::Agent>& agent : agents_) {
    MUSTER_RETURN_IF_ERROR(agent->Start());
  }
  if (!WaitWhole(budget)) {
    return absl::DeadlineExceededError(absl::StrCat(
        WholeCount(), " of ", size(), " agents saw all within ", FormatDuration(budget)));
  }
  std::vector<int64_t> times_us;
  for (const Sight& sight : sights_) times_us.push_back(sight.whole_since_us - begin_us);
  std::sort(times_us.begin(), times_us.end());
  StartTimes times;
  times.all = Duration::Micros(times_us.back());
  times.median = Duration::Micros(times_us[times_us.size() / 2]);
  for (const pid_t pid : pids()) {
    times.cpu_ms += static_cast<double>(ReadUsage(pid).cpu_ns) / 1e6 / static_cast<double>(size());
  }
  return times;
}

absl::StatusOr<std::vector<int64_t>> Fleet::WaitLogged(const std::vector<std::string>& types,
                                                       const std::string& member, int64_t since_us,
                                                       Duration budget) {
  std::vector<int64_t> times(size(), 0);
  std::vector<std::string> missing;
  const auto all_logged = [&] {
    Poll();
    missing.clear();
    for (size_t i = 0; i < size(); ++i) {
      if (agents_[i]->name() == member || !agents_[i]->running()) continue;
      if (times[i] == 0) times[i] = logs_[i].FirstAfter(since_us, types, member);
      if (times[i] == 0) missing.push_back(agents_[i]->name());
    }
    return missing.empty();
  };
  if (!e2e::WaitUntil(budget, all_logged, kLogInterval)) {
    const size_t count = missing.size();
    missing.resize(std::min(count, kNamesShown));
    return absl::DeadlineExceededError(
        absl::StrCat(count, " agents did not log ", absl::StrJoin(types, " or "), " of ", member,
                     " within ", FormatDuration(budget), ": ", absl::StrJoin(missing, " "),
                     count > kNamesShown ? " ..." : ""));
  }
  times.erase(std::remove(times.begin(), times.end(), 0), times.end());
  return times;
}

int Fleet::Count(int64_t from_us, int64_t to_us,
                 const std::function<bool(const LoggedEvent&)>& wanted) {
  Poll();
  int count = 0;
  for (const LogFollower& log : logs_) count += log.Count(from_us, to_us, wanted);
  return count;
}

bool Fleet::WaitWhole(Duration budget) {
  return e2e::WaitUntil(
      budget,
      [this] {
        Poll();
        return WholeCount() == size();
      },
      kLogInterval);
}

absl::Status Fleet::Restart(size_t index) {
  // What its last process saw says nothing of this one.
  Poll();
  Sight fresh;
  fresh.up.resize(size());
  fresh.events_taken = sights_[index].events_taken;
  sights_[index] = std::move(fresh);
  return agents_[index]->Start(/*with_join=*/false);
}

size_t Fleet::CountDown() {
  return static_cast<size_t>(
      std::count_if(agents_.begin(), agents_.end(),
                    [](const std::unique_ptr<e2e::Agent>& agent) { return !agent->running(); }));
}

std::vector<pid_t> Fleet::pids() const {
  std::vector<pid_t> pids;
  for (const std::unique_ptr<e2e::Agent>& agent : agents_) pids.push_back(agent->pid());
  return pids;
}

void Fleet::Poll() {
  for (size_t i = 0; i < size(); ++i) {
    logs_[i].Poll();
    const std::vector<LoggedEvent>& events = logs_[i].events();
    for (; sights_[i].events_taken < events.size(); ++sights_[i].events_taken) {
      const LoggedEvent& event = events[sights_[i].events_taken];
      if (event.member != agents_[i]->name()) Take(event, &sights_[i]);
    }
  }
}

void Fleet::Take(const LoggedEvent& event, Sight* sight) {
  const bool comes = event.type == "member.joined" || event.type == "member.returned";
  const bool goes = event.type == "member.failed" || event.type == "member.left";
  const size_t index = IndexOf(event.member, size());
  if (index == size() || (!comes && !goes) || sight->up[index] == comes) return;
  sight->up[index] = comes;
  sight->up_count += comes ? 1 : static_cast<size_t>(-1);
  sight->whole_since_us = sight->up_count + 1 == size() ? event.wall_us : 0;
}

size_t Fleet::WholeCount() {
  return static_cast<size_t>(std::count_if(sights_.begin(), sights_.end(), [](const Sight& sight) {
    return sight.whole_since_us != 0;
  }));
}

}  // namespace muster::bench
