#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bench/cluster/report.h"

namespace muster::bench {

// What the command line asks for.
struct Settings {
  size_t agents = 0;  // 0: the sizes of the table
  int kills = 30;     // crashes per detection figure
  int repeats = 5;    // starts, leaves and restarts per figure
  std::string serf;   // path of a serf binary to run beside the idle agents; empty: none
};

// A part of the table that is measured in one go.
struct Figure {
  const char* name;
  const char* what;
  std::function<void(const Settings&, Report*)> run;
};

const std::vector<Figure>& AllFigures();

// The parts, one function a file.
void MeasureStart(const Settings& settings, Report* report);
void MeasureDetection(const Settings& settings, Report* report);
void MeasureDetectionLocal(const Settings& settings, Report* report);
void MeasureLeave(const Settings& settings, Report* report);
void MeasureRestart(const Settings& settings, Report* report);
void MeasureIdle(const Settings& settings, Report* report);
void MeasureLossLan(const Settings& settings, Report* report);
void MeasureLossLocal(const Settings& settings, Report* report);
void MeasurePauses(const Settings& settings, Report* report);

}  // namespace muster::bench
