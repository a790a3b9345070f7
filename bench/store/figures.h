#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/cluster/report.h"
#include "bench/store/place.h"

namespace muster::bench {

// What the command line asks for.
struct Settings {
  size_t rows = 0;    // 0: the sizes of the table
  int repeats = 5;    // starts per figure
  size_t agents = 6;  // per back end, where agents are measured at rest
};

using Places = std::vector<std::unique_ptr<Place>>;

// A part of the table that is measured in one go.
struct Figure {
  const char* name;
  const char* what;
  std::function<void(const Settings&, const Places&, Report*)> run;
};

const std::vector<Figure>& AllFigures();

// The parts, one function a file.
void MeasureCost(const Settings& settings, const Places& places, Report* report);
void MeasureIdle(const Settings& settings, const Places& places, Report* report);
void MeasureStart(const Settings& settings, const Places& places, Report* report);
void MeasureFrozen(const Settings& settings, const Places& places, Report* report);

}  // namespace muster::bench
