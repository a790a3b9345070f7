#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace muster::scenario {

// One block of a scenario file: commands, and the output they must give.
struct Block {
  std::vector<std::string> commands;
  int line = 0;          // of the first command, from 1
  std::string expected;  // with a newline after each line
  std::string before;    // comments and empty lines above it, kept by a rewrite
};

struct Script {
  std::vector<Block> blocks;
  std::string after;  // comments and empty lines at the end
};

// Reads a scenario file: README.md has the format. False with "LINE: what is wrong" in `*error`.
bool ParseScript(std::string_view text, Script* script, std::string* error);

// The file again, with `outputs` (one a block) in place of what was expected.
std::string RenderScript(const Script& script, const std::vector<std::string>& outputs);

}  // namespace muster::scenario
