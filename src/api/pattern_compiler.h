#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "src/api/pattern.h"

namespace muster::api {

// Turns the text of a pattern into its automaton, by recursive descent; the depth is bounded by the
// length of the text. Used once.
class PatternCompiler {
 public:
  explicit PatternCompiler(std::string_view text) : text_(text) {}

  absl::StatusOr<Pattern> CompileRegex();
  absl::StatusOr<Pattern> CompileGlob();

 private:
  using Kind = Pattern::Kind;
  using ByteSet = Pattern::ByteSet;
  // One way out of a fragment that leads nowhere yet: the node, and which of its two exits.
  using Exit = std::pair<uint16_t, bool>;
  struct Fragment {
    uint16_t start = 0;
    std::vector<Exit> exits;
  };

  bool done() const { return at_ >= text_.size(); }
  char peek() const { return text_[at_]; }
  bool Take(char c);
  void Fail(std::string_view what);

  uint16_t Add(Kind kind);
  void Connect(const std::vector<Exit>& exits, uint16_t target);
  Fragment Bytes(const ByteSet& set);
  Fragment Nothing();
  Fragment Then(Fragment first, Fragment second);
  Fragment Either(Fragment first, Fragment second);
  Fragment Repeat(Fragment inner, char how);
  absl::StatusOr<Pattern> Finish(Fragment whole);

  Fragment Alternation();
  Fragment Sequence();
  Fragment Item();
  Fragment Group();
  ByteSet Escape();
  // `negation` is the character that inverts a class. The opening bracket is already taken.
  ByteSet Class(char negation);

  std::string_view text_;
  size_t at_ = 0;
  std::string error_;
  Pattern pattern_;
};

}  // namespace muster::api
