#include "tests/scenario/arguments.h"

#include <charconv>
#include <cstddef>

namespace muster::scenario {

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

int64_t ParseNumber(std::string_view text) {
  int64_t value = 0;
  const char* begin = text.data() + (!text.empty() && text[0] == '+' ? 1 : 0);
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) {
    throw ScriptError{"not a number: " + std::string(text)};
  }
  return value;
}

Duration ParseSpan(std::string_view text) {
  Duration span;
  if (!ParseDuration(std::string(text), &span)) {
    throw ScriptError{"not a span of time: " + std::string(text)};
  }
  return span;
}

uint32_t ParseRatio(std::string_view text) {
  if (text.empty() || text.back() != '%') {
    throw ScriptError{"not a percentage: " + std::string(text)};
  }
  text.remove_suffix(1);
  const size_t dot = text.find('.');
  std::string digits(text.substr(0, dot));
  std::string fraction = dot == std::string_view::npos ? "" : std::string(text.substr(dot + 1));
  fraction.resize(4, '0');  // 1 % is 10,000 ppm
  const int64_t ppm = ParseNumber(digits + fraction);
  if (ppm < 0 || ppm > 1'000'000) throw ScriptError{"not within 0% to 100%: " + std::string(text)};
  return static_cast<uint32_t>(ppm);
}

std::string SpanText(Duration span) {
  const int64_t ms = span.micros() / 1000;
  if (ms % 1000 != 0) return std::to_string(ms) + "ms";
  if (ms % 60'000 != 0 || ms < 600'000) return std::to_string(ms / 1000) + "s";
  return std::to_string(ms / 60'000) + "m";
}

Arguments::Arguments(std::string_view line) {
  for (const std::string& token : Split(line, ' ')) {
    if (token.empty()) continue;
    const size_t equals = token.find('=');
    if (command_.empty()) {
      command_ = token;
    } else if (equals == std::string::npos || equals == 0 || token[equals - 1] == '>' ||
               token[equals - 1] == '<') {
      words_.push_back(token);
    } else {
      pairs_.emplace_back(token.substr(0, equals), token.substr(equals + 1));
    }
  }
}

const std::string& Arguments::word(size_t i, std::string_view what) const {
  if (i >= words_.size()) throw ScriptError{command_ + " needs " + std::string(what)};
  return words_[i];
}

bool Arguments::has_word(std::string_view word) const {
  for (const std::string& w : words_) {
    if (w == word) return true;
  }
  return false;
}

std::optional<std::string> Arguments::Find(std::string_view key) const {
  for (const auto& [k, v] : pairs_) {
    if (k == key) return v;
  }
  return std::nullopt;
}

std::string Arguments::Get(std::string_view key, std::string_view fallback) const {
  return Find(key).value_or(std::string(fallback));
}

std::string Arguments::Need(std::string_view key) const {
  const std::optional<std::string> value = Find(key);
  if (!value) throw ScriptError{command_ + " needs " + std::string(key) + "="};
  return *value;
}

int64_t Arguments::Number(std::string_view key, int64_t fallback) const {
  const std::optional<std::string> value = Find(key);
  return value ? ParseNumber(*value) : fallback;
}

Duration Arguments::Span(std::string_view key, Duration fallback) const {
  const std::optional<std::string> value = Find(key);
  return value ? ParseSpan(*value) : fallback;
}

Duration Arguments::NeedSpan(std::string_view key) const { return ParseSpan(Need(key)); }

}  // namespace muster::scenario
