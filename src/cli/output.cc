#include "src/cli/output.h"

#include <algorithm>
#include <utility>

namespace muster::cli {
namespace {

const char* Escape(Paint paint) {
  switch (paint) {
    case Paint::kGood:
      return "\x1b[32m";
    case Paint::kWarning:
      return "\x1b[33m";
    case Paint::kBad:
      return "\x1b[31m";
    case Paint::kFaint:
      return "\x1b[2m";
    case Paint::kBold:
      return "\x1b[1m";
    case Paint::kNone:
      break;
  }
  return "";
}

std::string WithLineEnd(std::string_view line) {
  std::string text(line);
  if (!text.ends_with('\n')) text += '\n';
  return text;
}

// Columns that `text` takes: its code points. Names and addresses are ASCII; only the last column,
// which is not padded, may hold more.
size_t Width(std::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<uint8_t>(c) & 0xc0) != 0x80; }));
}

}  // namespace

Output::Output(OutputOptions options, Terminal terminal, Writer writer)
    : options_(options), terminal_(terminal), writer_(std::move(writer)) {
  color_ = options.color == ColorMode::kAlways ||
           (options.color == ColorMode::kAuto && terminal.stdout_is_terminal && !terminal.no_color);
}

void Output::Data(std::string_view text) {
  if (data_written_) data_written_ = writer_(Stream::kData, text);
}

void Output::DataLine(std::string_view line) { Data(WithLineEnd(line)); }

void Output::Talk(std::string_view line) {
  if (!options_.quiet) writer_(Stream::kTalk, WithLineEnd(line));
}

void Output::Detail(std::string_view line) {
  if (options_.verbose) writer_(Stream::kTalk, WithLineEnd(line));
}

ExitCode Output::Fail(const Failure& failure) {
  writer_(Stream::kTalk, FormatFailure(failure));
  return failure.exit;
}

std::string Output::Painted(Paint paint, std::string_view text) const {
  if (!color_ || paint == Paint::kNone || text.empty()) return std::string(text);
  return Escape(paint) + std::string(text) + "\x1b[0m";
}

std::string Table::Render(const Output& output) const {
  std::vector<size_t> widths;
  for (const std::vector<Cell>& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i].text));
  }
  std::string text;
  for (const std::vector<Cell>& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) {
      text += output.Painted(row[i].paint, row[i].text);
      if (i + 1 < row.size()) text.append(widths[i] - Width(row[i].text) + 2, ' ');
    }
    while (text.ends_with(' ')) text.pop_back();
    text += '\n';
  }
  return text;
}

}  // namespace muster::cli
