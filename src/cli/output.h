#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "src/cli/exit_codes.h"
#include "src/cli/failure.h"

namespace muster::cli {

enum class Format { kTable, kWide, kJson, kJsonl, kName };
enum class ColorMode { kAuto, kAlways, kNever };

// How to print; from the global flags.
struct OutputOptions {
  Format format = Format::kTable;
  bool no_headers = false;  // no summary line either, rows only
  ColorMode color = ColorMode::kAuto;
  bool quiet = false;    // no talk on standard error, errors only
  bool verbose = false;  // details on standard error
};

// What standard output and the environment are like.
struct Terminal {
  bool stdout_is_terminal = false;
  bool no_color = false;  // NO_COLOR is set and not empty
};

enum class Paint { kNone, kGood, kWarning, kBad, kFaint, kBold };

// Data goes to standard output, talk to standard error. Everything is written at once, in whole
// lines, so that an interrupted command leaves no half line. Callers escape what comes from outside
// (TerminalSafe); Failures are escaped here.
class Output {
 public:
  enum class Stream { kData, kTalk };
  // False when the text could not be written.
  using Writer = std::function<bool(Stream, std::string_view)>;

  Output(OutputOptions options, Terminal terminal, Writer writer);

  Format format() const { return options_.format; }
  bool headers() const { return !options_.no_headers; }
  bool is_terminal() const { return terminal_.stdout_is_terminal; }

  void Data(std::string_view text);      // as it is
  void DataLine(std::string_view line);  // with a line end, unless there is one
  void Talk(std::string_view line);      // unless quiet
  void Detail(std::string_view line);    // only when verbose
  // Prints the failure, quiet or not, and returns its exit code.
  ExitCode Fail(const Failure& failure);

  // `text` in that colour, when colours are on.
  std::string Painted(Paint paint, std::string_view text) const;

  // False once data could not be written: a full disk, a closed pipe.
  bool data_written() const { return data_written_; }

 private:
  OutputOptions options_;
  Terminal terminal_;
  Writer writer_;
  bool color_ = false;
  bool data_written_ = true;
};

// Rows of cells in columns, two spaces apart, each as wide as its widest cell; the last column is
// not padded.
class Table {
 public:
  struct Cell {
    std::string text;  // escaped already
    Paint paint = Paint::kNone;
  };

  void AddRow(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  std::string Render(const Output& output) const;

 private:
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace muster::cli
