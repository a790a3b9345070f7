// How long a start takes by way of a store: rows of hosts that answer, that refuse, that are gone.

#include <nlohmann/json.hpp>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "bench/cluster/event_log.h"
#include "bench/cluster/samples.h"
#include "bench/store/figures.h"
#include "bench/store/rows.h"
#include "src/base/status_macros.h"
#include "tests/e2e/harness/agent.h"
#include "tests/e2e/harness/clock.h"
#include "tests/e2e/harness/cluster.h"
#include "tests/e2e/harness/network.h"
#include "tests/e2e/harness/process.h"

namespace muster::bench {
namespace {

constexpr char kCluster[] = "start";
// Every address of this block is the anchor's: it listens on all that there are.
constexpr char kAlive[] = "127.20.0.0";
constexpr char kDead[] = "127.30.0.0";
constexpr uint16_t kClosedPort = 7999;
constexpr uint16_t kStarterPort = 7947;  // beside the anchor, which has the usual one
constexpr Duration kBudget = Duration::Seconds(40);
constexpr Duration kPoll = Duration::Millis(10);
constexpr int kSettleMax_s = 15;
constexpr double kDelayMax_s = 2;

struct Scenario {
  size_t alive = 0;
  size_t dead = 0;
  bool blackholed = false;  // else they refuse
};

std::string Describe(const Scenario& scenario) {
  const std::string how = absl::StrCat(scenario.dead == 1 ? " row " : " rows ",
                                       scenario.blackholed ? "blackholed" : "refusing");
  if (scenario.dead == 0)
    return absl::StrCat(scenario.alive, scenario.alive == 1 ? " row alive" : " rows alive");
  if (scenario.alive == 0) return absl::StrCat(scenario.dead, how);
  return absl::StrCat(scenario.dead, how, ", and the stalest alive");
}

// One start, in seconds since the process was made.
struct Times {
  double ready = 0;
  double joined = 0;   // knows the anchor
  double written = 0;  // its own row is in the store
  double alone = 0;    // has given up on the rows; kSettleMax_s: has not by then
};

double Seconds(int64_t from_us, int64_t to_us) {
  return static_cast<double>(to_us - from_us) / 1e6;
}

class Stage {
 public:
  // Starts the member that all live rows lead to.
  absl::Status Prepare();
  // Starts an agent with this store, and beside it one without that has the anchor as its seed.
  absl::Status StartOnce(const std::string& url, const Scenario& scenario, Times* with,
                         Times* without);

 private:
  struct Starter {
    e2e::Agent agent;
    LogFollower log;
    int64_t begin_us = 0;
  };
  Starter MakeStarter(const std::string& name, const std::string& ip);
  static absl::Status Launch(Starter* starter, Times* times);
  static absl::Status WaitJoined(Starter* starter, Times* times);
  static absl::Status WaitSettled(Starter* starter, Times* times);
  static void Finish(Starter* starter);

