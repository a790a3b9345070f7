#include "tests/scenario/script.h"

#include <cstddef>

namespace muster::scenario {
namespace {

constexpr std::string_view kRule = "----";

std::vector<std::string> Lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

bool IsBlankOrComment(const std::string& line) { return line.empty() || line[0] == '#'; }

}  // namespace

bool ParseScript(std::string_view text, Script* script, std::string* error) {
  const std::vector<std::string> lines = Lines(text);
  std::string before;
  size_t i = 0;
  while (i < lines.size()) {
    if (IsBlankOrComment(lines[i])) {
      before += lines[i++] + "\n";
      continue;
    }
    Block block;
    block.line = static_cast<int>(i) + 1;
    block.before = std::move(before);
    before.clear();
    while (i < lines.size() && !IsBlankOrComment(lines[i]) && lines[i] != kRule) {
      block.commands.push_back(lines[i++]);
    }
    if (i == lines.size() || lines[i] != kRule) {
      *error = std::to_string(i + 1) + ": a block of commands ends with a line of \"----\"";
      return false;
    }
    for (++i; i < lines.size() && !lines[i].empty(); ++i) block.expected += lines[i] + "\n";
    script->blocks.push_back(std::move(block));
  }
  script->after = std::move(before);
  return true;
}

std::string RenderScript(const Script& script, const std::vector<std::string>& outputs) {
  std::string text;
  for (size_t i = 0; i < script.blocks.size(); ++i) {
    const Block& block = script.blocks[i];
    text += block.before;
    for (const std::string& command : block.commands) text += command + "\n";
    text += std::string(kRule) + "\n" + outputs[i];
  }
  return text + script.after;
}

}  // namespace muster::scenario
