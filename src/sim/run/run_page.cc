#include "src/sim/run/run_page.h"

#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "src/sim/report/report.h"
#include "src/sim/scorer.h"

namespace muster::sim {
namespace {

constexpr size_t kGuidesMax = 12;
constexpr size_t kRowsMax = 200;

double Seconds(Duration span) { return static_cast<double>(span.micros()) / 1e6; }

std::string Time(double seconds) {
  return seconds < 0 ? "not within the run" : absl::StrFormat("%.2f s", seconds);
}

bool IsDeath(const Spread& spread) {
  return spread.deed == Deed::kCrash || spread.deed == Deed::kPowerOff;
}

// The first actions; more would hide the curves.
void AddGuides(const Plan& plan, Plot* plot) {
  for (size_t i = 0; i < plan.actions.size() && i < kGuidesMax; ++i) {
    plot->Add(Guide{Seconds(plan.actions[i].at), DeedName(plan.actions[i].deed)});
  }
}

ReportCell Count(uint64_t count) {
  return {absl::StrCat(count), count == 0 ? Tone::kGood : Tone::kBad};
}

void AddFigures(const Plan& plan, const RunResult& result, Report* report) {
  ReportTable table;
  table.headings = {"figure", "value"};
  table.rows.push_back({"members", absl::StrCat(plan.members)});
  table.rows.push_back({"tolerance", absl::StrCat(Seconds(plan.options.tolerance), " s")});
  table.rows.push_back({"loss", absl::StrCat(plan.loss_ppm / 1e4, " %")});
  table.rows.push_back(
      {"all had met after", result.met ? Time(result.meeting) : "not within 2 min"});
  table.rows.push_back({"false failures", Count(result.false_failures)});
  table.rows.push_back(
      {"failures of members that were disturbed", absl::StrCat(result.disturbed_failures)});
  table.rows.push_back({"suspicions", absl::StrCat(result.suspicions)});
  table.rows.push_back(
      {"bytes a member and second, mean", absl::StrFormat("%.1f", result.bytes_mean)});
  table.rows.push_back({"... p99 of 1-s windows", absl::StrFormat("%.0f", result.bytes_p99)});
  table.rows.push_back(
      {"packets a member and second", absl::StrFormat("%.2f", result.packets_mean)});
  table.rows.push_back({"all views equal after the last event", Time(result.converged)});
  table.rows.push_back({"rules of the protocol that were broken", Count(result.broken_rules)});
  report->Add(table);
}

void AddSpreads(const RunResult& result, Report* report) {
  ReportTable table;
  table.headings = {"at", "member", "event", "first knew", "all knew"};
  for (const Spread& spread : result.spreads) {
    if (table.rows.size() == kRowsMax) break;
    table.rows.push_back({absl::StrFormat("%.2f s", spread.at), absl::StrCat("n", spread.member),
                          DeedName(spread.deed), Time(spread.first), Time(spread.all)});
  }
  report->Add(table);
  if (result.spreads.size() > kRowsMax) {
    report->Paragraph(absl::StrCat("The first ", kRowsMax, " of ", result.spreads.size(), "."));
  }
}

Plot DetectionPlot(const Plan& plan, const RunResult& result) {
  std::vector<double> first;
  std::vector<double> all;
  for (const Spread& spread : result.spreads) {
    if (!IsDeath(spread)) continue;
    first.push_back(spread.first < 0 ? std::nan("") : spread.first);
    all.push_back(spread.all < 0 ? std::nan("") : spread.all);
  }
  Plot plot("Detection of crashes", {"seconds after the crash", Scale::kLinear, 0},
            {"share of crashes", Scale::kLinear, 0, 1});
  plot.Add(Series{"first member that knew", Mark::kStep, DistributionOf(std::move(first))});
  plot.Add(Series{"all members", Mark::kStep, DistributionOf(std::move(all))});
  plot.Add(Guide{Seconds(plan.options.tolerance), "tolerance"});
  return plot;
}

Plot SizePlot(const Plan& plan, const RunResult& result) {
  Plot plot("Membership size, as each member sees it", {"seconds"}, {"members shown as up"});
  Series sizes{"one or more members", Mark::kPoints, {}};
  for (const RunResult::SizeSeen& seen : result.sizes_seen) {
    sizes.points.push_back({seen.at, static_cast<double>(seen.size)});
  }
  plot.Add(std::move(sizes));
  AddGuides(plan, &plot);
  return plot;
}

Plot BytesPlot(const Plan& plan, const RunResult& result) {
  Plot plot("Bytes sent a member and second", {"seconds"}, {"bytes", Scale::kLinear, 0});
  Series bytes{"mean of the members that run", Mark::kLine, {}};
  for (size_t i = 0; i < result.bytes_by_second.size(); ++i) {
    bytes.points.push_back({static_cast<double>(i + 1), result.bytes_by_second[i]});
  }
  plot.Add(std::move(bytes));
  AddGuides(plan, &plot);
  return plot;
}

}  // namespace

std::string PageOf(const Plan& plan, const RunResult& result, const std::string& command) {
  Report report(absl::StrCat("muster sim: ", plan.members, " members, seed ", plan.seed));
  report.Verbatim(command);
  report.Section("Figures");
  AddFigures(plan, result, &report);
  if (!result.spreads.empty()) {
    report.Section("Events");
    AddSpreads(result, &report);
  }
  report.Section("Plots");
  report.Add(DetectionPlot(plan, result));
  report.Add(SizePlot(plan, result));
  report.Add(BytesPlot(plan, result));
  return report.Html();
}

}  // namespace muster::sim
