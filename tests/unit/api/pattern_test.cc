#include "src/api/pattern.h"

#include <gtest/gtest.h>

#include <string>

#include "src/api/pattern_compiler.h"

namespace muster::api {
namespace {

bool Regex(const std::string& pattern, const std::string& text) {
  const absl::StatusOr<Pattern> compiled = Pattern::Regex(pattern);
  EXPECT_TRUE(compiled.ok()) << compiled.status();
  return compiled.ok() && compiled->Matches(text);
}

bool Glob(const std::string& pattern, const std::string& text) {
  const absl::StatusOr<Pattern> compiled = Pattern::Glob(pattern);
  EXPECT_TRUE(compiled.ok()) << compiled.status();
  return compiled.ok() && compiled->Matches(text);
}

struct Case {
  const char* pattern;
  const char* text;
  bool matches;
};

TEST(Pattern, RegexMatchesTheWholeText) {
  const Case cases[] = {
      {"web", "web", true},
      {"web", "web-1", false},
      {"web", "a-web", false},
      {"^web$", "web", true},
      {"", "", true},
      {"", "a", false},
      {".", "", false},
      {"w.b", "wxb", true},
      {"a*", "", true},
      {"a*", "aaaa", true},
      {"a+", "", false},
      {"ab+c?", "abbb", true},
      {"ab+c?", "abbbcc", false},
      {"web|db", "db", true},
      {"web|db", "webdb", false},
      {"(web|db)-[0-9]+", "db-17", true},
      {"(web|db)-[0-9]+", "db-", false},
      {"(?:a|)b", "b", true},
      {"()", "", true},
      {"[^a-c]x", "dx", true},
      {"[^a-c]x", "bx", false},
      {"[]a]", "]", true},
      {"[a-]", "-", true},
      {"\\d\\.\\w", "1.z", true},
      {"\\d\\.\\w", "1xz", false},
      {"[\\d_]+", "1_2", true},
      {"v1\\{2\\}", "v1{2}", true},
      {"a\\s", "a ", true},
      {"((a*)*)*", "aaa", true},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Regex(c.pattern, c.text), c.matches) << c.pattern << " on " << c.text;
  }
}

TEST(Pattern, BadRegexesAreRefusedWithAReason) {
  const std::pair<const char*, const char*> cases[] = {
      {"(a", "without its ')'"},    {"a)", "without its '('"}, {"[a", "without its ']'"},
      {"*a", "nothing before '*'"}, {"a|+", "nothing before"}, {"a{2}", "braces"},
      {"\\1", "unknown escape"},    {"\\", "backslash"},       {"a^b", "whole text"},
      {"a$b", "whole text"},        {"(?=a)", "(?:"},          {"[b-a]", "range"},
      {"[[:alpha:]]", "named"},
  };
  for (const auto& [pattern, reason] : cases) {
    const absl::StatusOr<Pattern> compiled = Pattern::Regex(pattern);
    ASSERT_FALSE(compiled.ok()) << pattern;
    EXPECT_EQ(compiled.status().code(), absl::StatusCode::kInvalidArgument);
    const std::string message(compiled.status().message().data(),
                              compiled.status().message().size());
    EXPECT_NE(message.find(reason), std::string::npos) << pattern << ": " << message;
  }
}

TEST(Pattern, GlobsMatchNames) {
  const Case cases[] = {
      {"web-*", "web-1", true}, {"web-*", "web-", true},     {"web-*", "db-1", false},
      {"*-1", "web-1", true},   {"w?b", "wab", true},        {"w?b", "wb", false},
      {"*", "", true},          {"web-[12]", "web-2", true}, {"web-[!12]", "web-2", false},
      {"a.b", "axb", false},    {"a+", "a+", true},          {"\\*", "*", true},
      {"\\*", "x", false},      {"a*b*c", "a12b34c", true},  {"a*b*c", "a12b34", false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Glob(c.pattern, c.text), c.matches) << c.pattern << " on " << c.text;
  }
  EXPECT_FALSE(Pattern::Glob("a[").ok());
  EXPECT_FALSE(Pattern::Glob("a\\").ok());
}

TEST(Pattern, LengthHasALimit) {
  EXPECT_TRUE(Pattern::Regex(std::string(Pattern::kBytesMax, 'a')).ok());
  EXPECT_FALSE(Pattern::Regex(std::string(Pattern::kBytesMax + 1, 'a')).ok());
  EXPECT_FALSE(Pattern::Glob(std::string(Pattern::kBytesMax + 1, '*')).ok());
}

// A backtracking matcher needs 2^25 steps for the first and n^20 for the second.
TEST(Pattern, HostilePatternsTakeLinearTime) {
  std::string nested;
  for (int i = 0; i < 25; ++i) nested += "a?";
  nested += std::string(25, 'a');
  EXPECT_TRUE(Regex(nested, std::string(25, 'a')));
  EXPECT_FALSE(Regex("((((a*)*)*)*)*b", std::string(512, 'a')));
  std::string stars;
  for (int i = 0; i < 40; ++i) stars += "*a";
  EXPECT_FALSE(Glob(stars + "b", std::string(512, 'a')));
  EXPECT_FALSE(PatternCompiler(std::string(128, '(')).CompileRegex().ok());
}

}  // namespace
}  // namespace muster::api
