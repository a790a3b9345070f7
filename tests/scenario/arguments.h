#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/time.h"

namespace muster::scenario {

// One command line, cut into words: `name word word key=value key=value`. A malformed argument
// throws ScriptError: the file is wrong, and the whole scenario ends.
struct ScriptError {
  std::string text;
};

class Arguments {
 public:
  explicit Arguments(std::string_view line);

  const std::string& command() const { return command_; }
  const std::vector<std::string>& words() const { return words_; }
  // The word at `i`; an error that names `what` when there are fewer.
  const std::string& word(size_t i, std::string_view what) const;
  bool has_word(std::string_view word) const;

  std::optional<std::string> Find(std::string_view key) const;
  std::string Get(std::string_view key, std::string_view fallback) const;
  std::string Need(std::string_view key) const;
  int64_t Number(std::string_view key, int64_t fallback) const;
  Duration Span(std::string_view key, Duration fallback) const;
  Duration NeedSpan(std::string_view key) const;
  const std::vector<std::pair<std::string, std::string>>& pairs() const { return pairs_; }

 private:
  std::string command_;
  std::vector<std::string> words_;
  std::vector<std::pair<std::string, std::string>> pairs_;
};

std::vector<std::string> Split(std::string_view text, char separator);
int64_t ParseNumber(std::string_view text);
Duration ParseSpan(std::string_view text);
// "0.1%", "25%": parts per million.
uint32_t ParseRatio(std::string_view text);
// "90s", "10m": a span as the files write it.
std::string SpanText(Duration span);

}  // namespace muster::scenario
