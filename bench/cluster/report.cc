#include "bench/cluster/report.h"

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"

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
                      VerdictText(row.verdict), " | ", row.beside, " |\n");
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
  std::string table = absl::StrCat("| figure | to reach | measured | verdict | ", beside_,
                                   " |\n|---|---|---|---|---|\n");
  for (const Row& row : rows_) absl::StrAppend(&table, Line(row));
  std::fputs(table.c_str(), stdout);
  std::fflush(stdout);
}

bool Report::all_met() const {
  return std::all_of(rows_.begin(), rows_.end(), [](const Row& row) {
    return row.verdict == Row::Verdict::kMet || row.verdict == Row::Verdict::kNoTarget;
  });
}

}  // namespace muster::bench
