#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace muster::api {

// What clients may ask names and tags to match: a regular expression or a glob, always against the
// whole text. Clients' patterns run on the loop that also answers probes, so the time must be
// bounded whatever the pattern says: std::regex recurses and backtracks, and the matcher of glibc
// builds states without limit. This is Thompson's simulation of an automaton (Communications of the
// ACM 11(6), 1968): time at most proportional to pattern length times text length, no recursion on
// the text, no allocation that grows with it.
class Pattern {
 public:
  static constexpr size_t kBytesMax = 128;

  // Literals, `.`, `[a-z]`, `[^a-z]`, `*`, `+`, `?`, `|`, `(...)`, `(?:...)`, `\d`, `\w`, `\s`, and
  // a backslash before any punctuation. A `^` in front and a `$` at the end say what is true
  // anyway. Counts in braces and back-references are refused. kInvalidArgument says what is wrong.
  static absl::StatusOr<Pattern> Regex(std::string_view text);
  // `*`, `?`, `[a-z]`, `[!a-z]`, and a backslash before a character meant literally.
  static absl::StatusOr<Pattern> Glob(std::string_view text);

  bool Matches(std::string_view text) const;

 private:
  friend class PatternCompiler;
  enum class Kind : uint8_t { kByte, kSplit, kMatch };
  struct Node {
    Kind kind = Kind::kMatch;
    uint16_t next = 0;   // kByte, kSplit
    uint16_t other = 0;  // kSplit
    uint16_t set = 0;    // kByte: index in sets_
  };
  using ByteSet = std::bitset<256>;

  Pattern() = default;
  void Follow(uint16_t node, uint32_t step, std::vector<uint32_t>* seen,
              std::vector<uint16_t>* states) const;

  std::vector<Node> nodes_;
  std::vector<ByteSet> sets_;
  uint16_t start_ = 0;
};

}  // namespace muster::api
