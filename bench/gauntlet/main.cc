// The gauntlet's command line; README.md of this folder.

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "bench/gauntlet/ablation.h"
#include "bench/gauntlet/expected.h"
#include "bench/gauntlet/report.h"
#include "bench/gauntlet/runner.h"
#include "bench/gauntlet/scenario.h"
#include "src/sim/report/report.h"

namespace muster::gauntlet {
namespace {

struct Options {
  std::vector<std::string> what = {"smoke"};
  std::vector<std::string> modes;
  std::vector<std::string> without;
  std::string json;
  std::string html;
  std::string expect;
  std::string write_expected;
  int processes = 2;
  int every = 1;
  int members_max = 0;
};

constexpr int kMet = 0;
constexpr int kMissed = 1;
constexpr int kUsage = 2;

int Refuse(const std::string& why) {
  std::fprintf(stderr, "gauntlet: %s\n", why.c_str());
  return kUsage;
}

struct Words {
  bool is_full = true;  // naming scenarios alone means their full form
  bool is_ablation = false;
  std::vector<std::string> ids;
};

Words Sort(const std::vector<std::string>& what) {
  Words words;
  for (const std::string& word : what) {
    if (word == "smoke") {
      words.is_full = false;
    } else if (word == "ablation") {
      words.is_ablation = true;
    } else if (word != "full") {
      words.ids.push_back(word);
    }
  }
  return words;
}

// Whether the outcomes are those of the file.
bool AreExpected(const std::string& path, const std::vector<Outcome>& outcomes) {
  std::ifstream stream(path);
  const std::string file((std::istreambuf_iterator<char>(stream)),
                         std::istreambuf_iterator<char>());
  const std::vector<std::string> differences = Differences(file, outcomes);
  std::printf("\n%zu figures compared with %s, %zu differ\n", outcomes.size(), path.c_str(),
              differences.size());
  for (const std::string& difference : differences) std::printf("%s\n", difference.c_str());
  if (!differences.empty()) {
    std::printf("If that is meant, rewrite the file: bench/gauntlet/README.md has the command.\n");
  }
  return !file.empty() && differences.empty();
}

int Ablation(const std::vector<Scenario>& scenarios, const std::vector<Mode>& modes,
             RunOptions run_options) {
  if (!Ablate(1)) return Refuse("build with --define muster_ablation=on");
  run_options.scale = Scale::kSmoke;
  const bool is_e = modes.size() == 1 && modes.front() == Mode::kMusterE;
  const Mode muster = is_e ? Mode::kMusterE : Mode::kMusterF;
  std::printf("%s, each mechanism off in turn\n", ModeName(muster));
  for (const Scenario& scenario : scenarios) {
    std::printf("%s", RunAblation({scenario}, muster, run_options).c_str());
    std::fflush(stdout);
  }
  return kMet;
}

int RunAll(const std::vector<Scenario>& scenarios, const std::vector<Mode>& modes,
           const RunOptions& run_options, const Options& options) {
  int met = 0;
  int missed = 0;
  std::string json;
  sim::Report page("Muster beside SWIM, memberlist and Lifeguard");
  std::vector<Outcome> outcomes;
  for (const Scenario& scenario : scenarios) {
    const ScenarioRun run = RunScenario(scenario, modes, run_options);
    const ScenarioReport report(run.scenario, modes, run.results, run.trials);
    std::printf("%s", report.Table().c_str());
    std::fflush(stdout);
    met += report.met();
    missed += report.missed();
    json += (json.empty() ? "" : ",\n") + report.Json();
    report.AddTo(&page);
    for (Outcome& outcome : report.Outcomes()) outcomes.push_back(std::move(outcome));
  }
  std::printf("\n%d targets met, %d not met\n", met, missed);
  if (!options.json.empty()) {
    std::ofstream(options.json) << "{\"met\": " << met << ", \"missed\": " << missed
                                << ", \"scenarios\": [\n"
                                << json << "\n]}\n";
  }
  if (!options.html.empty()) std::ofstream(options.html) << page.Html();
  if (!options.write_expected.empty()) {
    std::ofstream(options.write_expected) << FormatOutcomes(outcomes);
    return kMet;
  }
  if (!options.expect.empty()) return AreExpected(options.expect, outcomes) ? kMet : kMissed;
  return missed == 0 ? kMet : kMissed;
}

int Run(const Options& options) {
  const Words words = Sort(options.what);
  std::vector<Scenario> scenarios;
  std::string unknown;
  const bool is_default_ablation = words.is_ablation && words.ids.empty();
  if (!ChooseScenarios(is_default_ablation ? AblationScenarios() : words.ids, &scenarios,
                       &unknown)) {
    return Refuse("no scenario " + unknown);
  }
  std::vector<Mode> modes;
  for (const std::string& name : options.modes) {
    Mode mode;
    if (!ParseMode(name, &mode)) return Refuse("no mode " + name);
    modes.push_back(mode);
  }
  RunOptions run_options;
  run_options.scale = words.is_full ? Scale::kFull : Scale::kSmoke;
  run_options.processes = options.processes;
  run_options.every = options.every;
  run_options.members_max = options.members_max;
  if (words.is_ablation) return Ablation(scenarios, modes, run_options);
  uint32_t off = 0;
  if (!MechanismBits(options.without, &off, &unknown)) return Refuse("no mechanism " + unknown);
  if (!Ablate(off)) return Refuse("--without: build with --define muster_ablation=on");
  if (modes.empty()) modes.assign(std::begin(kAllModes), std::end(kAllModes));
  return RunAll(scenarios, modes, run_options, options);
}

}  // namespace
}  // namespace muster::gauntlet

int main(int argc, char** argv) {
  muster::gauntlet::Options options;
  CLI::App app{"Runs the scenarios of bench/gauntlet/README.md in all modes on the same seeds."};
  app.add_option("what", options.what, "smoke, full, ablation, or scenarios: S1 S2 ...");
  app.add_option("--modes", options.modes,
                 "only these: swim memberlist lifeguard muster-E muster-F")
      ->delimiter(',');
  app.add_option("--without", options.without, "turn off mechanisms of Muster's detector")
      ->delimiter(',');
  app.add_option("--json", options.json, "also write the figures here");
  app.add_option("--html", options.html, "also write a page with tables and plots here");
  app.add_option("--expect", options.expect, "fail unless Muster's figures are those of this file");
  app.add_option("--write-expected", options.write_expected, "write that file");
  app.add_option("--processes", options.processes, "in parallel")->check(CLI::Range(1, 64));
  app.add_option("--every", options.every, "only each so-manieth run of a scenario")
      ->check(CLI::Range(1, 1000));
  app.add_option("--members-max", options.members_max,
                 "no runs of more members: 10,000 that start together need over 24 GB")
      ->check(CLI::Range(1, 1'000'000));
  CLI11_PARSE(app, argc, argv);
  return muster::gauntlet::Run(options);
}
