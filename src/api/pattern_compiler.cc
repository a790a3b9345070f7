#include "src/api/pattern_compiler.h"

#include <cctype>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "src/base/strings.h"

namespace muster::api {
namespace {

bool IsPunctuation(char c) { return std::ispunct(static_cast<unsigned char>(c)) != 0; }

}  // namespace

bool PatternCompiler::Take(char c) {
  if (done() || peek() != c) return false;
  ++at_;
  return true;
}

void PatternCompiler::Fail(std::string_view what) {
  if (error_.empty()) error_ = what;
  at_ = text_.size();
}

uint16_t PatternCompiler::Add(Kind kind) {
  pattern_.nodes_.emplace_back();
  pattern_.nodes_.back().kind = kind;
  return static_cast<uint16_t>(pattern_.nodes_.size() - 1);
}

void PatternCompiler::Connect(const std::vector<Exit>& exits, uint16_t target) {
  for (const auto& [node, second] : exits) {
    (second ? pattern_.nodes_[node].other : pattern_.nodes_[node].next) = target;
  }
}

PatternCompiler::Fragment PatternCompiler::Bytes(const ByteSet& set) {
  const uint16_t node = Add(Kind::kByte);
  pattern_.nodes_[node].set = static_cast<uint16_t>(pattern_.sets_.size());
  pattern_.sets_.push_back(set);
  return {node, {{node, false}}};
}

// Matches the empty text: a split whose two ways are one.
PatternCompiler::Fragment PatternCompiler::Nothing() {
  const uint16_t node = Add(Kind::kSplit);
  return {node, {{node, false}, {node, true}}};
}

PatternCompiler::Fragment PatternCompiler::Then(Fragment first, Fragment second) {
  Connect(first.exits, second.start);
  return {first.start, std::move(second.exits)};
}

PatternCompiler::Fragment PatternCompiler::Either(Fragment first, Fragment second) {
  const uint16_t split = Add(Kind::kSplit);
  pattern_.nodes_[split].next = first.start;
  pattern_.nodes_[split].other = second.start;
  first.exits.insert(first.exits.end(), second.exits.begin(), second.exits.end());
  return {split, std::move(first.exits)};
}

PatternCompiler::Fragment PatternCompiler::Repeat(Fragment inner, char how) {
  const uint16_t split = Add(Kind::kSplit);
  pattern_.nodes_[split].next = inner.start;
  if (how == '?') {
    inner.exits.emplace_back(split, true);
    return {split, std::move(inner.exits)};
  }
  Connect(inner.exits, split);
  return {how == '+' ? inner.start : split, {{split, true}}};
}

absl::StatusOr<Pattern> PatternCompiler::Finish(Fragment whole) {
  if (!error_.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("bad pattern '", ToAbsl(text_), "': ", error_));
  }
  Connect(whole.exits, Add(Kind::kMatch));
  pattern_.start_ = whole.start;
  return std::move(pattern_);
}

PatternCompiler::Fragment PatternCompiler::Alternation() {
  Fragment all = Sequence();
  while (Take('|')) all = Either(std::move(all), Sequence());
  return all;
}

PatternCompiler::Fragment PatternCompiler::Sequence() {
  Fragment all = Nothing();
  while (!done() && peek() != '|' && peek() != ')') {
    if (peek() == '$' && at_ + 1 == text_.size()) {
      ++at_;
      break;
    }
    Fragment item = Item();
    while (!done() && (peek() == '*' || peek() == '+' || peek() == '?')) {
      item = Repeat(std::move(item), text_[at_++]);
    }
    all = Then(std::move(all), std::move(item));
  }
  return all;
}

PatternCompiler::Fragment PatternCompiler::Item() {
  const char c = text_[at_++];
  ByteSet set;
  switch (c) {
    case '(':
      return Group();
    case '[':
      return Bytes(Class('^'));
    case '\\':
      return Bytes(Escape());
    case '.':
      return Bytes(ByteSet().set());
    case '*':
    case '+':
    case '?':
      Fail(absl::StrCat("nothing before '", std::string(1, c), "'"));
      break;
    case '{':
    case '}':
      Fail("counts in braces are not supported; write \\{ for a brace");
      break;
    case '^':
    case '$':
      Fail("the whole text is matched: '^' and '$' have no place inside");
      break;
    default:
      set.set(static_cast<unsigned char>(c));
  }
  return Bytes(set);
}

PatternCompiler::Fragment PatternCompiler::Group() {
  if (Take('?') && !Take(':')) Fail("only (?:...) may follow '(?'");
  Fragment inner = Alternation();
  if (!Take(')')) Fail("a '(' without its ')'");
  return inner;
}

PatternCompiler::ByteSet PatternCompiler::Escape() {
  ByteSet set;
  if (done()) {
    Fail("it ends with a backslash");
    return set;
  }
  const char c = text_[at_++];
  if (IsPunctuation(c)) {
    set.set(static_cast<unsigned char>(c));
    return set;
  }
  if (c != 'd' && c != 'w' && c != 's') {
    Fail(absl::StrCat("unknown escape '\\", std::string(1, c), "'"));
    return set;
  }
  for (int byte = 0; byte < 128; ++byte) {
    set.set(byte, c == 'd'   ? std::isdigit(byte) != 0
                  : c == 's' ? std::isspace(byte) != 0
                             : std::isalnum(byte) != 0 || byte == '_');
  }
  return set;
}

PatternCompiler::ByteSet PatternCompiler::Class(char negation) {
  ByteSet set;
  const bool negated = Take(negation);
  bool first = true;
  while (!done() && (first || peek() != ']')) {
    first = false;
    const char low = text_[at_++];
    if (low == '\\') {
      set |= Escape();
      continue;
    }
    if (low == '[' && !done() && peek() == ':') Fail("named classes are not supported");
    char high = low;
    if (at_ + 1 < text_.size() && peek() == '-' && text_[at_ + 1] != ']') {
      high = text_[at_ + 1];
      at_ += 2;
    }
    if (static_cast<unsigned char>(low) > static_cast<unsigned char>(high)) {
      Fail("a range whose end comes before its start");
    }
    for (int byte = static_cast<unsigned char>(low); byte <= static_cast<unsigned char>(high);
         ++byte) {
      set.set(byte);
    }
  }
  if (!Take(']')) Fail("a '[' without its ']'");
  return negated ? ~set : set;
}

absl::StatusOr<Pattern> PatternCompiler::CompileRegex() {
  Take('^');
  Fragment whole = Alternation();
  if (!done()) Fail("a ')' without its '('");
  return Finish(std::move(whole));
}

absl::StatusOr<Pattern> PatternCompiler::CompileGlob() {
  Fragment whole = Nothing();
  while (!done()) {
    const char c = text_[at_++];
    ByteSet set;
    if (c == '*' || c == '?') {
      set.set();
    } else if (c == '[') {
      set = Class('!');
    } else if (c == '\\') {
      if (done()) Fail("it ends with a backslash");
      if (!done()) set.set(static_cast<unsigned char>(text_[at_++]));
    } else {
      set.set(static_cast<unsigned char>(c));
    }
    Fragment item = Bytes(set);
    if (c == '*') item = Repeat(std::move(item), '*');
    whole = Then(std::move(whole), std::move(item));
  }
  return Finish(std::move(whole));
}

}  // namespace muster::api
