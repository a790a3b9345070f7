#include "bench/gauntlet/runner.h"

#include <algorithm>

#include "bench/baselines/forked.h"

namespace muster::gauntlet {
namespace {

std::vector<Trial> TrialsOf(const Scenario& scenario, const RunOptions& options) {
  std::vector<Trial> trials = scenario.trials(options.scale);
  int number = 0;
  std::erase_if(trials, [&](const Trial& trial) {
    const bool is_left_out = options.members_max != 0 && trial.members > options.members_max;
    return is_left_out || number++ % options.every != 0;
  });
  return trials;
}

}  // namespace

bool ChooseScenarios(const std::vector<std::string>& ids, std::vector<Scenario>* chosen,
                     std::string* unknown) {
  std::vector<std::string> left = ids;
  for (const Scenario& scenario : AllScenarios()) {
    const bool is_named = std::find(ids.begin(), ids.end(), scenario.id) != ids.end();
    if (ids.empty() || is_named) chosen->push_back(scenario);
    std::erase(left, scenario.id);
  }
  if (left.empty()) return true;
  *unknown = left.front();
  return false;
}

ScenarioRun RunScenario(const Scenario& scenario, const std::vector<Mode>& modes,
                        const RunOptions& options, const std::string& label) {
  ScenarioRun run{scenario, TrialsOf(scenario, options), {}};
  for (const Mode mode : modes) {
    const auto flat = baselines::RunForked(
        label + scenario.id + " " + ModeName(mode), run.trials.size(), options.processes,
        [&](size_t i) { return Flatten(scenario.run(run.trials[i], mode)); });
    ModeResult result;
    for (size_t i = 0; i < run.trials.size(); ++i) {
      const TrialResult samples = Unflatten(flat[i]);
      if (!samples.empty()) result.Add(run.trials[i].group, samples);
    }
    run.results.push_back(std::move(result));
  }
  return run;
}

}  // namespace muster::gauntlet
