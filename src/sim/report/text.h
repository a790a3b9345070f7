#pragma once

#include <string>
#include <string_view>

namespace muster::sim {

// `text` for use in HTML, between tags as well as in quoted attributes. Control characters other
// than tab and line end become U+FFFD: HTML has no way to write them.
std::string EscapeHtml(std::string_view text);

// A number at one glance: at most six significant digits, from 10,000 on with k, M, G or T;
// "-" for what is no number.
std::string FormatNumber(double value);

}  // namespace muster::sim
