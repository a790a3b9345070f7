#include "src/sim/report/report.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace muster::sim {
namespace {

Report Sample() {
  Report report("Run <1>");
  report.Section("Figures & tables");
  report.Paragraph("5 < 6");
  report.Verbatim("muster sim --name='x'");
  report.Add(ReportTable{
      {"what", "value", "verdict"},
      {{"first <i>", "1.5", {"met", Tone::kGood}}, {"second", "-", {"NOT MET", Tone::kBad}}}});
  report.Section("Plots");
  Plot plot("Sizes <b>", {"s"}, {"members"});
  plot.Add(Series{"n0", Mark::kStep, {{0, 1}, {2, 3}}});
  report.Add(plot);
  return report;
}

TEST(ReportTest, IsOnePageWithAllThatWasAddedInItsOrder) {
  const std::string html = Sample().Html();
  const char* const parts[] = {
      "<!DOCTYPE html>",
      "<title>Run &lt;1&gt;</title>",
      "<a href=\"#s1\">Figures &amp; tables</a><a href=\"#s2\">Plots</a>",
      "<h2 id=\"s1\">Figures &amp; tables</h2>",
      "<p>5 &lt; 6</p>",
      "<pre>muster sim --name=&#39;x&#39;</pre>",
      "<th>what</th><th class=\"n\">value</th><th>verdict</th>",
      "<td>first &lt;i&gt;</td><td class=\"n\">1.5</td><td class=\"good\">met</td>",
      "<td class=\"n\">-</td><td class=\"bad\">NOT MET</td>",
      "<h2 id=\"s2\">Plots</h2>",
      "<figcaption>Sizes &lt;b&gt;</figcaption>",
      "<svg class=\"plot\"",
      "</html>\n"};
  size_t at = 0;
  for (const char* const part : parts) {
    const size_t found = html.find(part, at);
    ASSERT_NE(found, std::string::npos) << part << " in\n" << html;
    at = found;
  }
}

TEST(ReportTest, NothingComesFromElsewhere) {
  const std::string html = Sample().Html();
  for (const char* const part :
       {"http:", "https:", "src=", "<script", "@import", "url(", "<link"}) {
    EXPECT_EQ(html.find(part), std::string::npos) << part;
  }
  EXPECT_NE(html.find("default-src 'none'"), std::string::npos);
}

TEST(ReportTest, TheSameCallsGiveTheSameBytes) { EXPECT_EQ(Sample().Html(), Sample().Html()); }

TEST(ReportTest, AColumnWithAWordIsNoColumnOfNumbers) {
  Report report("r");
  report.Add(ReportTable{{"a", "b"}, {{"1", "-3 ms"}, {"n2", "+4"}, {"", "5"}}});
  report.Add(ReportTable{{"empty"}, {}});
  const std::string html = report.Html();
  EXPECT_NE(html.find("<th>a</th><th class=\"n\">b</th>"), std::string::npos);
  EXPECT_NE(html.find("<td>n2</td>"), std::string::npos);
  EXPECT_NE(html.find("<th>empty</th>"), std::string::npos);
}

}  // namespace
}  // namespace muster::sim
