// The gauntlet's command line; README.md of this folder.

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "bench/baselines/forked.h"
#include "bench/gauntlet/report.h"
#include "bench/gauntlet/scenario.h"

namespace muster::gauntlet {
namespace {

struct Options {
  std::vector<std::string> what = {"smoke"};
  std::vector<std::string> modes;
  std::string json;
  int processes = 2;
  int every = 1;  // only each so-manieth run of a scenario
};

// Names of scenarios among smoke and full; empty: all.
bool Choose(const Options& options, Scale* scale, std::vector<Scenario>* chosen) {
  *scale = Scale::kFull;
  std::vector<std::string> ids;
  for (const std::string& word : options.what) {
    if (word == "smoke") {
      *scale = Scale::kSmoke;
    } else if (word != "full") {
      ids.push_back(word);
    }
  }
  std::vector<std::string> unknown = ids;
  for (const Scenario& scenario : AllScenarios()) {
    const bool is_named = std::find(ids.begin(), ids.end(), scenario.id) != ids.end();
    if (ids.empty() || is_named) chosen->push_back(scenario);
    std::erase(unknown, scenario.id);
  }
  if (unknown.empty()) return true;
  std::fprintf(stderr, "gauntlet: no scenario %s\n", unknown.front().c_str());
  return false;
}

std::vector<Trial> TrialsOf(const Scenario& scenario, Scale scale, int every) {
  std::vector<Trial> trials = scenario.trials(scale);
  int number = 0;
  std::erase_if(trials, [&](const Trial&) { return number++ % every != 0; });
  return trials;
}

ModeResult RunAll(const Scenario& scenario, const std::vector<Trial>& trials, Mode mode,
                  int processes) {
  const auto flat =
      baselines::RunForked(scenario.id + " " + ModeName(mode), trials.size(), processes,
                           [&](size_t i) { return Flatten(scenario.run(trials[i], mode)); });
  ModeResult result;
  for (size_t i = 0; i < trials.size(); ++i) result.Add(trials[i].group, Unflatten(flat[i]));
  return result;
}

int Run(const Options& options) {
  Scale scale;
  std::vector<Scenario> scenarios;
  if (!Choose(options, &scale, &scenarios)) return 2;
  std::vector<Mode> modes;
  for (const std::string& name : options.modes) {
    Mode mode;
    if (!ParseMode(name, &mode)) {
      std::fprintf(stderr, "gauntlet: no mode %s\n", name.c_str());
      return 2;
    }
    modes.push_back(mode);
  }
  if (modes.empty()) modes.assign(std::begin(kAllModes), std::end(kAllModes));
  int met = 0;
  int missed = 0;
  std::string json;
  for (const Scenario& scenario : scenarios) {
    const std::vector<Trial> trials = TrialsOf(scenario, scale, options.every);
    std::vector<ModeResult> results;
    for (const Mode mode : modes) {
      results.push_back(RunAll(scenario, trials, mode, options.processes));
    }
    const ScenarioReport report(scenario, modes, results, trials);
    std::printf("%s", report.Table().c_str());
    std::fflush(stdout);
    met += report.met();
    missed += report.missed();
    json += (json.empty() ? "" : ",\n") + report.Json();
  }
  std::printf("\n%d targets met, %d not met\n", met, missed);
  if (!options.json.empty()) {
    std::ofstream(options.json) << "{\"met\": " << met << ", \"missed\": " << missed
                                << ", \"scenarios\": [\n"
                                << json << "\n]}\n";
  }
  return missed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace muster::gauntlet

int main(int argc, char** argv) {
  muster::gauntlet::Options options;
  CLI::App app{"Runs the scenarios of bench/gauntlet/README.md in all modes on the same seeds."};
  app.add_option("what", options.what, "smoke, full, or scenarios: S1 S2 ...");
  app.add_option("--modes", options.modes,
                 "only these: swim memberlist lifeguard muster-E muster-F")
      ->delimiter(',');
  app.add_option("--json", options.json, "also write the figures here");
  app.add_option("--processes", options.processes, "in parallel")->check(CLI::Range(1, 64));
  app.add_option("--every", options.every, "only each so-manieth run of a scenario")
      ->check(CLI::Range(1, 1000));
  CLI11_PARSE(app, argc, argv);
  return muster::gauntlet::Run(options);
}
