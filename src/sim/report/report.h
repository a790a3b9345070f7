#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/sim/report/plot.h"

namespace muster::sim {

enum class Tone : uint8_t { kPlain, kGood, kBad };

struct ReportCell {
  ReportCell(std::string cell_text, Tone cell_tone = Tone::kPlain)  // NOLINT: implicit on purpose
      : text(std::move(cell_text)), tone(cell_tone) {}
  ReportCell(const char* cell_text)
      : text(cell_text), tone(Tone::kPlain) {}  // NOLINT: implicit on purpose

  std::string text;
  Tone tone;
};

// A table with a row of headings. Columns of numbers are aligned to the right.
struct ReportTable {
  std::vector<std::string> headings;
  std::vector<std::vector<ReportCell>> rows;
};

// A page for a browser, complete in one file: tables and plots under headings, no script, nothing
// fetched from elsewhere. The same calls give the same bytes. All texts are escaped.
class Report {
 public:
  explicit Report(std::string title) : title_(std::move(title)) {}

  // What is added next stands under this heading.
  void Section(std::string_view title);
  void Paragraph(std::string_view text);
  // As it is, in letters of one width: a command line, a file.
  void Verbatim(std::string_view text);
  void Add(const ReportTable& table);
  void Add(const Plot& plot);
  std::string Html() const;

 private:
  std::string title_;
  std::vector<std::string> sections_;  // titles, for the list at the top
  std::string body_;
};

}  // namespace muster::sim
