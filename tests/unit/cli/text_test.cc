#include "src/cli/text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "src/cli/failure.h"
#include "src/cli/output.h"

namespace muster::cli {
namespace {

TEST(TerminalSafe, LeavesWhatCanBeSeen) {
  for (const char* text : {"", "web-1", "a b\\c\"d", "Z\xc3\xbcrich", "\xe6\x9d\xb1\xe4\xba\xac",
                           "\xf0\x9f\x90\x99"}) {
    EXPECT_EQ(TerminalSafe(text), text);
  }
}

TEST(TerminalSafe, EscapesWhatSteersOrMisleads) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"\x1b[31m", "\\x1b[31m"},
      {"a\nb\rc\td", "a\\x0ab\\x0dc\\x09d"},
      {std::string("\0", 1), "\\x00"},
      {"\x7f", "\\x7f"},
      {"\xc2\x9b", "\\xc2\\x9b"},                    // C1: the one-byte form of ESC [
      {"\xe2\x80\xae", "\\u{202e}"},                 // turns the direction of text
      {"\xe2\x80\x8b", "\\u{200b}"},                 // zero width
      {"\xef\xbb\xbf", "\\u{feff}"},                 // byte order mark
      {"\xff", "\\xff"},                             // never UTF-8
      {"\xc0\x80", "\\xc0\\x80"},                    // overlong
      {"\xe0\x80\x80", "\\xe0\\x80\\x80"},           // overlong
      {"\xed\xa0\x80", "\\xed\\xa0\\x80"},           // half of a surrogate pair
      {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},  // above U+10FFFF
      {"\xe6\x9d", "\\xe6\\x9d"},                    // cut off
      {"\xe6x", "\\xe6x"}};
  for (const auto& [text, escaped] : cases) EXPECT_EQ(TerminalSafe(text), escaped);
}

TEST(NaturalLess, CountsAsPeopleDo) {
  const std::vector<std::string> sorted = {"",
                                           "a",
                                           "a-1",
                                           "a-2",
                                           "a-10",
                                           "a-10b",
                                           "a-010c",
                                           "web-1",
                                           "web-01",
                                           "web-2",
                                           "web-18446744073709551616"};
  for (size_t i = 0; i < sorted.size(); ++i) {
    for (size_t j = 0; j < sorted.size(); ++j) {
      if (sorted[i] == "web-1" || sorted[i] == "web-01") continue;
      if (sorted[j] == "web-1" || sorted[j] == "web-01") continue;
      EXPECT_EQ(NaturalLess(sorted[i], sorted[j]), i < j) << sorted[i] << " " << sorted[j];
    }
  }
  // Numbers alike: byte by byte, so that the order is total.
  EXPECT_TRUE(NaturalLess("web-01", "web-1"));
  EXPECT_FALSE(NaturalLess("web-1", "web-01"));
  EXPECT_TRUE(NaturalLess("web-1", "web-2"));
}

TEST(SplitAtCommas, DropsEmptyParts) {
  using Parts = std::vector<std::string>;
  EXPECT_EQ(SplitAtCommas(""), Parts());
  EXPECT_EQ(SplitAtCommas(","), Parts());
  EXPECT_EQ(SplitAtCommas("a"), Parts{"a"});
  EXPECT_EQ(SplitAtCommas(",a,,b c,"), (Parts{"a", "b c"}));
}