  e2e::ScratchFolder folder_;
  e2e::Process anchor_;
  int starts_ = 0;
};

absl::Status Stage::Prepare() {
  e2e::ProcessOptions options;
  options.argv = {e2e::MusterBinary(),      "agent",
                  "--name=anchor",          "--bind=0.0.0.0",
                  "--advertise=127.20.0.1", absl::StrCat("--cluster=", kCluster),
                  "--datastore=none",       "--data-dir=" + folder_.Sub("anchor")};
  options.stderr_path = folder_.path() + "/anchor.log";
  absl::StatusOr<e2e::Process> started = e2e::Process::Start(options);
  if (!started.ok()) return started.status();
  anchor_ = *std::move(started);
  const bool ready = e2e::WaitUntil(kBudget, [&] {
    return e2e::ReadFile(options.stderr_path).find(" ready: name=") != std::string::npos;
  });
  return ready ? absl::OkStatus() : absl::InternalError(e2e::ReadFile(options.stderr_path));
}

Stage::Starter Stage::MakeStarter(const std::string& name, const std::string& ip) {
  e2e::AgentOptions options;
  options.name = absl::StrCat(name, "-", ++starts_);
  options.ip = absl::StrCat(ip, ":", kStarterPort);
  options.folder = folder_.Sub(options.name);
  options.more = {absl::StrCat("--cluster=", kCluster)};
  e2e::Agent agent(std::move(options));
  LogFollower log(agent.log_path());
  return {std::move(agent), std::move(log)};
}

absl::Status Stage::Launch(Starter* starter, Times* times) {
  starter->begin_us = e2e::WallMicros();
  MUSTER_RETURN_IF_ERROR(starter->agent.Start());
  if (!starter->agent.WaitReady()) return absl::DeadlineExceededError("an agent is not ready");
  times->ready = Seconds(starter->begin_us, e2e::WallMicros());
  return absl::OkStatus();
}

absl::Status Stage::WaitJoined(Starter* starter, Times* times) {
  int64_t joined_us = 0;
  e2e::WaitUntil(kBudget, [&] {
    starter->log.Poll();
    joined_us = starter->log.FirstAfter(starter->begin_us, {"member.joined"}, "anchor");
    return joined_us != 0;
  });
  if (joined_us == 0) return absl::DeadlineExceededError("an agent has not joined");
  times->joined = Seconds(starter->begin_us, joined_us);
  return absl::OkStatus();
}

absl::Status Stage::WaitSettled(Starter* starter, Times* times) {
  std::string written;
  times->alone = kSettleMax_s;
  e2e::WaitUntil(
      Duration::Seconds(kSettleMax_s),
      [&] {
        const absl::StatusOr<nlohmann::json> status = starter->agent.Get("/v1/status");
        if (!status.ok()) return false;
        const nlohmann::json& store = (*status)["store"];
        if (written.empty() && store["last_refresh"].is_string()) {
          written = store["last_refresh"].get<std::string>();
        }
        const bool alone = store["last_look"].is_string() && (*status)["join"]["state"] == "alone";
        if (times->alone == kSettleMax_s && alone) {
          times->alone = Seconds(starter->begin_us, e2e::WallMicros());
        }
        return !written.empty() && times->alone < kSettleMax_s;
      },
      kPoll);
  absl::Time at;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, written, &at, &error)) {
    return absl::DeadlineExceededError("an agent has not written its row " + error);
  }
  times->written = Seconds(starter->begin_us, absl::ToUnixMicros(at));
  return absl::OkStatus();
}

void Stage::Finish(Starter* starter) {
  starter->agent.Terminate();
  if (!starter->agent.WaitExit(Duration::Seconds(10))) starter->agent.Kill();
}

absl::Status Stage::StartOnce(const std::string& url, const Scenario& scenario, Times* with,
                              Times* without) {
  Starter starter = MakeStarter("starter", "127.0.9.1");
  Starter beside = MakeStarter("beside", "127.0.9.2");
  starter.agent.options().more.push_back("--datastore=" + url);
  beside.agent.options().more.push_back("--datastore=none");
  beside.agent.options().join = {"127.20.0.1"};
  MUSTER_RETURN_IF_ERROR(Launch(&starter, with));
  MUSTER_RETURN_IF_ERROR(scenario.alive > 0 ? WaitJoined(&starter, with)
                                            : WaitSettled(&starter, with));
  MUSTER_RETURN_IF_ERROR(Launch(&beside, without));
  MUSTER_RETURN_IF_ERROR(WaitJoined(&beside, without));
  Finish(&starter);
  Finish(&beside);
  Rows rows(url, kCluster);
  return rows.Remove(starter.agent.name());
}

