#include "bench/gauntlet/report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "src/sim/scorer.h"

namespace muster::gauntlet {
namespace {

std::string JsonNumber(double value) {
  if (std::isnan(value)) return "null";
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

// Names here hold nothing that JSON would need escaped.
std::string Quoted(const std::string& text) { return "\"" + text + "\""; }

}  // namespace

std::string FigureText(double value) {
  if (std::isnan(value)) return "-";
  char text[32];
  const double size = std::fabs(value);
  const char* format = size >= 1000 || value == std::floor(value) ? "%.0f"
                       : size >= 10                               ? "%.1f"
                                                                  : "%.2f";
  std::snprintf(text, sizeof text, format, value);
  return text;
}

void ModeResult::Add(int group, const TrialResult& result) {
  const size_t index = static_cast<size_t>(group);
  if (samples_.size() <= index) {
    samples_.resize(index + 1);
    trials_.resize(index + 1, 0);
  }
  ++trials_[index];
  if (samples_[index].size() < result.size()) samples_[index].resize(result.size());
  for (size_t metric = 0; metric < result.size(); ++metric) {
    std::vector<double>& into = samples_[index][metric];
    into.insert(into.end(), result[metric].begin(), result[metric].end());
  }
}

std::vector<double> ModeResult::Of(int group, int metric) const {
  const size_t g = static_cast<size_t>(group);
  const size_t m = static_cast<size_t>(metric);
  if (g >= samples_.size() || m >= samples_[g].size()) return {};
  return samples_[g][m];
}

int ModeResult::trials(int group) const {
  const size_t g = static_cast<size_t>(group);
  return g < trials_.size() ? trials_[g] : 0;
}

double Value(const ModeResult& result, const Figure& figure) {
  const sim::Samples samples(result.Of(figure.group, figure.metric));
  if (samples.size() == 0) return std::nan("");
  switch (figure.aggregate) {
    case Aggregate::kMedian:
      return samples.Quantile(0.5);
    case Aggregate::kP99:
      return samples.Quantile(0.99);
    case Aggregate::kP999:
      return samples.Quantile(0.999);
    case Aggregate::kMax:
      return samples.Max();
    case Aggregate::kMean:
      return samples.Mean();
    case Aggregate::kSum:
      break;
  }
  return samples.Sum();
}

std::vector<double> Flatten(const TrialResult& result) {
  std::vector<double> flat;
  for (const std::vector<double>& metric : result) {
    flat.push_back(static_cast<double>(metric.size()));
    flat.insert(flat.end(), metric.begin(), metric.end());
  }
  return flat;
}

TrialResult Unflatten(const std::vector<double>& values) {
  TrialResult result;
  for (size_t at = 0; at < values.size();) {
    const size_t size = static_cast<size_t>(values[at++]);
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(at);
    result.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(size));
    at += size;
  }
  return result;
}

double Limit(const Figure& figure, Mode mode, double swim, Duration tolerance) {
  const Target& target = figure.target;
  if (!std::isnan(target.swim_share)) return target.swim_share * swim;
  if (mode == Mode::kMusterF) return target.f;
  if (mode != Mode::kMusterE) return std::nan("");
  if (!std::isnan(target.over_tolerance)) {
    return static_cast<double>(tolerance.micros()) / 1e6 + target.over_tolerance;
  }
  return target.e;
}

double ScenarioReport::ValueOf(Mode mode, const Figure& figure) const {
  for (size_t i = 0; i < modes_.size(); ++i) {
    if (modes_[i] == mode) return Value(results_[i], figure);
  }
  return std::nan("");
}

bool ScenarioReport::HasSamples(const Figure& figure) const {
  for (const ModeResult& result : results_) {
    if (result.trials(figure.group) > 0) return true;
  }
  return false;
}

int ScenarioReport::MembersOf(int group) const {
  for (const Trial& trial : trials_) {
    if (trial.group == group) return trial.members;
  }
  return 1;
}

std::vector<Outcome> ScenarioReport::OutcomesOf(const Figure& figure) const {
  std::vector<Outcome> outcomes;
  for (const Mode mode : {Mode::kMusterE, Mode::kMusterF}) {
    if (std::find(modes_.begin(), modes_.end(), mode) == modes_.end()) continue;
    Outcome outcome;
    outcome.scenario = scenario_.id;
    outcome.figure = figure.what;
    outcome.members = MembersOf(figure.group);
    outcome.mode = mode;
    const Duration tolerance = ToleranceOf(mode, scenario_.constants, outcome.members);
    outcome.limit = Limit(figure, mode, ValueOf(Mode::kSwim, figure), tolerance);
    if (std::isnan(outcome.limit)) continue;
    outcome.value = ValueOf(mode, figure);
    outcome.is_met = outcome.value <= outcome.limit;  // no samples: not met
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

std::vector<Outcome> ScenarioReport::Outcomes() const {
  std::vector<Outcome> all;
  for (const Figure& figure : scenario_.figures) {
    if (!HasSamples(figure)) continue;
    for (Outcome& outcome : OutcomesOf(figure)) all.push_back(std::move(outcome));
  }
  return all;
}

Verdict ScenarioReport::Judge(const Figure& figure) const {
  Verdict verdict;
  for (const Outcome& outcome : OutcomesOf(figure)) {
    ++(outcome.is_met ? verdict.met : verdict.missed);
    if (!verdict.text.empty()) verdict.text += ", ";
    verdict.text += outcome.mode == Mode::kMusterE ? "E " : "F ";
    verdict.text += "<= " + FigureText(outcome.limit) + (outcome.is_met ? " met" : " NOT MET");
  }
  return verdict;
}

std::string ScenarioReport::ToleranceRow(int members) const {
  std::string text = "| tolerance or shortest suspicion, s | " + std::to_string(members) + " |";
  for (const Mode mode : modes_) {
    const Duration tolerance = ToleranceOf(mode, scenario_.constants, members);
    text += " " + FigureText(static_cast<double>(tolerance.micros()) / 1e6) + " |";
  }
  return text + " |\n";
}

std::string ScenarioReport::Cell(size_t mode, const Figure& figure) const {
  std::string text = FigureText(Value(results_[mode], figure));
  if (figure.aggregate != Aggregate::kMean) return text;
  const sim::Samples samples(results_[mode].Of(figure.group, figure.metric));
  if (samples.size() > 1) text += " +- " + FigureText(samples.MeanError());
  return text;
}

std::string ScenarioReport::Table() const {
  std::string text = "\n### " + scenario_.id + ": " + scenario_.about + "\n\n| figure | N, runs |";
  for (const Mode mode : modes_) text += std::string(" ") + ModeName(mode) + " |";
  text += " target |\n|---|---|";
  for (size_t i = 0; i <= modes_.size(); ++i) text += "---|";
  text += "\n";
  int members = 0;
  for (const Figure& figure : scenario_.figures) {
    if (!HasSamples(figure)) continue;
    if (MembersOf(figure.group) != members) {
      members = MembersOf(figure.group);
      text += ToleranceRow(members);
    }
    int trials = 0;
    for (const ModeResult& result : results_)
      trials = std::max(trials, result.trials(figure.group));
    text += "| " + figure.what + " | " + std::to_string(MembersOf(figure.group)) + ", " +
            std::to_string(trials) + " |";
    for (size_t i = 0; i < modes_.size(); ++i) text += " " + Cell(i, figure) + " |";
    text += " " + Judge(figure).text + " |\n";
  }
  return text;
}

std::string ScenarioReport::Json() const {
  std::string text = "{\"id\": " + Quoted(scenario_.id) + ", \"figures\": [";
  bool is_first = true;
  for (const Figure& figure : scenario_.figures) {
    if (!HasSamples(figure)) continue;
    text += is_first ? "\n" : ",\n";
    is_first = false;
    const Verdict verdict = Judge(figure);
    text += "  {\"what\": " + Quoted(figure.what) +
            ", \"members\": " + std::to_string(MembersOf(figure.group));
    for (const Mode mode : modes_) {
      text += ", " + Quoted(ModeName(mode)) + ": " + JsonNumber(ValueOf(mode, figure));
    }
    for (const Outcome& outcome : OutcomesOf(figure)) {
      text += std::string(", \"limit-") + (outcome.mode == Mode::kMusterE ? "E" : "F") +
              "\": " + JsonNumber(outcome.limit);
    }
    text += ", \"met\": " + std::to_string(verdict.met) +
            ", \"missed\": " + std::to_string(verdict.missed) + "}";
  }
  return text + "]}";
}

int ScenarioReport::met() const {
  int sum = 0;
  for (const Figure& figure : scenario_.figures) {
    if (HasSamples(figure)) sum += Judge(figure).met;
  }
  return sum;
}

int ScenarioReport::missed() const {
  int sum = 0;
  for (const Figure& figure : scenario_.figures) {
    if (HasSamples(figure)) sum += Judge(figure).missed;
  }
  return sum;
}

}  // namespace muster::gauntlet
