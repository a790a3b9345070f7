#include "bench/gauntlet/expected.h"

#include <cstdio>
#include <map>
#include <set>
#include <sstream>
#include <utility>

namespace muster::gauntlet {
namespace {

constexpr char kHeading[] =
    "# scenario, figure, members, profile | value, limit, verdict. Rewritten by the command in "
    "README.md.\n";

std::string Exactly(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

std::string KeyOf(const Outcome& outcome) {
  return outcome.scenario + "\t" + outcome.figure + "\t" + std::to_string(outcome.members) + "\t" +
         ModeName(outcome.mode);
}

std::string ValueOf(const Outcome& outcome) {
  return Exactly(outcome.value) + "\t" + Exactly(outcome.limit) + "\t" +
         (outcome.is_met ? "met" : "missed");
}

bool IsMet(const std::string& value) { return value.ends_with("\tmet"); }

std::string Readable(std::string text) {
  for (char& c : text) c = c == '\t' ? ' ' : c;
  return text;
}

// Key to value, of the lines of a file.
std::map<std::string, std::string> Parse(const std::string& file) {
  std::map<std::string, std::string> rows;
  std::istringstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    const size_t split = line.find("\t|\t");
    if (line.starts_with("#") || split == std::string::npos) continue;
    rows[line.substr(0, split)] = line.substr(split + 3);
  }
  return rows;
}

}  // namespace

std::string FormatOutcomes(const std::vector<Outcome>& outcomes) {
  std::string text = kHeading;
  for (const Outcome& outcome : outcomes) {
    text += KeyOf(outcome) + "\t|\t" + ValueOf(outcome) + "\n";
  }
  return text;
}

std::vector<std::string> Differences(const std::string& file,
                                     const std::vector<Outcome>& outcomes) {
  std::map<std::string, std::string> before = Parse(file);
  std::set<std::string> ran;
  std::vector<std::string> lost;
  std::vector<std::string> changed;
  for (const Outcome& outcome : outcomes) {
    ran.insert(outcome.scenario);
    const std::string key = KeyOf(outcome);
    const std::string now = ValueOf(outcome);
    const auto row = before.find(key);
    const std::string was = row == before.end() ? "" : row->second;
    if (row != before.end()) before.erase(row);
    if (was == now) continue;
    if (was.empty()) {
      changed.push_back("new: " + Readable(key + "\t" + now));
    } else if (IsMet(was) && !outcome.is_met) {
      lost.push_back("no longer met: " + Readable(key + ": was " + was + ", is " + now));
    } else {
      changed.push_back("changed: " + Readable(key + ": was " + was + ", is " + now));
    }
  }
  for (const auto& [key, value] : before) {
    if (!ran.contains(key.substr(0, key.find('\t')))) continue;
    (IsMet(value) ? lost : changed).push_back("gone: " + Readable(key + ": was " + value));
  }
  lost.insert(lost.end(), changed.begin(), changed.end());
  return lost;
}

}  // namespace muster::gauntlet