// The live ones first: they are the stalest, and dialled last.
absl::Status Fill(Place* place, const Scenario& scenario) {
  MUSTER_RETURN_IF_ERROR(place->Empty());
  Rows rows(place->url(), kCluster);
  for (size_t i = 0; i < scenario.alive; ++i) {
    MUSTER_RETURN_IF_ERROR(rows.Plant(i, AddressIn(kAlive, i, kDefaultPort)));
  }
  for (size_t i = 0; i < scenario.dead; ++i) {
    MUSTER_RETURN_IF_ERROR(rows.Plant(scenario.alive + i, AddressIn(kDead, i, kClosedPort)));
  }
  return absl::OkStatus();
}

struct Collected {
  Samples ready, joined, written, alone, beside;
};

Row MakeRow(const Scenario& scenario, const Collected& seen) {
  Row row;
  double worst = 0;
  if (scenario.alive > 0) {
    row.measured = absl::StrCat("joined after ", seen.joined.Text(), " s");
    worst = seen.joined.Max() - seen.beside.Median();
  } else {
    row.measured = absl::StrCat("ready after ", seen.ready.Text(), ", own row written after ",
                                seen.written.Text(), " s; ",
                                seen.alone.Max() < kSettleMax_s
                                    ? absl::StrCat("alone after ", seen.alone.Text(), " s")
                                    : absl::StrCat("still dialling after ", kSettleMax_s, " s"));
    worst = seen.written.Max() - seen.beside.Median();
  }
  row.target = absl::StrCat("at most ", kDelayMax_s, " s later than without a store");
  row.beside = absl::StrCat("joined by a seed after ", seen.beside.Text(), " s");
  row.verdict = worst <= kDelayMax_s ? Row::Verdict::kMet : Row::Verdict::kMissed;
  return row;
}

absl::StatusOr<Row> MeasureOne(Stage* stage, Place* place, const Scenario& scenario, int repeats) {
  MUSTER_RETURN_IF_ERROR(Fill(place, scenario));
  e2e::PacketFilter filter;
  if (scenario.blackholed) {
    MUSTER_RETURN_IF_ERROR(filter.Blackhole({absl::StrCat(kDead, "/16")}));
  }
  Collected seen;
  for (int i = 0; i < repeats; ++i) {
    Times with;
    Times without;
    MUSTER_RETURN_IF_ERROR(stage->StartOnce(place->url(), scenario, &with, &without));
    seen.ready.Add(with.ready);
    seen.joined.Add(with.joined);
    seen.written.Add(with.written);
    seen.alone.Add(with.alone);
    seen.beside.Add(without.joined);
  }
  Row row = MakeRow(scenario, seen);
  row.figure = absl::StrCat(place->kind(), ": start, ", Describe(scenario));
  return row;
}

std::vector<Scenario> Scenarios(size_t rows) {
  std::vector<Scenario> scenarios;
  const std::vector<size_t> sizes =
      rows > 0 ? std::vector<size_t>{rows} : std::vector<size_t>{1, 100, 1000};
  for (const size_t size : sizes) scenarios.push_back({size, 0, false});
  for (const bool blackholed : {false, true}) {
    for (const size_t size : sizes) scenarios.push_back({0, size, blackholed});
    if (rows == 0) scenarios.push_back({1, 200, blackholed});
  }
  return scenarios;
}

}  // namespace

void MeasureStart(const Settings& settings, const Places& places, Report* report) {
  Stage stage;
  if (const absl::Status prepared = stage.Prepare(); !prepared.ok()) {
    return report->AddFailure("start", prepared);
  }
  for (const auto& place : places) {
    for (const Scenario& scenario : Scenarios(settings.rows)) {
      const absl::StatusOr<Row> row = MeasureOne(&stage, place.get(), scenario, settings.repeats);
      if (row.ok()) {
        report->Add(*row);
      } else {
        report->AddFailure(absl::StrCat(place->kind(), ": start, ", Describe(scenario)),
                           row.status());
      }
    }
  }
}

}  // namespace muster::bench
