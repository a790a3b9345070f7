#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace muster::bench {

// One line of the table.
struct Row {
  enum class Verdict { kMet, kMissed, kNoTarget, kFailed };
  std::string figure;
  std::string target;
  std::string measured;
  std::string beside;  // what it compares with
  Verdict verdict = Verdict::kNoTarget;
};

class Report {
 public:
  // `beside` heads the last column.
  explicit Report(std::string beside) : beside_(std::move(beside)) {}

  // Prints the row on stderr at once, and keeps it.
  void Add(Row row);
  // A figure that could not be measured; counts as missed.
  void AddFailure(const std::string& figure, const absl::Status& why);
  // The whole table, to stdout.
  void Print() const;
  bool all_met() const;

 private:
  const std::string beside_;
  std::vector<Row> rows_;
};

}  // namespace muster::bench