TEST(Trim, CutsBothEnds) {
  EXPECT_EQ(Trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(Trim(" \n"), "");
  EXPECT_EQ(Trim(""), "");
}

TEST(FormatAge, OneUnit) {
  const std::vector<std::pair<int64_t, std::string>> cases = {
      {-5, "0s"},     {0, "0s"},    {3, "3s"},        {119, "119s"},   {120, "2m"},
      {7199, "119m"}, {7200, "2h"}, {172'799, "47h"}, {172'800, "2d"}, {1'036'800, "12d"}};
  for (const auto& [seconds, text] : cases) EXPECT_EQ(FormatAge(Duration::Seconds(seconds)), text);
  EXPECT_EQ(FormatAge(Duration::Millis(1999)), "1s");
}

TEST(FormatSpan, AsUsersWriteIt) {
  const std::vector<std::pair<int64_t, std::string>> cases = {
      {250, "250ms"}, {1000, "1s"},      {1500, "1.500s"},    {10'000, "10s"},
      {60'000, "1m"}, {90'000, "1m30s"}, {3'600'000, "1h00m"}};
  for (const auto& [ms, text] : cases) EXPECT_EQ(FormatSpan(Duration::Millis(ms)), text);
}

TEST(ParseTimestamp, Rfc3339InUtc) {
  EXPECT_EQ(ParseTimestamp("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(ParseTimestamp("1970-01-01T00:00:00.001Z"), 1000);
  EXPECT_EQ(ParseTimestamp("2026-11-20T12:00:00.123Z"), 1'795'176'000'123'000);
  EXPECT_EQ(ParseTimestamp("2024-02-29T23:59:59.999999Z"), 1'709'251'199'999'999);
  EXPECT_EQ(ParseTimestamp("1969-12-31T23:59:59Z"), -1'000'000);
  for (const char* text :
       {"", "Z", "2026-11-20", "2026-11-20T12:00:00", "2026-11-20 12:00:00Z",
        "2026-11-20T12:00:00+01:00", "2026-13-20T12:00:00Z", "2026-11-32T12:00:00Z",
        "2026-11-20T24:00:00Z", "2026-11-20T12:60:00Z", "2026-11-20T12:00:00.Z",
        "2026-11-20T12:00:00.12x4Z", "2026-11-20T12:00:00,1Z", "2026-11-20T12:00:00.1234567890Z"}) {
    EXPECT_EQ(ParseTimestamp(text), std::nullopt) << text;
  }
}

TEST(Nearest, FewestEditsOrTheBeginning) {
  const std::vector<std::string> flags = {"--advertise", "--bind", "--tag", "--tolerance"};
  for (const auto& [typed, nearest] :
       std::vector<std::pair<std::string, std::string>>{{"--advertize", "--advertise"},
                                                        {"--bnid", "--bind"},
                                                        {"--tags", "--tag"},
                                                        {"--tol", "--tolerance"},
                                                        {"--adv", "--advertise"},
                                                        {"--tag", "--tag"}}) {
    EXPECT_EQ(Nearest(typed, flags), nearest) << typed;
  }
  EXPECT_EQ(Nearest("x", {}), "");
}

TEST(FormatFailure, UpToThreeLinesEscaped) {
  EXPECT_EQ(FormatFailure({ExitCode::kError, "a\nb", "c", "d"}), "error: a\\x0ab\n  c\n  try: d\n");
  EXPECT_EQ(FormatFailure({ExitCode::kError, "a", "", ""}), "error: a\n");
}

TEST(Output, KeepsTalkAndDataApart) {
  for (const auto& [quiet, verbose, talk] : std::vector<std::tuple<bool, bool, std::string>>{
           {false, false, "talk\n"}, {true, false, ""}, {false, true, "talk\ndetail\n"}}) {
    std::string data, other;
    OutputOptions options;
    options.quiet = quiet;
    options.verbose = verbose;
    Output output(options, {}, [&](Output::Stream stream, std::string_view text) {
      (stream == Output::Stream::kData ? data : other) += text;
      return true;
    });
    output.DataLine("line");
    output.DataLine("ended\n");
    output.Talk("talk");
    output.Detail("detail");
    EXPECT_EQ(data, "line\nended\n");
    EXPECT_EQ(other, talk);
    EXPECT_EQ(output.Fail({ExitCode::kTimedOut, "late", "", ""}), ExitCode::kTimedOut);
    EXPECT_EQ(other, talk + "error: late\n") << "errors are printed in any case";
  }
}

TEST(Output, RemembersThatDataWasLost) {
  bool full = false;
  int writes = 0;
  Output output({}, {}, [&](Output::Stream, std::string_view) {
    ++writes;
    return !full;
  });
  output.Data("a");
  EXPECT_TRUE(output.data_written());
  full = true;
  output.Data("b");
  EXPECT_FALSE(output.data_written());
  full = false;
  output.Data("c");
  EXPECT_FALSE(output.data_written()) << "a hole stays a hole";
  EXPECT_EQ(writes, 2);
}

TEST(Table, AlignsByWhatIsSeen) {
  OutputOptions options;
  options.color = ColorMode::kAlways;
  Output output(options, {}, [](Output::Stream, std::string_view) { return true; });
  Table table;
  table.AddRow({{"NAME"}, {"X"}, {"LAST"}});
  table.AddRow({{"a", Paint::kGood}, {"longer"}, {""}});
  table.AddRow({{"Z\xc3\xbc"}, {""}, {"z"}});
  EXPECT_EQ(table.Render(output),
            "NAME  X       LAST\n"
            "\x1b[32ma\x1b[0m     longer\n"
            "Z\xc3\xbc            z\n");
}

}  // namespace
}  // namespace muster::cli
