// A scenario as part of a page for a browser; src/sim/report draws.

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "bench/gauntlet/report.h"

namespace muster::gauntlet {
namespace {

using sim::Axis;
using sim::Mark;
using sim::Plot;
using sim::Point;
using sim::Series;

// The first figure of the group whose name holds `part`; null if there is none.
const Figure* FindFigure(const Scenario& scenario, int group, const std::string& part) {
  for (const Figure& figure : scenario.figures) {
    if (figure.group == group && figure.what.find(part) != std::string::npos) return &figure;
  }
  return nullptr;
}

}  // namespace

std::vector<int> ScenarioReport::Groups() const {
  std::vector<int> groups;
  for (const Trial& trial : trials_) groups.push_back(trial.group);
  std::sort(groups.begin(), groups.end());
  groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
  return groups;
}

std::string ScenarioReport::NameOf(int group) const {
  std::string name = "N = " + std::to_string(MembersOf(group));
  // What the names of the group's figures begin with, up to the figure's own words.
  for (const char* word : {" first p50", " all out", ", equal after"}) {
    const Figure* figure = FindFigure(scenario_, group, word);
    if (figure == nullptr) continue;
    const size_t at = figure->what.find(word);
    if (at != 0 && at != std::string::npos) return figure->what.substr(0, at) + ", " + name;
  }
  return name;
}

void ScenarioReport::AddDetections(sim::Report* page) const {
  for (const int group : Groups()) {
    const Figure* figure = FindFigure(scenario_, group, "first p50");
    if (figure == nullptr) continue;
    Plot plot("First detection, " + NameOf(group), {"seconds after the fault"},
              {"share of crashes", sim::Scale::kLinear, 0, 1});
    for (size_t i = 0; i < modes_.size(); ++i) {
      const std::vector<double> samples = results_[i].Of(group, figure->metric);
      if (samples.empty()) continue;
      plot.Add(Series{ModeName(modes_[i]), Mark::kStep, sim::DistributionOf(samples)});
    }
    page->Add(plot);
  }
}

void ScenarioReport::AddErrors(sim::Report* page) const {
  if (scenario_.slow_metric < 0) return;
  Plot plot("False positives over the number of slow members", {"slow members"},
            {"false positives a run, and 1", sim::Scale::kLog});
  for (size_t i = 0; i < modes_.size(); ++i) {
    const std::vector<double> slow = results_[i].Of(0, scenario_.slow_metric);
    const std::vector<double> errors = results_[i].Of(0, 0);
    std::map<double, std::pair<double, int>> sums;
    for (size_t run = 0; run < slow.size(); ++run) {
      sums[slow[run]].first += errors[run];
      ++sums[slow[run]].second;
    }
    Series series{ModeName(modes_[i]), Mark::kLine, {}};
    for (const auto& [members, sum] : sums) {
      series.points.push_back({members, 1 + sum.first / sum.second});
    }
    if (!series.points.empty()) plot.Add(std::move(series));
  }
  page->Add(plot);
}

void ScenarioReport::AddSizes(sim::Report* page) const {
  if (scenario_.sizes_metric < 0) return;
  for (const int group : Groups()) {
    Plot plot("Members shown, by every observer, " + NameOf(group), {"seconds"}, {"members"});
    for (size_t i = 0; i < modes_.size(); ++i) {
      const std::vector<double> pairs = results_[i].Of(group, scenario_.sizes_metric);
      Series series{ModeName(modes_[i]), Mark::kPoints, {}};
      for (size_t at = 0; at + 1 < pairs.size(); at += 2) {
        series.points.push_back({pairs[at], pairs[at + 1]});
      }
      if (!series.points.empty()) plot.Add(std::move(series));
    }
    page->Add(plot);
  }
}

void ScenarioReport::AddBytes(sim::Report* page) const {
  if (FindFigure(scenario_, 0, "sent, B/s mean") == nullptr) return;
  Plot plot("Sent by a member in the mean", {"members", sim::Scale::kLog},
            {"bytes a second", sim::Scale::kLinear, 0});
  for (size_t i = 0; i < modes_.size(); ++i) {
    Series series{ModeName(modes_[i]), Mark::kLine, {}};
    for (const int group : Groups()) {
      const Figure* figure = FindFigure(scenario_, group, "sent, B/s mean");
      const double value = figure == nullptr ? kNone : Value(results_[i], *figure);
      if (!std::isnan(value)) {
        series.points.push_back({static_cast<double>(MembersOf(group)), value});
      }
    }
    if (!series.points.empty()) plot.Add(std::move(series));
  }
  page->Add(plot);
}

void ScenarioReport::AddTo(sim::Report* page) const {
  page->Section(scenario_.id + ": " + scenario_.about);
  sim::ReportTable table;
  table.headings = {"figure", "N, runs"};
  for (const Mode mode : modes_) table.headings.push_back(ModeName(mode));
  table.headings.push_back("target");
  for (const Figure& figure : scenario_.figures) {
    if (!HasSamples(figure)) continue;
    int runs = 0;
    for (const ModeResult& result : results_) runs = std::max(runs, result.trials(figure.group));
    std::vector<sim::ReportCell> row = {
        figure.what, std::to_string(MembersOf(figure.group)) + ", " + std::to_string(runs)};
    for (size_t i = 0; i < modes_.size(); ++i) row.emplace_back(Cell(i, figure));
    const Verdict verdict = Judge(figure);
    const sim::Tone tone = verdict.missed > 0 ? sim::Tone::kBad
                           : verdict.met > 0  ? sim::Tone::kGood
                                              : sim::Tone::kPlain;
    row.emplace_back(verdict.text, tone);
    table.rows.push_back(std::move(row));
  }
  page->Add(table);
  AddDetections(page);
  AddErrors(page);
  AddSizes(page);
  AddBytes(page);
}

}  // namespace muster::gauntlet
