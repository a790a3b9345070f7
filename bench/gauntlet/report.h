#pragma once

#include <string>
#include <vector>

#include "bench/gauntlet/mode.h"
#include "bench/gauntlet/scenario.h"
#include "src/sim/report/report.h"

namespace muster::gauntlet {

// The samples of one scenario in one mode: [group][metric].
class ModeResult {
 public:
  void Add(int group, const TrialResult& result);
  // Empty where nothing was sampled.
  std::vector<double> Of(int group, int metric) const;
  int trials(int group) const;

 private:
  std::vector<std::vector<std::vector<double>>> samples_;
  std::vector<int> trials_;
};

double Value(const ModeResult& result, const Figure& figure);
// Trials as flat numbers, to cross from one process to another.
std::vector<double> Flatten(const TrialResult& result);
TrialResult Unflatten(const std::vector<double>& values);

// What Muster is to reach in one profile, as a number; NaN where there is no target.
double Limit(const Figure& figure, Mode mode, double swim, Duration tolerance);

struct Verdict {
  std::string text;  // "E met, F NOT MET 3.1 > 2.7"; empty without a target
  int met = 0;
  int missed = 0;
};

// A figure of Muster that has a target.
struct Outcome {
  std::string scenario;
  std::string figure;
  int members = 0;
  Mode mode = Mode::kMusterE;
  double value = 0;  // NaN without samples: not met
  double limit = 0;
  bool is_met = false;
};

std::string FigureText(double value);

// One scenario in all modes that ran; prints its table and adds up its verdicts.
class ScenarioReport {
 public:
  ScenarioReport(const Scenario& scenario, const std::vector<Mode>& modes,
                 const std::vector<ModeResult>& results, const std::vector<Trial>& trials)
      : scenario_(scenario), modes_(modes), results_(results), trials_(trials) {}
  // The table, in Markdown, which a terminal shows well enough.
  std::string Table() const;
  // The same as one JSON object.
  std::string Json() const;
  // The same as a table of a page, and its plots, if any.
  void AddTo(sim::Report* page) const;
  std::vector<Outcome> Outcomes() const;
  int met() const;
  int missed() const;

 private:
  // NaN where the mode did not run.
  double ValueOf(Mode mode, const Figure& figure) const;
  bool HasSamples(const Figure& figure) const;
  int MembersOf(int group) const;
  std::string ToleranceRow(int members) const;
  // With half of the 95 % confidence interval, where the figure is a mean of several samples.
  std::string Cell(size_t mode, const Figure& figure) const;
  std::vector<Outcome> OutcomesOf(const Figure& figure) const;
  Verdict Judge(const Figure& figure) const;
  // "N = 128, loss 1 %": what tells this group's plots from others.
  std::string NameOf(int group) const;
  std::vector<int> Groups() const;
  void AddDetections(sim::Report* page) const;
  void AddErrors(sim::Report* page) const;
  void AddSizes(sim::Report* page) const;
  void AddBytes(sim::Report* page) const;

  const Scenario& scenario_;
  const std::vector<Mode>& modes_;
  const std::vector<ModeResult>& results_;
  const std::vector<Trial>& trials_;
};

}  // namespace muster::gauntlet
