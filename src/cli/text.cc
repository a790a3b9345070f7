#include "src/cli/text.h"

#include <algorithm>
#include <cstdio>

namespace muster::cli {
namespace {

// Length of the UTF-8 sequence at the start of `text` and its code point; length 0 if there is
// none: a stray or missing continuation byte, an overlong form, a surrogate, above U+10FFFF.
struct CodePoint {
  size_t length = 0;
  uint32_t value = 0;
};

CodePoint DecodeUtf8(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return {1, lead};
  const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return {};
  uint32_t value = lead & (0x7fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    value = value << 6 | (byte(i) & 0x3f);
  }
  constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < kLeast[length] || value > 0x10ffff) return {};
  if (value >= 0xd800 && value <= 0xdfff) return {};
  return {length, value};
}

bool IsMisleading(uint32_t c) {
  return c == 0xad || c == 0x61c || c == 0x180e || (c >= 0x200b && c <= 0x200f) ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
         (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe007f);
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The run of digits of `text` from `at`, without leading zeros; moves `at` behind it.
std::string_view TakeNumber(std::string_view text, size_t* at) {
  while (*at < text.size() && text[*at] == '0') ++*at;
  const size_t first = *at;
  while (*at < text.size() && IsDigit(text[*at])) ++*at;
  return text.substr(first, *at - first);
}

// Days from 1970-01-01 to a date of the Gregorian calendar (H. Hinnant, days_from_civil).
int64_t DaysFromCivil(int64_t year, int64_t month, int64_t day) {
  year -= month <= 2;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

std::string TerminalSafe(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  char escaped[16];
  while (!text.empty()) {
    const CodePoint c = DecodeUtf8(text);
    const size_t length = std::max<size_t>(c.length, 1);
    if (c.length == 0 || c.value < 0x20 || (c.value >= 0x7f && c.value < 0xa0)) {
      for (size_t i = 0; i < length; ++i) {
        std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<uint8_t>(text[i]));
        safe += escaped;
      }
    } else if (IsMisleading(c.value)) {
      std::snprintf(escaped, sizeof escaped, "\\u{%x}", static_cast<unsigned>(c.value));
      safe += escaped;
    } else {
      safe += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return safe;
}

bool NaturalLess(std::string_view a, std::string_view b) {
  size_t i = 0;
  size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (IsDigit(a[i]) && IsDigit(b[j])) {
      const std::string_view x = TakeNumber(a, &i);
      const std::string_view y = TakeNumber(b, &j);
      if (x.size() != y.size()) return x.size() < y.size();
      if (x != y) return x < y;
    } else {
      if (a[i] != b[j]) return static_cast<uint8_t>(a[i]) < static_cast<uint8_t>(b[j]);
      ++i;
      ++j;
    }
  }
  const size_t left_a = a.size() - i;
  const size_t left_b = b.size() - j;
  return left_a != left_b ? left_a < left_b : a < b;
}

std::vector<std::string> SplitAtCommas(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    if (comma > 0) parts.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string FormatAge(Duration age) {
  const int64_t s = std::max<int64_t>(age.seconds(), 0);
  if (s < 120) return std::to_string(s) + "s";
  if (s < 120 * 60) return std::to_string(s / 60) + "m";
  if (s < 48 * 3600) return std::to_string(s / 3600) + "h";
  return std::to_string(s / 86'400) + "d";
}

std::string FormatSpan(Duration d) {
  const int64_t s = d.seconds();
  if (s < 1 || s >= 3600 || d.micros() % 1'000'000 != 0) return FormatDuration(d);
  std::string text = s >= 60 ? std::to_string(s / 60) + "m" : std::string();
  if (s % 60 != 0) text += std::to_string(s % 60) + "s";
  return text;
}

std::optional<int64_t> ParseTimestamp(std::string_view text) {
  constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:dd";
  if (text.size() <= kShape.size() || text.back() != 'Z') return std::nullopt;
  for (size_t i = 0; i < kShape.size(); ++i) {
    if (kShape[i] == 'd' ? !IsDigit(text[i]) : kShape[i] != text[i]) return std::nullopt;
  }
  const auto number = [&](size_t at, size_t digits) {
    int64_t value = 0;
    for (size_t i = at; i < at + digits; ++i) value = value * 10 + (text[i] - '0');
    return value;
  };
  const int64_t month = number(5, 2), day = number(8, 2);
  const int64_t hour = number(11, 2), minute = number(14, 2), second = number(17, 2);
  if (month < 1 || month > 12 || day < 1 || day > 31) return std::nullopt;
  if (hour > 23 || minute > 59 || second > 60) return std::nullopt;

  std::string_view fraction = text.substr(kShape.size(), text.size() - kShape.size() - 1);
  int64_t micros = 0;
  if (!fraction.empty()) {
    if (fraction.size() < 2 || fraction.size() > 10 || fraction[0] != '.') return std::nullopt;
    int64_t weight = 100'000;
    for (const char c : fraction.substr(1)) {
      if (!IsDigit(c)) return std::nullopt;
      micros += weight * (c - '0');
      weight /= 10;
    }
  }
  const int64_t days = DaysFromCivil(number(0, 4), month, day);
  return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1'000'000 + micros;
}

std::string Nearest(std::string_view typed, const std::vector<std::string>& candidates) {
  const std::string* nearest = nullptr;
  size_t best = 0;
  for (const std::string& candidate : candidates) {
    size_t distance = EditDistance(typed, candidate);
    if (distance > 1 && !typed.empty() && candidate.starts_with(typed)) distance = 1;
    if (nearest == nullptr || distance < best) {
      nearest = &candidate;
      best = distance;
    }
  }
  return nearest != nullptr ? *nearest : std::string();
}

}  // namespace muster::cli
