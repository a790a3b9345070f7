#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "bench/cluster/figures.h"

namespace muster::bench {
namespace {

const char* VerdictText(Row::Verdict verdict) {
  switch (verdict) {
    case Row::Verdict::kMet:
      return "met";
    case Row::Verdict::kMissed:
      return "NOT MET";
    case Row::Verdict::kNoTarget:
      return "-";
    case Row::Verdict::kFailed:
      return "FAILED";
  }
  return "";
}

std::string Line(const Row& row) {
  return absl::StrCat("| ", row.figure, " | ", row.target, " | ", row.measured, " | ",
                      VerdictText(row.verdict), " | ", row.serf, " |\n");
}

}  // namespace

void Report::Add(Row row) {
  std::fputs(Line(row).c_str(), stderr);
  rows_.push_back(std::move(row));
}

void Report::AddFailure(const std::string& figure, const absl::Status& why) {
  Add({figure, "", absl::StrCat("could not be measured: ", std::string(why.message())), "",
       Row::Verdict::kFailed});
}

void Report::Print() const {
  std::string table =
      "| figure | to reach | measured | verdict | Serf 0.9.4 |\n|---|---|---|---|---|\n";
  for (const Row& row : rows_) absl::StrAppend(&table, Line(row));
  std::fputs(table.c_str(), stdout);
  std::fflush(stdout);
}

bool Report::all_met() const {
  return std::all_of(rows_.begin(), rows_.end(), [](const Row& row) {
    return row.verdict == Row::Verdict::kMet || row.verdict == Row::Verdict::kNoTarget;
  });
}

const std::vector<Figure>& AllFigures() {
  static const std::vector<Figure>* figures = new std::vector<Figure>{
      {"start", "agents started together, one seed: all see all", MeasureStart},
      {"detect", "SIGKILL known at all others, lan", MeasureDetection},
      {"detect-local", "SIGKILL known at all others, local", MeasureDetectionLocal},
      {"leave", "graceful leave known at all others", MeasureLeave},
      {"restart", "restart from disk, alive at all others", MeasureRestart},
      {"idle", "memory, CPU, switches and traffic of idle agents", MeasureIdle},
      {"loss-lan", "false failures at 30 % packet loss, lan", MeasureLossLan},
      {"loss-local", "false failures at 30 % packet loss, local", MeasureLossLocal},
      {"pauses", "4 agents stopped 8 s, run 0.25 s, again and again", MeasurePauses},
  };
  return *figures;
}

}  // namespace muster::bench
