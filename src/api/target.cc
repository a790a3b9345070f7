#include "src/api/target.h"

#include <algorithm>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "src/base/strings.h"

namespace muster::api {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> Decode(std::string_view text, bool plus_is_blank) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = HexDigit(text[i + 1]);
      const int low = HexDigit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_blank) {
      c = ' ';
    }
    if (c == '\0') return std::nullopt;
    out.push_back(c);
  }
  return out;
}

absl::Status Bad(std::string_view part) {
  return absl::InvalidArgumentError(
      absl::StrCat("'", ToAbsl(part.substr(0, 200)), "' is not a valid part of a URL"));
}

absl::Status ParsePath(std::string_view text, Target* target) {
  if (text.empty() || text.front() != '/') return Bad(text);
  while (!text.empty()) {
    text.remove_prefix(1);
    const std::string_view segment = text.substr(0, text.find('/'));
    text.remove_prefix(segment.size());
    if (segment.empty() && text.empty()) break;
    std::optional<std::string> decoded = Decode(segment, false);
    if (!decoded) return Bad(segment);
    target->path.push_back(*std::move(decoded));
  }
  return absl::OkStatus();
}

absl::Status ParseQuery(std::string_view text, Target* target) {
  while (!text.empty()) {
    const std::string_view parameter = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), parameter.size() + 1));
    if (parameter.empty()) continue;
    if (target->query.size() == Target::kParametersMax) {
      return absl::InvalidArgumentError(
          absl::StrCat("more than ", Target::kParametersMax, " parameters"));
    }
    const size_t equals = parameter.find('=');
    std::optional<std::string> key = Decode(parameter.substr(0, equals), true);
    std::optional<std::string> value =
        equals == std::string_view::npos ? "" : Decode(parameter.substr(equals + 1), true);
    if (!key || !value) return Bad(parameter);
    target->query.emplace_back(*std::move(key), *std::move(value));
  }
  return absl::OkStatus();
}

}  // namespace

const std::string* Target::Find(std::string_view key) const {
  for (const auto& [name, value] : query) {
    if (name == key) return &value;
  }
  return nullptr;
}

absl::StatusOr<Target> Target::Parse(std::string_view text) {
  Target target;
  const std::string_view path = text.substr(0, text.find('?'));
  if (absl::Status status = ParsePath(path, &target); !status.ok()) return status;
  if (path.size() < text.size()) {
    absl::Status status = ParseQuery(text.substr(path.size() + 1), &target);
    if (!status.ok()) return status;
  }
  return target;
}

}  // namespace muster::api
