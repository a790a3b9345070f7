// Do the models reproduce what the papers print? A row for each figure; README.md of this folder.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "bench/baselines/forked.h"
#include "bench/baselines/formulas.h"
#include "bench/baselines/lifeguard_runs.h"
#include "bench/baselines/published.h"
#include "bench/baselines/swim_runs.h"
#include "bench/baselines/wire_size.h"

namespace muster::baselines {
namespace {

struct GateOptions {
  int repeats = 1;
  int processes = 2;
  bool is_quick = false;
  std::vector<int> counts() const {
    return is_quick ? std::vector<int>{4, 16, 28} : std::vector<int>{};
  }
};

// Figures of one configuration beside the printed ones.
class Table {
 public:
  void Head(const char* title) {
    std::printf("\n%s\n  %-36s %12s %12s %8s  %s\n", title, "figure", "published", "measured",
                "ratio", "");
  }
  // Met when the ratio lies in [1 / within, within]. A figure that rests on too few samples is
  // shown and not judged.
  void Row(const std::string& name, double published, double measured, double within,
           bool has_enough_samples = true) {
    const double ratio = measured / published;
    const bool is_met = ratio <= within && ratio >= 1 / within;
    const char* verdict = !has_enough_samples ? "too few samples" : is_met ? "met" : "NOT MET";
    missed_ += has_enough_samples && !is_met ? 1 : 0;
    rows_ += has_enough_samples ? 1 : 0;
    std::printf("  %-36s %12.3f %12.3f %8.2f  %s\n", name.c_str(), published, measured, ratio,
                verdict);
    std::fflush(stdout);
  }
  int missed() const { return missed_; }
  int rows() const { return rows_; }

