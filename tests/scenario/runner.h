#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "src/sim/cluster.h"
#include "tests/scenario/arguments.h"
#include "tests/scenario/script.h"
#include "tests/scenario/world.h"

namespace muster::scenario {

// Carries out the commands of one scenario file; README.md lists them. What a command prints is
// what the file expects.
class Runner {
 public:
  // Runs all commands of a block. Invariants that broke meanwhile end the output.
  std::string Run(const std::vector<std::string>& commands);
  // A broken invariant or a wrong file: never an expected result.
  bool failed() const { return failed_; }

 private:
  using Handler = void (Runner::*)(const Arguments&);
  struct Command {
    const char* name;
    Handler handler;
  };
  // One rule of `drop`.
  struct Drop {
    std::string type;
    std::vector<int> from;
    std::vector<int> to;
  };

  void RunOne(const std::string& line);
  void Print(const std::string& line) { output_ += line + "\n"; }
  void PrintStatus(const absl::Status& status);
  static const std::vector<Command>& Commands();

  // commands_faults.cc: hosts, processes and the network
  void Cluster(const Arguments& arguments);
  void Host(const Arguments& arguments);
  void Start(const Arguments& arguments);
  void Crash(const Arguments& arguments);
  void PowerOff(const Arguments& arguments);
  void Restart(const Arguments& arguments);
  void Pause(const Arguments& arguments);
  void Resume(const Arguments& arguments);
  void Lateness(const Arguments& arguments);
  void Partition(const Arguments& arguments);
  void OneWay(const Arguments& arguments);
  void Heal(const Arguments& arguments);
  void Udp(const Arguments& arguments);
  void Tcp(const Arguments& arguments);
  void Loss(const Arguments& arguments);
  void DropPackets(const Arguments& arguments);

  // commands_members.cc: what users and attackers do
  void Join(const Arguments& arguments);
  void Leave(const Arguments& arguments);
  void ForceLeave(const Arguments& arguments);
  void Tags(const Arguments& arguments);
  void Inject(const Arguments& arguments);
  void Garbage(const Arguments& arguments);
  void Permute(const Arguments& arguments);

  // commands_views.cc: time, and what there is to see
  void Advance(const Arguments& arguments);
  void Await(const Arguments& arguments);
  void Hold(const Arguments& arguments);
  void Members(const Arguments& arguments);
  void Events(const Arguments& arguments);
  void Seen(const Arguments& arguments);
  void Stats(const Arguments& arguments);
  void Self(const Arguments& arguments);
  void Exit(const Arguments& arguments);
  void Trace(const Arguments& arguments);
  void Checks(const Arguments& arguments);

  // True where it holds now; the text says what is seen instead where it does not.
  using Condition = std::function<bool(std::string* seen)>;
  Condition ParseCondition(const Arguments& arguments);
  Condition MemberCondition(const std::string& kind, const Arguments& arguments);
  Condition EventCondition(const Arguments& arguments);
  std::optional<std::string> EventLine(const core::Event& event, bool with_by, bool all);
  void SwitchTransport(const Arguments& arguments, sim::Transports transports);
  bool Drops(int from, int to, sim::Transports transport, std::string_view bytes);
  void InjectOne(const Arguments& arguments, const wire::Update& update);
  void PrintTrace();
  void TracePacket(int from, int to, sim::Transports transport, std::string_view bytes);
  void InstallFilter();

  World world_;
  std::string output_;
  bool failed_ = false;
  bool trace_ = false;
  bool trace_packets_ = false;
  std::vector<std::pair<TimePoint, std::string>> packets_;  // traced and not printed yet
  size_t traced_ = 0;                                       // events already traced
  size_t violations_printed_ = 0;
  std::vector<size_t> events_shown_;  // by host: events before this one were printed
  std::vector<Drop> drops_;
  struct SwitchedOff {
    int host;
    sim::Transports transports;
    std::vector<sim::Cluster::CutId> cuts;
  };
  std::vector<SwitchedOff> switched_off_;
};

struct Outcome {
  std::vector<std::string> outputs;  // one a block
  bool failed = false;
};
// Runs a whole file from a fresh world.
Outcome RunScript(const Script& script);

}  // namespace muster::scenario
