#include "src/agent/failure.h"

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "src/base/strings.h"

namespace muster::agent {

absl::Status UsageError(std::string_view what, std::string_view fact, std::string_view remedy) {
  return absl::InvalidArgumentError(
      absl::StrCat(ToAbsl(what), "\n", ToAbsl(fact), "\n", ToAbsl(remedy)));
}

std::string FormatFailure(std::string_view message) {
  constexpr const char* kPrefix[] = {"error: ", "\n  ", "\n  try: "};
  std::string text;
  for (int line = 0; line < 3 && (line == 0 || !message.empty()); ++line) {
    const size_t end = line == 2 ? std::string_view::npos : message.find('\n');
    std::string part(message.substr(0, end));
    message = end == std::string_view::npos ? std::string_view() : message.substr(end + 1);
    std::replace(part.begin(), part.end(), '\n', ' ');
    std::replace_if(
        part.begin(), part.end(),
        [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; }, '?');
    if (line == 0 || !part.empty()) text += kPrefix[line] + part;
  }
  return text + "\n";
}

void PrintFailure(const absl::Status& status) {
  std::fputs(FormatFailure(ToStd(status.message())).c_str(), stderr);
}

}  // namespace muster::agent