 private:
  int missed_ = 0;
  int rows_ = 0;
};

constexpr double kFigureWithin = 1.15;
constexpr double kCountWithin = 2.0;
// False positives at healthy members come in bursts of about a hundred, one a rumour that wins.
constexpr double kEventsEnough = 1000;
constexpr size_t kTailSamplesEnough = 1000;  // for p99.9

MemberlistOptions Configuration(size_t index) {
  switch (index) {
    case 0:
      return MemberlistOptions::PaperSwim();
    case 1:
      return MemberlistOptions::PaperLhaProbe();
    case 2:
      return MemberlistOptions::PaperLhaSuspicion();
    case 3:
      return MemberlistOptions::PaperBuddy();
    default:
      return MemberlistOptions::PaperLifeguard(5, 6);
  }
}

double Percentile(std::vector<double> values, double share) {
  if (values.empty()) return std::nan("");
  std::sort(values.begin(), values.end());
  const size_t index = static_cast<size_t>(share * static_cast<double>(values.size()));
  return values[std::min(index, values.size() - 1)];
}

void Interval(const GateOptions& gate, size_t index, Table* table) {
  const std::vector<LifeguardCell> cells = IntervalCells(gate.repeats, gate.counts());
  const MemberlistOptions options = Configuration(index);
  const PublishedInterval& published = kPublishedInterval[index];
  const auto results = RunForked(
      std::string("Interval, ") + published.name, cells.size(), gate.processes, [&](size_t i) {
        const LifeguardRun run = RunInterval(options, cells[i]);
        return std::vector<double>{
            static_cast<double>(run.false_positives),
            static_cast<double>(run.false_positives_healthy), static_cast<double>(run.packets),
            static_cast<double>(run.bytes + run.stream_bytes + run.packets * kHeaderBytes)};
      });
  double sum[4] = {};
  for (const std::vector<double>& result : results) {
    for (size_t k = 0; k < 4; ++k) sum[k] += result[k] / static_cast<double>(results.size());
  }
  const std::string name = published.name;
  const double expected_healthy =
      published.false_positives_healthy * static_cast<double>(cells.size());
  // The published totals by C are read off figures 2 and 3; only two configurations have them.
  const double expected =
      gate.is_quick ? published.false_positives_quick : published.false_positives;
  table->Row(name + ", FP a run", expected, sum[0], kCountWithin);
  table->Row(name + ", FP- a run", published.false_positives_healthy, sum[1], kCountWithin,
             expected_healthy >= kEventsEnough);
  table->Row(name + ", thousand packets a run", published.thousand_packets, sum[2] / 1e3,
             kFigureWithin);
  table->Row(name + ", megabytes a run", published.megabytes, sum[3] / 1e6, kFigureWithin);
}

void Threshold(const GateOptions& gate, size_t index, Table* table) {
  // Anomalies below the shortest suspicion detect nobody; their runs add no latency.
  std::vector<LifeguardCell> cells =
      ThresholdCells(gate.is_quick ? 2 * gate.repeats : 10 * gate.repeats, gate.counts());
  std::erase_if(cells, [](const LifeguardCell& cell) {
    return cell.anomaly < SuspicionMin(5, kLifeguardMembers, Duration::Seconds(1));
  });
  const MemberlistOptions options = Configuration(index);
  const PublishedThreshold& published = kPublishedThreshold[index];
  const auto results = RunForked(
      std::string("Threshold, ") + published.name, cells.size(), gate.processes, [&](size_t i) {
        const LifeguardRun run = RunThreshold(options, cells[i]);
        std::vector<double> out = {static_cast<double>(run.first_detection.size())};
        out.insert(out.end(), run.first_detection.begin(), run.first_detection.end());
        out.insert(out.end(), run.full_dissemination.begin(), run.full_dissemination.end());
        return out;
      });
  std::vector<double> first;
  std::vector<double> full;
  for (const std::vector<double>& result : results) {
    const auto middle = result.begin() + 1 + static_cast<std::ptrdiff_t>(result[0]);
    first.insert(first.end(), result.begin() + 1, middle);
    full.insert(full.end(), middle, result.end());
  }
  constexpr double kShares[] = {0.5, 0.99, 0.999};
  constexpr const char* kNames[] = {"p50", "p99", "p99.9"};
  for (size_t k = 0; k < 3; ++k) {
    table->Row(std::string(published.name) + ", first detection " + kNames[k] + ", s",
               published.first[k], Percentile(first, kShares[k]), kFigureWithin,
               k < 2 || first.size() >= kTailSamplesEnough);
  }
  for (size_t k = 0; k < 3; ++k) {
    table->Row(std::string(published.name) + ", known to all " + kNames[k] + ", s",
               published.full[k], Percentile(full, kShares[k]), kFigureWithin,
               k < 2 || full.size() >= kTailSamplesEnough);
  }
}

void Swim2002(const GateOptions& gate, Table* table) {
  const size_t crashes = gate.is_quick ? 100 : 400;
  const auto load = RunForked("SWIM 2002, load", 11, gate.processes, [](size_t i) {
    const SwimFigures figures = RunSwimLoad(5 + 5 * static_cast<int>(i), i + 1);
    return std::vector<double>{figures.sent_per_period, figures.received_per_period};
  });
  for (const size_t i : {size_t{0}, size_t{5}, size_t{10}}) {
    const std::string name = "messages a period, N = " + std::to_string(5 + 5 * i);
    table->Row(name + ", sent", kSwimMessagesPerPeriod, load[i][0], kFigureWithin);
    table->Row(name + ", received", kSwimMessagesPerPeriod, load[i][1], kFigureWithin);
  }
  const auto runs = RunForked("SWIM 2002, crashes", crashes, gate.processes, [](size_t i) {
    const SwimFigures figures = RunSwimCrash(56, i + 1);
    return std::vector<double>{figures.detection_periods, figures.infection_periods};
  });
  double detection = 0;
  std::vector<double> infection;
  for (const std::vector<double>& run : runs) {
    detection += run[0] / static_cast<double>(runs.size());
    infection.push_back(run[1]);
  }
  table->Row("first detection, mean periods, N = 56", kSwimDetectionPeriods, detection,
             kFigureWithin);
  table->Row("infection of half, median periods, 56", kSwimInfectionPeriods56,
             Percentile(infection, 0.5), kFigureWithin);
  table->Row("suspicion, periods, N = 16", 9, SwimSuspicionPeriods(16), 1.0);
  table->Row("suspicion, periods, N = 32", 12, SwimSuspicionPeriods(32), 1.0);
  table->Row("suspicion, periods, N = 56", 15, SwimSuspicionPeriods(56), 1.0);
}

int Run(const GateOptions& gate) {
  Table table;
  table.Head("SWIM (2002), section 5: T' = 2 s, k = 1");
  Swim2002(gate, &table);
  const size_t configurations[] = {0, 1, 2, 3, 4};
  table.Head("Lifeguard (2018), Threshold, table V: alpha = 5");
  for (const size_t index : configurations) {
    if (!gate.is_quick || index == 0 || index == 4) Threshold(gate, index, &table);
  }
  table.Head(gate.is_quick ? "Lifeguard (2018), Interval, tables IV and VI; C = 4, 16, 28 only"
                           : "Lifeguard (2018), Interval, tables IV and VI: alpha = 5, beta = 6");
  for (const size_t index : configurations) {
    if (!gate.is_quick || index == 0 || index == 4) Interval(gate, index, &table);
  }
  std::printf(
      "\n%d of %d figures met (latencies, packets and bytes within 15 %%, counts of false "
      "positives within a factor of 2)\n",
      table.rows() - table.missed(), table.rows());
  return table.missed() == 0 ? 0 : 1;
}

}  // namespace
}  // namespace muster::baselines

int main(int argc, char** argv) {
  muster::baselines::GateOptions gate;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    if (flag == "--quick") {
      gate.is_quick = true;
    } else if (flag == "--repeats" && i + 1 < argc) {
      gate.repeats = std::max(1, std::atoi(argv[++i]));
    } else if (flag == "--processes" && i + 1 < argc) {
      gate.processes = std::max(1, std::atoi(argv[++i]));
    } else {
      std::fprintf(stderr,
                   "usage: gate [--quick] [--repeats N] [--processes N]\n"
                   "  --quick       C = 4, 16, 28; SWIM and Lifeguard only; about a minute\n"
                   "  --repeats N   of each cell of the Interval grid (default 1, the paper 10)\n"
                   "  --processes N in parallel (default 2)\n");
      return flag == "--help" ? 0 : 2;
    }
  }
  return muster::baselines::Run(gate);
}
