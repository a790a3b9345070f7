#include "src/sim/report/text.h"

#include <limits>
#include <string>

#include "gtest/gtest.h"

namespace muster::sim {
namespace {

TEST(EscapeHtmlTest, NothingIsLeftThatHtmlWouldRead) {
  EXPECT_EQ(EscapeHtml("<a href=\"x\" id='y'>&</a>"),
            "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;&lt;/a&gt;");
  EXPECT_EQ(EscapeHtml("tab\tline\nend"), "tab\tline\nend");
  EXPECT_EQ(EscapeHtml(std::string("a\0b\x1b"
                                   "c\x7f",
                                   6)),
            "a\xef\xbf\xbd"
            "b\xef\xbf\xbd"
            "c\xef\xbf\xbd");
  EXPECT_EQ(EscapeHtml("caf\xc3\xa9"), "caf\xc3\xa9");
}

TEST(FormatNumberTest, AtOneGlance) {
  EXPECT_EQ(FormatNumber(0), "0");
  EXPECT_EQ(FormatNumber(-0.0), "0");
  EXPECT_EQ(FormatNumber(0.1 + 0.2), "0.3");
  EXPECT_EQ(FormatNumber(-2.5), "-2.5");
  EXPECT_EQ(FormatNumber(9999), "9999");
  EXPECT_EQ(FormatNumber(10000), "10k");
  EXPECT_EQ(FormatNumber(-1500000), "-1.5M");
  EXPECT_EQ(FormatNumber(2e12), "2T");
  EXPECT_EQ(FormatNumber(std::numeric_limits<double>::quiet_NaN()), "-");
  EXPECT_EQ(FormatNumber(std::numeric_limits<double>::infinity()), "-");
}

}  // namespace
}  // namespace muster::sim
