#include "tests/scenario/runner.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "src/base/time.h"

namespace muster::scenario {

const std::vector<Runner::Command>& Runner::Commands() {
  static const std::vector<Command> commands = {
      {"cluster", &Runner::Cluster},
      {"host", &Runner::Host},
      {"start", &Runner::Start},
      {"crash", &Runner::Crash},
      {"poweroff", &Runner::PowerOff},
      {"restart", &Runner::Restart},
      {"pause", &Runner::Pause},
      {"resume", &Runner::Resume},
      {"lateness", &Runner::Lateness},
      {"partition", &Runner::Partition},
      {"oneway", &Runner::OneWay},
      {"heal", &Runner::Heal},
      {"udp", &Runner::Udp},
      {"tcp", &Runner::Tcp},
      {"loss", &Runner::Loss},
      {"drop", &Runner::DropPackets},
      {"join", &Runner::Join},
      {"leave", &Runner::Leave},
      {"force-leave", &Runner::ForceLeave},
      {"tags", &Runner::Tags},
      {"inject", &Runner::Inject},
      {"garbage", &Runner::Garbage},
      {"permute", &Runner::Permute},
      {"advance", &Runner::Advance},
      {"await", &Runner::Await},
      {"hold", &Runner::Hold},
      {"members", &Runner::Members},
      {"events", &Runner::Events},
      {"seen", &Runner::Seen},
      {"stats", &Runner::Stats},
      {"self", &Runner::Self},
      {"exit", &Runner::Exit},
      {"trace", &Runner::Trace},
      {"checks", &Runner::Checks},
  };
  return commands;
}

void Runner::RunOne(const std::string& line) {
  const Arguments arguments(line);
  for (const Command& command : Commands()) {
    if (arguments.command() != command.name) continue;
    (this->*command.handler)(arguments);
    return;
  }
  throw ScriptError{"no command " + arguments.command()};
}

std::string Runner::Run(const std::vector<std::string>& commands) {
  output_.clear();
  for (const std::string& line : commands) {
    try {
      RunOne(line);
    } catch (const ScriptError& error) {
      Print("BAD COMMAND: " + line + ": " + error.text);
      failed_ = true;
    }
    if (trace_) PrintTrace();
  }
  if (world_.exists()) {
    const auto& violations = world_.cluster().checkers().violations();
    for (; violations_printed_ < violations.size(); ++violations_printed_) {
      const sim::Violation& violation = violations[violations_printed_];
      Print(std::string("VIOLATION ") + sim::RuleName(violation.rule) + ": " + violation.text);
      failed_ = true;
    }
  }
  if (output_.empty()) Print("ok");
  return output_;
}

void Runner::PrintStatus(const absl::Status& status) {
  if (!status.ok()) Print(absl::StatusCodeToString(status.code()));
}

void Runner::PrintTrace() {
  if (!world_.exists()) return;
  std::vector<std::pair<TimePoint, std::string>> lines = std::move(packets_);
  packets_.clear();
  const std::vector<sim::Recorded>& events = world_.cluster().events();
  for (; traced_ < events.size(); ++traced_) {
    const sim::Recorded& recorded = events[traced_];
    const auto line = EventLine(recorded.event, true, true);
    lines.emplace_back(recorded.at,
                       "n" + std::to_string(recorded.host + 1) + ": " + line.value_or(""));
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [at, line] : lines) {
    char time[32];
    std::snprintf(time, sizeof(time), "%12.4f s ", static_cast<double>(at.micros()) / 1'000'000);
    Print(time + line);
  }
}

Outcome RunScript(const Script& script) {
  Runner runner;
  Outcome outcome;
  for (const Block& block : script.blocks) outcome.outputs.push_back(runner.Run(block.commands));
  outcome.failed = runner.failed();
  return outcome;
}

}  // namespace muster::scenario
