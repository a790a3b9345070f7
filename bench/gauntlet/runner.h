#pragma once

#include <string>
#include <vector>

#include "bench/gauntlet/report.h"
#include "bench/gauntlet/scenario.h"

namespace muster::gauntlet {

struct RunOptions {
  Scale scale = Scale::kSmoke;
  int processes = 2;
  int every = 1;        // only each so-manieth run of a scenario
  int members_max = 0;  // no runs of more members; 0: all
};

// A scenario and what it yielded, a result a mode.
struct ScenarioRun {
  Scenario scenario;
  std::vector<Trial> trials;
  std::vector<ModeResult> results;
};

// The scenarios of these ids, in the order of their numbers; no id: all. False if there is none of
// some id, which is then in `*unknown`.
bool ChooseScenarios(const std::vector<std::string>& ids, std::vector<Scenario>* chosen,
                     std::string* unknown);

// Runs all trials in all modes, in processes of their own; progress goes to a terminal's standard
// error. `label` stands in front of it.
ScenarioRun RunScenario(const Scenario& scenario, const std::vector<Mode>& modes,
                        const RunOptions& options, const std::string& label = "");

}  // namespace muster::gauntlet
