#include "src/sim/report/text.h"

#include <cmath>
#include <iterator>

#include "absl/strings/str_format.h"

namespace muster::sim {

std::string EscapeHtml(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default: {
        const auto byte = static_cast<unsigned char>(c);
        const bool is_control = (byte < 0x20 && c != '\t' && c != '\n') || byte == 0x7f;
        if (is_control) {
          escaped += "\xef\xbf\xbd";
        } else {
          escaped += c;
        }
      }
    }
  }
  return escaped;
}

std::string FormatNumber(double value) {
  if (!std::isfinite(value)) return "-";
  if (value == 0) return "0";  // also for minus zero
  constexpr const char* kUnits[] = {"", "k", "M", "G", "T"};
  size_t unit = 0;
  if (std::fabs(value) >= 10'000) {
    while (std::fabs(value) >= 1000 && unit + 1 < std::size(kUnits)) {
      value /= 1000;
      ++unit;
    }
  }
  return absl::StrFormat("%.6g%s", value, kUnits[unit]);
}

}  // namespace muster::sim
