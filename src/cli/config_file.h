#pragma once

#include <string>
#include <vector>

#include "src/cli/failure.h"

namespace muster::cli {

// One setting of a configuration file, its values as text: "10s", "true", "7946".
struct ConfigItem {
  std::string key;
  std::vector<std::string> values;  // one, unless it is a list
  bool is_list = false;
  int line = 0;
};

// Reads a TOML file of flat settings. A value is a text, a number, a boolean, a list of them, or a
// table of texts, which reads as a list of k=v (tags). kUsage for a file that cannot be read, and
// with the line for what is no TOML or too deep.
Result<std::vector<ConfigItem>> ReadConfigFile(const std::string& path);

}  // namespace muster::cli
