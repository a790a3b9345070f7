#include "src/cli/failure.h"

#include "src/cli/text.h"

namespace muster::cli {

std::string FormatFailure(const Failure& failure) {
  std::string text = "error: " + TerminalSafe(failure.what) + "\n";
  if (!failure.fact.empty()) text += "  " + TerminalSafe(failure.fact) + "\n";
  if (!failure.remedy.empty()) text += "  try: " + TerminalSafe(failure.remedy) + "\n";
  return text;
}

}  // namespace muster::cli
