#include "bench/cluster/usage.h"

#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "tests/e2e/harness/clock.h"

namespace muster::bench {
namespace {

// Sum of the numbers that follow the given keys in a file of "Key:   number" lines.
int64_t SumOf(const std::string& path, const std::vector<std::string>& keys) {
  std::ifstream file(path);
  int64_t sum = 0;
  for (std::string line; std::getline(file, line);) {
    for (const std::string& key : keys) {
      if (line.rfind(key + ":", 0) == 0) sum += std::strtoll(line.c_str() + key.size() + 1, {}, 10);
    }
  }
  return sum;
}

}  // namespace

Usage ReadUsage(pid_t pid) {
  Usage usage;
  clockid_t clock = 0;
  timespec used = {};
  if (clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &used) == 0) {
    usage.cpu_ns = int64_t{used.tv_sec} * 1'000'000'000 + used.tv_nsec;
  }
  std::error_code ignored;
  const std::string tasks = absl::StrCat("/proc/", pid, "/task");
  for (const auto& task : std::filesystem::directory_iterator(tasks, ignored)) {
    usage.context_switches +=
        static_cast<uint64_t>(SumOf(task.path().string() + "/status",
                                    {"voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"}));
  }
  return usage;
}

int64_t ReadPrivateKib(pid_t pid) {
  return SumOf(absl::StrCat("/proc/", pid, "/smaps_rollup"), {"Private_Clean", "Private_Dirty"});
}

int64_t ReadMachineBusyNs() {
  // cpu user nice system idle iowait irq softirq steal, in ticks.
  std::ifstream file("/proc/stat");
  std::string label;
  int64_t user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0;
  file >> label >> user >> nice >> system >> idle >> iowait >> irq >> softirq;
  const int64_t tick_ns = 1'000'000'000 / sysconf(_SC_CLK_TCK);
  return (user + nice + system + irq + softirq) * tick_ns;
}

UsageMeter::UsageMeter(std::vector<pid_t> pids)
    : pids_(std::move(pids)), begin_us_(e2e::Now().micros()), busy_ns_(ReadMachineBusyNs()) {
  for (const pid_t pid : pids_) before_.push_back(ReadUsage(pid));
}

UsageRates UsageMeter::Finish() const {
  UsageRates rates;
  rates.seconds = static_cast<double>(e2e::Now().micros() - begin_us_) / 1e6;
  rates.machine_busy_percent =
      static_cast<double>(ReadMachineBusyNs() - busy_ns_) / 1e7 / rates.seconds;
  for (size_t i = 0; i < pids_.size(); ++i) {
    const Usage now = ReadUsage(pids_[i]);
    rates.cpu_percent.push_back(static_cast<double>(now.cpu_ns - before_[i].cpu_ns) / 1e7 /
                                rates.seconds);
    rates.switches_per_s.push_back(
        static_cast<double>(now.context_switches - before_[i].context_switches) / rates.seconds);
  }
  return rates;
}

}  // namespace muster::bench
