#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace muster::bench {

// What the command line asks for.
struct Settings {
  size_t agents = 0;  // 0: the sizes of the table
  int kills = 30;     // crashes per detection figure
  int repeats = 5;    // starts, leaves and restarts per figure
  std::string serf;   // path of a serf binary to run beside the idle agents; empty: none
};

// One line of the table.
struct Row {
  enum class Verdict { kMet, kMissed, kNoTarget, kFailed };
  std::string figure;
  std::string target;
  std::string measured;
  std::string serf;  // of research on Serf 0.9.4 on the same kind of machine; medians
  Verdict verdict = Verdict::kNoTarget;
};

class Report {
 public:
  // Prints the row on stderr at once, and keeps it.
  void Add(Row row);
  // A figure that could not be measured; counts as missed.
  void AddFailure(const std::string& figure, const absl::Status& why);
  // The whole table, to stdout.
  void Print() const;
  bool all_met() const;

 private:
  std::vector<Row> rows_;
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
