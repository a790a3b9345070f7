#include "src/sim/report/report.h"

#include <algorithm>
#include <cctype>

#include "absl/strings/str_cat.h"
#include "src/sim/report/text.h"

namespace muster::sim {
namespace {

// Colours of the series: eight that the colour-blind tell apart (Okabe and Ito 2008), the yellow
// darkened for white paper.
constexpr char kStyle[] = R"(
:root { --ink: #1b1f24; --paper: #fff; --soft: #5c6670; --rule: #d8dde2; --good: #19722e;
  --bad: #b3261e; --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #cc79a7; --c4: #b8860b;
  --c5: #56b4e9; --c6: #6a3d9a; --c7: #808080; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e7ea; --paper: #15181c; --soft: #9aa4ae;
  --rule: #343a41; --good: #6cc482; --bad: #f2857c; --c0: #4aa8e0; --c4: #e0b040; --c6: #b58be0; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 800px; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.6em; } h2 { font-size: 1.2em; margin-top: 2em; }
nav a { margin-right: 1em; } a { color: var(--c0); }
pre { background: color-mix(in srgb, var(--rule) 40%, transparent); padding: .6em .8em;
  overflow-x: auto; }
table { border-collapse: collapse; margin: 1em 0; display: block; overflow-x: auto; }
th, td { border-bottom: 1px solid var(--rule); padding: .25em .8em .25em 0; text-align: left;
  vertical-align: top; }
.n { text-align: right; font-variant-numeric: tabular-nums; }
.good { color: var(--good); } .bad { color: var(--bad); font-weight: 600; }
figure { margin: 1.5em 0; } figcaption { font-weight: 600; }
.plot { width: 100%; height: auto; } .plot text { font: 12px system-ui, sans-serif;
  fill: var(--ink); }
.plot line, .plot path { fill: none; stroke-width: 1.6; }
.plot .grid { stroke: var(--rule); stroke-width: 1; } .plot .axis { stroke: var(--soft); }
.plot .guide { stroke: var(--soft); stroke-dasharray: 3 3; stroke-width: 1; }
.plot .dots { stroke-width: 5; stroke-linecap: round; } .plot .dashed { stroke-dasharray: 6 3; }
.plot .dots.dashed { stroke-dasharray: none; }
.c0 { stroke: var(--c0); } .c1 { stroke: var(--c1); } .c2 { stroke: var(--c2); }
.c3 { stroke: var(--c3); } .c4 { stroke: var(--c4); } .c5 { stroke: var(--c5); }
.c6 { stroke: var(--c6); } .c7 { stroke: var(--c7); }
)";

bool LooksLikeNumber(std::string_view text) {
  if (text == "-" || text.empty()) return true;
  const size_t first = text.front() == '-' || text.front() == '+' ? 1 : 0;
  return first < text.size() && std::isdigit(static_cast<unsigned char>(text[first])) != 0;
}

std::vector<bool> NumberColumns(const ReportTable& table) {
  std::vector<bool> is_number(table.headings.size(), !table.rows.empty());
  for (const std::vector<ReportCell>& row : table.rows) {
    is_number.resize(std::max(is_number.size(), row.size()), true);
    for (size_t i = 0; i < row.size(); ++i) {
      is_number[i] = is_number[i] && LooksLikeNumber(row[i].text);
    }
  }
  return is_number;
}

const char* ToneName(Tone tone) {
  switch (tone) {
    case Tone::kGood:
      return "good";
    case Tone::kBad:
      return "bad";
    case Tone::kPlain:
      break;
  }
  return "";
}

std::string Cell(const char* tag, std::string_view text, bool is_number, Tone tone) {
  std::string classes = is_number ? "n" : "";
  if (tone != Tone::kPlain) absl::StrAppend(&classes, is_number ? " " : "", ToneName(tone));
  if (!classes.empty()) classes = absl::StrCat(" class=\"", classes, "\"");
  return absl::StrCat("<", tag, classes, ">", EscapeHtml(text), "</", tag, ">");
}

}  // namespace

void Report::Section(std::string_view title) {
  sections_.emplace_back(title);
  absl::StrAppend(&body_, "<h2 id=\"s", sections_.size(), "\">", EscapeHtml(title), "</h2>\n");
}

void Report::Paragraph(std::string_view text) {
  absl::StrAppend(&body_, "<p>", EscapeHtml(text), "</p>\n");
}

void Report::Verbatim(std::string_view text) {
  absl::StrAppend(&body_, "<pre>", EscapeHtml(text), "</pre>\n");
}

void Report::Add(const ReportTable& table) {
  const std::vector<bool> is_number = NumberColumns(table);
  body_ += "<table>\n<tr>";
  for (size_t i = 0; i < table.headings.size(); ++i) {
    body_ += Cell("th", table.headings[i], is_number[i], Tone::kPlain);
  }
  body_ += "</tr>\n";
  for (const std::vector<ReportCell>& row : table.rows) {
    body_ += "<tr>";
    for (size_t i = 0; i < row.size(); ++i) {
      body_ += Cell("td", row[i].text, is_number[i], row[i].tone);
    }
    body_ += "</tr>\n";
  }
  body_ += "</table>\n";
}

void Report::Add(const Plot& plot) {
  absl::StrAppend(&body_, "<figure>\n<figcaption>", EscapeHtml(plot.title()), "</figcaption>\n",
                  plot.Svg(), "</figure>\n");
}

std::string Report::Html() const {
  std::string html = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  // The browser itself then refuses whatever would come from elsewhere.
  html +=
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src 'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n";
  absl::StrAppend(&html, "<title>", EscapeHtml(title_), "</title>\n<style>", kStyle,
                  "</style>\n</head>\n<body>\n<h1>", EscapeHtml(title_), "</h1>\n");
  if (sections_.size() > 1) {
    html += "<nav>";
    for (size_t i = 0; i < sections_.size(); ++i) {
      absl::StrAppend(&html, "<a href=\"#s", i + 1, "\">", EscapeHtml(sections_[i]), "</a>");
    }
    html += "</nav>\n";
  }
  return html + body_ + "</body>\n</html>\n";
}

}  // namespace muster::sim
